using Media.Protocols.Primitives;

namespace Gateway.Sip.Transactions;

/// <summary>The path a message came by or leaves by.</summary>
/// <param name="Transport">UDP, TCP or TLS.</param>
/// <param name="Remote">The peer's address and port.</param>
/// <param name="Listener">Index of the local listener: the socket for UDP, the advertised address for all.</param>
/// <param name="Connection">The TCP or TLS connection; 0 for any connection to <paramref name="Remote"/>, opened when there is
/// none.</param>
/// <param name="ServerName">The name that a TLS server must prove; null checks the address.</param>
public readonly record struct SipFlow(
    SipTransport Transport, TransportAddress Remote, int Listener, long Connection = 0, string? ServerName = null)
{
    public bool IsReliable => Transport != SipTransport.Udp;
}
