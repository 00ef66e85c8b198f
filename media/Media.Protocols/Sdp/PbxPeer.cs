using Media.Protocols.Primitives;

namespace Media.Protocols.Sdp;

/// <summary>One audio section of a PBX's offer or answer, read: where its media goes, which way, and how it is protected.</summary>
internal sealed record PbxPeer(MediaDescription Media, MediaAttributes Attributes)
{
    /// <summary>Packet times we can produce, in milliseconds.</summary>
    private static readonly int[] PacketTimes = [10, 20, 30, 40, 60];

    /// <summary>None while on an address of zeros.</summary>
    public required TransportAddress Rtp { get; init; }

    public required TransportAddress Rtcp { get; init; }

    /// <summary>RTP/SAVP or RTP/SAVPF.</summary>
    public required bool Secure { get; init; }

    /// <summary>As the peer sees it; an address of zeros cannot receive, whatever the attribute says (RFC 3264 §8.4).</summary>
    public MediaDirection Direction => Rtp.IsNone ? Attributes.Direction & ~MediaDirection.RecvOnly : Attributes.Direction;

    public static SdpError Read(SessionDescription sdp, MediaDescription media, out PbxPeer peer)
    {
        peer = null!;
        var attributes = sdp.AttributesOf(media);
        var protocol = media.Protocol.ToUpperInvariant();
        if (protocol is not ("RTP/AVP" or "RTP/AVPF" or "RTP/SAVP" or "RTP/SAVPF"))
            return SdpError.UnsupportedTransport; // DTLS-SRTP, TCP, MSRP …
        if (attributes.Connection is not { } connection || !connection.TryGetAddress(out var address))
            return SdpError.UnusableAddress;
        var rtp = connection.IsUnspecified ? default : TransportAddress.From(address, media.Port);
        peer = new PbxPeer(media, attributes)
        {
            Rtp = rtp,
            Rtcp = rtp.IsNone ? default : RtcpAddress(attributes, rtp),
            Secure = protocol.StartsWith("RTP/S", StringComparison.Ordinal),
        };
        return SdpError.None;
    }

    /// <summary>What the peer asks for if we can do it, else <paramref name="ours"/>; never above the peer's maximum.</summary>
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

    private static TransportAddress RtcpAddress(MediaAttributes attributes, TransportAddress rtp)
    {
        if (attributes.RtcpMux)
            return rtp;
        if (attributes.Rtcp is not { Port: > 0 } rtcp)
            return rtp.Port == ushort.MaxValue ? default : rtp with { Port = (ushort)(rtp.Port + 1) };
        var elsewhere = rtcp.Connection is { IsUnspecified: false } connection && connection.TryGetAddress(out var address) ? address : null;
        return elsewhere is null ? rtp with { Port = rtcp.Port } : TransportAddress.From(elsewhere, rtcp.Port);
    }
}
