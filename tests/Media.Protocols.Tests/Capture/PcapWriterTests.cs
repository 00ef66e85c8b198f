using System.Net;
using Media.Protocols.Capture;
using Media.Protocols.Primitives;

namespace Media.Protocols.Tests.Capture;

public sealed class PcapWriterTests
{
    private static readonly DateTimeOffset At = DateTimeOffset.FromUnixTimeSeconds(0x65000000).AddMicroseconds(0x1234);

    private static TransportAddress Address(string text) => TransportAddress.From(IPEndPoint.Parse(text));

    [Fact]
    public void A_file_begins_as_draft_ietf_opsawg_pcap_says()
    {
        var file = new byte[PcapWriter.FileHeaderLength];
        PcapWriter.WriteHeader(file);
        Assert.Equal("d4c3b2a1020004000000000000000000ffff000065000000", Convert.ToHexStringLower(file));
    }

    [Fact]
    public void A_datagram_gets_headers_with_right_checksums()
    {
        var file = new byte[200];
        Assert.True(PcapWriter.TryWrite(file, At, Address("192.0.2.1:4000"), Address("192.0.2.2:5000"), "abc"u8, out var length));
        Assert.Equal(
            "00000065" + "34120000" + "1f000000" + "1f000000" // time, lengths
            + "4500001f" + "00000000" + "4011f6ca" + "c0000201" + "c0000202" // IPv4
            + "0fa01388" + "000b" + "9449" + "616263", // UDP
            Convert.ToHexStringLower(file.AsSpan(0, length)));
    }

    [Fact]
    public void IPv6_has_its_own_header_and_a_checksum()
    {
        var file = new byte[200];
        Assert.True(PcapWriter.TryWrite(file, At, Address("[2001:db8::1]:4000"), Address("[2001:db8::2]:5000"), "abcd"u8, out var length));
        Assert.Equal(16 + 40 + 8 + 4, length);
        var packet = file.AsSpan(16, length - 16);
        Assert.Equal("6000000000" + "0c" + "1140", Convert.ToHexStringLower(packet[..8]));
        uint sum = 17 + 12;
        for (var i = 8; i < packet.Length; i += 2)
            sum += (uint)((packet[i] << 8) | packet[i + 1]);
        while (sum > 0xffff)
            sum = (sum & 0xffff) + (sum >> 16);
        Assert.Equal(0xffffu, sum); // RFC 1071: over the checksum too
    }

    [Fact]
    public void What_does_not_fit_is_not_written() => Assert.False(
        PcapWriter.TryWrite(new byte[40], At, Address("192.0.2.1:4000"), Address("192.0.2.2:5000"), "abc"u8, out _));
}
