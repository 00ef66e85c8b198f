using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Storage;
using Gateway.Storage.Agents;
using Gateway.Worker.Agents;
using Gateway.Worker.Tests.Calls.Bench;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;
using Testing;

namespace Gateway.Worker.Tests.Agents;

/// <summary>A node's agents over a Redis that stops answering, goes, and comes back empty.</summary>
public sealed class AgentsOfRealRedisTests : IDisposable
{
    private static readonly GroupId Sales = new("sales");

    private readonly Stores _stores = Stores.StartPrivate();
    private readonly IConnectionMultiplexer _redis;
    private readonly RedisAgentRegistry _shared;
    private readonly ResilientAgentRegistry _node;

    public AgentsOfRealRedisTests()
    {
        _redis = RedisConnection.Open(_stores.Redis);
        _shared = new RedisAgentRegistry(_redis);
        _node = new ResilientAgentRegistry(_shared, "n1", TimeSpan.FromMilliseconds(500), TimeProvider.System, NullLogger.Instance);
    }

    public void Dispose()
    {
        _node.Dispose();
        _redis.Dispose();
        _stores.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Agents_are_given_to_calls_meanwhile_and_each_is_in_one_call_afterwards(bool restartsEmpty)
    {
        for (var i = 0; i < 10; i++)
        {
            await _node.DefineAsync(new Agent(new AgentId("a" + i), "", [new AgentMembership(Sales, 1, i)], []), default);
            await _node.SetPresenceAsync(new AgentId("a" + i), AgentPresence.Available, null, default);
        }
        await EventuallyAsync(() => !_node.IsUnavailable);
        var before = await TakeAsync("c1");
        Assert.True(await _node.AnswerAsync(before.Agent, before.Token, default));

        if (restartsEmpty)
            _stores.Kill(StoreServer.Redis);
        else
            _stores.Freeze(StoreServer.Redis);
        var (kept, gone) = (await TakeAsync("c2"), await TakeAsync("c3"));
        Assert.True(_node.IsUnavailable);
        Assert.True(await _node.ReleaseAsync(gone.Agent, gone.Token, TimeSpan.FromMinutes(1), default));
        if (restartsEmpty)
            _stores.Revive(StoreServer.Redis);
        else
            _stores.Thaw(StoreServer.Redis);
        await EventuallyAsync(() => !_node.IsUnavailable);
        Assert.Equal(3, new[] { before, kept, gone }.DistinctBy(taken => taken.Agent).Count());

        // What Redis took late for calls that had gone on without is given back.
        IReadOnlyDictionary<AgentId, AgentStatus> states = new Dictionary<AgentId, AgentStatus>();
        await EventuallyAsync(async () =>
        {
            states = (await _shared.ListAsync(default)).ToDictionary(status => status.Agent);
            return states.Values.Count(status => status.State == AgentState.Available) == 7;
        });
        Assert.Equal((AgentState.Busy, "c1"), (states[before.Agent].State, states[before.Agent].Call?.Value));
        Assert.Equal((AgentState.Ringing, "c2"), (states[kept.Agent].State, states[kept.Agent].Call?.Value));
        Assert.Equal(AgentState.WrapUp, states[gone.Agent].State);
        Assert.True(await _node.ReleaseAsync(before.Agent, before.Token, TimeSpan.Zero, default));
    }

    [Fact]
    public async Task The_renewal_brings_an_agent_back_to_a_Redis_that_was_restarted_empty()
    {
        var agent = new AgentId("a0");
        await _node.DefineAsync(new Agent(agent, "a0", [new AgentMembership(Sales)], []), default);
        await _node.SetPresenceAsync(agent, AgentPresence.Available, null, default);
        var taken = await TakeAsync("c1");
        Assert.True(await _node.AnswerAsync(agent, taken.Token, default));
        using var renewal = new AgentRenewal(_node, _redis, TimeProvider.System, NullLogger<AgentRenewal>.Instance);
        await renewal.StartAsync(default);

        _stores.Kill(StoreServer.Redis);
        await Task.Delay(500); // it is missed
        _stores.Revive(StoreServer.Redis);
        await Eventually.SeeAsync(
            FindAsync, status => (status?.State, status?.Call?.Value) == (AgentState.Busy, "c1"), "the agent, busy with the call",
            status => status?.ToString() ?? "none");
        await renewal.StopAsync(default);

        async Task<AgentStatus?> FindAsync()
        {
            try
            {
                return await _shared.FindAsync(agent, default);
            }
            catch (Exception e) when (e is RedisException or TimeoutException)
            {
                return null;
            }
        }
    }

    private async Task<TakenAgent> TakeAsync(string call) => Assert.Single((await _node.TakeAsync(
        new TakeRequest(new CallId(call), "n1", Sales, [], AgentOrder.InOrder, 1, []), default)).Agents);

    private Task EventuallyAsync(Func<bool> holds) => EventuallyAsync(() => Task.FromResult(holds()));

    /// <summary>As the node renews, which it does once a second.</summary>
    private async Task EventuallyAsync(Func<Task<bool>> holds)
    {
        for (var tries = 0; ; tries++)
        {
            await _node.RenewAsync(default);
            try
            {
                if (await holds())
                    return;
            }
            catch (Exception e) when (e is RedisException or TimeoutException && tries < 300)
            {
                // not yet back
            }
            Assert.True(tries < 300);
            await Task.Delay(100);
        }
    }
}
