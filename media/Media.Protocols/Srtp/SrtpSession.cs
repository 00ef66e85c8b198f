using System.Buffers.Binary;
using Media.Protocols.Primitives;
using Media.Protocols.Rtp;

namespace Media.Protocols.Srtp;

/// <summary>
/// Protects packets to one peer and unprotects packets from it, in place and without allocation (RFC 3711, RFC 7714). Rollover
/// and replay are kept per SSRC and change only after a packet proved authentic. For one thread at a time. Packets we send carry no master
/// key identifier.
/// </summary>
public sealed class SrtpSession : IDisposable
{
    private const ulong LastRtpIndex = (1UL << 48) - 1;
    private const uint LastRtcpIndex = 0x7FFF_FFFF;
    private const uint EncryptedFlag = 0x8000_0000;
    private const int RtcpHeaderLength = 8;
    private const int RtcpTagLength = 10;

    private readonly int _rtpOverhead;
    private readonly int _rtcpOverhead;
    private readonly SrtpTransform _local;
    private readonly SrtpReceiver _remote;
    private readonly SrtpStreamTable _sent = new(); // what it forgets is not sent again: each stream has a random SSRC
    private readonly SrtpStreamTable _received = new();
    private readonly SrtpPacketMemory? _memory;
    private readonly byte[] _copy = [];
    private int _failures;
    private int _rtcpFailures;
    private bool _hasRestarted;

    /// <param name="profile">The one negotiated for both directions.</param>
    /// <param name="localKeys">The keys we protect with.</param>
    /// <param name="remoteKeys">The keys that the peer protects with: at least one; several have identifiers of one length.</param>
    /// <param name="primitives">Makes the keyed objects, which this session then owns.</param>
    /// <param name="followsRestarts">
    /// The peer may restart under the same key and SSRC, as some do after a hold: its packets are then resynchronised (at the cost of
    /// <see cref="SrtpPacketMemory"/>). No packet is ever accepted twice.
    /// </param>
    /// <exception cref="ArgumentException">A salt does not fit the profile.</exception>
    public SrtpSession(
        SrtpProfile profile, SrtpKeys localKeys, IReadOnlyList<SrtpKeys> remoteKeys, ISrtpPrimitives primitives,
        bool followsRestarts = false)
    {
        if (followsRestarts)
            (_memory, _copy) = (new SrtpPacketMemory(), new byte[MaxDatagram]);
        ArgumentNullException.ThrowIfNull(localKeys);
        ArgumentNullException.ThrowIfNull(remoteKeys);
        ArgumentNullException.ThrowIfNull(primitives);
        Profile = profile;
        _rtpOverhead = profile.RtpOverhead();
        _rtcpOverhead = profile.RtcpOverhead();
        _local = SrtpTransforms.Create(profile, localKeys, primitives);
        _remote = new SrtpReceiver(profile, remoteKeys, primitives);
    }

    /// <summary>With one key a direction.</summary>
    /// <exception cref="ArgumentException">A salt does not fit the profile.</exception>
    public SrtpSession(SrtpProfile profile, SrtpKeys localKeys, SrtpKeys remoteKeys, ISrtpPrimitives primitives)
        : this(profile, localKeys, [remoteKeys], primitives)
    {
    }

    /// <summary>Packets in a row that fail before a restart of their sender is considered: 100 ms of audio.</summary>
    private const int FailuresBeforeRestart = 5;

