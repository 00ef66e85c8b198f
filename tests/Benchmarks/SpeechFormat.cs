using System.Buffers.Binary;
using Media.Protocols.Sdp;

namespace Benchmarks;

/// <summary>A frame of 20 ms as a packet.</summary>
/// <param name="PayloadType">Where the peer did not choose it.</param>
/// <param name="Encoding">As in SDP.</param>
/// <param name="UnitsPerFrame">Of the RTP clock.</param>
internal sealed record SpeechFormat(byte PayloadType, string Encoding, int UnitsPerFrame)
{
    private const int HeaderSize = 12;

    private static readonly SpeechFormat Opus = new(111, "opus/48000/2", 960), Pcmu = new(0, "PCMU/8000", 160);

    public static SpeechFormat Of(AudioCodec codec) => codec switch
    {
        AudioCodec.Opus => Opus,
        AudioCodec.Pcmu => Pcmu,
        _ => throw new ArgumentOutOfRangeException(nameof(codec)),
    };

    public int Write(Span<byte> packet, ReadOnlySpan<byte> payload, byte payloadType, int frame)
    {
        BareCall.WriteHeader(packet, (ushort)frame);
        packet[1] = payloadType;
        BinaryPrimitives.WriteInt32BigEndian(packet[4..], frame * UnitsPerFrame);
        payload.CopyTo(packet[HeaderSize..]);
        return HeaderSize + payload.Length;
    }
}
