using System.Buffers.Binary;
using Media.Protocols.Primitives;

namespace Media.Protocols.Capture;

/// <summary>
/// Writes datagrams as a capture file that Wireshark and tcpdump read (draft-ietf-opsawg-pcap: microseconds, LINKTYPE_RAW), each in UDP and
/// IP headers of its own, whatever it travelled in. What does not fit is not written.
/// </summary>
public static class PcapWriter
{
    public const int FileHeaderLength = 24;

    private const uint Magic = 0xa1b2c3d4, RawIp = 101;
    private const int RecordHeader = 16, UdpHeader = 8, IPv4Header = 20, IPv6Header = 40, MaxPayload = 65_000;
    private const byte Udp = 17, HopLimit = 64;

    /// <summary>Writes what a file begins with.</summary>
    public static void WriteHeader(Span<byte> file)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(file, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(file[4..], 2); // version 2.4
        BinaryPrimitives.WriteUInt16LittleEndian(file[6..], 4);
        BinaryPrimitives.WriteUInt64LittleEndian(file[8..], 0); // time zone and accuracy: always 0
        BinaryPrimitives.WriteUInt32LittleEndian(file[16..], 65_535);
        BinaryPrimitives.WriteUInt32LittleEndian(file[20..], RawIp);
    }

    /// <summary>Writes one datagram. False: it does not fit.</summary>
    /// <param name="file">The room that is left.</param>
    /// <param name="at">When, UTC.</param>
    /// <param name="from">Who sent it.</param>
    /// <param name="to">Whom to; of the same IP version.</param>
    /// <param name="payload">What is in it.</param>
    /// <param name="length">Bytes written.</param>
    public static bool TryWrite(
        Span<byte> file, DateTimeOffset at, TransportAddress from, TransportAddress to, ReadOnlySpan<byte> payload, out int length)
    {
        var ip = from.IsIPv4 ? IPv4Header : IPv6Header;
        var packet = ip + UdpHeader + payload.Length;
        length = RecordHeader + packet;
        if (payload.Length > MaxPayload || length > file.Length)
            return false;
        BinaryPrimitives.WriteUInt32LittleEndian(file, (uint)at.ToUnixTimeSeconds());
        BinaryPrimitives.WriteUInt32LittleEndian(
            file[4..], (uint)(at.UtcTicks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond));
        BinaryPrimitives.WriteUInt32LittleEndian(file[8..], (uint)packet);
        BinaryPrimitives.WriteUInt32LittleEndian(file[12..], (uint)packet);
        var data = file.Slice(RecordHeader, packet);
        if (from.IsIPv4)
            WriteIPv4(data, from, to);
        else
            WriteIPv6(data, from, to);
        WriteUdp(data[ip..], from, to, payload);
        return true;
    }

    /// <summary>RFC 791 §3.1.</summary>
    private static void WriteIPv4(Span<byte> data, TransportAddress from, TransportAddress to)
    {
        data[..IPv4Header].Clear();
        data[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(data[2..], (ushort)data.Length);
        data[8] = HopLimit;
        data[9] = Udp;
        BinaryPrimitives.WriteUInt32BigEndian(data[12..], from.Bits.IPv4);
        BinaryPrimitives.WriteUInt32BigEndian(data[16..], to.Bits.IPv4);
        BinaryPrimitives.WriteUInt16BigEndian(data[10..], (ushort)~Fold(Sum(data[..IPv4Header])));
    }

    /// <summary>RFC 8200 §3.</summary>
    private static void WriteIPv6(Span<byte> data, TransportAddress from, TransportAddress to)
    {
        data[..IPv6Header].Clear();
        data[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(data[4..], (ushort)(data.Length - IPv6Header));
        data[6] = Udp;
        data[7] = HopLimit;
        from.Bits.Write(data[8..]);
        to.Bits.Write(data[24..]);
    }

    /// <summary>RFC 768; its checksum, which IPv6 demands, is over addresses, protocol and length too (RFC 8200 §8.1).</summary>
    private static void WriteUdp(Span<byte> udp, TransportAddress from, TransportAddress to, ReadOnlySpan<byte> payload)
    {
        BinaryPrimitives.WriteUInt16BigEndian(udp, from.Port);
        BinaryPrimitives.WriteUInt16BigEndian(udp[2..], to.Port);
        BinaryPrimitives.WriteUInt16BigEndian(udp[4..], (ushort)udp.Length);
        BinaryPrimitives.WriteUInt16BigEndian(udp[6..], 0);
        payload.CopyTo(udp[UdpHeader..]);
        Span<byte> addresses = stackalloc byte[32];
        Summed(from).Write(addresses);
        Summed(to).Write(addresses[16..]);
        var sum = (ushort)~Fold(Sum(addresses) + Sum(udp) + Udp + (uint)udp.Length);
        BinaryPrimitives.WriteUInt16BigEndian(udp[6..], sum == 0 ? (ushort)0xffff : sum);
    }

    /// <summary>Of an IPv4 address, its 32 bits alone.</summary>
    private static AddressBits Summed(TransportAddress address) => address.IsIPv4 ? new(0, address.Bits.IPv4) : address.Bits;

    private static uint Sum(ReadOnlySpan<byte> data)
    {
        uint sum = 0;
        for (; data.Length >= 2; data = data[2..])
            sum += BinaryPrimitives.ReadUInt16BigEndian(data);
        return data.Length == 1 ? sum + ((uint)data[0] << 8) : sum;
    }

    private static uint Fold(uint sum)
    {
        while (sum > 0xffff)
            sum = (sum & 0xffff) + (sum >> 16);
        return sum;
    }
}
