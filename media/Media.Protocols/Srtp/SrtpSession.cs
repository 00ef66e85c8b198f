using System.Buffers.Binary;
using Media.Protocols.Primitives;
using Media.Protocols.Rtp;

namespace Media.Protocols.Srtp;

/// <summary>
/// Protects what goes to one peer and unprotects what comes from it, in place and without allocation (RFC 3711, RFC 7714). Rollover
/// and replay are kept per SSRC and change only after a packet proved authentic. For one thread at a time; no master key identifier.
/// </summary>
public sealed class SrtpSession : IDisposable
{
    private const ulong LastRtpIndex = (1UL << 48) - 1;
    private const uint LastRtcpIndex = 0x7FFF_FFFF;
    private const uint EncryptedFlag = 0x8000_0000;
    private const int RtcpHeaderLength = 8;

    private readonly int _rtpOverhead;
    private readonly int _rtcpOverhead;
    private readonly SrtpTransform _local;
    private readonly SrtpTransform _remote;
    private readonly SrtpStreamTable _sent = new();
    private readonly SrtpStreamTable _received = new();

    /// <param name="profile">The one negotiated for both directions.</param>
    /// <param name="localKeys">What we protect with.</param>
    /// <param name="remoteKeys">What the peer protects with.</param>
    /// <param name="primitives">Makes the keyed objects, which this session then owns.</param>
    /// <exception cref="ArgumentException">A salt does not fit the profile.</exception>
    public SrtpSession(SrtpProfile profile, SrtpKeys localKeys, SrtpKeys remoteKeys, ISrtpPrimitives primitives)
    {
        ArgumentNullException.ThrowIfNull(localKeys);
        ArgumentNullException.ThrowIfNull(remoteKeys);
        ArgumentNullException.ThrowIfNull(primitives);
        Profile = profile;
        _rtpOverhead = profile.RtpOverhead();
        _rtcpOverhead = profile.RtcpOverhead();
        _local = SrtpTransform.Create(profile, localKeys, primitives);
        _remote = SrtpTransform.Create(profile, remoteKeys, primitives);
    }

    /// <summary>The most that protection adds to any packet under any profile, in bytes.</summary>
    public const int MaxOverhead = 20;

    public SrtpProfile Profile { get; }

    /// <summary>Protects the RTP packet in the first <paramref name="length"/> bytes; the tag goes into the room behind it.</summary>
    public bool TryProtectRtp(Span<byte> buffer, int length, out int protectedLength, out SrtpError error)
    {
        protectedLength = 0;
        if ((uint)length > (uint)buffer.Length || !RtpHeader.TryRead(buffer[..length], out var header, out _))
            return Refuse(SrtpError.Malformed, out error);
        if (buffer.Length < length + _rtpOverhead)
            return Refuse(SrtpError.BufferTooSmall, out error);
        if (!_sent.TryFind(header.Ssrc, out var stream) && _sent.IsFull)
            return Refuse(SrtpError.TooManyStreams, out error);
        // A used index would use its keystream twice.
        if (!TryEstimateIndex(stream.Rtp, header.SequenceNumber, out var index) || !stream.Rtp.IsFresh(index))
            return Refuse(SrtpError.Replayed, out error);
        if (index > LastRtpIndex)
            return Refuse(SrtpError.KeyExhausted, out error);

        protectedLength = length + _rtpOverhead;
        _local.ProtectRtp(buffer[..protectedLength], header.Length, header.Ssrc, index);
        _sent.Touch(header.Ssrc).Rtp.Commit(index);
        error = SrtpError.None;
        return true;
    }

