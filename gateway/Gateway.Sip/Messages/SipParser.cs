using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Gateway.Sip.Messages;

/// <summary>
/// Reads one whole message: a datagram, or a frame that <see cref="SipStreamFramer"/> cut from a stream (RFC 3261 §7, §18.3, §25).
/// Accepted messages have exactly one well-formed From, To, Call-ID and CSeq and at least one well-formed Via; what a UAS checks beyond
/// syntax (RFC 3261 §8.2) is <see cref="RequestValidator"/>'s. Malformed fields that are not necessary are passed over and counted in
/// <see cref="SipMessage.IgnoredHeaders"/>, as RFC 3261 §8.2.2 says. Header text that is not UTF-8 is read as ISO 8859-1, as older PBXs
/// write it.
/// </summary>
public static class SipParser
{
    private static readonly string[] SingleHeaders = ["From", "To", "Call-ID", "CSeq"];

    /// <summary>
    /// Never throws. On false <paramref name="error"/> states why, and answers the request when there is one to answer. Bytes after
    /// Content-Length are ignored; without Content-Length the body is all that follows the headers (RFC 3261 §18.3).
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out SipMessage? message, out SipParseError error)
    {
        message = null;
        bytes = TrimLeadingLineEnds(bytes);
        if (bytes.IsEmpty)
            return Fail(SipParseFault.KeepAlive, out error);
        if (bytes.Length > SipLimits.MaxMessageBytes)
            return Fail(SipParseFault.TooLarge, out error);
        var headLength = bytes.IndexOf("\r\n\r\n"u8);
        if (headLength > SipLimits.MaxHeaderBytes)
            return Fail(SipParseFault.TooLarge, out error);
        if (headLength < 0)
            return Fail(SipParseFault.NoEndOfHeaders, out error);

        var head = Decode(bytes[..headLength]);
        var firstLineEnd = head.IndexOf("\r\n", StringComparison.Ordinal);
        var startLine = firstLineEnd < 0 ? head : head[..firstLineEnd];
        var parsed = ParseStartLine(startLine, out var fault);
        if (parsed is null)
            return Fail(fault, out error);

        var answerable = parsed as SipRequest;
        var headerFault = firstLineEnd < 0 ? SipParseFault.None : ReadHeaders(head.AsSpan(firstLineEnd + 2), parsed);
        if (fault == SipParseFault.None)
            fault = headerFault;
        var headerName = "";
        if (fault == SipParseFault.None)
            fault = CheckHeaders(parsed, out headerName);
        if (fault == SipParseFault.None)
            fault = TakeBody(parsed, bytes[(headLength + 4)..], out headerName);
        if (fault != SipParseFault.None)
        {
            error = new SipParseError(fault, headerName, answerable);
            return false;
        }
        message = parsed;
        error = new SipParseError(SipParseFault.None);
        return true;
    }

    /// <summary>A request with a bad version or URI is still returned, with its fault, so that it can be answered.</summary>
    private static SipMessage? ParseStartLine(ReadOnlySpan<char> line, out SipParseFault fault)
    {
        if (line.StartsWith("SIP/", StringComparison.OrdinalIgnoreCase))
            return ParseStatusLine(line, out fault);
        fault = SipParseFault.BadStartLine;
        var first = line.IndexOf(' ');
        var last = line.LastIndexOf(' ');
        if (first <= 0 || !SipMethod.TryParse(line[..first], out var method))
            return null;

        var uriText = last > first ? line[(first + 1)..last] : default;
        var version = line[(last + 1)..];
        fault = VersionFault(version);
        if (SipUri.TryParse(uriText, out var uri) && uri.EscapedHeaders.Length == 0)
            return new SipRequest(method, uri);
        if (fault == SipParseFault.None)
            fault = SipParseFault.BadRequestUri;
        return new SipRequest(method, SipUri.Create(null, new HostPort("invalid.invalid")));
    }

    private static SipResponse? ParseStatusLine(ReadOnlySpan<char> line, out SipParseFault fault)
    {
        var first = line.IndexOf(' ');
        fault = first < 0 ? SipParseFault.BadStartLine : VersionFault(line[..first]);
        if (fault != SipParseFault.None)
            return null;
        var rest = line[(first + 1)..];
        var end = rest.IndexOf(' ');
        var code = end < 0 ? rest : rest[..end];
        if (code.Length != 3 || !SipGrammar.TryParseNumber(code, 699, out var status) || status < 100)
        {
            fault = SipParseFault.BadStatusCode;
            return null;
        }
        return new SipResponse((int)status, end < 0 ? "" : rest[(end + 1)..].ToString());
    }

    private static SipParseFault VersionFault(ReadOnlySpan<char> version)
    {
        if (version.Equals("SIP/2.0", StringComparison.OrdinalIgnoreCase))
            return SipParseFault.None;
        var dot = version.IndexOf('.');
        var isVersion = version.StartsWith("SIP/", StringComparison.OrdinalIgnoreCase) && dot > 4
            && !version[4..dot].ContainsAnyExceptInRange('0', '9')
            && dot + 1 < version.Length && !version[(dot + 1)..].ContainsAnyExceptInRange('0', '9');
        return isVersion ? SipParseFault.UnsupportedVersion : SipParseFault.BadStartLine;
    }

    private static SipParseFault ReadHeaders(ReadOnlySpan<char> text, SipMessage message)
    {
        var fault = SipHeaderReader.Read(text, message.Headers, out var ignored);
        message.IgnoredHeaders = ignored + DropRepeated(message.Headers, "Max-Forwards") + DropRepeated(message.Headers, "Content-Type");
        if (message.Headers["Max-Forwards"] is { } hops && !SipGrammar.TryParseNumber(hops, 255, out _))
            message.IgnoredHeaders += message.Headers.Remove("Max-Forwards");
        return fault;
    }

    /// <summary>Keeps the first value of a field that may come once; how many others there were.</summary>
    private static int DropRepeated(SipHeaders headers, string name)
    {
        var count = headers.All(name).Count();
        if (count > 1)
            headers[name] = headers[name];
        return Math.Max(0, count - 1);
    }

    /// <summary>
    /// RFC 3261 §8.1.1: what every message has, once and well formed; an exact repetition is forgiven. A missing Max-Forwards is too, as
    /// RFC 2543 peers do not send it.
    /// </summary>
    private static SipParseFault CheckHeaders(SipMessage message, out string headerName)
    {
        var headers = message.Headers;
        foreach (var name in SingleHeaders)
        {
            headerName = name;
            if (headers.All(name).Distinct().Skip(1).Any())
                return SipParseFault.RepeatedHeader;
            message.IgnoredHeaders += DropRepeated(headers, name);
        }
        foreach (var name in (ReadOnlySpan<string>)["Via", "From", "To", "Call-ID", "CSeq"])
        {
            headerName = name;
            if (headers[name] is not { } value)
                return SipParseFault.MissingHeader;
            if (!IsWellFormed(name, value))
                return SipParseFault.BadHeaderValue;
        }

        headerName = "Via";
        if (!headers.All("Via").All(via => ViaHeader.TryParse(via, out _)))
            return SipParseFault.BadHeaderValue;
        headerName = "CSeq";
        if (message is SipRequest request && request.CSeq.Method != request.Method)
            return SipParseFault.MethodMismatch;
        headerName = "";
        return SipParseFault.None;
    }

    private static bool IsWellFormed(string name, string value) => name switch
    {
        "Via" => ViaHeader.TryParse(value, out _),
        "Call-ID" => SipGrammar.IsCallId(value),
        "CSeq" => CSeq.TryParse(value, out _),
        _ => NameAddr.TryParse(value, out var address) && !address.Parameters.HasDuplicates("tag")
            && (!address.Parameters.Has("tag") || SipGrammar.IsToken(address.Tag)),
    };

    private static SipParseFault TakeBody(SipMessage message, ReadOnlySpan<byte> rest, out string headerName)
    {
        headerName = "Content-Length";
        var lengths = message.Headers.All("Content-Length").Distinct().ToArray();
        if (lengths.Length > 1)
            return SipParseFault.RepeatedHeader;
        if (lengths.Length == 1)
        {
            if (!SipGrammar.TryParseNumber(lengths[0], int.MaxValue, out var length))
                return SipParseFault.BadContentLength;
            if (length > rest.Length)
                return SipParseFault.BodyTooShort;
            rest = rest[..(int)length];
            message.Headers.Remove("Content-Length");
        }
        message.SetParsedBody(rest.ToArray());
        headerName = "";
        return SipParseFault.None;
    }

    private static string Decode(ReadOnlySpan<byte> bytes) =>
        System.Text.Unicode.Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : Encoding.Latin1.GetString(bytes);

    private static ReadOnlySpan<byte> TrimLeadingLineEnds(ReadOnlySpan<byte> bytes) => bytes.TrimStart("\r\n"u8);

    private static bool Fail(SipParseFault fault, out SipParseError error)
    {
        error = new SipParseError(fault);
        return false;
    }
}
