using Dapper;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Storage;
using Gateway.Storage.Agents;
using Gateway.Storage.Directory;
using Gateway.Worker.Tests.Calls.Bench;
using Media.Protocols.Primitives;
using Npgsql;
using Sandbox;
using Sandbox.Calls;
using StackExchange.Redis;
using Testing;

namespace Gateway.Worker.Tests.Versions;

/// <summary>
/// Two gateways on the same stores: one of the version before, whose folder GATEWAY_TEST_BEFORE names (`./test upgrade`; else it is of this
/// build too), and one of this version, which was started after it.
/// </summary>
public sealed class TwoVersionsBench : IAsyncLifetime
{
    private const string Actor = "key:test";

    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-versions-").FullName;
    private readonly Stores _stores = Stores.StartPrivate();
    private readonly List<VersionNode> _nodes = [];

    internal WhatsAppSide WhatsApp { get; private set; } = null!;

    internal Pbx Pbx { get; private set; } = null!;

    internal WebhookRelay Relay { get; private set; } = null!;

    /// <summary>The one before, and this version.</summary>
    internal IReadOnlyList<VersionNode> Nodes => _nodes;

    internal string Redis => _stores.Redis;

    public async Task InitializeAsync()
    {
        Relay = await WebhookRelay.StartAsync();
        WhatsApp = await WhatsAppSide.StartAsync(new SandboxOptions
        {
            DefaultHandset = "paper",
            Numbers = [new NumberOptions { WebhookUrl = Relay.Url }],
            Timers = new SandboxTimers
            {
                RingDelay = TimeSpan.FromMilliseconds(1), AutoDelay = TimeSpan.FromMilliseconds(1),
                WebhookRetry = TimeSpan.FromMilliseconds(20),
            },
        });
        _nodes.Add(new VersionNode("before", Environment.GetEnvironmentVariable("GATEWAY_TEST_BEFORE"), _folder));
        _nodes.Add(new VersionNode("now", null, _folder));
        Pbx = await Pbx.StartAsync(_nodes[0].SipPort, _nodes[1].SipPort);
        foreach (var node in _nodes)
            await node.StartAsync(_stores, WhatsApp, Pbx);
    }

    /// <summary>Starts a node that was stopped, or killed.</summary>
    internal Task StartAgainAsync(VersionNode node) => node.StartAsync(_stores, WhatsApp, Pbx);

    /// <summary>Webhooks of one kind go to one node, all others to another.</summary>
    internal void SendTo(string label, VersionNode node, VersionNode others) =>
        Relay.Pick = one => [(one == label ? node : others).WebhookUrl];

    /// <summary>A group of one agent, whose calls wait in a queue where the agent is taken.</summary>
    internal async Task QueueAsync(string extension)
    {
        await using var database = NpgsqlDataSource.Create(_stores.Postgres);
        var (group, agent, flow) = (new GroupId("sales"), new AgentId("anna"), new FlowId("sales"));
        await new GroupStore(database).CreateAsync(
            new AgentGroup(group, "Sales", TimeSpan.Zero, TimeSpan.FromSeconds(20)), Actor, CancellationToken.None);
        await new AgentStore(database).CreateAsync(
            new Agent(agent, "Anna", [new(group, 1, 1)], [new AgentPhone.Extension("main", extension)]), Actor, CancellationToken.None);
        await new FlowStore(database).CreateAsync(
            new Flow(flow, "Sales", "queue", new Dictionary<string, FlowStep> { ["queue"] = new FlowStep.Queue(group) }), Actor,
            CancellationToken.None);
        var routes = new FlowRouteStore(database);
        await routes.ReplaceAsync(
            [new FlowRouteDocument(0, flow)], (await routes.FindAsync(CancellationToken.None)).Version, Actor, CancellationToken.None);
        await new GroupStore(database).CreateAsync(
            new AgentGroup(new GroupId("last"), "Last", TimeSpan.Zero, TimeSpan.FromSeconds(20)), Actor, CancellationToken.None);
        foreach (var node in _nodes)
            await Eventually.SeeAsync(
                node.MetricsAsync, seen => seen.Contains("group=\"last\"", StringComparison.Ordinal), $"{node.Id} knows all of it");
        await using var redis = await ConnectionMultiplexer.ConnectAsync(_stores.Redis);
        var registry = new RedisAgentRegistry(redis);
        await Eventually.SeeAsync(
            () => registry.SetPresenceAsync(agent, AgentPresence.Available, null, CancellationToken.None), known => known,
            "the nodes know the agent");
    }

    /// <summary>Waits until user and agent are connected.</summary>
    internal async Task LiveAsync(SandboxCall call)
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(_stores.Redis);
        var registry = new RedisCallRegistry(redis, "test");
        await Eventually.SeeAsync(
            () => registry.ListAsync(CancellationToken.None),
            live => live.Any(one => one.WhatsAppId?.Value == call.Id && one.State == Gateway.Calls.Lifecycle.CallState.Live), "it is live");
    }

    /// <summary>Every row of the call.</summary>
    internal async Task<IReadOnlyList<(string? Cause, string Node)>> RowsAsync(SandboxCall call)
    {
        await using var connection = new NpgsqlConnection(_stores.Postgres + ";Pooling=false");
        return (await connection.QueryAsync<(string?, string)>(
            "SELECT cause, node FROM calls WHERE user_phone = @Phone", call.User)).AsList();
    }

    /// <summary>The call has one record, of this node and with this cause.</summary>
    internal async Task RecordedAsync(SandboxCall call, VersionNode node, HangupCause cause)
    {
        await WhatsAppSide.UntilAsync(call, CallState.Ended);
        var rows = await Eventually.SeeAsync(
            () => RowsAsync(call), found => found.Count > 0 && found.All(row => row.Cause is not null), "the record is complete");
        Assert.Equal((WireName.Of(cause), node.Id), Assert.Single(rows));
    }

    public async Task DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
        await Pbx.DisposeAsync();
        await WhatsApp.DisposeAsync();
        await Relay.DisposeAsync();
        _stores.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
