using Media.Protocols.Primitives;

namespace Media.Protocols.Sdp;

/// <summary>One audio section of a PBX's offer or answer, read: address, direction and protection of its media.</summary>
internal sealed record PbxPeer(MediaDescription Media, MediaAttributes Attributes)
{
    /// <summary>Packet times we can produce, in milliseconds.</summary>
    private static readonly int[] PacketTimes = [10, 20, 30, 40, 60];

    /// <summary>None while on an address of zeros.</summary>
    public required TransportAddress Rtp { get; init; }

    public required TransportAddress Rtcp { get; init; }

    public required bool RtcpMux { get; init; }

    /// <summary>RTP/SAVP or RTP/SAVPF, over DTLS too.</summary>
    public required bool Secure { get; init; }

    /// <summary>ICE's credentials and the fingerprints of DTLS; null: it is not WebRTC.</summary>
    public PbxWebRtcRemote? WebRtc { get; private init; }

    /// <summary>As the peer sees it; an address of zeros cannot receive, whatever the attribute says (RFC 3264 §8.4).</summary>
    public MediaDirection Direction =>
        Rtp.IsNone && WebRtc is null ? Attributes.Direction & ~MediaDirection.RecvOnly : Attributes.Direction;

    /// <param name="sdp">The whole description.</param>
    /// <param name="media">One of its audio sections.</param>
    /// <param name="canMux">False for an answer to an offer without rtcp-mux: whatever it says, RTCP has its own port (RFC 5761
    /// §5.1.1).</param>
    /// <param name="peer">Set when the result is <see cref="SdpError.None"/>.</param>
    public static SdpError Read(SessionDescription sdp, MediaDescription media, bool canMux, out PbxPeer peer)
    {
        peer = null!;
        if (media.IsMalformed)
            return SdpError.MalformedMedia;
        var attributes = sdp.AttributesOf(media);
        if (WebRtcPeer.IsSpokenBy(media))
            return ReadWebRtc(media, attributes, out peer);
        var protocol = media.Protocol.ToUpperInvariant();
        if (protocol is not ("RTP/AVP" or "RTP/AVPF" or "RTP/SAVP" or "RTP/SAVPF"))
            return SdpError.UnsupportedTransport; // TCP, MSRP …
        if (attributes.Connection is not { } connection)
            return SdpError.NoConnection;
        if (!connection.TryGetAddress(out var address))
            return connection.IsName ? SdpError.UnresolvedName : SdpError.UnusableAddress;
        var rtp = connection.IsUnspecified ? default : TransportAddress.From(address, media.Port);
        var mux = canMux && attributes.RtcpMux;
        peer = new PbxPeer(media, attributes)
        {
            Rtp = rtp,
            Rtcp = rtp.IsNone || mux ? rtp : RtcpAddress(attributes, rtp),
            RtcpMux = mux,
            Secure = protocol.StartsWith("RTP/S", StringComparison.Ordinal),
        };
        return SdpError.None;
    }

    /// <summary>
    /// The packet time that the peer requests if we can produce it, else <paramref name="ours"/>; never above the peer's maximum.
    /// </summary>
    public int PacketTime(int ours)
    {
        var wanted = PacketTimes.Contains(Attributes.PacketTime) ? Attributes.PacketTime : ours;
        var most = Attributes.MaxPacketTime;
        return most == 0 || wanted <= most ? wanted : PacketTimes.LastOrDefault(time => time <= most, PacketTimes[0]);
    }

    /// <summary>The event whose clock is the codec's (RFC 4733 §2.1), else one at 8000 Hz, else any.</summary>
    public RtpMap? TelephoneEvent(AudioCodec codec)
    {
        var events = Attributes.RtpMaps.Where(map => map.IsTelephoneEvent).ToList();
        return events.Count == 0 ? null : events.MinBy(map => map.ClockRate == codec.ClockRate() ? 0 : map.ClockRate == 8000 ? 1 : 2);
    }

    /// <summary>
    /// Sent packets carry the peer's payload types, received ones ours (RFC 3264 §6.1); they differ only if an answer renumbered.
    /// </summary>
    public PbxMediaParameters Settle(
        PbxLocalMedia local, MediaDirection direction, SdesKeys? keys, IReadOnlyList<RtpMap> theirs, IReadOnlyList<RtpMap> ours)
    {
        var codecs = new List<AgreedCodec>();
        AgreedTelephoneEvent? telephoneEvent = null;
        foreach (var map in theirs)
        {
            var own = ours.FirstOrDefault(known => IsSameFormat(known, map), map);
            if (map.IsTelephoneEvent)
                telephoneEvent = new AgreedTelephoneEvent(map.PayloadType, own.PayloadType, map.ClockRate);
            else if (codecs.TrueForAll(known => known.Codec != map.Codec))
                codecs.Add(new AgreedCodec(map.Codec!.Value, map.PayloadType, own.PayloadType));
        }
        return new PbxMediaParameters
        {
            RemoteRtp = Rtp,
            RemoteRtcp = Rtcp,
            RtcpMux = RtcpMux,
            Codecs = codecs,
            TelephoneEvent = telephoneEvent,
            Opus = OpusFormat.Parse(Attributes.FormatParameters(codecs[0].SendPayloadType)),
            PacketTime = PacketTime(local.PacketTime),
            Direction = direction,
            Srtp = keys,
            VoipMetrics = local.VoipMetrics && Attributes.VoipMetrics,
            WebRtc = WebRtc,
        };
    }

    /// <summary>The same peer, and who of us begins the handshake.</summary>
    public PbxPeer WithDtlsClient(bool isOurs) => WebRtc is { } remote ? this with { WebRtc = remote with { DtlsClient = isOurs } } : this;

    /// <summary>
    /// Addresses are ICE's matter: neither <c>c=</c> nor a candidate is looked at, and a phone behind a NAT is where it checks from.
    /// </summary>
    private static SdpError ReadWebRtc(MediaDescription media, MediaAttributes attributes, out PbxPeer peer)
    {
        peer = null!;
        if (WebRtcPeer.Read(attributes, out var ice, out var fingerprints) is var insecure and not SdpError.None)
            return insecure;
        if (!attributes.RtcpMux)
            return SdpError.NoRtcpMux;
        if (attributes.Setup == DtlsSetup.HoldConn)
            return SdpError.InvalidSetup;
        peer = new PbxPeer(media, attributes)
        {
            Rtp = default,
            Rtcp = default,
            RtcpMux = true,
            Secure = true,
            WebRtc = new PbxWebRtcRemote
            {
                Ice = ice,
                Fingerprints = [.. fingerprints.Select(fingerprint => fingerprint.Digest)],
                DtlsClient = false,
            },
        };
        return SdpError.None;
    }

    private static bool IsSameFormat(RtpMap one, RtpMap other) => other.IsTelephoneEvent
        ? one.IsTelephoneEvent && one.ClockRate == other.ClockRate
        : one.Codec == other.Codec;

    private static TransportAddress RtcpAddress(MediaAttributes attributes, TransportAddress rtp)
    {
        if (attributes.Rtcp is not { Port: > 0 } rtcp)
            return rtp.Port == ushort.MaxValue ? default : rtp with { Port = (ushort)(rtp.Port + 1) };
        var elsewhere = rtcp.Connection is { IsUnspecified: false } connection
            && connection.TryGetAddress(out var address) ? address : null;
        return elsewhere?.AddressFamily == rtp.Family ? TransportAddress.From(elsewhere, rtcp.Port) : rtp with { Port = rtcp.Port };
    }
}
