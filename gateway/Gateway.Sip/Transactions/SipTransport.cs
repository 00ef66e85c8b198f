namespace Gateway.Sip.Transactions;

/// <summary>The transport by which SIP messages travel (RFC 3261 §18, RFC 7118). Only <see cref="Udp"/> is unreliable.</summary>
public enum SipTransport
{
    Udp,
    Tcp,
    Tls,

    /// <summary>A WebSocket that a phone opened to us, one message a frame (RFC 7118).</summary>
    Ws,

    /// <summary>The same inside TLS.</summary>
    Wss,
}

/// <summary>The kinds of transports, and their ports.</summary>
public static class SipTransportKinds
{
    private const int Default = 5060;
    private const int DefaultTls = 5061;

    /// <summary>RFC 7118 §8.1: those of HTTP.</summary>
    private const int DefaultWs = 80;
    private const int DefaultWss = 443;

    /// <summary>Only the phone opens such a connection: what it registered over is the only way to it (RFC 7118 §7).</summary>
    public static bool IsWebSocket(this SipTransport transport) => transport is SipTransport.Ws or SipTransport.Wss;

    /// <summary>The port itself, or the transport's own where none (0) is named (RFC 3261 §19.1.2).</summary>
    public static int PortOr(this SipTransport transport, int port) => port != 0 ? port : transport switch
    {
        SipTransport.Tls => DefaultTls,
        SipTransport.Ws => DefaultWs,
        SipTransport.Wss => DefaultWss,
        _ => Default,
    };
}
