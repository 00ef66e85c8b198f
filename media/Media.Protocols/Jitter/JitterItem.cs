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
    public JitterItemKind Kind { get; internal init; }

    public SequenceNumber SequenceNumber { get; internal init; }

    /// <summary>The packet's own; for a lost one, spread evenly between its neighbours.</summary>
    public RtpTimestamp Timestamp { get; internal init; }

    /// <summary>The packet's own; for a lost one, that of the packet after the gap.</summary>
    public byte PayloadType { get; internal init; }

    public bool Marker { get; internal init; }

    /// <summary>The first packet of a stream: nothing before it (sequence, timestamp, decoder state) has a meaning for it.</summary>
    public bool IsRestart { get; internal init; }

    /// <summary>For a lost packet: how many are missing from it up to the next that came, itself included.</summary>
    public int Missing { get; internal init; }

    /// <summary>For a lost packet: the timestamp of the next that came.</summary>
    public RtpTimestamp NextTimestamp { get; internal init; }

    /// <summary>
    /// The packet's payload. For a lost packet: the payload of the packet directly after it, from which a decoder may recover the lost
    /// one (in-band FEC); empty when that one is missing too, or when it is empty.
    /// </summary>
    public ReadOnlySpan<byte> Payload { get; internal init; }
}
