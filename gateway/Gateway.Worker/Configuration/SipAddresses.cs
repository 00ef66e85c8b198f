using System.Net;
using Gateway.Sip.Transactions;
using Gateway.Sip.Transport;

namespace Gateway.Worker.Configuration;

/// <summary>The text forms of addresses in the configuration.</summary>
internal static class SipAddresses
{
    private const string Advertised = ";advertised=";

    /// <summary>"udp:127.0.0.1:5060", "tls:[::1]:5061", "ws:0.0.0.0:8088", "udp:10.0.0.5:5060;advertised=sip.example.com:5070".</summary>
    public static bool TryParseListener(string text, out SipListenerOptions listener)
    {
        var at = text.IndexOf(Advertised, StringComparison.OrdinalIgnoreCase);
        var isValid = TryParseEndPoint(at < 0 ? text : text[..at], out var transport, out var endPoint);
        var (host, port) = at < 0 ? (null, null) : SplitHostPort(text[(at + Advertised.Length)..]);
        listener = new SipListenerOptions { Transport = transport, Bind = endPoint, AdvertisedHost = host, AdvertisedPort = port };
        return isValid && (host is null || Uri.CheckHostName(host) != UriHostNameType.Unknown);
    }

    /// <summary>"udp:127.0.0.1:5060", "tls:[::1]:5061".</summary>
    public static bool TryParseEndPoint(string text, out SipTransport transport, out IPEndPoint endPoint)
    {
        transport = default;
        endPoint = new IPEndPoint(IPAddress.None, 0);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 || !Enum.TryParse(text[..colon], ignoreCase: true, out transport)
            || !IPEndPoint.TryParse(text[(colon + 1)..], out var parsed))
            return false;
        endPoint = parsed;
        return char.IsAsciiLetter(text[0]);
    }

    /// <summary>"host", "host:port", "[v6]:port".</summary>
    public static (string Host, int? Port) SplitHostPort(string text)
    {
        var colon = text.LastIndexOf(':');
        var isPort = colon > 0 && text.IndexOf(':', StringComparison.Ordinal) == colon || colon > 0 && text[colon - 1] == ']';
        return isPort
            && int.TryParse(text[(colon + 1)..], out var port) ? (text[..colon].Trim('[', ']'), port) : (text.Trim('[', ']'), null);
    }
}
