namespace Media.Protocols.Sdp;

/// <summary>Writes our audio section towards a PBX.</summary>
internal static class PbxSection
{
    /// <summary>What ICE and DTLS need to know of us (RFC 8839 §5, RFC 8842 §5).</summary>
    public static IEnumerable<SdpAttribute> WebRtc(PbxWebRtcLocal local, DtlsSetup setup, string? mid)
    {
        if (mid is not null)
            yield return new("mid", mid);
        yield return new("msid", "gateway audio");
        yield return new("ice-ufrag", local.Ice.Ufrag);
        yield return new("ice-pwd", local.Ice.Password);
        yield return new("fingerprint", new Fingerprint("sha-256", local.Fingerprint.ToUpperInvariant()).ToString());
        yield return new("setup", setup.ToString().ToLowerInvariant());
        foreach (var candidate in local.Candidates)
            yield return new("candidate", candidate.Write()["candidate:".Length..]);
        yield return new("end-of-candidates");
    }

    public static MediaDescription Audio(
        PbxLocalMedia local, string protocol, IReadOnlyList<RtpMap> maps, MediaDirection direction,
        IReadOnlyList<SdesCrypto> crypto, bool rtcpMux, bool voipMetrics)
    {
        var attributes = new List<SdpAttribute>(crypto.Select(line => line.ToAttribute()));
        foreach (var map in maps)
        {
            // Name and clock as they should be, whatever the peer writes.
            var own = map.Codec is { } codec ? RtpMap.Of(codec, map.PayloadType) : map;
            attributes.Add(new("rtpmap", own.ToString()));
            if (map.IsTelephoneEvent)
                attributes.Add(new("fmtp", $"{map.PayloadType} 0-16")); // RFC 4733 §2.4.1: digits, *, #, A-D and flash
            else if (map.Codec == AudioCodec.Opus)
                attributes.Add(new("fmtp", $"{map.PayloadType} {OpusFormat.Ours}"));
        }
        attributes.Add(new("ptime", $"{local.PacketTime}"));
        attributes.Add(new(direction.ToAttribute()));
        if (rtcpMux)
            attributes.Add(new("rtcp-mux"));
        if (voipMetrics)
            attributes.Add(new("rtcp-xr", "voip-metrics"));
        return new MediaDescription
        {
            Kind = "audio",
            Port = local.Rtp.Port,
            Protocol = protocol,
            Formats = [.. maps.Select(map => $"{map.PayloadType}")],
            Attributes = attributes,
        };
    }
}
