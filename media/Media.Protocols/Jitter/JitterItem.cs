using Media.Protocols.Primitives;
using Media.Protocols.Rtp;

namespace Media.Protocols.Jitter;

/// <summary>The kind of a <see cref="JitterItem"/>.</summary>
public enum JitterItemKind
{
    /// <summary>A packet, in its turn.</summary>
    Packet,
    /// <summary>A packet that will not be waited for any longer: conceal one.</summary>
    Lost,
}

/// <summary>One step of a stream in sequence order. Its spans are valid until the buffer's next call.</summary>
public readonly ref struct JitterItem
{
    internal JitterItem(
        JitterItemKind kind, SequenceNumber sequenceNumber, RtpTimestamp timestamp, byte payloadType, bool marker, bool isRestart,
        ReadOnlySpan<byte> payload, int missing = 0, RtpTimestamp next = default)
    {
        Kind = kind;
        SequenceNumber = sequenceNumber;
        Timestamp = timestamp;
        PayloadType = payloadType;
        Marker = marker;
        IsRestart = isRestart;
        Payload = payload;
        Missing = missing;
        NextTimestamp = next;
    }

    public JitterItemKind Kind { get; }

    public SequenceNumber SequenceNumber { get; }

    /// <summary>The packet's own; for a lost one, spread evenly between its neighbours.</summary>
    public RtpTimestamp Timestamp { get; }

    /// <summary>The packet's own; for a lost one, that of the packet after the gap.</summary>
    public byte PayloadType { get; }

    public bool Marker { get; }

    /// <summary>The first packet of a stream: nothing before it (sequence, timestamp, decoder state) has a meaning for it.</summary>
    public bool IsRestart { get; }

    /// <summary>For a lost packet: how many are missing from it up to the next that came, itself included.</summary>
    public int Missing { get; }

    /// <summary>For a lost packet: the timestamp of the next that came.</summary>
    public RtpTimestamp NextTimestamp { get; }

    /// <summary>
    /// The packet's payload. For a lost packet: the payload of the packet directly after it, from which a decoder may recover the lost
    /// one (in-band FEC); empty when that one is missing too, or when it is empty.
    /// </summary>
    public ReadOnlySpan<byte> Payload { get; }
}
