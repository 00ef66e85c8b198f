using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using Gateway.Calls;
using Gateway.Calls.Channels;
using Gateway.Calls.Lifecycle;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Messages;
using Gateway.Sip.Profiles;
using Gateway.Sip.Transactions;
using Gateway.Sip.Transport;
using Gateway.Sip.Trunks;
using Gateway.Worker.Configuration;
using Gateway.Worker.Legs;
using Gateway.Worker.Tests.Calls.Bench;
using Media.Engine;
using Media.Engine.Loop;
using Media.Protocols.Primitives;
using Microsoft.Extensions.Logging.Abstractions;
using Testing;
using Testing.Peers;

namespace Gateway.Worker.Tests.Legs;

/// <summary>The PBX's side of one call without the call: its phones, their media and the queue, between a SIP endpoint and a PBX.</summary>
internal sealed class LegsBench : ICallInbox, IAsyncDisposable
{
    private const string Trunk = "main";

    /// <summary>Where a trunk to the telephone network is.</summary>
    public static readonly HostPort Pstn = new("127.0.0.66", 5080);

    private readonly Channel<CallInput> _inputs = Channel.CreateUnbounded<CallInput>();
    private readonly List<Exception> _failures = [];
    private readonly SipEndpoint _endpoint;
    private readonly MediaEngine _engine;

    private LegsBench(Pbx pbx, SipEndpoint endpoint, MediaEngine engine, SwitchedGate sending)
    {
        (Pbx, _endpoint, _engine, Sending) = (pbx, endpoint, engine, sending);
        Operations = new OperationQueue(_failures.Add);
        Media = new CallMedia(engine, new CallId("bench"), this, Operations, NullLogger.Instance);
        var trunk = new PbxTrunk(Trunk, new PbxMediaProfile(), DelayedOffer: false, EarlyRingback: false, DtmfFallback.Auto);
        Phones = new SipLegs(
            new CallId("bench"), new PbxTrunks(endpoint, [trunk, trunk with { Name = "pstn", IsPstn = true, Hosts = [Pstn] }]),
            route =>
                new SipInviteRequest { Trunk = route.Trunk, TargetUser = route.Target ?? "600", Caller = new SipParty("+16315551234") },
            new PbxMedia(Media, PbxSide.First), this, Operations, NullLogger.Instance);
    }

    public Pbx Pbx { get; }

    /// <summary>Keeps the endpoint from sending while it is closed.</summary>
    public SwitchedGate Sending { get; }

    public OperationQueue Operations { get; }

    public CallMedia Media { get; }

    public SipLegs Phones { get; }

    public static async Task<LegsBench> StartAsync()
    {
        var port = LoopbackPorts.Take();
        var pbx = await Pbx.StartAsync(port);
        Assert.True(SipProfileSet.TryLoad(SipProfileSet.DefaultDirectory, out var profiles, out _));
        var sending = new SwitchedGate();
        var endpoint = new SipEndpoint(
            new SipEndpointOptions
            {
                Listeners = [new SipListenerOptions { Transport = SipTransport.Udp, Bind = new IPEndPoint(IPAddress.Loopback, port) }],
                Trunks =
                [
                    new TrunkOptions
                    {
                        Name = Trunk,
                        Server = "127.0.0.1",
                        Port = pbx.Port,
                        Transport = SipTransport.Udp,
                        Profile = profiles.Find(SipProfileSet.GenericName)! with { OptionsInterval = 0 },
                    },
                ],
            },
            SystemEntropy.Instance, TimeProvider.System, NullLoggerFactory.Instance, gate: sending);
        await endpoint.StartAsync(CancellationToken.None);
        var media = LoopbackPorts.Take(10);
        var engine = new MediaEngine(
            new MediaEngineOptions { Loops =
                1, Pbx = new PbxSideOptions { PortMin = media, PortMax = media + 9, Quarantine = TimeSpan.Zero } }, TimeProvider.System);
        await engine.StartAsync(CancellationToken.None);
        var bench = new LegsBench(pbx, endpoint, engine, sending);
        await bench.Operations.Add(() => Assert.True(bench.Media.TryReserve()));
        return bench;
    }

