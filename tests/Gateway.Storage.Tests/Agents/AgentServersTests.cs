using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Storage.Agents;
using StackExchange.Redis;
using Testing;

namespace Gateway.Storage.Tests.Agents;

/// <summary>The registry of agents over every deployment of Redis, by its own clock.</summary>
public sealed class AgentServersTests
{
    private static readonly GroupId Group = new("support");
    private static readonly AgentId Ada = new("ada");

    [Fact]
    public async Task A_Cluster_gives_agents_and_publishes_changes_to_all_nodes()
    {
        await using var servers = await RedisServers.StartClusterAsync();
        await WorksAsync(servers.Configuration);
    }

    [Fact]
    public async Task A_user_of_the_access_control_list_is_enough()
    {
        await using var servers = await RedisServers.StartWithUserAsync("gateway", "a-password");
        await WorksAsync(servers.Configuration);
    }

    [Fact]
    public async Task Behind_Sentinels_the_new_primary_is_given_what_calls_hold()
    {
        await using var servers = await RedisServers.StartSentinelAsync();
        await using var redis = RedisConnection.Open(servers.Configuration);
        var registry = new RedisAgentRegistry(redis);
        await DefineAsync(registry);
        var taken = (await registry.TakeBusyAsync(Ada, new CallId("c1"), "n1", default))!.Value;

        await servers.KillPrimaryAsync();
        await EventuallyAsync(async () =>
        {
            await registry.DefineAsync(Agent(), default); // the replica may not have had it yet
            return await registry.KeepAsync("n1", [new HeldAgent(taken, new CallId("c1"), IsBusy: true)], [], default);
        });
        Assert.Equal(taken.Token, (await registry.FindAsync(Ada, default))!.Token);
        Assert.True(await registry.ReleaseAsync(Ada, taken.Token, TimeSpan.Zero, default));
    }

    [Fact]
    public async Task A_wrap_up_that_nobody_asks_about_wakes_waiting_calls_by_the_renewal_of_any_node()
    {
        using var stores = Stores.StartPrivate();
        await using var redis = RedisConnection.Open(stores.Redis);
        var registry = new RedisAgentRegistry(redis);
        await DefineAsync(registry);
        await using var changes = registry.ChangesAsync(default).GetAsyncEnumerator();
        await NextAsync(changes);
        var taken = (await registry.TakeBusyAsync(Ada, new CallId("c1"), "n1", default))!.Value;
        Assert.True(await registry.ReleaseAsync(Ada, taken.Token, TimeSpan.FromSeconds(1), default));
        var wrapUp = await WrapUpAsync(changes);

        var next = NextAsync(changes);
        while (!next.IsCompleted)
            await registry.KeepAsync("n2", [], [], default);
        var available = Assert.IsType<AgentsChange.OfAgent>(await next).Status;
        Assert.Equal((AgentState.Available, wrapUp.WrapUpUntil), (available.State, available.Since));
        Assert.Equal(new AgentsChange.OfGroup(Group), await NextAsync(changes));
    }

    /// <summary>A change is read when it is heard of: one that came soon after another may show for both.</summary>
    private static async Task<AgentStatus> WrapUpAsync(IAsyncEnumerator<AgentsChange> changes)
    {
        while (true)
        {
            var status = Assert.IsType<AgentsChange.OfAgent>(await NextAsync(changes)).Status;
            if (status.State == AgentState.WrapUp)
                return status;
            Assert.Equal(AgentState.Busy, status.State);
        }
    }

    private static async Task WorksAsync(string configuration)
    {
        await using var redis = RedisConnection.Open(configuration);
        await using var other = RedisConnection.Open(configuration);
        var (registry, second) = (new RedisAgentRegistry(redis), new RedisAgentRegistry(other));
        await using var changes = second.ChangesAsync(default).GetAsyncEnumerator();
        await NextAsync(changes);
        await DefineAsync(registry);
        var taken = Assert.Single((await registry.TakeAsync(
            new TakeRequest(new CallId("c1"), "n1", Group, [], AgentOrder.MostSkilled, 2, []), default)).Agents);
        Assert.Null(await second.TakeBusyAsync(Ada, new CallId("c2"), "n2", default));
        Assert.True(await second.AnswerAsync(Ada, taken.Token, default));
        Assert.True(await second.ReleaseAsync(Ada, taken.Token, TimeSpan.Zero, default));
        var states = new List<AgentState>();
        while (states.Count < 4)
            if (await NextAsync(changes) is AgentsChange.OfAgent { Status: var status })
                states.Add(status.State);
        Assert.Equal([AgentState.Available, AgentState.Ringing, AgentState.Busy, AgentState.Available], states);
    }

    private static async Task DefineAsync(RedisAgentRegistry registry)
    {
        await registry.DefineAsync(Agent(), default);
        await registry.SetPresenceAsync(Ada, AgentPresence.Available, null, default);
    }

    private static Agent Agent() => new(Ada, "Ada", [new AgentMembership(Group)], []);

    private static async Task<AgentsChange> NextAsync(IAsyncEnumerator<AgentsChange> changes)
    {
        Assert.True(await changes.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60)));
        return changes.Current;
    }

    /// <summary>Nothing can be written during a Sentinel failover.</summary>
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
                await Task.Delay(200);
            }
        }
    }
}
