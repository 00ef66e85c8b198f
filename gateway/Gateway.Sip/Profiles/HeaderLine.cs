using Gateway.Sip.Messages;

namespace Gateway.Sip.Profiles;

/// <summary>Reads a header field that a profile names whole: "Name: value".</summary>
internal static class HeaderLine
{
    public static bool TryRead(string line, out SipHeader header)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        header = colon < 0 ? default : new SipHeader(line[..colon].Trim(), line[(colon + 1)..].Trim());
        return colon > 0 && SipGrammar.IsToken(header.Name) && header.Value.Length > 0 && !header.Value.AsSpan().ContainsAny('\r', '\n');
    }
}
