using System.Net;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Messages;
using Gateway.Sip.Profiles;
using Gateway.Sip.Transactions;
using Gateway.Sip.Transport;
using Gateway.Sip.Trunks;
using Media.Protocols.Primitives;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Sip.Tests.Endpoint;

/// <summary>Endpoints on loopback sockets.</summary>
internal static class EndpointBench
{
    public const string Offer = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n";
    public const string Answer = "v=0\r\no=- 2 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40002 RTP/AVP 0\r\n";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    public static SipProfile Profile { get; } = new()
    {
        Name = "test",
        ReliableProvisional = ReliableProvisional.Supported,
        SessionTimer = true,
        SessionExpires = 1800,
        MinSe = 90,
        SendReason = true,
        MaxForwards = 70,
    };

    public static async Task<SipEndpoint> StartAsync(
        SipTransport transport = SipTransport.Udp, IPAddress? address = null, SipTlsOptions? tls = null,
        SipTransportLimits? limits = null, params TrunkOptions[] trunks)
    {
        var endpoint = Create([new SipListenerOptions { Transport = transport, Bind = new IPEndPoint(address ?? IPAddress.Loopback, 0) }],
            tls, limits, trunks);
        await endpoint.StartAsync(CancellationToken.None);
        return endpoint;
    }

    public static SipEndpoint Create(
        IReadOnlyList<SipListenerOptions> listeners, SipTlsOptions? tls, SipTransportLimits? limits, IReadOnlyList<TrunkOptions> trunks) =>
        Create(Options(listeners, tls, limits, trunks));

    public static SipEndpoint Create(SipEndpointOptions options, ISendGate? gate = null) =>
        new(options, new SystemEntropy(), TimeProvider.System, NullLoggerFactory.Instance, gate: gate);

    public static SipEndpointOptions Options(
        IReadOnlyList<SipListenerOptions> listeners, SipTlsOptions? tls, SipTransportLimits? limits, IReadOnlyList<TrunkOptions> trunks) =>
        new() { Listeners = listeners, Trunks = trunks, Tls = tls, Limits = limits ?? new SipTransportLimits() };

    public static int PortOf(SipEndpoint endpoint) => endpoint.Listeners[0].Bind.Port;

    public static TrunkOptions Trunk(int port, SipTransport transport = SipTransport.Udp, IPAddress? address = null) => new()
    {
        Name = "pbx",
        Server = (address ?? IPAddress.Loopback).ToString(),
        Port = port,
        Transport = transport,
        Profile = Profile,
        AllowedSources = [new IPNetwork(IPAddress.Loopback, 32), new IPNetwork(IPAddress.IPv6Loopback, 128)],
    };

    public static SipInviteRequest Call(string? sdp = Offer) =>
        new() { Trunk = "pbx", TargetUser = "100", Caller = new SipParty("+4930123", "Erika"), Sdp = sdp };

    public static async Task<T> NextAsync<T>(SipCall call) where T : SipCallEvent
    {
        using var timeout = new CancellationTokenSource(Timeout);
        var happened = await call.Events.ReadAsync(timeout.Token);
        Assert.True(happened is T, $"{happened}");
        return (T)happened;
    }

    /// <summary>The call is over for the peer too.</summary>
    public static Task SettledAsync(SipCall call) => call.Settled.WaitAsync(Timeout);

    public static async Task<SipCall> IncomingAsync(SipEndpoint endpoint)
    {
        using var timeout = new CancellationTokenSource(Timeout);
        return await endpoint.IncomingCalls.ReadAsync(timeout.Token);
    }

    private sealed class SystemEntropy : IEntropy
    {
        public void Fill(Span<byte> destination) => System.Security.Cryptography.RandomNumberGenerator.Fill(destination);
    }
}
