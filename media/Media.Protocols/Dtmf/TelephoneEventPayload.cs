using System.Buffers.Binary;

namespace Media.Protocols.Dtmf;

/// <summary>The four bytes of one telephone-event (RFC 4733 §2.3).</summary>
/// <remarks>
/// <code>
/// |     event     |E|R| volume    |          duration             |
/// </code>
/// Volume is the level in −dBm0, 0 … 63; Duration counts units of the RTP clock since the packet's timestamp.
/// </remarks>
public readonly record struct TelephoneEventPayload(byte Event, bool IsEnd, byte Volume, ushort Duration)
{
    public const int Length = 4;

    /// <summary>False when there are fewer than four bytes; more are ignored.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, out TelephoneEventPayload value)
    {
        value = default;
        if (payload.Length < Length)
            return false;
        value = new TelephoneEventPayload(
            payload[0], (payload[1] & 0x80) != 0, (byte)(payload[1] & 0x3F), BinaryPrimitives.ReadUInt16BigEndian(payload[2..]));
        return true;
    }

    /// <summary>False when there is no room for four bytes.</summary>
    public bool TryWrite(Span<byte> payload)
    {
        if (payload.Length < Length)
            return false;
        payload[0] = Event;
        payload[1] = (byte)((IsEnd ? 0x80 : 0) | (Volume & 0x3F));
        BinaryPrimitives.WriteUInt16BigEndian(payload[2..], Duration);
        return true;
    }
}
