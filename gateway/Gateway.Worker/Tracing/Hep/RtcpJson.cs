using System.Buffers.Binary;
using System.Text.Json;

namespace Gateway.Worker.Tracing.Hep;

/// <summary>Writes the first report of a compound RTCP packet as JSON, as capture servers take it (RFC 3550 §6.4).</summary>
internal static class RtcpJson
{
    private const int SenderReport = 200, ReceiverReport = 201, BlockLength = 24, SenderLength = 20, MaxBlocks = 31;

    /// <summary>Null: there is no report in it, or it is malformed.</summary>
    public static byte[]? Of(ReadOnlySpan<byte> compound)
    {
        while (compound.Length >= 8)
        {
            var length = (BinaryPrimitives.ReadUInt16BigEndian(compound[2..]) + 1) * 4;
            if (length > compound.Length)
                return null;
            if (compound[1] is SenderReport or ReceiverReport)
                return Report(compound[..length]);
            compound = compound[length..];
        }
        return null;
    }

    private static byte[]? Report(ReadOnlySpan<byte> packet)
    {
        var (type, count) = (packet[1], packet[0] & MaxBlocks);
        var blocks = 8 + (type == SenderReport ? SenderLength : 0);
        if (packet.Length < blocks + count * BlockLength)
            return null;
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("type", type);
            json.WriteNumber("ssrc", UInt32(packet, 4));
            json.WriteNumber("report_count", count);
            if (type == SenderReport)
                Sender(json, packet[8..]);
            json.WriteStartArray("report_blocks");
            for (var i = 0; i < count; i++)
                Block(json, packet.Slice(blocks + i * BlockLength, BlockLength));
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return buffer.ToArray();
    }

    private static void Sender(Utf8JsonWriter json, ReadOnlySpan<byte> sender)
    {
        json.WriteStartObject("sender_information");
        json.WriteNumber("ntp_timestamp_sec", UInt32(sender, 0));
        json.WriteNumber("ntp_timestamp_usec", UInt32(sender, 4));
        json.WriteNumber("rtp_timestamp", UInt32(sender, 8));
        json.WriteNumber("packets", UInt32(sender, 12));
        json.WriteNumber("octets", UInt32(sender, 16));
        json.WriteEndObject();
    }

    private static void Block(Utf8JsonWriter json, ReadOnlySpan<byte> block)
    {
        json.WriteStartObject();
        json.WriteNumber("source_ssrc", UInt32(block, 0));
        json.WriteNumber("fraction_lost", block[4]);
        json.WriteNumber("packets_lost", (int)(UInt32(block, 4) << 8) >> 8); // 24 bits with a sign
        json.WriteNumber("highest_seq_no", UInt32(block, 8));
        json.WriteNumber("ia_jitter", UInt32(block, 12));
        json.WriteNumber("lsr", UInt32(block, 16));
        json.WriteNumber("dlsr", UInt32(block, 20));
        json.WriteEndObject();
    }

    private static uint UInt32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
}
