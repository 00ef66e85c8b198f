using System.Collections.Concurrent;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Storage.Agents;
using StackExchange.Redis;
using Testing;

namespace Gateway.Storage.Tests.Agents;

/// <summary>500 calls of several nodes race for 100 agents, in a Redis that is well, paused, or restarted empty.</summary>
public sealed class RacingForAgentsTests : IDisposable
{
    private const int Takers = 500, Agents = 100, Connections = 8;

    private static readonly GroupId Group = new("support");

    private readonly Stores _stores = Stores.StartPrivate();
    private readonly ConnectionMultiplexer[] _redis;
    private readonly RedisAgentRegistry[] _nodes;

    public RacingForAgentsTests()
    {
        _redis = [.. Enumerable.Range(0, Connections).Select(_ => ConnectionMultiplexer.Connect(
            _stores.Redis + ",abortConnect=false,asyncTimeout=30000,allowAdmin=true"))];
        _nodes = [.. _redis.Select(redis => new RedisAgentRegistry(redis))];
    }

    public void Dispose()
    {
        foreach (var redis in _redis)
            redis.Dispose();
        _stores.Dispose();
    }

    [Fact]
    public async Task Each_agent_is_taken_once()
    {
        await DefineAsync();
        var taken = await Task.WhenAll(Enumerable.Range(0, Takers).Select(TakeAsync));
        Assert.Equal(Agents, taken.SelectMany(result => result.Agents).DistinctBy(agent => agent.Agent).Count());
        Assert.Equal(Agents, taken.Sum(result => result.Agents.Count));
    }

    [Fact]
    public async Task A_call_that_does_not_wait_comes_after_all_that_do()
    {
        var registry = _nodes[0];
        TakeRequest parked = new(new CallId("parked"), "n1", Group, [], AgentOrder.InOrder, 1, [], InTurn: true);
        foreach (var agent in new[] { new AgentId("anna"), new AgentId("bert") })
        {
            await registry.DefineAsync(new Agent(agent, "Anna", [new AgentMembership(Group)], []), default);
            await registry.SetPresenceAsync(agent, AgentPresence.Available, null, default);
        }
        var waiting = new CallId("waiting");
        await registry.JoinAsync(new WaitingCall(waiting, Group, 0, DateTimeOffset.UtcNow, "n1"), default);

        Assert.Single((await registry.TakeAsync(parked, default)).Agents); // there is one for each
        Assert.Empty((await registry.TakeAsync(parked, default)).Agents);
        Assert.Single((await registry.TakeAsync(parked with { Call = waiting }, default)).Agents);
    }

    [Fact]
    public async Task Nodes_are_named_until_they_renew_no_longer()
    {
        var clock = new SteppedTime();
        var registry = new RedisAgentRegistry(_redis[0], clock: clock);
        Assert.Equal(["n1"], (await registry.KeepAsync("n1", [], [], default)).Nodes);
        clock.Pass(AgentLeases.Renewal);
        Assert.Equal(["n1", "n2"], (await registry.KeepAsync("n2", [], [], default)).Nodes.Order());
        clock.Pass(AgentLeases.Length - AgentLeases.Renewal);
        Assert.Equal(["n2"], (await registry.KeepAsync("n2", [], [], default)).Nodes);
    }

    [Fact]
    public async Task So_they_are_in_a_Redis_that_pauses()
    {
        await DefineAsync();
        var pause = _redis[0].GetDatabase().ExecuteAsync("CLIENT", "PAUSE", "700", "ALL");
        var sleep = _redis[1].GetDatabase().ExecuteAsync("DEBUG", "SLEEP", "0.5");
        var taken = await Task.WhenAll(Enumerable.Range(0, Takers).Select(TakeAsync));
        await pause;
        try
        {
            await sleep;
        }
        catch (RedisServerException)
        {
            // not allowed by this server's configuration; the pause is enough
        }
        Assert.Equal(Agents, taken.SelectMany(result => result.Agents).DistinctBy(agent => agent.Agent).Count());
        Assert.Equal(Agents, taken.Sum(result => result.Agents.Count));
    }

    [Fact]
    public async Task After_an_empty_restart_calls_get_their_agents_back_and_no_token_comes_twice()
    {
        await DefineAsync();
        var tokens = new ConcurrentBag<TakenAgent>();
        var held = new ConcurrentBag<HeldAgent>();
        await Task.WhenAll(Enumerable.Range(0, Agents / 2).Select(async i => Note(i, await TakeAsync(i))));
        Assert.Equal(Agents / 2, held.Count);

        _stores.Kill(StoreServer.Redis);
        _stores.Revive(StoreServer.Redis);
        await EventuallyAsync(DefineAsync);
        // Who talks is restored by the node of the call while others already take: of a conflict one is left.
        var mine = held.ToArray();
        var keeping = EventuallyAsync(() => _nodes[0].KeepAsync("n0", mine, [], default));
        await Task.WhenAll(Enumerable.Range(Agents, Takers).Select(async i => Note(i, await EventuallyAsync(() => TakeAsync(i)))));
        var first = await keeping;
        Assert.Equal(tokens.Count, tokens.Distinct().Count());

        // All that calls believe to hold, once more, and each by the node that runs it.
        var results = await Task.WhenAll(held.Chunk(20).Select((chunk, i) => _nodes[i % Connections].KeepAsync("n", chunk, [], default)));
        var left = held.Except(results.SelectMany(result => result.Lost)).ToArray();
        Assert.Equal(left.Length, left.DistinctBy(one => one.Agent.Agent).Count());
        Assert.Equal(Agents, left.Length);
        Assert.All(await _nodes[1].ListAsync(default), status =>
            Assert.Equal((status.Call, status.Token), left.Where(one => one.Agent.Agent == status.Agent)
                .Select(one => ((CallId?)one.Call, one.Agent.Token)).Single()));
        Assert.All(first.Lost, lost => Assert.DoesNotContain(lost, left));

        void Note(int taker, TakeResult result)
        {
            foreach (var agent in result.Agents)
            {
                tokens.Add(agent);
                held.Add(new HeldAgent(agent, Call(taker), IsBusy: false));
            }
        }
    }

    private Task<TakeResult> TakeAsync(int taker) => _nodes[taker % Connections].TakeAsync(
        new TakeRequest(Call(taker), "n" + taker % Connections, Group, [], (AgentOrder)(taker % 4), 1, []), default);

    private async Task<bool> DefineAsync()
    {
        await Task.WhenAll(Enumerable.Range(0, Agents).Select(async i =>
        {
            var agent = new Agent(new AgentId("a" + i), "", [new AgentMembership(Group, 1 + i % 9, i % 7)], []);
            await _nodes[i % Connections].DefineAsync(agent, default);
            await _nodes[i % Connections].SetPresenceAsync(agent.Id, AgentPresence.Available, null, default);
        }));
        return true;
    }

    private static CallId Call(int taker) => new("call-" + taker);

    /// <summary>Until the connections are restored.</summary>
    private static async Task<T> EventuallyAsync<T>(Func<Task<T>> operation)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                return await operation();
            }
            catch (Exception e) when (e is RedisException or TimeoutException && tries < 100)
            {
                await Task.Delay(100);
            }
        }
    }
}
