using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Sip;
using Gateway.Sip.Transactions;
using Gateway.Storage;
using Gateway.WhatsApp.Graph;
using Gateway.Worker.Configuration;
using Media.Engine;
using Media.Protocols.Primitives;
using Npgsql;
using Sandbox;
using Sandbox.Calls;
using Sandbox.Users;
using Testing;
using Testing.Peers;
using CallState = Sandbox.Calls.CallState;
using LiveCallState = Gateway.Calls.Lifecycle.CallState;

namespace Gateway.Worker.Tests.Calls.Bench;

/// <summary>
/// An emulated WhatsApp, a relay for its webhooks, one gateway or more, and a PBX, all in this process, with real stores.
/// </summary>
internal sealed class CallBench : IAsyncDisposable
{
    private const int MediaPorts = 40;

    /// <summary>Paper handsets never connect, and no test lasts that long.</summary>
    private static readonly TimeSpan Unlimited = TimeSpan.FromMinutes(5);

    public required WhatsAppSide WhatsApp { get; init; }

    public required WebhookRelay Relay { get; init; }

    public required Pbx Pbx { get; init; }

    public required IReadOnlyList<GatewayNode> Gateways { get; init; }

    public GatewayNode Gateway => Gateways[0];

    public static async Task<CallBench> StartAsync(
        Stores stores, Func<GatewayOptions, GatewayOptions>? gateway = null, Func<SandboxTimers, SandboxTimers>? timers = null,
        int gateways = 1,
        Func<NumberOptions, NumberOptions>? number = null)
    {
        await using (var owner = NpgsqlDataSource.Create(stores.Postgres))
            await Migrator.MigrateAsync(owner, CancellationToken.None);
        var relay = await WebhookRelay.StartAsync();
        var whatsApp = await WhatsAppSide.StartAsync(new SandboxOptions
        {
            DefaultHandset = "paper",
            Numbers = [(number ?? (same => same))(new NumberOptions { WebhookUrl = relay.Url })],
            Timers = (timers ?? (same => same))(new SandboxTimers
            {
                RingDelay = TimeSpan.FromMilliseconds(1),
                AutoDelay = TimeSpan.FromMilliseconds(1),
                MediaCheck = TimeSpan.FromMilliseconds(20),
                WebhookRetry = TimeSpan.FromMilliseconds(20),
            }),
        });
        var sipPorts = Enumerable.Range(0, gateways).Select(_ => LoopbackPorts.Take()).ToArray();
        var pbx = await Pbx.StartAsync(sipPorts);
        var nodes = new List<GatewayNode>();
        foreach (var port in sipPorts)
        {
            var options = Options(stores, whatsApp, port, pbx.Port);
            nodes.Add(await GatewayNode.StartAsync(gateway is null ? options : gateway(options)));
        }
        relay.Targets.AddRange(nodes.Select(node => node.WebhookUrl));
        return new CallBench { WhatsApp = whatsApp, Relay = relay, Pbx = pbx, Gateways = nodes };
    }

    /// <summary>A user's live call whose agent hears the user and sends no audio.</summary>
    public async Task<SandboxCall> TalkToSilentPhoneAsync()
    {
        var call = await WhatsApp.PlaceAsync(WhatsApp.User(handset: "native"));
        var agent = await Pbx.NextAsync();
        await agent.AnswerAsync(talks: false);
        await LiveAsync(call);
        await agent.HearsAsync(WhatsAppSide.Hertz);
        return call;
    }

    /// <summary>Waits until the call is answered for both WhatsApp and the gateway.</summary>
    public async Task LiveAsync(SandboxCall call)
    {
        await WhatsAppSide.UntilAsync(call, CallState.Active);
        await Eventually.SeeAsync(
            async () => (await Task.WhenAll(Gateways.Select(node => node.LiveAsync())))
                .SelectMany(live => live).FirstOrDefault(live => live.WhatsAppId?.Value == call.Id)?.State,
            state => state == LiveCallState.Live, "the call is live in the gateway");
    }

