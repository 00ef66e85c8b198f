using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Storage.Directory;
using Gateway.Worker.Agents;
using Gateway.Worker.Tests.Calls.Bench;
using Npgsql;
using Sandbox.Calls;
using Testing;

namespace Gateway.Worker.Tests.Agents;

/// <summary>The figures of a group whose calls wait in its queue, as a supervisor sees them.</summary>
[Collection(StoresCollection.Name)]
public sealed class GroupMetricsTests(Stores stores) : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly string _own = Guid.NewGuid().ToString("n")[..8];
    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(stores.Postgres);
    private CallBench _bench = null!;

    private GroupId Group => new("figures-" + _own);

    private AgentId Ada => new("ada-" + _own);

    public async Task InitializeAsync()
    {
        _bench = await CallBench.StartAsync(stores);
        Kept(await new GroupStore(_database).CreateAsync(new AgentGroup(Group, "Sales", TimeSpan.Zero, TimeSpan.FromMinutes(5)), "test", None));
        Kept(await new AgentStore(_database).CreateAsync(
            new Agent(Ada, "Ada", [new AgentMembership(Group)], [new AgentPhone.Extension("main", _own)]), "test", None));
        var flow = new Flow(new FlowId("figures-" + _own), "Queue", "queue", new Dictionary<string, FlowStep>
        {
            ["queue"] = new FlowStep.Queue(Group) { LeaveWhenNobodyIsSignedIn = false },
        });
        Kept(await new FlowStore(_database).CreateAsync(flow, "test", None));
        await RouteAsync(new FlowRouteDocument(0, flow.Id));
    }

    public async Task DisposeAsync()
    {
        await RouteAsync();
        await _bench.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Calls_are_counted_as_answered_or_abandoned_and_those_that_wait_and_agents_are_shown()
    {
        var waiting = await WaitingAsync();
        await AreAsync("offline", 1);
        Assert.True(await MetricAsync("gateway_groups_longest_wait_seconds") > 0);
        Assert.True(await _bench.WhatsApp.HangUpAsync(waiting));
        await SeeAsync("gateway_groups_abandoned_total", 1);
        await SeeAsync("gateway_groups_waiting_calls", 0);
        Assert.Equal(0, await MetricAsync("gateway_groups_answered_total"));

        var call = await WaitingAsync();
        Assert.True(await _bench.Gateway.Service<IAgentRegistry>().SetPresenceAsync(Ada, AgentPresence.Available, null, None));
        var phone = await _bench.Pbx.NextAsync();
        await phone.AnswerAsync();
        await SeeAsync("gateway_groups_answered_total", 1); // while the call goes on
        await AreAsync("busy", 1);
        await phone.HangUpAsync();
        await _bench.EndsAsync(call, HangupCause.PbxHungUp);
        await SeeAsync("gateway_groups_handling_seconds_count", 1);
        await AreAsync("available", 1);
        Assert.Equal(
            (1.0, 1.0, 1.0, 1.0, 1.0),
            (await MetricAsync("gateway_groups_answered_total"), await MetricAsync("gateway_groups_answered_in_time_total"),
                await MetricAsync("gateway_groups_abandoned_total"), await MetricAsync("gateway_groups_wait_seconds_count", "outcome=\"answered\""),
                await MetricAsync("gateway_groups_wait_seconds_count", "outcome=\"abandoned\"")));
    }

    private async Task<SandboxCall> WaitingAsync()
    {
        var call = await _bench.WhatsApp.PlaceAsync();
        await SeeAsync("gateway_groups_waiting_calls", 1);
        return call;
    }

    private Task<double> MetricAsync(string name, params string[] labels) =>
        _bench.Gateway.MetricAsync(name, [$"group=\"{Group}\"", .. labels]);

    private Task SeeAsync(string name, double value) =>
        Eventually.SeeAsync(() => MetricAsync(name), seen => seen.Equals(value), $"{name} is {value}");

    /// <summary>The group's only agent is in this state, and in no other.</summary>
    private async Task AreAsync(string state, double count)
    {
        await Eventually.SeeAsync(
            () => MetricAsync("gateway_cluster_agents", $"state=\"{state}\""), seen => seen.Equals(count), $"{count} {state}");
        Assert.Equal(1, await MetricAsync("gateway_cluster_agents"));
    }

    private async Task RouteAsync(params FlowRouteDocument[] routes)
    {
        var store = new FlowRouteStore(_database);
        Kept(await store.ReplaceAsync(routes, (await store.FindAsync(None)).Version, "test", None));
        await _bench.Gateway.Service<AgentDirectory>().RefreshAsync(None);
    }

    private static void Kept<T>(Storage.Outcome<T> outcome) where T : class => Assert.True(outcome.Value is not null, outcome.ToString());
}
