using System.Net;
using System.Net.Sockets;

namespace Gateway.Sip.Messages;

/// <summary>
/// The host and optional port of a URI or a Via (RFC 3261 §25.1 hostport; a colon without port is no port). IPv6 addresses are kept without
/// brackets and written with them; <see cref="Port"/> 0 means that none was given.
/// </summary>
public readonly record struct HostPort(string Host, int Port = 0)
{
    /// <summary>The address when the host is a literal one, otherwise null: it has to be looked up (RFC 3263).</summary>
    public IPAddress? Address => IPAddress.TryParse(Host, out var address) ? address : null;

    public static bool TryParse(ReadOnlySpan<char> text, out HostPort value)
    {
        value = default;
        if (IsBareAddress(text))
        {
            value = new HostPort(text.Trim(" \t").ToString());
            return true;
        }
        var end = !text.IsEmpty && text[0] == '[' ? text.IndexOf(']') + 1 : text.IndexOf(':');
        var host = end < 0 ? text : text[..end];
        var tail = end < 0 ? default : text[end..].Trim(" \t");
        var port = 0u;
        if (tail is not ([] or [':']) && (tail[0] != ':' || !SipGrammar.TryParseNumber(tail[1..].TrimStart(" \t"), 65535, out port)))
            return false;
        host = host.TrimEnd(" \t");
        if (!host.IsEmpty && host[0] == '[')
        {
            host = host[1..^1];
            if (!IPAddress.TryParse(host, out var address) || address.AddressFamily != AddressFamily.InterNetworkV6 || host.Contains('%'))
                return false;
        }
        else if (!IsHostName(host))
            return false;
        value = new HostPort(host.ToString(), (int)port);
        return true;
    }

    public override string ToString()
    {
        var host = Host.Contains(':') ? $"[{Host}]" : Host;
        return Port == 0 ? host : $"{host}:{Port}";
    }

    /// <summary>An IPv6 address without its brackets, as some peers write it: no port can follow.</summary>
    private static bool IsBareAddress(ReadOnlySpan<char> text) =>
        text.Count(':') > 1 && !text.ContainsAny('[', '%')
        && IPAddress.TryParse(text.Trim(" \t"), out var address) && address.AddressFamily == AddressFamily.InterNetworkV6;

    /// <summary>A name or an IPv4 address. The underscore is in no RFC and in many networks.</summary>
    private static bool IsHostName(ReadOnlySpan<char> host)
    {
        if (host.IsEmpty || host.Length > 255)
            return false;
        foreach (var c in host)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-' or '_'))
                return false;
        }
        return true;
    }
}
