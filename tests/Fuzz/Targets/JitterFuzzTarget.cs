using System.Buffers.Binary;
using Media.Protocols.Jitter;
using Media.Protocols.Primitives;
using Media.Protocols.Rtp;
using static Fuzz.FuzzFailureException;

namespace Fuzz.Targets;

/// <summary>
/// Gives a jitter buffer a stream of packets. Four bytes of input are one packet: source (top bit) and payload length, milliseconds
/// since the last, sequence step (signed, 16 bits).
/// </summary>
public sealed class JitterFuzzTarget : IFuzzTarget
{
    public string Name => "jitter";

    public void Run(ReadOnlySpan<byte> input)
    {
        var options = new JitterBufferOptions();
        var buffer = new JitterBuffer(options);
        var now = new Instant(0);
        var sequence = new SequenceNumber(65000);
        SequenceNumber? last = null;
        var packet = new byte[RtpPacketWriter.HeaderLength + 127];
        var pushed = 0;
        for (; input.Length >= 4; input = input[4..])
        {
            now += TimeSpan.FromMilliseconds(input[1]);
            Drain(buffer, now, ref last);
            sequence += BinaryPrimitives.ReadInt16BigEndian(input[2..]);
            var length = RtpPacketWriter.HeaderLength + (input[0] & 0x7F);
            RtpPacketWriter.TryWriteHeader(
                packet, 0, false, sequence, new RtpTimestamp(sequence.Value * 160u), new Ssrc((uint)input[0] >> 7));
            RtpPacketReader.TryRead(packet.AsSpan(0, length), out var read);
            buffer.Push(read, now);
            pushed++;
            Drain(buffer, now, ref last);
            Require(buffer.NextDeadline == Instant.Never || buffer.NextDeadline > now, "after draining, nothing is overdue");
            Require(buffer.NextDeadline == Instant.Never
                || buffer.NextDeadline <= now + options.Window, "no packet waits longer than the window");
        }
        Drain(buffer, now + options.Window, ref last);
        Require(buffer.NextDeadline == Instant.Never, "nothing waits for ever");
        var s = buffer.Statistics;
        Require(s.Delivered + s.Late + s.Duplicate + s.Unproven + s.Rejected <= pushed, "no packet counts twice");
    }

    private static void Drain(JitterBuffer buffer, Instant now, ref SequenceNumber? last)
    {
        var losses = 0;
        while (buffer.TryPop(now, out var item))
        {
            var isNext = last is { } before && item.SequenceNumber == before.Next;
            losses = item.Kind == JitterItemKind.Lost ? losses + 1 : 0;
            Require(losses <= new JitterBufferOptions().MaxConcealment, "long gaps are concealed in part");
            Require(isNext || item.IsRestart || losses == 1, "a stream comes out in order");
            last = item.SequenceNumber;
        }
    }
}
