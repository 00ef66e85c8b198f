using System.Collections.Concurrent;
using System.Diagnostics;
using Gateway.Calls;
using Gateway.Calls.Admission;
using Gateway.Calls.Permissions;
using Gateway.Calls.Records;
using Gateway.Storage.Accounts;
using Gateway.Storage.Calls;
using Npgsql;

namespace Benchmarks.Billing;

/// <summary>
/// Settlements of admitted, begun and answered calls: in groups by one writer, as the spool settles what waits, and each alone by several.
/// </summary>
internal sealed class SettlementLoad(NpgsqlDataSource database)
{
    private const int Writers = 16;

    private readonly PostgresAdmissionStore _book = new(database);
    private readonly PostgresCallStore _calls = new(database);

    public async Task RunAsync(TimeSpan duration)
    {
        await AloneAsync(await PrepareAsync(500)); // connections, plans, just-in-time compilation
        await TogetherAsync(await PrepareAsync(500), 10);
        var records = await PrepareAsync((int)(500 * duration.TotalSeconds));
        var clock = Stopwatch.StartNew();
        var times = await AloneAsync(records);
        Console.WriteLine(
            $"settlements: {times.Count / clock.Elapsed.TotalSeconds:N0}/s each alone by {Writers} writers, " +
            $"{BillingCost.Percentiles(times)} ({times.Count:N0})");
        foreach (var size in (int[])[10, 100])
        {
            records = await PrepareAsync((int)(500 * duration.TotalSeconds));
            clock.Restart();
            times = await TogetherAsync(records, size);
            Console.WriteLine(
                $"settlements: {records.Count / clock.Elapsed.TotalSeconds:N0}/s in groups of {size} by one writer, " +
                $"each group {BillingCost.Percentiles(times)} ({records.Count:N0})");
        }
    }

    private async Task<IReadOnlyCollection<CallRecord>> PrepareAsync(int count)
    {
        var records = new ConcurrentBag<CallRecord>();
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = Writers }, async (i, cancellation) =>
        {
            var request = AdmissionLoad.Request(i);
            await _calls.BeginAsync(
                new CallIdentity(request.Call, request.Direction, request.Channel, request.User, request.Node, request.NodeStart),
                request.At, cancellation);
            var admitted = (AdmissionVerdict.Admitted)AdmissionRules.Decide(await _book.AdmitAsync(request, cancellation), request);
            records.Add(new CallRecord
            {
                Id = request.Call,
                WhatsAppId = new WhatsAppCallId("wacid." + request.Call),
                Direction = request.Direction,
                Channel = request.Channel,
                User = request.User,
                Trunk = "main",
                Agent = "100",
                StartedAt = request.At,
                AnsweredAt = request.At.AddSeconds(5),
                EndedAt = request.At.AddSeconds(65),
                Cause = HangupCause.WhatsAppHungUp,
                WhatsAppQuality = new LegQuality(3000, 3, 4.2, 80, 4.3),
                PbxQuality = new LegQuality(3000, 0, 0.3, 2, 4.4),
                Node = request.Node,
                NodeStart = request.NodeStart,
                Funding = admitted.Funding,
            });
        });
        return records;
    }

    private async Task<IReadOnlyCollection<TimeSpan>> AloneAsync(IReadOnlyCollection<CallRecord> records)
    {
        var times = new ConcurrentBag<TimeSpan>();
        await Parallel.ForEachAsync(records, new ParallelOptions { MaxDegreeOfParallelism = Writers }, async (record, cancellation) =>
        {
            var started = Stopwatch.GetTimestamp();
            await _calls.CompleteAsync(record, cancellation);
            times.Add(Stopwatch.GetElapsedTime(started));
        });
        return times;
    }

    private async Task<IReadOnlyCollection<TimeSpan>> TogetherAsync(IReadOnlyCollection<CallRecord> records, int size)
    {
        var times = new List<TimeSpan>();
        foreach (var group in records.Chunk(size))
        {
            var started = Stopwatch.GetTimestamp();
            await _calls.CompleteAllAsync(group, new PermissionLimits(), CancellationToken.None);
            times.Add(Stopwatch.GetElapsedTime(started));
        }
        return times;
    }
}
