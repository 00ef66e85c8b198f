using Media.Protocols.Primitives;
using Media.Protocols.Rtp;

namespace Media.Engine.Legs;

/// <summary>
/// The one RTP stream a leg sends: its source, its sequence and its time line, which go on whatever the audio comes from.
/// </summary>
internal sealed class RtpOutput(IEntropy entropy)
{
    private SequenceNumber _next = RtpPacketWriter.FirstSequenceNumber(entropy);
    private bool _marker = true;

    public Ssrc Ssrc { get; private set; } = new(entropy.NextUInt32());

    /// <summary>Of the next packet.</summary>
    public SequenceNumber Next => _next;

    /// <summary>The timestamp that an audio packet written now would carry.</summary>
    public RtpTimestamp Timestamp { get; private set; } = new(entropy.NextUInt32());

    /// <summary>
    /// Writes the header of an audio packet that holds <paramref name="units"/> of the stream's clock, and moves past it.
    /// </summary>
    public RtpTimestamp WriteAudioHeader(Span<byte> packet, byte payloadType, int units)
    {
        var timestamp = Timestamp;
        WriteHeader(packet, payloadType, _marker, timestamp);
        _marker = false;
        Timestamp += units;
        return timestamp;
    }

    /// <summary>Writes the header of a packet with a time of its own (telephone-events).</summary>
    public void WriteHeader(Span<byte> packet, byte payloadType, bool marker, RtpTimestamp timestamp)
    {
        RtpPacketWriter.TryWriteHeader(packet, payloadType, marker, _next, timestamp, Ssrc);
        _next = _next.Next;
    }

    /// <summary>Time passes without a packet.</summary>
    /// <param name="units">Of the stream's clock.</param>
    /// <param name="isPause">The next packet begins a talkspurt (RFC 3551 §4.1).</param>
    public void Skip(int units, bool isPause)
    {
        Timestamp += units;
        _marker |= isPause;
    }

    /// <summary>A packet that we were to forward never reached us: the peer is to see the same gap, and conceal it.</summary>
    public void SkipLost(int units)
    {
        _next = _next.Next;
        Timestamp += units;
    }

    /// <summary>Goes on with a stream that another process began.</summary>
    public void GoOn(Ssrc ssrc, SequenceNumber next, RtpTimestamp timestamp) => (Ssrc, _next, Timestamp) = (ssrc, next, timestamp);

    /// <summary>
    /// Begins another stream: the clock rate or the encryption changes, which one source may not do (RFC 7160 §4.1), or the last one ended
    /// with a goodbye.
    /// </summary>
    public void Restart()
    {
        Ssrc = new(entropy.NextUInt32());
        _next = RtpPacketWriter.FirstSequenceNumber(entropy);
        Timestamp = new(entropy.NextUInt32());
        _marker = true;
    }
}
