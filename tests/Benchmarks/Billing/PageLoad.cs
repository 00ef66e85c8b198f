using System.Diagnostics;
using Gateway.Calls;
using Gateway.Calls.Records;
using Gateway.Storage.Calls;
using Npgsql;

namespace Benchmarks.Billing;

/// <summary>
/// Pages of 50 past calls with the filters that the admin API offers: the first page, one reached by its cursor deep in the past, and the
/// next.
/// </summary>
internal sealed class PageLoad(NpgsqlDataSource database)
{
    private const int Repetitions = 20;

    private static readonly CallQuery All = new() { Limit = 50 };

    private readonly PostgresCallStore _calls = new(database);

    public async Task RunAsync()
    {
        (string Name, CallQuery Query)[] lists =
        [
            ("all", All),
            ("channel", All with { Channel = new ChannelId(BillingData.Channel(7)) }),
            ("user", All with { User = BillingData.User(4711) }),
            ("direction", All with { Direction = CallDirection.Outbound }),
            ("cause", All with { Causes = [HangupCause.NoAnswer] }),
            ("rare cause", All with { Causes = [HangupCause.BalanceExhausted] }),
            ("cause that never was", All with { Causes = [HangupCause.IncompatibleMedia] }),
            ("account", All with { Account = "a7" }),
            ("channel and cause", All with { Channel = new ChannelId(BillingData.Channel(7)), Causes = [HangupCause.NoAnswer] }),
            (
                "channel and rare cause",
                All with { Channel = new ChannelId(BillingData.Channel(7)), Causes = [HangupCause.BalanceExhausted] }),
            ("account and cause", All with { Account = "a7", Causes = [HangupCause.BalanceExhausted] }),
        ];
        foreach (var (name, query) in lists)
        {
            var first = await MeasureAsync(_ => query);
            var deep = await MeasureAsync(
                i => query with { After = new CallPosition(DateTimeOffset.UtcNow.AddDays(-200 - 7 * i), new CallId("f")) });
            Console.WriteLine($"page of 50 by {name}: first {first}; deep {deep}");
        }
    }

    /// <summary>The first repetitions include planning and warm-up; they count.</summary>
    private async Task<string> MeasureAsync(Func<int, CallQuery> query)
    {
        var (times, rows) = (new List<TimeSpan>(), 0);
        for (var i = 0; i < Repetitions; i++)
        {
            var started = Stopwatch.GetTimestamp();
            rows = (await _calls.ListAsync(query(i), CancellationToken.None)).Count;
            times.Add(Stopwatch.GetElapsedTime(started));
        }
        return $"{BillingCost.Percentiles(times)} ({rows} rows)";
    }
}
