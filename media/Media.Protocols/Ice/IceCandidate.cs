using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using Media.Protocols.Primitives;

namespace Media.Protocols.Ice;

/// <summary>
/// One UDP transport address at which an agent may be reached (RFC 8445 §5.1), as carried by <c>a=candidate</c> (RFC 8839 §5.1).
/// </summary>
/// <param name="Foundation">1 to 32 characters; equal for candidates of the same type, base and server.</param>
/// <param name="Component">1 = RTP (and everything else, with rtcp-mux), 2 = RTCP.</param>
/// <param name="Priority">RFC 8445 §5.1.2; see <see cref="IcePriority.OfCandidate"/>.</param>
/// <param name="Address">The address to send to.</param>
/// <param name="Type">The origin of the address.</param>
/// <param name="Related">The base of a reflexive or relayed address; null for host candidates and when it was withheld.</param>
public sealed record IceCandidate(
    string Foundation, int Component, uint Priority, TransportAddress Address, IceCandidateType Type, TransportAddress? Related = null)
{
    private const int MaxFoundationLength = 32;
    private static readonly SearchValues<char> IPv4Characters = SearchValues.Create("0123456789.");
    private static readonly SearchValues<char> IPv6Characters = SearchValues.Create("0123456789abcdefABCDEF.:");

    /// <summary>A host candidate of component 1 with the recommended priority.</summary>
    public static IceCandidate Host(TransportAddress address, ushort localPreference, string foundation = "1") =>
        new(foundation, 1, IcePriority.OfCandidate(IceCandidateType.Host, localPreference), address, IceCandidateType.Host);

    /// <summary>
    /// Reads <c>[candidate:]foundation component transport priority address port typ type [raddr a rport p] [name value]…</c>.
    /// Unknown extension tokens are skipped; they need not come in pairs.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> value, out IceCandidate candidate, out IceCandidateError error)
    {
        candidate = null!;
        error = IceCandidateError.Malformed;
        value = value.Trim();
        if (value.StartsWith("a=", StringComparison.Ordinal))
            value = value[2..];
        if (value.StartsWith("candidate:", StringComparison.OrdinalIgnoreCase))
            value = value["candidate:".Length..];

        var foundation = NextToken(ref value);
        if (foundation.Length is 0 or > MaxFoundationLength
            || !TryNumber(NextToken(ref value), out var component) || component is 0 or > 256)
            return false;
        var transport = NextToken(ref value);
        if (!TryNumber(NextToken(ref value), out var priority))
            return false;
        var host = NextToken(ref value);
        if (!TryNumber(NextToken(ref value), out var port) || port > ushort.MaxValue
            || !NextToken(ref value).Equals("typ", StringComparison.OrdinalIgnoreCase))
            return false;
        var typeName = NextToken(ref value);

        if (!transport.Equals("udp", StringComparison.OrdinalIgnoreCase))
        {
            error = IceCandidateError.UnsupportedTransport;
            return false;
        }
        if (!TryType(typeName, out var type))
        {
            error = IceCandidateError.UnknownType;
            return false;
        }
        if (!TryAddress(host, port, out var address))
        {
            error = host.ContainsAnyExcept(IPv6Characters) ? IceCandidateError.HostName : IceCandidateError.Malformed;
            return false;
        }
        var related = ReadRelated(value);
        candidate = new IceCandidate(foundation.ToString(), (int)component, priority, address, type, related);
        error = IceCandidateError.None;
        return true;
    }

    /// <summary>The attribute's value from <c>candidate:</c> on, without <c>a=</c> and line end.</summary>
    public string Write()
    {
        var text = new StringBuilder(96).Append(CultureInfo.InvariantCulture,
            $"candidate:{Foundation} {Component} udp {Priority} {Address.ToIPAddress()} {Address.Port} typ {TypeName(Type)}");
        if (Type != IceCandidateType.Host)
        {
            // RFC 8839 §5.1: mandatory for these types; the unspecified address when the base is withheld.
            var none = Address.IsIPv4 ? "0.0.0.0" : "::";
            text.Append(CultureInfo.InvariantCulture,
                $" raddr {Related?.ToIPAddress().ToString() ?? none} rport {Related?.Port ?? 9}");
        }
        return text.ToString();
    }

    private static TransportAddress? ReadRelated(ReadOnlySpan<char> rest)
    {
        ReadOnlySpan<char> host = default, port = default;
        for (var token = NextToken(ref rest); token.Length > 0; token = NextToken(ref rest))
        {
            if (token.Equals("raddr", StringComparison.OrdinalIgnoreCase))
                host = NextToken(ref rest);
            else if (token.Equals("rport", StringComparison.OrdinalIgnoreCase))
                port = NextToken(ref rest);
        }
        return TryNumber(port, out var number) && number <= ushort.MaxValue && TryAddress(host, number, out var address) ? address : null;
    }

    private static ReadOnlySpan<char> NextToken(scoped ref ReadOnlySpan<char> rest)
    {
        rest = rest.TrimStart(' ');
        var end = rest.IndexOf(' ');
        var token = end < 0 ? rest : rest[..end];
        rest = rest[token.Length..];
        return token;
    }

    private static bool TryNumber(ReadOnlySpan<char> token, out uint number) =>
        uint.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static bool TryAddress(ReadOnlySpan<char> host, uint port, out TransportAddress address)
    {
        address = default;
        // IPAddress reads "1" and "0x7f.1" as IPv4 too, and "[::1]:5" as IPv6: only the plain textual forms belong here.
        var plain = host.Contains(':') ? !host.ContainsAnyExcept(IPv6Characters) : host.Count('.') == 3
            && !host.ContainsAnyExcept(IPv4Characters);
        if (!plain || host.Length > 45 || !IPAddress.TryParse(host, out var ip))
            return false;
        address = TransportAddress.From(ip, (int)port);
        return true;
    }

    private static bool TryType(ReadOnlySpan<char> name, out IceCandidateType type)
    {
        foreach (var candidate in Enum.GetValues<IceCandidateType>())
        {
            if (name.Equals(TypeName(candidate), StringComparison.OrdinalIgnoreCase))
            {
                type = candidate;
                return true;
            }
        }
        type = default;
        return false;
    }

    private static string TypeName(IceCandidateType type) => type switch
    {
        IceCandidateType.Host => "host",
        IceCandidateType.ServerReflexive => "srflx",
        IceCandidateType.PeerReflexive => "prflx",
        _ => "relay",
    };
}
