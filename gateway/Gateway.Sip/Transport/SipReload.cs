using Gateway.Sip.Trunks;

namespace Gateway.Sip.Transport;

/// <summary>What a running endpoint can be given anew. Everything else of <see cref="SipEndpointOptions"/> is for its next start.</summary>
public sealed record SipReload
{
    /// <summary>Names of trunks that go on untouched, with their registrations and health.</summary>
    public required IReadOnlySet<string> Kept { get; init; }

    /// <summary>Trunks that are new, or take the place of those of their names. Whatever trunk is in neither list is removed: its calls go
    /// on to their ends, and no new one comes or goes.</summary>
    public required IReadOnlyList<TrunkOptions> Changed { get; init; }

    /// <summary>The certificates of connections from now on.</summary>
    public SipTlsOptions? Tls { get; init; }

    /// <inheritdoc cref="SipEndpointOptions.MaxCalls"/>
    public int MaxCalls { get; init; } = 4000;
}