    /// <summary>
    /// Asserts what holds of every call once it is over: WhatsApp has ended it, the gateway keeps nothing of it on any leg, nothing rings
    /// that no test requested, the live list does not show it, and PostgreSQL has one row, with this cause.
    /// </summary>
    public async Task<CallRow> EndsAsync(SandboxCall call, HangupCause cause)
    {
        await WhatsAppSide.UntilAsync(call, CallState.Ended);
        Assert.True(WhatsAppSide.Actions(call).Count(action => action == "accept 200") <= 1, WhatsAppSide.Describe(call));
        var row = await EndsAsync(call.User, cause);
        Assert.True(row.WhatsAppId == call.Id, $"the record is of {row.WhatsAppId}");
        return row;
    }

    /// <summary>The same for a call that WhatsApp never saw, or saw under many names.</summary>
    public async Task<CallRow> EndsAsync(SandboxUser user, HangupCause cause)
    {
        var rows = await Eventually.SeeAsync(
            async () => (IReadOnlyList<CallRow>)[.. await Gateway.RowsAsync(user.Phone), .. await Gateway.RowsAsync(user.UserId)],
            found => found.Count > 0 && found.All(row => row.HasEnded), "a completed record", found => string.Join(", ", found));
        var row = Assert.Single(rows.Distinct());
        Assert.Equal(Name(cause), row.Cause);
        await Gateway.IsIdleAsync();
        await Eventually.SeeAsync(Gateway.LiveAsync, live => live.Count == 0, "no call is shown as live", live => string.Join(", ", live));
        Assert.False(Pbx.HasUnexpectedCall, "a call rings at the PBX that no test requested");
        return row;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Gateways)
            await node.DisposeAsync();
        await Pbx.DisposeAsync();
        await WhatsApp.DisposeAsync();
        await Relay.DisposeAsync();
    }

    private static string Name(HangupCause cause) => WireName.Of(cause);

    private static GatewayOptions Options(Stores stores, WhatsAppSide whatsApp, int sipPort, int pbxPort)
    {
        var media = LoopbackPorts.Take(MediaPorts);
        return new GatewayOptions
        {
            Node = new NodeOptions { Id = "bench-" + Guid.NewGuid().ToString("n")[..12], MaxCalls = 50, DrainDeadline = TimeSpan.Zero },
            Http = new HttpOptions { Listen = "http://127.0.0.1:0", Operations = "http://127.0.0.1:0" },
            WhatsApp = new WhatsAppOptions
            {
                AppSecrets = [new Secret(WebhookRelay.AppSecret)],
                VerifyToken = new Secret("verify"),
                Graph = new GraphOptions { BaseUrl = new Uri(whatsApp.Url), FirstBackoff = TimeSpan.FromMilliseconds(20) },
            },
            Sip = new SipOptions
            {
                Listen = [$"udp:127.0.0.1:{sipPort}"],
                Trunks = [Trunk("main", pbxPort)],
            },
            Channels =
            [
                new ChannelOptions
                {
                    PhoneNumberId = whatsApp.Number.PhoneNumberId,
                    Number = whatsApp.Number.DisplayNumber,
                    AccessToken = new Secret(whatsApp.Number.AccessToken),
                    Trunks = ["main"],
                },
            ],
            Media = new MediaEngineOptions
            {
                Loops = 1,
                MaxLoadPercent = 100, // the machine of the tests is busy with other things
                MaxProcessPercent = 100,
                WhatsApp = new WhatsAppSideOptions { ConnectTimeout = Unlimited },
                Pbx = new PbxSideOptions { PortMin = media, PortMax = media + MediaPorts - 1, Quarantine = TimeSpan.Zero },
            },
            Storage = new StorageOptions
            {
                Postgres = new Secret(stores.Postgres + ";Options=-c role=gateway_worker"), Redis = new Secret(stores.Redis),
                Spool = Path.Combine(AppContext.BaseDirectory, "spool"),
            },
            Calls = new CallOptions { MediaConnect = Unlimited, ReleaseRetry = TimeSpan.FromMilliseconds(
                50), Ending = TimeSpan.FromSeconds(10) },
        };
    }

    public static TrunkConfiguration Trunk(string name, int port) => new()
    {
        Name = name,
        Server = $"127.0.0.1:{port}",
        Transport = SipTransport.Udp,
        KeepAlive = TimeSpan.Zero,
    };
}
