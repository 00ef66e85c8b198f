using System.Diagnostics;
using Gateway.Calls;
using Gateway.Calls.Records;
using Gateway.Storage.Calls;
using Npgsql;

namespace Benchmarks.Billing;

/// <summary>
/// Settlements of attempts that were refused at once: each alone by several writers, and in groups by one as the spool does.
/// </summary>
internal sealed class RefusedLoad(NpgsqlDataSource database)
{
    private const int Writers = 8;
    private const int GroupSize = 100;
    private const int Rate = 500;

    private readonly PostgresCallStore _calls = new(database);

    public async Task RunAsync(TimeSpan duration)
    {
        await AloneAsync(await PrepareAsync(Rate)); // connections, plans, just-in-time compilation
        await TogetherAsync(await PrepareAsync(Rate));
        var count = (int)(Rate * duration.TotalSeconds);
        var (alone, together) = (await PrepareAsync(count), await PrepareAsync(count));
        Console.WriteLine($"refused attempts: {await AloneAsync(alone):N0}/s each alone by {Writers} writers, "
            + $"{await TogetherAsync(together):N0}/s in groups of {GroupSize} by one ({count:N0} each)");
    }

    private async Task<IReadOnlyList<CallRecord>> PrepareAsync(int count)
    {
        var records = Enumerable.Range(0, count).Select(i => AdmissionLoad.Request(i)).Select(request => new CallRecord
        {
            Id = request.Call,
            Direction = CallDirection.Outbound,
            Channel = request.Channel,
            User = request.User,
            Trunk = "main",
            Agent = "100",
            StartedAt = request.At,
            EndedAt = request.At.AddSeconds(1),
            Cause = HangupCause.NotPermitted,
            Node = request.Node,
            NodeStart = request.NodeStart,
        }).ToArray();
        await Parallel.ForEachAsync(records, new ParallelOptions { MaxDegreeOfParallelism = Writers }, async (record, cancellation) =>
            await _calls.BeginAsync(
                new CallIdentity(record.Id, record.Direction, record.Channel, record.User, record.Node, record.NodeStart), record.StartedAt,
                cancellation));
        return records;
    }

    private async Task<double> AloneAsync(IReadOnlyList<CallRecord> records)
    {
        var clock = Stopwatch.StartNew();
        await Parallel.ForEachAsync(records, new ParallelOptions { MaxDegreeOfParallelism = Writers }, async (record, cancellation) =>
            await _calls.CompleteAsync(record, cancellation));
        return records.Count / clock.Elapsed.TotalSeconds;
    }

    private async Task<double> TogetherAsync(IReadOnlyList<CallRecord> records)
    {
        var clock = Stopwatch.StartNew();
        foreach (var group in records.Chunk(GroupSize))
            await _calls.CompleteAllAsync(group, CancellationToken.None);
        return records.Count / clock.Elapsed.TotalSeconds;
    }
}
