using System.Net;

namespace Gateway.Sip;

/// <summary>A PBX or carrier we exchange calls with.</summary>
public sealed record TrunkOptions
{
    /// <summary>Unique; what the operator calls it.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// Where requests go: host name or address. A name without <see cref="Port"/> is looked up as RFC 3263 says (NAPTR, SRV, A/AAAA) and all
    /// results are tried in order.
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

    /// <summary>Name of the profile that tells the quirks of this kind of PBX.</summary>
    public string Profile { get; init; } = "generic";

    /// <summary>Requests from these networks belong to this trunk, besides the resolved addresses of its servers.</summary>
    public IReadOnlyList<IPNetwork> AllowedSources { get; init; } = [];

    /// <summary>What we answer the trunk's 401 and 407 with; null: such a challenge fails the request.</summary>
    public SipCredentials? Credentials { get; init; }

    /// <summary>When set, requests of the trunk that start something are challenged (401) and must prove these credentials.</summary>
    public SipCredentials? InboundCredentials { get; init; }

    /// <summary>Registers as an extension when set.</summary>
    public RegistrationOptions? Registration { get; init; }

    /// <summary>Between OPTIONS pings; zero turns them off and the trunk counts as up. Default 30 s.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a server may stay silent on an INVITE before the next one is tried (Timer B, RFC 3261 §17.1.1.2 says 32 s).</summary>
    public TimeSpan InviteTimeout { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>Our Session-Expires (RFC 4028); zero turns session timers off unless the peer insists.</summary>
    public TimeSpan SessionExpires { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Shortest session interval we accept (Min-SE; RFC 4028 §5 demands at least 90 s).</summary>
    public TimeSpan MinSessionExpires { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>How many 3xx redirections one call may follow, only to addresses of this trunk. Zero: 3xx fails the call.</summary>
    public int MaxRedirects { get; init; }

    /// <summary>Whether REFER is put to the owner of the call. Otherwise 603: a PBX transfers its own legs.</summary>
    public bool AllowTransfer { get; init; }
}

/// <summary>A user and password for digest authentication (RFC 8760, RFC 2617).</summary>
public sealed record SipCredentials(string User, string Password)
{
    /// <summary>Secrets have no text form.</summary>
    public override string ToString() => nameof(SipCredentials);
}

/// <summary>Registering a trunk as an extension of the PBX (RFC 3261 §10).</summary>
public sealed record RegistrationOptions
{
    /// <summary>User part of the address of record, and of our Contact.</summary>
    public required string User { get; init; }

    /// <summary>Asked for; the registrar decides. Refreshed before it runs out.</summary>
    public TimeSpan Expires { get; init; } = TimeSpan.FromMinutes(5);
}
