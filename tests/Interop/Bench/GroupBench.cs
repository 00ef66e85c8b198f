using System.Text.Json.Nodes;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Lifecycle;
using Gateway.Storage;
using Gateway.Storage.Commands;
using Interop.Asterisk;
using Interop.Sipp;
using Npgsql;
using StackExchange.Redis;
using Testing;
using Testing.Peers;

namespace Interop.Bench;

/// <summary>
/// A contact centre: two baresips registered with the gateway, two behind Asterisk, one SIPp as a phone that answers by itself, and flows,
/// which a user's call button names.
/// </summary>
public sealed class GroupBench(Stores stores) : CallBench(stores), IAsyncLifetime
{
    /// <summary>Registered with the gateway, as the users of these names.</summary>
    public const string Alice = "alice", Bob = "bob";

    /// <summary>Behind Asterisk. Ann's extension is watched.</summary>
    public const string Ann = "ann", Ben = "ben";

    /// <summary>Played by SIPp.</summary>
    public const string Sam = "sam";

    public const string AnnsNumber = "201", BensNumber = "202";

    public static readonly TimeSpan WrapUp = TimeSpan.FromSeconds(20);

    public static readonly BenchChannel Channel = new("15550008000", "pbx");

    /// <summary>Sam's phone.</summary>
    public static readonly SippPbx Sipp = new("sipp", "127.0.7.40");

    private static readonly string[] Names = [Alice, Bob, Ann, Ben];

    private readonly Stores _stores = stores;
    private readonly int _port = LoopbackPorts.Take();
    private readonly Dictionary<string, Baresip> _phones = [];
    private NpgsqlDataSource _database = null!;
    private ConnectionMultiplexer _redis = null!;

    public IAgentRegistry Registry => Gateway.Part<IAgentRegistry>();

    public NodeCommands Commands { get; private set; } = null!;

