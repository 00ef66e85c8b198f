using System.Net;
using Gateway.Sip.Auth;
using Gateway.Sip.Profiles;
using Gateway.Sip.Transactions;

namespace Gateway.Sip.Trunks;

/// <summary>
/// A PBX or carrier we exchange calls with: where it is and who we are to it. How it behaves is in its <see cref="Profile"/>.
/// </summary>
public sealed record TrunkOptions
{
    /// <summary>Unique; what the operator calls it.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// The destination of requests: host name or address. A name without <see cref="Port"/> is looked up as RFC 3263 says (NAPTR, SRV,
    /// A/AAAA) and all results are tried in order.
    /// </summary>
    public required string Server { get; init; }

    /// <summary>Null: from SRV, else 5060 (5061 for TLS).</summary>
    public int? Port { get; init; }

    /// <summary>Null: from NAPTR/SRV, else UDP.</summary>
    public SipTransport? Transport { get; init; }

    /// <summary>Further servers of the same PBX, tried after <see cref="Server"/>; "host" or "host:port".</summary>
    public IReadOnlyList<string> BackupServers { get; init; } = [];

    /// <summary>Host part of Request-URI, From and To; null: <see cref="Server"/>.</summary>
    public string? Domain { get; init; }

    /// <summary>The quirks of this kind of PBX: session timers, 100rel, identity headers, keepalive, transfer policy and more.</summary>
    public required SipProfile Profile { get; init; }

    /// <summary>
    /// The local address that the trunk is spoken to from, one of the listeners; null: the one that the system's routes lead through.
    /// </summary>
    public IPEndPoint? Listener { get; init; }

    /// <summary>The mode in which the peer's own idea of its address is believed or not.</summary>
    public NatMode Nat { get; init; } = NatMode.Auto;

    /// <summary>Requests from these networks belong to this trunk, besides the resolved addresses of its servers.</summary>
    public IReadOnlyList<IPNetwork> AllowedSources { get; init; } = [];

    /// <summary>
    /// Our certificate and its chain where the trunk asks for one, as a PEM file; null: that of the TLS listeners, if there is one.
    /// </summary>
    public string? CertificatePath { get; init; }

    public string? KeyPath { get; init; }

    /// <summary>The credentials with which we answer the trunk's 401 and 407; null: such a challenge fails the request.</summary>
    public SipCredentials? Credentials { get; init; }

    /// <summary>The credentials that an INVITE of the trunk must prove when challenged (401); null: none is challenged.</summary>
    public SipCredentials? InboundCredentials { get; init; }

    /// <summary>
    /// Registers this user as an extension (RFC 3261 §10), with <see cref="Credentials"/> and the profile's expiry; null: a trunk by
    /// address.
    /// </summary>
    public string? RegisterUser { get; init; }

    /// <summary>
    /// The time for which a server may be silent on a request until the next one is tried (timers B and F; RFC 3261 §17.1.1.2 says 32 s).
    /// </summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>
    /// New calls a second that the trunk may bring us, and twice as many at once; more are answered 503 before anything is stored.
    /// </summary>
    public int MaxCallRate { get; init; } = 100;

    /// <summary>
    /// Requests outside calls a second from one address of the trunk, and twice as many at once; messages that belong to calls ten times as
    /// many. What is beyond is dropped unread. Null: five times <see cref="MaxCallRate"/>, at least 100.
    /// </summary>
    public int? MaxRequestRate { get; init; }

    /// <summary><see cref="MaxRequestRate"/>, or what stands for it.</summary>
    public int EffectiveRequestRate => MaxRequestRate ?? Math.Max(MaxCallRate * 5, 100);

    /// <summary>
    /// The number of Contacts of 3xx responses that one call may try, only within this trunk's own hosts. Zero: 3xx fails the call.
    /// </summary>
    public int MaxRedirects { get; init; } = 5;

    /// <summary>
    /// The trunk's peers are the phones that register with us: it has no server, and its sources and ways are the flows of their contacts.
    /// At most one trunk of an endpoint has a registrar; null: a PBX or carrier.
    /// </summary>
    public RegistrarOptions? Registrar { get; init; }
}

/// <summary>The treatment of a trunk's NAT: where requests of a dialog, and responses, go.</summary>
public enum NatMode
{
    /// <summary>To where Contact, Record-Route and Via say.</summary>
    Off,

    /// <summary>
    /// To the source instead, where Contact or Via names a private address, the source is public, and there is no Record-Route.
    /// </summary>
    Auto,

    /// <summary>To the source in any case, with the port (RFC 3581, asked for or not).</summary>
    Force,
}
