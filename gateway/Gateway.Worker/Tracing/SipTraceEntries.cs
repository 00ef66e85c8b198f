using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Gateway.Calls.Tracing;
using Gateway.Sip.Endpoint;

namespace Gateway.Worker.Tracing;

/// <summary>Makes an entry of a SIP message: its first line, the codecs of its description, and all of it without secrets.</summary>
internal static partial class SipTraceEntries
{
    /// <summary>Characters of a message that are kept: a description that is longer is no call's.</summary>
    private const int LongestDetails = 4096;

    private const int LongestLine = 300;

    public static TraceEntry Of(DateTimeOffset at, in SipTapMessage message, string? trunk)
    {
        var text = Encoding.UTF8.GetString(message.Bytes.Span).Replace('\0', ' ');
        var line = text.AsSpan()[..Math.Max(0, text.IndexOf("\r\n", StringComparison.Ordinal))].ToString();
        var method = CSeqMethod().Match(text) is { Success: true } match ? match.Groups[1].Value : "";
        var status = StatusOf(message.Bytes.Span);
        return new TraceEntry(at, TraceKind.Sip, Cut(Summary(line, method, status), LongestLine))
        {
            Peer = TracePeer.Pbx,
            Direction = message.IsOutgoing ? TraceDirection.Out : TraceDirection.In,
            Trunk = trunk,
            Details = Cut(text, LongestDetails),
            Codecs = CodecsOf(text),
            IsFailure = !message.IsOutgoing && method == "INVITE" && status is >= 400 and not (401 or 407 or 487),
        };
    }

    /// <summary>The status of a response; 0: it is a request.</summary>
    public static int StatusOf(ReadOnlySpan<byte> message)
    {
        var prefix = "SIP/2.0 "u8;
        return message.StartsWith(prefix) && message.Length >= prefix.Length + 3
            && int.TryParse(message.Slice(prefix.Length, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status) ? status : 0;
    }

    private static string Summary(string line, string method, int status)
    {
        if (status > 0)
            return $"{line[Math.Min("SIP/2.0 ".Length, line.Length)..].Trim()} to {method}";
        var end = line.LastIndexOf(' ');
        return end > 0 ? line[..end] : line;
    }

    /// <summary>Names of the audio's formats in their order; null: there is no description. RFC 8866 §5.14, §6.6.</summary>
    private static string? CodecsOf(string text)
    {
        if (AudioFormats().Match(text) is not { Success: true } audio)
            return null;
        var names = Maps().Matches(text).GroupBy(map => map.Groups[1].Value).ToDictionary(
            maps => maps.Key, maps => maps.First().Groups[2].Value);
        return string.Join(", ", audio.Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(20)
            .Select(type => names.GetValueOrDefault(type) ?? StaticName(type)).Where(name => name != "telephone-event" && name != "CN"));
    }

    /// <summary>RFC 3551 §6: types that need no rtpmap.</summary>
    private static string StaticName(string type) => type switch
    {
        "0" => "PCMU",
        "3" => "GSM",
        "4" => "G723",
        "8" => "PCMA",
        "9" => "G722",
        "13" => "CN",
        "18" => "G729",
        _ => type,
    };

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..length] + "…";

    [GeneratedRegex(@"^CSeq:\s*\d+\s+(\w+)", RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex CSeqMethod();

    [GeneratedRegex(@"^m=audio \d+ \S+([^\r\n]*)", RegexOptions.Multiline)]
    private static partial Regex AudioFormats();

    [GeneratedRegex(@"^a=rtpmap:(\d+) ([^/\r\n]+)", RegexOptions.Multiline)]
    private static partial Regex Maps();
}
