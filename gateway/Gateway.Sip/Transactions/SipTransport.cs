namespace Gateway.Sip.Transactions;

/// <summary>The transport by which SIP messages travel (RFC 3261 §18). Only <see cref="Udp"/> is unreliable.</summary>
public enum SipTransport
{
    Udp,
    Tcp,
    Tls,
}

/// <summary>RFC 3261 §19.1.2: 5061 for TLS, 5060 for the others.</summary>
public static class SipPorts
{
    private const int Default = 5060;
    private const int DefaultTls = 5061;

    /// <summary>The port itself, or the transport's own where none (0) is named.</summary>
    public static int PortOr(this SipTransport transport, int port) =>
        port != 0 ? port : transport == SipTransport.Tls ? DefaultTls : Default;
}
