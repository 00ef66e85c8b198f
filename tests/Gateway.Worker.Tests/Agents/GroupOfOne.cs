using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Storage.Directory;
using Gateway.Worker.Agents;
using Gateway.Worker.Tests.Calls.Bench;
using Npgsql;
using Testing;

namespace Gateway.Worker.Tests.Agents;

/// <summary>A group with one agent, and a flow that leads every call of the bench to it.</summary>
internal sealed class GroupOfOne : IAsyncDisposable
{
    private const string Actor = "key:test";

    private static readonly CancellationToken None = CancellationToken.None;

    private readonly NpgsqlDataSource _database;

    private GroupOfOne(CallBench bench, NpgsqlDataSource database, string own)
    {
        (Bench, _database) = (bench, database);
        (Group, Ada, Flow) = (new GroupId("group-" + own), new AgentId("ada-" + own), new FlowId("flow-" + own));
    }

    public CallBench Bench { get; }

    public GroupId Group { get; }

    public AgentId Ada { get; }

    public AgentStore Agents => new(_database);

    public IAgentRegistry Registry => Bench.Gateway.Service<IAgentRegistry>();

    private FlowId Flow { get; }

    /// <param name="stores">Real ones.</param>
    /// <param name="bench">A gateway on them; ends with this.</param>
    /// <param name="step">What calls begin with.</param>
    /// <param name="phones">The agent's phones.</param>
    public static async Task<GroupOfOne> StartAsync(
        Stores stores, CallBench bench, Func<GroupOfOne, FlowStep> step, params AgentPhone[] phones)
    {
        var one = new GroupOfOne(bench, NpgsqlDataSource.Create(stores.Postgres), Guid.NewGuid().ToString("n")[..8]);
        Kept(await new GroupStore(one._database).CreateAsync(
            new AgentGroup(one.Group, "Sales", TimeSpan.Zero, TimeSpan.FromMinutes(5)), Actor, None));
        Kept(await one.Agents.CreateAsync(new Agent(one.Ada, "Ada", [new AgentMembership(one.Group)], phones), Actor, None));
        Kept(await new FlowStore(one._database).CreateAsync(
            new Flow(one.Flow, "Calls", "first", new Dictionary<string, FlowStep> { ["first"] = step(one) }), Actor, None));
        await one.RouteAsync(new FlowRouteDocument(0, one.Flow));
        return one;
    }

    public async Task SetPresenceAsync(AgentPresence presence) =>
        Assert.True(await Registry.SetPresenceAsync(Ada, presence, null, None));

    public async ValueTask DisposeAsync()
    {
        await RouteAsync();
        if (await Agents.FindAsync(Ada, None) is { } agent) // whose phones are free for other tests then
            Kept(await Agents.DeleteAsync(Ada, agent.Version, Actor, None));
        await Bench.DisposeAsync();
        await _database.DisposeAsync();
    }

    private async Task RouteAsync(params FlowRouteDocument[] routes)
    {
        var store = new FlowRouteStore(_database);
        Kept(await store.ReplaceAsync(routes, (await store.FindAsync(None)).Version, Actor, None));
        await Bench.Gateway.Service<AgentDirectory>().RefreshAsync(None);
    }

    private static void Kept<T>(Storage.Outcome<T> outcome) where T : class => Assert.True(outcome.Value is not null, outcome.ToString());
}