    public string Recordings => Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(Certificate)!, "recordings")).FullName;

    protected override GatewaySettings Settings => new()
    {
        Channels = [Channel],
        Trunks =
        [
            GatewaySettings.Trunk("pbx", _port, ("codecs", new JsonArray("Pcmu"))),
            GatewaySettings.Trunk(Sipp.Trunk, Sipp.Port, [("server", Sipp.Server), ("profile", SippProfiles.Name)]),
        ],
        Profiles = SippProfiles.WriteTo(Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(Certificate)!, "profiles")).FullName),
        Registrar = new JsonObject
        {
            ["enabled"] = true,
            ["realm"] = "phones.example",
            ["profile"] = SippProfiles.Name,
            ["phones"] = new JsonArray([.. new[] { Alice, Bob }.Select(
                user => new JsonObject { ["user"] = user, ["password"] = AsteriskServer.Password })]),
        },
        RecordingFolder = Recordings,
    };

    protected override AsteriskOptions PbxOptions => new()
    {
        Agents = [Agent(Ann, AnnsNumber), Agent(Ben, BensNumber)],
        Trunks =
        [
            new("pbx", _port, $"127.0.0.1:{Gateway.UdpPort}") { Endpoint = ["allow_subscribe=yes", "subscribe_context=hints"] },
        ],
        Dialplan = $$"""
            [hints]
            exten => {{AnnsNumber}},hint,PJSIP/{{Ann}}

            [gateway](+)
            exten => {{AnnsNumber}},1,Dial(PJSIP/{{Ann}},90)
             same => n,Hangup(${HANGUPCAUSE})
            exten => {{BensNumber}},1,Dial(PJSIP/{{Ben}},90)
             same => n,Hangup(${HANGUPCAUSE})

            [agents](+)
            exten => _*1.,1,Dial(PJSIP/${EXTEN}@pbx,10)
            """,
    };

    /// <summary>The agent's phone, which answers when it is told to.</summary>
    public Baresip Phone(string agent) => _phones[agent];

    /// <summary>The tone of the agent's phone.</summary>
    public static double HertzOf(string agent) => 540 + 80 * Array.IndexOf(Names, agent);

    async Task IAsyncLifetime.InitializeAsync()
    {
        await InitializeAsync();
        _database = NpgsqlDataSource.Create(_stores.Postgres);
        _redis = await ConnectionMultiplexer.ConnectAsync(_stores.Redis);
        Commands = new NodeCommands(_redis);
        await GroupDirectory.WriteAsync(_database);
        await Task.WhenAll(Names.Select(StartPhoneAsync));
        await Eventually.SeeAsync(() => Gateway.MetricAsync("gateway_sip_registered_contacts"), seen => seen == 2, "two are registered");
        await Eventually.SeeAsync(async () => await FindAsync(Sam) is not null, "the gateway knows the agents");
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        foreach (var phone in _phones.Values)
            await phone.DisposeAsync();
        if (_database is not null)
        {
            await GroupDirectory.ClearAsync(_database);
            await _database.DisposeAsync();
        }
        if (_redis is not null)
            await _redis.DisposeAsync();
        await DisposeAsync();
    }

    /// <summary>These agents are to be rung, and no others; what phones have seen before is forgotten.</summary>
    public async Task SignInAsync(params IReadOnlyList<string> agents)
    {
        foreach (var name in Names.Append(Sam))
        {
            await Registry.EndWrapUpAsync(new AgentId(name), CancellationToken.None);
            await Registry.SetPresenceAsync(
                new AgentId(name), agents.Contains(name) ? AgentPresence.Available : AgentPresence.Offline, null, CancellationToken.None);
        }
        foreach (var agent in agents)
            await IsAsync(agent, AgentState.Available);
        foreach (var phone in _phones.Values)
            phone.Forget();
    }

    public Task<AgentStatus> IsAsync(string agent, AgentState state) => Eventually.SeeAsync(
        async () => (await FindAsync(agent))!, seen => seen.State == state, $"{agent} is {state}");

    public async Task<AgentStatus?> FindAsync(string agent) => await Registry.FindAsync(new AgentId(agent), CancellationToken.None);

    /// <summary>A new user calls, by a button that names this flow.</summary>
    public async Task<UserCall> CallAsync(string flow) => await WhatsApp.CallAsync(await WhatsApp.UserAsync(), Channel, flow);

    public Task RingsAsync(string agent) => SeesAsync(agent, "CALL_INCOMING");

    /// <summary>Waits for an event of the agent's phone.</summary>
    public async Task SeesAsync(string agent, string happening)
    {
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        try
        {
            await Phone(agent).WaitForAsync(happening, timeout.Token);
        }
        catch (TimeoutException e)
        {
            var states = await Task.WhenAll(Names.Select(async name => $"{name} {(await FindAsync(name))?.State}"));
            var failures = await Gateway.MetricAsync("gateway_registry_agent_failures_total");
            throw new TimeoutException($"{e.Message}\nAgents: {string.Join(", ", states)}; {failures} failures of Redis", e);
        }
    }

    public async Task CommandAsync(string agent, string command, string parameter = "")
    {
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        await Phone(agent).CommandAsync(command, parameter, timeout.Token);
    }

    /// <summary>The phone rings and answers, and user and agent hear each other.</summary>
    public async Task AnswerAsync(string agent, UserCall call)
    {
        await RingsAsync(agent);
        await CommandAsync(agent, "accept");
        await HearEachOtherAsync(agent, call);
    }

    public async Task HearEachOtherAsync(string agent, UserCall call)
    {
        await call.HearsAsync(HertzOf(agent));
        await Eventually.SeeAsync(() => Phone(agent).HeardTone(UserCall.Hertz), $"{agent} hears the user");
    }

    /// <summary>Two agents talk to each other.</summary>
    public Task HearsAgentAsync(string agent, string other) =>
        Eventually.SeeAsync(() => Phone(agent).HeardTone(HertzOf(other)), $"{agent} hears {other}");

    /// <summary>The gateway's id of a live call.</summary>
    public async Task<CallId> IdOfAsync(UserCall call)
    {
        var live = await new RedisCallRegistry(_redis, "bench").ListAsync(CancellationToken.None);
        return live.Single(one => one.WhatsAppId == new WhatsAppCallId(call.Id)).Id;
    }

    private async Task StartPhoneAsync(string name)
    {
        var isHere = name is Alice or Bob;
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        var phone = await Baresip.StartAsync(
            new BaresipOptions
            {
                User = name,
                Password = AsteriskServer.Password,
                Registrar = isHere ? $"127.0.0.1:{Gateway.UdpPort}" : Asterisk.Registrar,
                ToneHertz = HertzOf(name),
                Codecs = "pcmu",
            },
            timeout.Token);
        lock (_phones)
            _phones[name] = phone;
        if (!isHere)
            await Asterisk.RegisteredAsync(name, phone.SipPort);
    }

    private static AsteriskAgent Agent(string name, string number) => new(name) { Endpoint = [$"callerid={name} <{number}>"] };
}
