using System.Net;
using Gateway.Sip.Transactions;
using Gateway.Sip.Trunks;

namespace Gateway.Sip.Transport;

/// <summary>Everything that a SIP endpoint is passed at start.</summary>
public sealed record SipEndpointOptions
{
    public required IReadOnlyList<SipListenerOptions> Listeners { get; init; }

    public IReadOnlyList<TrunkOptions> Trunks { get; init; } = [];

    /// <summary>The bound address is announced to peers there instead of the advertised one (1:1 NAT with a PBX on the inside).</summary>
    public IReadOnlyList<IPNetwork> LocalNetworks { get; init; } = [];

    /// <summary>
    /// Origins of the pages that may open WebSockets, such as https://console.example.com; "*": any; none: only pages of the host that they
    /// connect to.
    /// </summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>Written in User-Agent and Server.</summary>
    public string Product { get; init; } = "WhatsApp-Calls-Gateway";

    public SipTlsOptions? Tls { get; init; }

    /// <summary>Calls at one time, both directions; an INVITE beyond them is answered 503.</summary>
    public int MaxCalls { get; init; } = 4000;

    /// <summary>Retry-After in 503 answers.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(30);

    public SipTransportLimits Limits { get; init; } = new();
}

/// <summary>A local address that SIP is spoken on.</summary>
public sealed record SipListenerOptions
{
    public required SipTransport Transport { get; init; }

    /// <summary>Port 0 takes a free one.</summary>
    public required IPEndPoint Bind { get; init; }

    /// <summary>Host name or address that peers reach this listener by, for Via and Contact; null: the bound address.</summary>
    public string? AdvertisedHost { get; init; }

    /// <summary>Null: the bound port.</summary>
    public int? AdvertisedPort { get; init; }
}

/// <summary>Certificates, as PEM files.</summary>
public sealed record SipTlsOptions
{
    /// <summary>Our certificate and its chain; needed by TLS listeners.</summary>
    public string? CertificatePath { get; init; }

    public string? KeyPath { get; init; }

    /// <summary>Authorities that server certificates must chain to; null: the system's.</summary>
    public string? AuthorityPath { get; init; }

    /// <summary>Accepts any server certificate. For test benches only.</summary>
    public bool AcceptAnyServerCertificate { get; init; }

    /// <summary>The demand that peers that connect to us prove themselves by a certificate of the authorities.</summary>
    public ClientCertificates ClientCertificates { get; init; }
}

/// <summary>The demand on peers that connect over TLS.</summary>
public enum ClientCertificates
{
    /// <summary>No certificate is asked for.</summary>
    None,

    /// <summary>One that is shown must be good.</summary>
    Optional,

    /// <summary>Without a good one there is no connection.</summary>
    Required,
}

/// <summary>Bounds on what peers can make the transport keep.</summary>
public sealed record SipTransportLimits
{
    /// <summary>TCP, TLS and WebSocket connections accepted at one time.</summary>
    public int MaxConnections { get; init; } = 2000;

    /// <summary>Of these, from sources that belong to no trunk; never more than a quarter.</summary>
    public int MaxUnexpected { get; init; } = 200;

    /// <summary>Of these, from one address (IPv6: one /64).</summary>
    public int MaxUnexpectedPerAddress { get; init; } = 8;

    /// <summary>From one address of a trunk: Kamailio and Asterisk open a handful.</summary>
    public int MaxPerTrunkAddress { get; init; } = 500;

    /// <summary>
    /// Requests outside calls a second from one address that belongs to no trunk (IPv6: one /64), and twice as many at once; messages that
    /// belong to calls ten times as many. What is beyond is dropped unread.
    /// </summary>
    public int MaxUnexpectedRate { get; init; } = 10;

    /// <summary>The same of all such addresses together.</summary>
    public int MaxUnexpectedRateInAll { get; init; } = 200;

    /// <summary>Connections opened by us at one time; accepted ones never take their place.</summary>
    public int MaxOutgoing { get; init; } = 1000;

    /// <summary>A source of no trunk has to send a whole message within this, TLS handshake included.</summary>
    public TimeSpan FirstMessageTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>After this the connection of such a source is closed in any case.</summary>
    public TimeSpan UnexpectedLifetime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Bytes waiting for one connection; a peer that does not read is disconnected beyond it.</summary>
    public int MaxQueuedBytes { get; init; } = 256 * 1024;

    /// <summary>A connection without traffic is closed after this.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>For connecting and for the TLS handshake, each.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>Requests longer than this leave by TCP instead of UDP when the peer takes TCP (RFC 3261 §18.1.1).</summary>
    public int MaxDatagramBytes { get; init; } = 1300;

    /// <summary>Received messages waiting for the endpoint's loop; beyond it datagrams are dropped and connections wait.</summary>
    public int MaxPendingMessages { get; init; } = 4096;
}
