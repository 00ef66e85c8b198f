using System.Buffers.Binary;

namespace Benchmarks;

/// <summary>
/// When one peer sent its last frames, so that the other can tell how long each was on its way, by its RTP timestamp: the bridge keeps the
/// sender's clock but for a constant. One thread writes, another reads.
/// </summary>
/// <param name="unitsPerFrame">Of the RTP clock at the receiving peer.</param>
internal sealed class FrameTimes(int unitsPerFrame)
{
    private readonly long[] _sentAt = new long[256]; // of five seconds
    private long _last = -1;
    private long _anchorFrame = -1;
    private uint _anchor;

    public void Send(int frame, long at)
    {
        Volatile.Write(ref _sentAt[frame % _sentAt.Length], at);
        Volatile.Write(ref _last, frame);
    }

    /// <summary>The time that a packet was on its way; -1 where no frame has its timestamp.</summary>
    public long DelayOf(ReadOnlySpan<byte> packet, long receivedAt)
    {
        var timestamp = BinaryPrimitives.ReadUInt32BigEndian(packet[4..]);
        var last = Volatile.Read(ref _last);
        var frame = _anchorFrame + (int)(timestamp - _anchor) / unitsPerFrame;
        if (_anchorFrame < 0 || frame > last || frame <= last - _sentAt.Length)
        {
            (_anchor, _anchorFrame) = (timestamp, last); // the first, or the clock of another stream
            return -1;
        }
        return receivedAt - Volatile.Read(ref _sentAt[frame % _sentAt.Length]);
    }
}