    /// <summary>Rings one more phone, for an agent of that name or for nobody in particular.</summary>
    public async Task<PbxCall> RingAsync(string phone, AgentId? agent = null)
    {
        var invite = new SipInviteRequest { Trunk = Trunk, TargetUser = phone, Caller = new SipParty("+16315551234") };
        await Operations.Add(() => Phones.RingAsync([invite], 0, agent));
        var call = await Pbx.NextAsync();
        await call.RingAsync();
        Assert.IsType<CallInput.PbxRinging>(await NextAsync());
        return call;
    }

    /// <summary>
    /// A phone of the PBX transfers its call (REFER), and the phone that rings for it. The PBX's stack sends no REFER, so a socket of its
    /// own does, with a number before all others of the dialog.
    /// </summary>
    public async Task<PbxCall> ReferAsync(PbxCall from, string to)
    {
        Assert.Equal(202, await ReferAsync(from, $"sip:{to}@127.0.0.1:{Pbx.Port}", 0));
        return await Pbx.NextAsync();
    }

    /// <summary>The status that a REFER with this number gets.</summary>
    public async Task<int> ReferAsync(PbxCall from, string target, int number)
    {
        var dialog = (await from.Sip.SnapshotAsync())!;
        return await RequestAsync($"REFER {dialog.Target} SIP/2.0", dialog.CallId, dialog.Local, dialog.Remote, number,
            [$"Refer-To: <{target}>", "Content-Length: 0", "", ""]);
    }

    /// <summary>The status that a phone that rings gets for an UPDATE with this offer.</summary>
    /// <param name="ours">The gateway's side of its dialog.</param>
    /// <param name="offer">Its new description.</param>
    public Task<int> UpdateAsync(SipDialogSnapshot ours, string offer) => RequestAsync(
        $"UPDATE sip:gateway@{_endpoint.Listeners[0].Bind} SIP/2.0", ours.CallId, ours.Remote, ours.Local, 0,
        ["Content-Type: application/sdp", $"Content-Length: {offer.Length}", "", offer]);

    private async Task<int> RequestAsync(string line, string callId, string from, string to, int number, string[] rest)
    {
        using var socket = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Connect(_endpoint.Listeners[0].Bind);
        await socket.SendAsync(Encoding.ASCII.GetBytes(string.Join("\r\n",
        [
            line, $"Via: SIP/2.0/UDP {socket.Client.LocalEndPoint};rport;branch=z9hG4bK{Guid.NewGuid():n}", "Max-Forwards: 70",
            $"From: {from}", $"To: {to}", $"Call-ID: {callId}", $"CSeq: {number} {line.Split(' ')[0]}",
            $"Contact: <sip:pbx@127.0.0.1:{Pbx.Port}>", .. rest,
        ])));
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        var answer = Encoding.ASCII.GetString((await socket.ReceiveAsync(timeout.Token)).Buffer);
        return int.Parse(answer.Split(' ')[1], CultureInfo.InvariantCulture);
    }

    /// <summary>The next that the call is given.</summary>
    public async Task<CallInput> NextAsync()
    {
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        return await _inputs.Reader.ReadAsync(timeout.Token);
    }

    /// <summary>The call has been given nothing that no test has read, and nothing broke.</summary>
    public async Task HasNoMoreAsync()
    {
        await Operations.Idle;
        Assert.False(_inputs.Reader.TryPeek(out var more), more?.ToString());
        Assert.Empty(_failures);
    }

    bool ICallInbox.Post(CallInput input) => _inputs.Writer.TryWrite(input);

    public async ValueTask DisposeAsync()
    {
        await Operations.Add(Media.ReleaseAsync);
        await _endpoint.DisposeAsync();
        await _engine.DisposeAsync();
        await Pbx.DisposeAsync();
    }
}
