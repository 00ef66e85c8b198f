using System.Globalization;
using System.Net;
using Sandbox.Handsets;

namespace Sandbox.Sdp;

/// <summary>
/// Writes SDP line for line in the form of Meta's captured offers, around the facts of a handset's own SDP: one v4 and/or v6 candidate list
/// with
/// <c>generation 0 network-cost 50</c>, no end-of-candidates, <c>mid:audio</c>, epoch-milliseconds in o=, Opus and telephone-event/8000
/// only. A browser is a full ICE agent, so <c>a=ice-lite</c> is written only where the handset has it.
/// </summary>
public static class MetaSdp
{
    public const string OfferMid = "audio";

    private static readonly (string Type, string Codec)[] PlainCodecs = [("0", "PCMU"), ("8", "PCMA")];

    /// <param name="handsetSdp">The handset's own offer.</param>
    /// <param name="additionalCodecs">
    /// PCMU and PCMA, as far as the number's settings enable them; written where the handset supports them too.
    /// </param>
    /// <param name="now">For o=.</param>
    public static string Offer(string handsetSdp, IReadOnlyCollection<string> additionalCodecs, DateTimeOffset now) =>
        Write(handsetSdp, OfferMid, "actpass", additionalCodecs, now);

    /// <summary>The answer to the business's offer: its mid and payload types, the handset's DTLS role.</summary>
    public static string Answer(string handsetSdp, string businessOffer, IReadOnlyCollection<string> additionalCodecs, DateTimeOffset now)
    {
        var setup = Value(Lines(handsetSdp), "setup") ?? throw new HandsetException("The handset's answer has no a=setup.");
        return Write(handsetSdp, Value(Lines(businessOffer), "mid") ?? "0", setup, additionalCodecs, now);
    }

    /// <summary>The business's answer rewritten for the handset: with the mid of the handset's own offer.</summary>
    public static string AnswerForHandset(string businessAnswer, string handsetOffer)
    {
        var mid = Value(Lines(handsetOffer), "mid") ?? OfferMid;
        return Rewrite(businessAnswer, line => line.StartsWith("a=mid:", StringComparison.Ordinal) ? "a=mid:" + mid
            : line.StartsWith("a=group:BUNDLE", StringComparison.Ordinal) ? "a=group:BUNDLE " + mid : line);
    }

    /// <summary>
    /// The business's offer with its DTLS role changed so that the handset must answer with <paramref name="answerSetup"/>.
    /// </summary>
    public static string OfferForHandset(string businessOffer, string? answerSetup) => answerSetup is null
        ? businessOffer
        : Rewrite(businessOffer, line => line.StartsWith("a=setup:", StringComparison.Ordinal)
            ? "a=setup:" + (answerSetup == "active" ? "passive" : "active") : line);

    private static string Write(
        string handsetSdp, string mid, string setup, IReadOnlyCollection<string> additionalCodecs, DateTimeOffset now)
    {
        var lines = Lines(handsetSdp);
        var candidates = lines.Where(line => line.StartsWith("a=candidate:", StringComparison.Ordinal)).Select(Candidate)
            .OfType<string[]>().ToArray();
        var first = candidates.FirstOrDefault(parts => parts[4].Contains('.', StringComparison.Ordinal)) ?? candidates.FirstOrDefault();
        var address = first?[4] ?? "0.0.0.0";
        var stream = Guid.NewGuid();
        var opus = PayloadType(lines, "opus/48000/2") ?? "111";
        var events = PayloadType(lines, "telephone-event/8000");
        var offered = lines.First(line => line.StartsWith("m=audio", StringComparison.Ordinal)).Split(' ')[3..];
        (string Type, string Codec)[] plain =
            [.. PlainCodecs.Where(codec => additionalCodecs.Contains(codec.Codec) && offered.Contains(codec.Type))];
        string[] types = [opus, .. plain.Select(codec => codec.Type), .. events is null ? [] : new[] { events }];
        List<string> text =
        [
            "v=0",
            $"o=- {now.ToUnixTimeMilliseconds()} 2 IN IP4 127.0.0.1",
            "s=-",
            "t=0 0",
            $"a=group:BUNDLE {mid}",
            $"a=msid-semantic: WMS {stream}",
            $"m=audio {first?[5] ?? "9"} UDP/TLS/RTP/SAVPF {string.Join(' ', types)}",
            $"c=IN {(address.Contains(':', StringComparison.Ordinal) ? "IP6" : "IP4")} {address}",
            "a=rtcp:9 IN IP4 0.0.0.0",
            .. candidates.Select(p => $"a=candidate:{p[0]} 1 udp {p[3]} {p[4]} {p[5]} typ {p[7]} generation 0 network-cost 50"),
            $"a=ice-ufrag:{Value(lines, "ice-ufrag")}",
            $"a=ice-pwd:{Value(lines, "ice-pwd")}",
            $"a=fingerprint:{Value(lines, "fingerprint")}",
            $"a=setup:{setup}",
            $"a=mid:{mid}",
            "a=sendrecv",
            $"a=msid:{stream} WhatsAppTrack1",
            "a=rtcp-mux",
            $"a=rtpmap:{opus} opus/48000/2",
            $"a=rtcp-fb:{opus} transport-cc",
            $"a=fmtp:{opus} maxaveragebitrate=20000;maxplaybackrate=16000;minptime=20;sprop-maxcapturerate=16000;useinbandfec=1",
        ];
        if (lines.Contains("a=ice-lite"))
            text.Insert(6, "a=ice-lite");
        text.AddRange(plain.Select(codec => $"a=rtpmap:{codec.Type} {codec.Codec}/8000"));
        if (events is not null)
            text.Add($"a=rtpmap:{events} telephone-event/8000");
        text.AddRange(["a=maxptime:20", "a=ptime:20"]);
        if (Value(lines, "ssrc")?.Split(' ')[0] is { } ssrc)
            text.Add($"a=ssrc:{ssrc} cname:WhatsAppAudioStream1");
        return string.Join("\r\n", text) + "\r\n";
    }

    /// <summary>The parts of a UDP RTP candidate with a real address; null for TCP, RTCP and .local ones.</summary>
    private static string[]? Candidate(string line)
    {
        var parts = line["a=candidate:".Length..].Split(' ');
        return parts.Length >= 8 && parts[1] == "1" && parts[2].Equals("udp", StringComparison.OrdinalIgnoreCase)
            && IPAddress.TryParse(parts[4], out _)
            ? parts : null;
    }

    private static string? PayloadType(string[] lines, string codec) => lines
        .Where(line =>
            line.StartsWith("a=rtpmap:", StringComparison.Ordinal) && line.EndsWith(" " + codec, StringComparison.OrdinalIgnoreCase))
        .Select(line => line["a=rtpmap:".Length..].Split(' ')[0])
        .FirstOrDefault(type => byte.TryParse(type, NumberStyles.None, CultureInfo.InvariantCulture, out _));

    private static string? Value(string[] lines, string name)
    {
        var prefix = "a=" + name + ":";
        return lines.FirstOrDefault(line => line.StartsWith(prefix, StringComparison.Ordinal))?[prefix.Length..];
    }

    private static string[] Lines(string sdp) => sdp.Split(["\r\n", "\n"], StringSplitOptions.RemoveEmptyEntries);

    private static string Rewrite(string sdp, Func<string, string> line) => string.Join("\r\n", Lines(sdp).Select(line)) + "\r\n";
}
