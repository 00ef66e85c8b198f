using System.Globalization;
using System.Net;

namespace Sandbox.Sdp;

/// <summary>
/// Checks a business's SDP for faults that Meta refuses, as far as documented or observed: a separate line checker, deliberately not the
/// gateway's parser, so that the two can disagree. Null is a pass; otherwise one sentence.
/// </summary>
public static class SdpChecker
{
    public static string? CheckOffer(string sdp) => Check(sdp, null);

    /// <param name="sdp">The answer of pre_accept or accept.</param>
    /// <param name="offer">The offer it answers.</param>
    public static string? CheckAnswer(string sdp, string offer) => Check(sdp, offer);

    private static string? Check(string sdp, string? offer)
    {
        if (sdp.Length is 0 or > 32 * 1024)
            return "the SDP is empty or too long";
        if (!sdp.EndsWith("\r\n", StringComparison.Ordinal))
            return "the last line does not end in CRLF";
        var lines = sdp[..^2].Split("\r\n");
        if (lines.FirstOrDefault(line => line.Length < 3 || line[1] != '=' || line.AsSpan().IndexOfAny('\r', '\n', '\0') >= 0) is { } odd)
            return $"\"{odd.ReplaceLineEndings("\\n")}\" is not a line (CRLF ends lines)";
        return CheckSession(lines) ?? CheckMedia(lines, offer) ?? CheckTransport(lines, offer is not null) ?? CheckCodecs(lines, offer);
    }

    private static string? CheckSession(string[] lines)
    {
        if (lines.Length < 5 || lines[0] != "v=0" || !lines[1].StartsWith("o=", StringComparison.Ordinal)
            || lines[1].Split(' ').Length != 6)
            return "the session must begin with v=0 and a six-part o=";
        if (!lines.Contains("s=-") && !lines.Any(line => line.StartsWith("s=", StringComparison.Ordinal)))
            return "s= is missing";
        return lines.Any(line => line.StartsWith("t=", StringComparison.Ordinal)) ? null : "t= is missing";
    }

    private static string? CheckMedia(string[] lines, string? offer)
    {
        var media = lines.Where(line => line.StartsWith("m=", StringComparison.Ordinal)).ToArray();
        if (media.Length != 1)
            return $"one m= line is needed, {media.Length} were given";
        var parts = media[0].Split(' ');
        if (parts[0] != "m=audio" || parts.Length < 4 || parts[2] != "UDP/TLS/RTP/SAVPF")
            return "m= must be audio over UDP/TLS/RTP/SAVPF";
        if (!ushort.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port == 0)
            return "the port of m=audio is not one";
        if (!lines.Any(line => line.StartsWith("c=IN IP", StringComparison.Ordinal)))
            return "c= is missing";
        var mids = Values(lines, "mid").ToArray();
        if (mids.Length != 1)
            return "one a=mid is needed";
        if (offer is not null && mids[0] != Values(Split(offer), "mid").Single())
            return "a=mid does not repeat the offer's";
        if (Values(lines, "group").FirstOrDefault() is { } group && group != "BUNDLE " + mids[0])
            return "a=group does not bundle the audio section";
        if (lines.Any(line => line is "a=sendonly" or "a=recvonly" or "a=inactive"))
            return "the direction must be sendrecv";
        return Values(lines, "ssrc").Select(value => value.Split(' ')[0]).Distinct().Count() > 1 ? "more than one SSRC" : null;
    }

