namespace Interop.Asterisk;

/// <summary>The settings of an <see cref="AsteriskServer"/>.</summary>
public sealed record AsteriskOptions
{
    /// <summary>Ways to the gateway. Each listens on a port of its own, by which the gateway and Asterisk distinguish them.</summary>
    public IReadOnlyList<AsteriskTrunk> Trunks { get; init; } = [];

    /// <summary>Desk phones that may register with <see cref="AsteriskServer.Password"/>.</summary>
    public IReadOnlyList<AsteriskAgent> Agents { get; init; } = [];

    /// <summary>More of the dial plan, beside <see cref="AsteriskDialplan"/> and deploy/asterisk/no-pstn.conf.</summary>
    public string Dialplan { get; init; } = "";

    public AsteriskRelease Release { get; init; } = AsteriskRelease.TwentyTwo;

    /// <summary>PEM file with certificate and key; for TLS trunks.</summary>
    public string? Certificate { get; init; }
}

/// <summary>The generations that tests run against.</summary>
public enum AsteriskRelease
{
    TwentyTwo,

    /// <summary>The last one of a Debian with chan_sip.</summary>
    Sixteen,
}

/// <summary>A PJSIP endpoint or chan_sip peer for the gateway.</summary>
/// <param name="Name">Name of the endpoint.</param>
/// <param name="Port">Asterisk's own port for it.</param>
/// <param name="Gateway">The gateway's address; null: it registers as this extension instead.</param>
public sealed record AsteriskTrunk(string Name, int Port, string? Gateway)
{
    /// <summary>chan_sip instead of PJSIP; one such trunk a server.</summary>
    public bool IsChanSip { get; init; }

    /// <summary>
    /// Each side challenges the other's INVITEs, for the trunk's name and <see cref="AsteriskServer.Password"/>. One such trunk a server.
    /// </summary>
    public bool HasSecret { get; init; }

    /// <summary>The longest registration that is granted.</summary>
    public int MaxRegistrationSeconds { get; init; } = 3600;

    /// <summary>"udp", "tcp" or "tls".</summary>
    public string Transport { get; init; } = "udp";

    /// <summary>Asterisk's own address for it.</summary>
    public string Bind { get; init; } = "127.0.0.1";

    /// <summary>Asterisk's names: ulaw, alaw, g722, opus; "alaw:40" is 40 ms a packet.</summary>
    public string Codecs { get; init; } = "ulaw";

    /// <summary>More lines of the endpoint's section.</summary>
    public IReadOnlyList<string> Endpoint { get; init; } = [];
}

/// <summary>A PJSIP endpoint for a desk phone.</summary>
public sealed record AsteriskAgent(string Name)
{
    /// <summary>More lines of the endpoint's section.</summary>
    public IReadOnlyList<string> Endpoint { get; init; } = [];
}
