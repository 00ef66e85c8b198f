using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Sip.Endpoint;
using Gateway.Storage;
using Gateway.Storage.Directory;
using Gateway.Worker.Agents;
using Gateway.Worker.Configuration;
using Gateway.Worker.Tests.Calls.Bench;
using Media.Engine;
using Npgsql;
using Testing;
using Testing.Peers;

namespace Gateway.Worker.Tests.Calls.Race;

/// <summary>
/// Three gateways that share agents, PostgreSQL and Redis. The agents' phones are extensions of one PBX, which is a trunk of every node, or
/// a third of them is registered with each node.
/// </summary>
internal sealed class RaceBench : IAsyncDisposable
{
    public const int Nodes = 3;

    /// <summary>Enough for twelve calls at once, of which four at a node race for a third of them.</summary>
    private const int Agents = 144;

    private const int MediaPorts = 120;
    private static readonly GroupId Group = new("support");
    private static readonly FlowId Flow = new("race");

    private const string Realm = "phones.example";

    private static readonly PhoneConfiguration[] Users = [.. Enumerable.Range(1000, Agents).Select(user => new PhoneConfiguration
    {
        User = $"{user}", Password = new Secret("open sesame"),
    })];

    private readonly CallBench _calls;

    private RaceBench(Stores stores, RacePhones phones, CallBench calls) => (Stores, Phones, _calls) = (stores, phones, calls);

    /// <summary>Its Redis can be stopped.</summary>
    public Stores Stores { get; }

    public RacePhones Phones { get; }

    public WhatsAppSide WhatsApp => _calls.WhatsApp;

    public IReadOnlyList<GatewayNode> Gateways => _calls.Gateways;

    /// <summary>A connect goes to a random node; terminate to all, since a node passes on no webhook of another's call.</summary>
    /// <param name="phones">So many ring for one call.</param>
    /// <param name="agentsTimeout">
    /// In seconds: above what a busy machine makes of an answer of Redis, where no outage is meant. A node that waits in vain while the
    /// others do not goes by memory alone, and may ring whom they ring.
    /// </param>
    /// <param name="areRegistered">The phones are registered with the nodes.</param>
    public static async Task<RaceBench> StartAsync(int phones = 8, double agentsTimeout = 0.5, bool areRegistered = false)
    {
        var stores = Stores.StartPrivate();
        var pbx = new RacePhones(phones);
        await using (var database = NpgsqlDataSource.Create(stores.Postgres))
        {
            await Migrator.MigrateAsync(database, default);
            await DefineAsync(database, phones, areRegistered);
        }
        var calls = await CallBench.StartAsync(
            stores, options => With(options, pbx.Port, TimeSpan.FromSeconds(agentsTimeout)), gateways: Nodes);
        calls.Relay.Pick = label =>
            label == "connect" ? [calls.Relay.Targets[Random.Shared.Next(Nodes)]] : calls.Relay.Targets;
        var bench = new RaceBench(stores, pbx, calls);
        if (areRegistered)
            await bench.RegisterAsync();
        await bench.SignInAsync();
        return bench;
    }

    public IEnumerable<ResilientAgentRegistry> Registries => Gateways.Select(node => node.Service<ResilientAgentRegistry>());

    public async ValueTask DisposeAsync()
    {
        await _calls.DisposeAsync();
        await Phones.DisposeAsync();
        Stores.Dispose();
    }

    private static GatewayOptions With(GatewayOptions options, int phones, TimeSpan agentsTimeout)
    {
        var media = LoopbackPorts.Take(MediaPorts);
        return options with
        {
            Storage = options.Storage with { AgentsTimeout = agentsTimeout },
            Sip = options.Sip with
            {
                Trunks = [CallBench.Trunk("main", phones)],
                Registrar = new RegistrarConfiguration
                {
                    Enabled = true, Realm = Realm, ClusterSecret = new Secret(new string('s', 32)), Phones = Users,
                },
            },
            Media = options.Media with
            {
                Pbx = new PbxSideOptions { PortMin = media, PortMax = media + MediaPorts - 1, Quarantine = TimeSpan.Zero },
            },
        };
    }

    private static async Task DefineAsync(NpgsqlDataSource database, int phones, bool areRegistered)
    {
        var group = new AgentGroup(Group, "Support", TimeSpan.Zero, TimeSpan.FromSeconds(20));
        Check(await new GroupStore(database).CreateAsync(group, "test", default));
        for (var i = 0; i < Agents; i++)
        {
            AgentPhone phone = areRegistered ? new AgentPhone.Registered(Users[i].User) : new AgentPhone.Extension("main", Users[i].User);
            var agent = new Agent(new AgentId($"a{i}"), $"Agent {i}", [new AgentMembership(Group)], [phone]);
            Check(await new AgentStore(database).CreateAsync(agent, "test", default));
        }
        var race = new AgentChoice(Group, null, RingStrategy.Waves) { Waves = [phones] };
        Check(await new FlowStore(database).CreateAsync(
            new Flow(Flow, "Race", "race", new Dictionary<string, FlowStep>
            {
                ["race"] = new FlowStep.Ring(race, RingSeconds: 20, Next: "wait"),
                ["wait"] = new FlowStep.Queue(Group),
            }),
            "test", default));
        var routes = new FlowRouteStore(database);
        Check(await routes.ReplaceAsync(
            [new FlowRouteDocument(0, Flow)], (await routes.FindAsync(default)).Version, "test", default));
    }

    private static void Check<T>(Outcome<T> outcome) where T : class => Assert.True(outcome.Refusal is null, outcome.Detail);

    private async Task RegisterAsync()
    {
        await Phones.RegisterAsync(Users, Realm, [.. Gateways.Select(node => node.SipPort)]);
        foreach (var node in Gateways)
        {
            await Eventually.SeeAsync(
                () => Task.FromResult(Users.Count(user => node.Service<SipEndpoint>().ContactsOf(user.User).Count == 1)),
                known => known == Agents, "the node knows all phones", known => $"{known}");
        }
    }

    private async Task SignInAsync()
    {
        foreach (var node in Gateways)
        {
            await Eventually.SeeAsync(
                () => node.Service<AgentDirectory>().Snapshot is { Agents.Count: Agents, Routes.Count: 1 },
                "the node knows agents and flow");
        }
        for (var i = 0; i < Agents; i++)
            await Registries.First().SetPresenceAsync(new AgentId($"a{i}"), AgentPresence.Available, null, default);
        foreach (var registry in Registries)
        {
            await Eventually.SeeAsync(
                async () => (await registry.ListAsync(default)).Count(status => status.State == AgentState.Available),
                available => available == Agents, "all agents are available", available => $"{available}");
        }
    }
}
