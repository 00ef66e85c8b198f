namespace Gateway.Sip.Registrar;

/// <summary>
/// A registered contact as the other nodes of a cluster reach it: by the edge of the node at which it registered. Plain values, made to be
/// stored as JSON; what is added later must have a default.
/// </summary>
public sealed record SharedContact
{
    /// <summary>The Request-URI.</summary>
    public required string Uri { get; init; }

    /// <summary>The Route: the edge of its node with the flow token, and then the phone's own path (RFC 3327).</summary>
    public required IReadOnlyList<string> Route { get; init; }

    /// <summary>Where its last REGISTER came from, for people: "Udp 192.0.2.7:5060".</summary>
    public string Source { get; init; } = "";

    public double Q { get; init; } = 1;

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The time of its last REGISTER.</summary>
    public required DateTimeOffset RefreshedAt { get; init; }

    /// <summary>The phone's own name; null when it gives none.</summary>
    public string? Instance { get; init; }

    public uint? RegId { get; init; }
}
