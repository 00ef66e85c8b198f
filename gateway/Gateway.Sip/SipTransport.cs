namespace Gateway.Sip;

/// <summary>How SIP messages travel (RFC 3261 §18). Only <see cref="Udp"/> is unreliable.</summary>
public enum SipTransport
{
    Udp,
    Tcp,
    Tls,
}
