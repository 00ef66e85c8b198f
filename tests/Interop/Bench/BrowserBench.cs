using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Sip.Endpoint;
using Interop.Asterisk;
using Interop.Browser;
using Testing;
using Testing.Peers;

namespace Interop.Bench;

/// <summary>
/// A contact centre whose agent works in the browser: two gateways, the admin API with its console, and Chromium. Anna has the phone of the
/// console, and one on her desk. Her colleague Ben has one on his, which answers by itself.
/// </summary>
public sealed class BrowserBench(Stores stores) : CallBench(stores), IAsyncLifetime
{
    public const string Anna = "anna", Ben = "ben";

    /// <summary>The payload of calls for which nobody is rung.</summary>
    public const string Care = "care";

    /// <summary>The tones of the desk phones.</summary>
    public const double AnnasHertz = 540, BensHertz = 620;

    public static readonly BenchChannel Support = new("15550009101", "phones") { Target = Anna };

    public static readonly BenchChannel Sales = new("15550009102", "phones") { Target = Anna };

    private const string Password = "open-sesame";

    private readonly Stores _stores = stores;
    private readonly GatewayUnderTest _second = new();
    private readonly Dictionary<string, Baresip> _desks = [];
    private AgentBrowser? _browser;
    private TcpLink? _link;

    public AdminClient Admin { get; private set; } = null!;

    /// <summary>The way of the console's phones to their node, which can be cut and led elsewhere.</summary>
    public TcpLink Link => _link!;

    public GatewayUnderTest Second => _second;

    protected override GatewaySettings Settings => new()
    {
        Channels = [Support, Sales],
        Trunks = [],
        HasWebSocket = true,
        Registrar = new JsonObject
        {
            ["enabled"] = true,
            ["realm"] = "phones.example",
            ["channel"] = Support.PhoneNumberId,
            ["clusterSecret"] = new string('s', 32),
            ["phones"] = new JsonArray([.. new[] { Anna, Ben }.Select(
                user => new JsonObject { ["user"] = user, ["password"] = Password })]),
        },
    };

    protected override AsteriskOptions? PbxOptions => null;

    async Task IAsyncLifetime.InitializeAsync()
    {
        await InitializeAsync();
        await _second.StartAsync(Settings, WhatsApp.Url + "/", _stores, Certificate);
        _link = new TcpLink(Gateway.WebSocketPort);
        Admin = await StartAdminAsync();
        await OpenCentreAsync();
        foreach (var agent in new[] { Anna, Ben })
            _desks[agent] = await DeskAsync(agent);
        await Task.WhenAll(KnownAsync(Anna, 1), KnownAsync(Ben, 1));
        _browser = await AgentBrowser.StartAsync();
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        foreach (var phone in _desks.Values)
            await phone.DisposeAsync();
        if (Admin is not null)
            await Admin.DisposeAsync();
        if (_link is not null)
            await _link.DisposeAsync();
        await _second.DisposeAsync();
        if (Database is not null)
            await GroupDirectory.ClearAsync(Database);
        await DisposeAsync();
    }

    /// <summary>An admin API whose console has a phone.</summary>
    public Task<AdminClient> StartAdminAsync(params IEnumerable<string> more) =>
        AdminClient.StartAsync(_stores, [$"--AdminApi:Phone:Nodes=ws://127.0.0.1:{Link.Port}", .. more]);

    /// <summary>The phone on an agent's desk.</summary>
    public Baresip Desk(string agent) => _desks[agent];

    /// <summary>Besides, nobody is to be rung, no phone is in a browser, and the next one there goes to the first node.</summary>
    public override async Task ClearAsync()
    {
        await base.ClearAsync();
        Link.Server = Gateway.WebSocketPort;
        foreach (var agent in new[] { Anna, Ben })
        {
            await SetAsync(agent, AgentPresence.Offline);
            Desk(agent).Forget();
        }
        await KnownAsync(Anna, 1);
    }

    /// <summary>Sets what an agent has chosen, and ends the wrap-up.</summary>
    public async Task SetAsync(string agent, AgentPresence presence)
    {
        var registry = Gateway.Part<IAgentRegistry>();
        await registry.EndWrapUpAsync(new AgentId(agent), CancellationToken.None);
        await registry.SetPresenceAsync(new AgentId(agent), presence, null, CancellationToken.None);
    }

    public Task IsAsync(string agent, AgentState state) => Eventually.SeeAsync(
        () => Gateway.Part<IAgentRegistry>().FindAsync(new AgentId(agent), CancellationToken.None), seen => seen?.State == state,
        $"{agent} is {state}");

    /// <summary>Anna at her phone in a browser of her own, which is on, and known at both nodes.</summary>
    /// <param name="relayed">The console that she enters, where her audio is to be relayed.</param>
    /// <param name="browser">Another browser than that of all tests.</param>
    public async Task<AgentPage> EnterAsync(AdminClient? relayed = null, AgentBrowser? browser = null)
    {
        var (before, admin) = (Gateway.Part<SipEndpoint>().ContactsOf(Anna).Count, relayed ?? Admin);
        var link = await admin.PostAsync("console/links?agent=" + Anna, new { });
        var page = await (browser ?? _browser!).EnterAsync(admin.Url, link.GetProperty("path").GetString()!, relayed is not null);
        await page.SwitchOnAsync();
        await KnownAsync(Anna, before + 1);
        return page;
    }

    /// <summary>A supervisor at the console, in a browser of their own.</summary>
    public async Task<AgentPage> SuperviseAsync()
    {
        var link = await Admin.PostAsync("console/links", new { });
        return await _browser!.EnterAsync(Admin.Url, link.GetProperty("path").GetString()!);
    }