    /// <summary>Authenticates and decrypts one datagram in place; on failure its contents are worthless.</summary>
    public bool TryUnprotectRtp(Span<byte> datagram, out int length, out SrtpError error)
    {
        length = 0;
        if (!RtpHeader.TryRead(datagram, out var header, out _) || datagram.Length < header.Length + _rtpOverhead)
            return Refuse(SrtpError.Malformed, out error);
        _received.TryFind(header.Ssrc, out var stream);
        if (!TryEstimateIndex(stream.Rtp, header.SequenceNumber, out var index) || !stream.Rtp.IsFresh(index))
            return Refuse(SrtpError.Replayed, out error);
        if (index > LastRtpIndex)
            return Refuse(SrtpError.KeyExhausted, out error);
        if (!_remote.TryUnprotectRtp(datagram, header.Length, header.Ssrc, index))
            return Refuse(SrtpError.NotAuthentic, out error);

        _received.Touch(header.Ssrc).Rtp.Commit(index);
        length = datagram.Length - _rtpOverhead;
        error = SrtpError.None;
        return true;
    }

    /// <summary>Protects the RTCP compound packet in the first <paramref name="length"/> bytes; index and tag go into the room behind it.</summary>
    public bool TryProtectRtcp(Span<byte> buffer, int length, out int protectedLength, out SrtpError error)
    {
        protectedLength = 0;
        if (length < RtcpHeaderLength || length > buffer.Length)
            return Refuse(SrtpError.Malformed, out error);
        if (buffer.Length < length + _rtcpOverhead)
            return Refuse(SrtpError.BufferTooSmall, out error);
        var ssrc = ReadRtcpSsrc(buffer);
        if (!_sent.TryFind(ssrc, out var stream) && _sent.IsFull)
            return Refuse(SrtpError.TooManyStreams, out error);
        if (stream.Rtcp.Highest >= LastRtcpIndex)
            return Refuse(SrtpError.KeyExhausted, out error);

        var index = (uint)stream.Rtcp.Highest + 1;
        protectedLength = length + _rtcpOverhead;
        _local.ProtectRtcp(buffer[..protectedLength], ssrc, index);
        _sent.Touch(ssrc).Rtcp.Commit(index);
        error = SrtpError.None;
        return true;
    }

    /// <summary>Authenticates and decrypts one datagram in place; on failure its contents are worthless.</summary>
    public bool TryUnprotectRtcp(Span<byte> datagram, out int length, out SrtpError error)
    {
        length = 0;
        if (datagram.Length < RtcpHeaderLength + _rtcpOverhead || datagram[0] >> 6 != 2)
            return Refuse(SrtpError.Malformed, out error);
        var indexWord = _remote.ReadRtcpIndexWord(datagram);
        if ((indexWord & EncryptedFlag) == 0)
            return Refuse(SrtpError.NotEncrypted, out error);
        var index = indexWord & ~EncryptedFlag;
        var ssrc = ReadRtcpSsrc(datagram);
        _received.TryFind(ssrc, out var stream);
        if (!stream.Rtcp.IsFresh(index))
            return Refuse(SrtpError.Replayed, out error);
        if (!_remote.TryUnprotectRtcp(datagram, ssrc, index))
            return Refuse(SrtpError.NotAuthentic, out error);

        _received.Touch(ssrc).Rtcp.Commit(index);
        length = datagram.Length - _rtcpOverhead;
        error = SrtpError.None;
        return true;
    }

    public void Dispose()
    {
        _local.Dispose();
        _remote.Dispose();
    }

    /// <summary>
    /// The 48-bit index nearest to the highest one seen that ends in <paramref name="sequenceNumber"/> (RFC 3711 §3.3.1, appendix A);
    /// false when that would be before the stream's first rollover period.
    /// </summary>
    private static bool TryEstimateIndex(in ReplayWindow window, SequenceNumber sequenceNumber, out ulong index)
    {
        index = sequenceNumber.Value;
        if (window.IsEmpty)
            return true;
        var steps = sequenceNumber.DistanceFrom(new SequenceNumber((ushort)window.Highest));
        if (steps < 0 && window.Highest < (ulong)-steps)
            return false;
        index = window.Highest + (ulong)steps;
        return true;
    }

    private static Ssrc ReadRtcpSsrc(ReadOnlySpan<byte> packet) => new(BinaryPrimitives.ReadUInt32BigEndian(packet[4..]));

    private static bool Refuse(SrtpError reason, out SrtpError error)
    {
        error = reason;
        return false;
    }
}
