using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;

namespace Gateway.Sip.Resolution;

/// <summary>The target that RFC 3263 starts from.</summary>
/// <param name="Host">A name, or an IP address without brackets.</param>
/// <param name="Port">0 when none is given, which asks the DNS for it.</param>
/// <param name="Transport">Null when none is given, which asks the DNS for it.</param>
/// <param name="IsSecure">Only TLS will do (a sips URI).</param>
public sealed record SipTarget(string Host, int Port = 0, SipTransport? Transport = null, bool IsSecure = false)
{
    /// <summary>
    /// The target of a URI (maddr counts instead of the host; RFC 3263 §4). Null when it is no SIP URI or names a transport we lack.
    /// </summary>
    public static SipTarget? From(SipUri uri)
    {
        if (!uri.IsSip)
            return null;
        SipTransport? transport = uri.Transport switch
        {
            "udp" => SipTransport.Udp,
            "tcp" => uri.IsSecure ? SipTransport.Tls : SipTransport.Tcp,
            "tls" => SipTransport.Tls,
            _ => null,
        };
        if (transport is null && uri.Transport is not null)
            return null;
        return new SipTarget(uri.Parameters["maddr"] ?? uri.Host, uri.Port, transport, uri.IsSecure);
    }
}