    public Task KnownAsync(string agent, int phones) => Eventually.SeeAsync(
        () => new[] { Gateway, _second }.All(node => node.Part<SipEndpoint>().ContactsOf(agent).Count == phones),
        $"both nodes know {phones} phone(s) of {agent}");

    /// <summary>Waits for an event of the phone on an agent's desk.</summary>
    public async Task SeesAsync(string agent, string happening)
    {
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        await Desk(agent).WaitForAsync(happening, timeout.Token);
    }

    public async Task CommandAsync(string agent, string command, string parameter = "")
    {
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        await Desk(agent).CommandAsync(command, parameter, timeout.Token);
    }

    /// <summary>A new user of this name calls, by a button with this payload.</summary>
    public async Task<UserCall> CallAsync(string name, string payload = "")
    {
        var user = await WhatsApp.UserAsync();
        await WhatsApp.SendAsync(HttpMethod.Put, "users/" + user, new { name });
        return await WhatsApp.CallAsync(user, Support, payload);
    }

    public static async Task HearEachOtherAsync(AgentPage agent, UserCall call)
    {
        await agent.HearsAsync(UserCall.Hertz);
        await call.HearsAsync(AgentBrowser.Hertz);
    }

    /// <summary>A key by which an agent logs in at the console.</summary>
    public async Task<string> KeyOfAsync(string agent) =>
        (await Admin.PostAsync("keys", new { name = agent, scopes = new[] { "operate" }, agent })).GetProperty("text").GetString()!;

    /// <summary>The gateway's id of a call in progress.</summary>
    public async Task<string> IdOfAsync(UserCall call) => (await LiveAsync(call)).GetProperty("id").GetString()!;

    /// <summary>The business number of a call in progress.</summary>
    public async Task<string> ChannelOfAsync(UserCall call) => (await LiveAsync(call)).GetProperty("channel").GetString()!;

    /// <summary>Waits for the event that a call rings, which names the agent.</summary>
    public async Task<string> RungAsync(UserCall call)
    {
        var path = "events?kinds=call.ringing&call=" + await IdOfAsync(call);
        var rung = await Eventually.SeeAsync(
            async () => (await Admin.GetAsync(path)).GetProperty("items").EnumerateArray().ToList(), seen => seen.Count > 0,
            "the event of the ringing");
        return rung[0].GetProperty("data").GetProperty("agents").EnumerateArray().Single().GetString()!;
    }

    /// <summary>The user's message has opened the window in which it may be asked.</summary>
    public Task WindowOpensAsync(string user) => Eventually.SeeAsync(
        async () => (await Admin.GetAsync("contacts?phone=" + user)).GetProperty("items").EnumerateArray().ToList(),
        found => found.Exists(contact => contact.GetProperty("windowIsOpen").GetBoolean()), "the window is open");

    /// <summary>The first that a list of the admin API has.</summary>
    public Task<JsonElement> FirstOfAsync(string path) => Eventually.SeeAsync(
        async () => (await Admin.GetAsync(path)).GetProperty("items").EnumerateArray().FirstOrDefault(),
        one => one.ValueKind == JsonValueKind.Object, $"one of {path}");

    private Task<JsonElement> LiveAsync(UserCall call) => Eventually.SeeAsync(
        async () => (await Admin.GetAsync("calls/live")).GetProperty("items").EnumerateArray()
            .FirstOrDefault(one => one.GetProperty("whatsAppCallId").GetString() == call.Id),
        one => one.ValueKind == JsonValueKind.Object, "the live call");

    private async Task<Baresip> DeskAsync(string agent)
    {
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        return await Baresip.StartAsync(
            new BaresipOptions
            {
                User = agent, Password = Password, Registrar = $"127.0.0.1:{Gateway.UdpPort}", AutoAnswer = agent == Ben,
                ToneHertz = agent == Anna ? AnnasHertz : BensHertz,
            },
            timeout.Token);
    }

    /// <summary>A group, and a flow that rings Anna, then Ben, and then lets the user wait; and a queue that nobody serves.</summary>
    private async Task OpenCentreAsync()
    {
        await Admin.PostAsync("groups", new { id = "sales", name = "Sales", wrapUpSeconds = 60 });
        await Admin.PostAsync("groups", new { id = Care, name = "Care" });
        foreach (var (agent, name, order) in new[] { (Anna, "Anna", 0), (Ben, "Ben", 1) })
            await Admin.PostAsync("agents", new
            {
                id = agent, name, groups = new[] { new { group = "sales", order } },
                phones = new[] { new { kind = "registered", user = agent } },
            });
        await Admin.PostAsync("flows", new
        {
            id = "sales", name = "Sales", start = "ring",
            steps = new
            {
                ring = new { kind = "ring", agents = new { group = "sales", strategy = "in_order" }, next = "wait" },
                wait = new { kind = "queue", group = "sales", leaveWhenNobodyIsSignedIn = false },
            },
        });
        await Admin.PostAsync("flows", new
        {
            id = Care, name = "Care", start = "wait",
            steps = new { wait = new { kind = "queue", group = Care, leaveWhenNobodyIsSignedIn = false } },
        });
        var channel = Support.PhoneNumberId;
        await Admin.ChangeAsync(HttpMethod.Put, "flow-routes", new
        {
            items = new object[]
            {
                new { place = 0, flow = Care, channel, payloads = new[] { Care } }, new { place = 1, flow = "sales", channel },
            },
        });
    }
}
