using Media.Protocols.Rtp;
using static Fuzz.FuzzFailureException;

namespace Fuzz.Targets;

/// <summary>Reads an RTP packet, writes back what was read, and reads that again.</summary>
public sealed class RtpFuzzTarget : IFuzzTarget
{
    public string Name => "rtp";

    public void Run(ReadOnlySpan<byte> input)
    {
        if (!RtpPacketReader.TryRead(input, out var packet, out var error))
        {
            Require(error != RtpReadError.None, "a refusal has a reason");
            return;
        }
        Require(error == RtpReadError.None, "a packet has no error");
        Require(packet.Header.Length >= RtpHeader.FixedLength, "a header is whole");
        Require(packet.Header.Length + packet.Payload.Length <= input.Length, "a packet lies within its bytes");
        Require(packet.PayloadType <= 127, "a payload type has seven bits");

        var copy = new byte[RtpPacketWriter.HeaderLength + packet.Payload.Length];
        Require(
            RtpPacketWriter.TryWrite(copy, packet.PayloadType, packet.Marker, packet.SequenceNumber, packet.Timestamp, packet.Ssrc,
                packet.Payload, out var length) && length == copy.Length,
            "what was read can be written");
        Require(RtpPacketReader.TryRead(copy, out var again), "what was written can be read");
        Require(again.Header == packet.Header with { HasPadding = false, Length = RtpHeader.FixedLength }, "a header survives");
        Require(again.Payload.SequenceEqual(packet.Payload), "a payload survives");
    }
}
