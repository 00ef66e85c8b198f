using System.Buffers.Binary;
using Media.Protocols.Dtmf;
using Media.Protocols.Primitives;
using Media.Protocols.Rtp;
using static Fuzz.FuzzFailureException;

namespace Fuzz.Targets;

/// <summary>
/// Gives a reader a stream of telephone-event packets. Eight bytes of input are one packet: source and marker, milliseconds since the
/// last, timestamp step (signed, 16 bits), payload.
/// </summary>
public sealed class TelephoneEventFuzzTarget : IFuzzTarget
{
    public string Name => "telephone-event";

    public void Run(ReadOnlySpan<byte> input)
    {
        var reader = new TelephoneEventReader(8000, 48000);
        var now = new Instant(0);
        var timestamp = new RtpTimestamp(0);
        var packet = new byte[RtpPacketWriter.HeaderLength + TelephoneEventPayload.Length];
        char? down = null;
        for (; !input.IsEmpty; input = input[Math.Min(8, input.Length)..])
        {
            var record = input[..Math.Min(8, input.Length)];
            now += TimeSpan.FromMilliseconds(record.Length > 1 ? record[1] : 0);
            reader.HandleDeadline(now);
            Drain(reader, ref down);
            if (record.Length < 4)
                continue;

            timestamp += BinaryPrimitives.ReadInt16BigEndian(record[2..]);
            record[4..].CopyTo(packet.AsSpan(RtpPacketWriter.HeaderLength));
            var length = RtpPacketWriter.HeaderLength + record.Length - 4;
            RtpPacketWriter.TryWriteHeader(packet, 101, (record[0] & 1) != 0, default, timestamp, new Ssrc((uint)record[0] >> 7));
            Require(RtpPacketReader.TryRead(packet.AsSpan(0, length), out var read), "a written packet can be read");
            var isKey = record.Length == 8 && record[4] <= 16;
            Require(reader.Handle(read, now) == isKey, "keys, and only keys, are taken");
            Drain(reader, ref down);
            Require(reader.NextDeadline == Instant.Never == down is null, "a deadline is set while a key is down");
        }
        reader.HandleDeadline(now + TimeSpan.FromSeconds(1));
        Drain(reader, ref down);
        Require(down is null, "no key stays down for ever");
    }

    private static void Drain(TelephoneEventReader reader, ref char? down)
    {
        while (reader.TryPollEvent(out var e))
        {
            Require(e.Duration >= TimeSpan.Zero && e.Volume <= 63, "an event is in its ranges");
            Require(e.Phase == TelephoneEventPhase.Pressed ? down is null : down == e.Digit, "presses and releases alternate");
            down = e.Phase == TelephoneEventPhase.Pressed ? e.Digit : null;
        }
    }
}
