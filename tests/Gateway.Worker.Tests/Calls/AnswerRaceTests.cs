using Gateway.Worker.Tests.Calls.Bench;
using Gateway.Worker.Tests.Calls.Race;
using Testing;
using Xunit.Abstractions;

namespace Gateway.Worker.Tests.Calls;

/// <summary>
/// Inbound calls at three nodes, each ringing eight phones that pick up within 5 ms: one has the call, and the others and their agents are
/// free. GATEWAY_RACE_CALLS says how many calls a test places.
/// </summary>
[Collection(UndisturbedCollection.Name)]
public sealed class AnswerRaceTests(ITestOutputHelper output)
{
    /// <summary>Calls at one time, and the phones of each.</summary>
    private const int AtOnce = 12, Phones = 8;

    private static readonly int Calls = int.Parse(Environment.GetEnvironmentVariable("GATEWAY_RACE_CALLS") ?? "60");

    /// <summary>Between two calls.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(120);

    private static readonly TimeSpan ReleaseWithin = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_call_has_one_agent(bool areRegistered)
    {
        await using var bench = await RaceBench.StartAsync(agentsTimeout: 10, areRegistered: areRegistered);
        var calls = await RunAsync(bench, halfway: () => { });
        Assert.All(calls, call => Assert.Equal(Phones, call.Rang));
    }

    /// <summary>The figures in tests/Benchmarks/README.md, one call after the other.</summary>
    [Fact]
    public async Task Fifty_phones_ring_for_one_call()
    {
        const int phones = 50;
        await using var bench = await RaceBench.StartAsync(phones, agentsTimeout: 10);
        var calls = Enumerable.Range(0, 10).Select(_ => new RaceCall(bench)).ToArray();
        foreach (var call in calls)
        {
            await call.RunAsync();
            Assert.Null(call.Fault);
            Assert.Equal(phones, call.Rang);
            output.WriteLine($"INVITE after pre_accept: first {call.FirstRang.TotalMilliseconds:0.0} ms, last "
                + $"{call.LastRang.TotalMilliseconds:0.0} ms");
        }
    }

    [Fact]
    public async Task Each_call_has_one_agent_while_Redis_stands_still_for_two_seconds()
    {
        await using var bench = await RaceBench.StartAsync();
        await RunAsync(bench, async () =>
        {
            bench.Stores.Freeze(StoreServer.Redis);
            await Task.Delay(TimeSpan.FromSeconds(2));
            Assert.All(bench.Registries, registry => Assert.True(registry.IsUnavailable));
            bench.Stores.Thaw(StoreServer.Redis);
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_call_has_one_agent_while_Redis_is_restarted_empty(bool areRegistered)
    {
        await using var bench = await RaceBench.StartAsync(areRegistered: areRegistered);
        await RunAsync(bench, async () =>
        {
            bench.Stores.Kill(StoreServer.Redis);
            await Task.Delay(TimeSpan.FromSeconds(2));
            Assert.All(bench.Registries, registry => Assert.True(registry.IsUnavailable));
            bench.Stores.Revive(StoreServer.Redis);
        });
    }

    private Task<RaceCall[]> RunAsync(RaceBench bench, Action halfway) => RunAsync(bench, () =>
    {
        halfway();
        return Task.CompletedTask;
    });

    private async Task<RaceCall[]> RunAsync(RaceBench bench, Func<Task> halfway)
    {
        using var room = new SemaphoreSlim(AtOnce);
        var calls = Enumerable.Range(0, Calls).Select(_ => new RaceCall(bench)).ToArray();
        var running = new List<Task>();
        var disturbance = Task.CompletedTask;
        foreach (var call in calls)
        {
            if (running.Count == Calls / 3)
                disturbance = Task.Run(halfway);
            await room.WaitAsync();
            running.Add(RunAsync(call, room));
            await Task.Delay(Pace);
        }
        await Task.WhenAll(running);
        await disturbance;
        Report(bench, calls);
        Assert.Empty(calls.Select(call => call.Fault).OfType<string>());
        Assert.All(calls, call => Assert.True(call.LastRelease < ReleaseWithin, $"a phone was released after {call.LastRelease}"));
        Assert.Empty(TwoCalls(bench, leg => leg.AnsweredAt));
        foreach (var node in bench.Gateways)
            await node.IsIdleAsync();
        return calls;
    }

    private static async Task RunAsync(RaceCall call, SemaphoreSlim room)
    {
        try
        {
            await call.RunAsync();
        }
        finally
        {
            room.Release();
        }
    }

    private void Report(RaceBench bench, RaceCall[] calls)
    {
        var legs = bench.Phones.Legs();
        var spreads = bench.Phones.Spreads.Select(spread => spread.TotalMilliseconds).Order().ToArray();
        var answered = legs.Count(leg => leg.AnsweredAt is not null);
        output.WriteLine($"{calls.Length} calls at {RaceBench.Nodes} nodes, {legs.Count} phones rang, {answered} picked up: all of a call "
            + $"within {spreads[spreads.Length / 2]:0.0} ms (half of the calls), {spreads[^1]:0.0} ms (all)");
        output.WriteLine($"faults: {calls.Count(call => call.Fault is not null)}; calls with {Phones} phones: "
            + $"{calls.Count(call => call.Rang == Phones)}, fewest {calls.Min(call => call.Rang)}, most {calls.Max(call => call.Rang)}");
        output.WriteLine($"the last other phone was released {calls.Max(call => call.LastRelease).TotalMilliseconds:0} ms after accept");
        output.WriteLine($"agents in two calls: {TwoCalls(bench, leg => leg.AnsweredAt).Count()}; rung for one call while rung or talking "
            + $"in another: {TwoCalls(bench, leg => leg.RangAt).Count()}");
        foreach (var fault in calls.Select(call => call.Fault).OfType<string>().Concat(TwoCalls(bench, leg => leg.RangAt)).Take(20))
            output.WriteLine(fault);
    }

    /// <summary>Legs of one phone for two calls that are there at the same moment.</summary>
    /// <param name="bench">The bench.</param>
    /// <param name="begin">When a leg begins to count; null: never.</param>
    private static IEnumerable<string> TwoCalls(RaceBench bench, Func<RaceLeg, DateTimeOffset?> begin) =>
        from phone in bench.Phones.Legs().GroupBy(leg => leg.Phone)
        let legs = phone.OrderBy(leg => leg.RangAt).ToArray()
        from first in Enumerable.Range(0, legs.Length)
        from second in Enumerable.Range(first + 1, legs.Length - first - 1)
        where legs[first].User != legs[second].User
            && RaceLeg.Overlap(begin(legs[first]), legs[first].EndedAt, begin(legs[second]), legs[second].EndedAt)
        select $"{legs[first]}\n  {legs[second]}";
}
