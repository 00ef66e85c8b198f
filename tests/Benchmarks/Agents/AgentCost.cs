using System.Collections.Concurrent;
using System.Diagnostics;
using Benchmarks.Billing;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Storage;
using Gateway.Storage.Agents;
using StackExchange.Redis;
using Testing;

namespace Benchmarks.Agents;

/// <summary>
/// The time to choose and take an agent out of a group of a thousand, at a fixed rate however slow earlier picks are, on a private Redis;
/// while 300 other agents are renewed and 50 calls wait, as on a busy node.
/// </summary>
internal static class AgentCost
{
    private const int Agents = 1000, Kept = 300, Waiting = 50;

    private static readonly GroupId Group = new("support");

    public static async Task MeasureAsync(int perSecond, TimeSpan duration)
    {
        using var stores = Stores.StartPrivate();
        await using var redis = RedisConnection.Open(stores.Redis + ",allowAdmin=true"); // for INFO
        var registry = new RedisAgentRegistry(redis);
        await Task.WhenAll(Enumerable.Range(0, Agents + Kept).Select(async i =>
        {
            var group = i < Agents ? Group : new GroupId("other");
            var agent = new Agent(new AgentId("agent-" + i), "", [new AgentMembership(group, 1 + i % 100, i)], []);
            await registry.DefineAsync(agent, CancellationToken.None);
            await registry.SetPresenceAsync(agent.Id, AgentPresence.Available, null, CancellationToken.None);
        }));
        using var stop = new CancellationTokenSource();
        var keeping = KeepAsync(registry, stop.Token);
        foreach (var order in Enum.GetValues<AgentOrder>())
        {
            await AtAsync(registry, order, perSecond, TimeSpan.FromSeconds(3)); // connections, just-in-time compilation
            var scripts = await ScriptsAsync(redis);
            var (times, none) = await AtAsync(registry, order, perSecond, duration);
            // A pick and the release after it; the rest are renewals.
            var each = (await ScriptsAsync(redis) - scripts) / (double)(2 * times.Count);
            Console.WriteLine(
                $"{order} at {perSecond}/s out of {Agents}: {BillingCost.Percentiles(times)} ({times.Count:N0}, {none} without an agent, "
                + $"{each:F2} scripts an operation)");
        }
        await stop.CancelAsync();
        await keeping;
    }

    private static async Task<(ConcurrentBag<TimeSpan> Times, int None)> AtAsync(
        IAgentRegistry registry, AgentOrder order, int perSecond, TimeSpan duration)
    {
        var (times, running, none) = (new ConcurrentBag<TimeSpan>(), new List<Task>(), 0);
        var begin = Stopwatch.GetTimestamp();
        var total = (int)(perSecond * duration.TotalSeconds);
        for (var i = 0; i < total; i++)
        {
            if (TimeSpan.FromSeconds(i / (double)perSecond) - Stopwatch.GetElapsedTime(begin) is { Ticks: > 0 } wait)
                await Task.Delay(wait);
            var call = new CallId("call-" + i);
            running.Add(Task.Run(async () =>
            {
                var started = Stopwatch.GetTimestamp();
                var result = await registry.TakeAsync(new TakeRequest(call, "n1", Group, [], order, 1, []), CancellationToken.None);
                times.Add(Stopwatch.GetElapsedTime(started));
                if (result.Agents is not [var taken])
                    Interlocked.Increment(ref none);
                else
                    await registry.ReleaseAsync(taken.Agent, taken.Token, TimeSpan.Zero, CancellationToken.None);
            }));
        }
        await Task.WhenAll(running);
        return (times, none);
    }

    private static async Task KeepAsync(IAgentRegistry registry, CancellationToken stop)
    {
        var held = new List<HeldAgent>();
        foreach (var i in Enumerable.Range(Agents, Kept))
        {
            var call = new CallId("held-" + i);
            if (await registry.TakeBusyAsync(new AgentId("agent-" + i), call, "n1", CancellationToken.None) is { } taken)
                held.Add(new HeldAgent(taken, call, IsBusy: true));
        }
        WaitingCall[] waiting = [.. Enumerable.Range(0, Waiting).Select(i =>
            new WaitingCall(new CallId("waiting-" + i), new GroupId("other"), 5, DateTimeOffset.UtcNow, "n1"))];
        while (!stop.IsCancellationRequested)
        {
            await registry.KeepAsync("n1", held, waiting, CancellationToken.None);
            await Task.Delay(AgentLeases.Renewal, CancellationToken.None);
        }
    }

    private static async Task<long> ScriptsAsync(IConnectionMultiplexer redis)
    {
        var text = (await redis.GetServer(redis.GetEndPoints()[0]).InfoRawAsync("commandstats"))!;
        var line = text.Split('\n').First(line => line.StartsWith("cmdstat_evalsha:", StringComparison.Ordinal));
        return long.Parse(line.Split("calls=")[1].Split(',')[0], System.Globalization.CultureInfo.InvariantCulture);
    }
}