    private static string? CheckTransport(string[] lines, bool isAnswer)
    {
        var fingerprints = Values(lines, "fingerprint").ToArray();
        if (fingerprints.Length != 1)
            return $"one fingerprint is needed, {fingerprints.Length} were given";
        var print = fingerprints[0].Split(' ');
        if (print.Length != 2 || !print[0].Equals("sha-256", StringComparison.OrdinalIgnoreCase) || !IsFingerprint(print[1]))
            return "the fingerprint is not sha-256 in 32 upper-case pairs";

        var setups = Values(lines, "setup").ToArray();
        if (setups.Length != 1)
            return "one a=setup is needed";
        if (setups[0] is not ("active" or "passive" or "actpass") || (isAnswer && setups[0] == "actpass"))
            return $"a=setup:{setups[0]} cannot stand in {(isAnswer ? "an answer" : "an offer")}";
        if (!isAnswer && setups[0] == "passive")
            return "a=setup:passive in an offer leaves nobody to start DTLS";

        if (Values(lines, "ice-ufrag").ToArray() is not [{ Length: >= 4 and <= 256 }])
            return "one a=ice-ufrag of 4 to 256 characters is needed";
        if (Values(lines, "ice-pwd").ToArray() is not [{ Length: >= 22 and <= 256 }])
            return "one a=ice-pwd of 22 to 256 characters is needed";
        if (lines.Contains("a=ice-lite"))
            return "both sides ice-lite: nobody would check";
        if (!lines.Contains("a=rtcp-mux"))
            return "a=rtcp-mux is missing";
        if (lines.Any(line => line.StartsWith("a=crypto:", StringComparison.Ordinal)))
            return "a=crypto has no place beside DTLS";
        return Values(lines, "candidate").FirstOrDefault(value => !IsCandidate(value)) is { } bad ? $"\"{bad}\" is not a candidate" : null;
    }

    private static string? CheckCodecs(string[] lines, string? offer)
    {
        var types = lines.Single(line => line.StartsWith("m=", StringComparison.Ordinal)).Split(' ')[3..];
        var maps = new Dictionary<string, string>();
        foreach (var value in Values(lines, "rtpmap"))
        {
            var parts = value.Split(' ');
            if (parts.Length != 2 || !maps.TryAdd(parts[0], parts[1]))
                return $"\"{value}\" is not an rtpmap";
            if (!types.Contains(parts[0]))
                return $"payload type {parts[0]} is mapped but not offered in m=";
        }
        foreach (var type in types)
            if (!byte.TryParse(type, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > 127)
                return $"{type} is not a payload type";
            else if (number >= 96 && !maps.ContainsKey(type))
                return $"payload type {type} has no rtpmap";

        var opus = maps.FirstOrDefault(map => map.Value.Equals("opus/48000/2", StringComparison.OrdinalIgnoreCase)).Key;
        if (opus is null)
            return "opus/48000/2 is missing";
        if (maps.Values.Any(map => map.StartsWith("telephone-event/", StringComparison.OrdinalIgnoreCase) && offer is not null
            && !map.EndsWith("/8000", StringComparison.Ordinal)))
            return "telephone-event must run at 8000 Hz";
        if (Values(lines, "ptime").Any(ptime => ptime != "20"))
            return "a=ptime must be 20";
        if (offer is null)
            return null;

        var offered = Split(offer).Single(line => line.StartsWith("m=", StringComparison.Ordinal)).Split(' ')[3..];
        if (types.Except(offered).FirstOrDefault() is { } extra)
            return $"payload type {extra} was not offered";
        return Values(Split(offer), "rtpmap").Contains(opus + " opus/48000/2") ? null : "Opus has another payload type than offered";
    }

    private static IEnumerable<string> Values(string[] lines, string name)
    {
        var prefix = "a=" + name + ":";
        return lines.Where(line => line.StartsWith(prefix, StringComparison.Ordinal)).Select(line => line[prefix.Length..]);
    }

    private static string[] Split(string sdp) => sdp.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);

    private static bool IsFingerprint(string text)
    {
        var pairs = text.Split(':');
        return pairs.Length == 32 && pairs.All(pair => pair.Length == 2 && pair.All(c => char.IsAsciiDigit(c) || c is >= 'A' and <= 'F'));
    }

    private static bool IsCandidate(string value)
    {
        var parts = value.Split(' ');
        return parts.Length >= 8 && parts[0].Length is > 0 and <= 32 && parts[1] is "1" or "2"
            && uint.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out _)
            && (IPAddress.TryParse(parts[4], out _) || parts[4].EndsWith(".local", StringComparison.Ordinal))
            && ushort.TryParse(parts[5], NumberStyles.None, CultureInfo.InvariantCulture, out _)
            && parts[6] == "typ" && parts[7] is "host" or "srflx" or "prflx" or "relay";
    }
}
