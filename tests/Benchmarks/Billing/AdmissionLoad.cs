using System.Collections.Concurrent;
using System.Diagnostics;
using Gateway.Calls;
using Gateway.Calls.Admission;
using Gateway.Calls.Permissions;
using Gateway.Storage.Accounts;
using Npgsql;

namespace Benchmarks.Billing;

/// <summary>
/// Admissions of calls that begin with them, at a fixed rate, however slow earlier ones are: waiting behind a slow one counts as it would
/// for a caller.
/// </summary>
internal sealed class AdmissionLoad(NpgsqlDataSource database)
{
    private readonly PostgresAdmissionStore _book = new(database, () => new PermissionLimits());

    public async Task RunAsync(int perSecond, TimeSpan duration)
    {
        await AtAsync(perSecond, TimeSpan.FromSeconds(3)); // connections, plans, just-in-time compilation
        var (times, refused) = await AtAsync(perSecond, duration);
        Console.WriteLine($"admission at {perSecond}/s: {BillingCost.Percentiles(times)} ({times.Count:N0}, {refused} refused)");
    }

    private async Task<(ConcurrentBag<TimeSpan> Times, int Refused)> AtAsync(int perSecond, TimeSpan duration)
    {
        var (times, running, refused) = (new ConcurrentBag<TimeSpan>(), new List<Task>(), 0);
        var begin = Stopwatch.GetTimestamp();
        var total = (int)(perSecond * duration.TotalSeconds);
        for (var i = 0; i < total; i++)
        {
            var due = TimeSpan.FromSeconds(i / (double)perSecond);
            if (due - Stopwatch.GetElapsedTime(begin) is { Ticks: > 0 } wait)
                await Task.Delay(wait);
            var call = i;
            running.Add(Task.Run(async () =>
            {
                var request = Request(call) with { IsBegin = true };
                var started = Stopwatch.GetTimestamp();
                var facts = await _book.AdmitAsync(request, CancellationToken.None);
                times.Add(Stopwatch.GetElapsedTime(started));
                if (AdmissionRules.Decide(facts, request) is not AdmissionVerdict.Admitted { Funding: not null })
                    Interlocked.Increment(ref refused);
            }));
        }
        await Task.WhenAll(running);
        return (times, refused);
    }

    public static AdmissionRequest Request(int i) => new(
        new CallId(Guid.NewGuid().ToString("n")), i % 3 == 0 ? CallDirection.Outbound : CallDirection.Inbound,
        new ChannelId(BillingData.Channel(i)), new WhatsAppUser(BillingData.User(i)), "node-1", "start", DateTimeOffset.UtcNow,
        TimeSpan.FromMinutes(2));
}
