using Gateway.Sip.Transactions;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Resolution;

/// <summary>One place to try.</summary>
/// <param name="Transport">How to get there.</param>
/// <param name="Address">IP address and port.</param>
/// <param name="Host">The name or address that was asked for, not what SRV turned it into: a TLS certificate has to show it (RFC 5922
/// §4).</param>
public readonly record struct SipDestination(SipTransport Transport, TransportAddress Address, string Host);
