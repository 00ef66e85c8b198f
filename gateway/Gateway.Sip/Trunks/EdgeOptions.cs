using System.Net;
using Gateway.Sip.Transactions;

namespace Gateway.Sip.Trunks;

/// <summary>What lets calls of other nodes of a cluster ring the phones that are registered here (RFC 5626 §5).</summary>
public sealed record EdgeOptions
{
    /// <summary>The key of flow tokens, the same at all nodes and after a restart.</summary>
    public required string Secret { get; init; }

    /// <summary>The listener of this node as other nodes reach it; null: the first one, as it is advertised.</summary>
    public EdgeAddress? Address { get; init; }
}

/// <summary>An address that nodes of one cluster reach each other by.</summary>
public readonly record struct EdgeAddress(SipTransport Transport, IPEndPoint EndPoint);