    /// <summary>No longer datagram is tried a second time.</summary>
    private const int MaxDatagram = 2048;

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
        _sent.TryFind(header.Ssrc, out var stream);
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
        var transform = _remote.TakeKey(ref datagram, isRtcp: false);
        if (!RtpHeader.TryRead(datagram, out var header, out _) || datagram.Length < header.Length + _rtpOverhead)
            return Refuse(SrtpError.Malformed, out error);
        _received.TryFind(header.Ssrc, out var stream);
        var retries = _memory is { IsFull: false } && _failures >= FailuresBeforeRestart && !stream.Rtp.IsEmpty
            && datagram.Length <= MaxDatagram;
        if (retries)
            datagram.CopyTo(_copy);
        if (!TryUnprotect(transform, datagram, header, stream.Rtp, out error)
            && !(retries && TryAfterRestart(transform, datagram, header, stream.Rtp, out error)))
        {
            _failures++;
            return false;
        }
        _failures = 0;
        length = datagram.Length - _rtpOverhead;
        return true;
    }

    /// <summary>
    /// Protects the RTCP compound packet in the first <paramref name="length"/> bytes; index and tag go into the room behind it.
    /// </summary>
    public bool TryProtectRtcp(Span<byte> buffer, int length, out int protectedLength, out SrtpError error)
    {
        protectedLength = 0;
        if (length < RtcpHeaderLength || length > buffer.Length)
            return Refuse(SrtpError.Malformed, out error);
        if (buffer.Length < length + _rtcpOverhead)
            return Refuse(SrtpError.BufferTooSmall, out error);
        var ssrc = ReadRtcpSsrc(buffer);
        _sent.TryFind(ssrc, out var stream);
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
        var transform = _remote.TakeKey(ref datagram, isRtcp: true);
        if (datagram.Length < RtcpHeaderLength + _rtcpOverhead || datagram[0] >> 6 != 2)
            return Refuse(SrtpError.Malformed, out error);
        var indexWord = transform.ReadRtcpIndexWord(datagram);
        if ((indexWord & EncryptedFlag) == 0)
            return Refuse(SrtpError.NotEncrypted, out error);
        var index = indexWord & ~EncryptedFlag;
        var ssrc = ReadRtcpSsrc(datagram);
        _received.TryFind(ssrc, out var stream);
        var tag = Profile == SrtpProfile.AeadAes128Gcm
            ? datagram[^_rtcpOverhead..^SrtpTransform.RtcpIndexLength]
            : datagram[^RtcpTagLength..];
        var isFresh = stream.Rtcp.IsFresh(index);
        if (WasAccepted(tag) || !(isFresh || MayHaveRestarted(tag)))
            return Refuse(SrtpError.Replayed, out error);
        if (!transform.TryUnprotectRtcp(datagram, ssrc, index))
            return Refuse(SrtpError.NotAuthentic, out error);

        ref var known = ref _received.Touch(ssrc);
        if (!isFresh)
            (known.Rtcp, _hasRestarted) = (default, true);
        known.Rtcp.Commit(index);
        _memory?.Add(tag);
        _rtcpFailures = 0;
        length = datagram.Length - _rtcpOverhead;
        error = SrtpError.None;
        return true;
    }

    /// <summary>How far this session has come with the stream that we send under this SSRC, and with what it received last.</summary>
    public SrtpPosition PositionOf(Ssrc sent)
    {
        _sent.TryFind(sent, out var ours);
        var theirs = _received.Latest;
        return new SrtpPosition(
            HighestOf(ours.Rtp), HighestOf(ours.Rtcp), theirs.Ssrc.Value, HighestOf(theirs.Rtp), HighestOf(theirs.Rtcp));
    }

    /// <summary>
    /// Goes on where another session with the same keys has come to: no index up to there is used again, and none is accepted. To be called
    /// before anything else.
    /// </summary>
    public void GoOnFrom(Ssrc sent, in SrtpPosition position)
    {
        ref var ours = ref _sent.Touch(sent);
        (ours.Rtp, ours.Rtcp) = (WindowUntil(position.SentIndex), WindowUntil(position.SentReport));
        if (position.ReceivedIndex < 0)
            return;
        ref var theirs = ref _received.Touch(new Ssrc(position.ReceivedSsrc));
        (theirs.Rtp, theirs.Rtcp) = (WindowUntil(position.ReceivedIndex), WindowUntil(position.ReceivedReport));
    }

    public void Dispose()
    {
        _local.Dispose();
        _remote.Dispose();
    }

    private bool TryUnprotect(
        SrtpTransform transform, Span<byte> datagram, in RtpHeader header, in ReplayWindow window, out SrtpError error)
    {
        var tag = datagram[^_rtpOverhead..];
        if (!TryEstimateIndex(window, header.SequenceNumber, out var index) || !window.IsFresh(index) || WasAccepted(tag))
            return Refuse(SrtpError.Replayed, out error);
        if (index > LastRtpIndex)
            return Refuse(SrtpError.KeyExhausted, out error);
        if (!transform.TryUnprotectRtp(datagram, header.Length, header.Ssrc, index))
            return Refuse(SrtpError.NotAuthentic, out error);
        _received.Touch(header.Ssrc).Rtp.Commit(index);
        _memory?.Add(tag);
        error = SrtpError.None;
        return true;
    }

    /// <summary>
    /// Tries the packet in <see cref="_copy"/> as one of a sender that restarted at rollover 0 or within the present rollover period, or
    /// that continued for more than half a period without being received. Packets accepted before are not tried.
    /// </summary>
    private bool TryAfterRestart(
        SrtpTransform transform, Span<byte> datagram, in RtpHeader header, in ReplayWindow window, out SrtpError error)
    {
        var tag = _copy.AsSpan(0, datagram.Length)[^_rtpOverhead..];
        if (_memory!.MayContain(tag))
            return Refuse(SrtpError.Replayed, out error);
        var present = window.Highest >> 16;
        ReadOnlySpan<ulong> rollovers = [0, present, present + 1];
        foreach (var rollover in present == 0 ? rollovers[1..] : rollovers)
        {
            var index = (rollover << 16) + header.SequenceNumber.Value;
            _copy.AsSpan(0, datagram.Length).CopyTo(datagram);
            if (!transform.TryUnprotectRtp(datagram, header.Length, header.Ssrc, index))
                continue;
            ref var known = ref _received.Touch(header.Ssrc);
            known.Rtp = default;
            known.Rtp.Commit(index);
            _memory.Add(tag);
            _hasRestarted = true;
            error = SrtpError.None;
            return true;
        }
        return Refuse(SrtpError.NotAuthentic, out error);
    }

    /// <summary>After a restart an index may come twice: packets from before the restart are recognised by their tags.</summary>
    private bool WasAccepted(ReadOnlySpan<byte> tag) => _hasRestarted && _memory!.MayContain(tag);

    /// <summary>
    /// True when a stale RTCP index may come from a restarted sender: its tag was never accepted, and RTP restarted or failures repeat.
    /// </summary>
    private bool MayHaveRestarted(ReadOnlySpan<byte> tag) => _memory is { IsFull: false } memory
        && (_hasRestarted || ++_rtcpFailures > FailuresBeforeRestart) && !memory.MayContain(tag);

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

    private static long HighestOf(in ReplayWindow window) => window.IsEmpty ? -1 : (long)window.Highest;

    private static ReplayWindow WindowUntil(long highest) => highest < 0 ? default : ReplayWindow.Until((ulong)highest);

    private static Ssrc ReadRtcpSsrc(ReadOnlySpan<byte> packet) => new(BinaryPrimitives.ReadUInt32BigEndian(packet[4..]));

    private static bool Refuse(SrtpError reason, out SrtpError error)
    {
        error = reason;
        return false;
    }
}
