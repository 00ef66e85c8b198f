using Media.Protocols.Primitives;
using Media.Protocols.Rtp;
using Testing;

namespace Media.Protocols.Tests.Rtp;

public sealed class RtpPacketTests
{
    [Theory]
    [InlineData(0, false, 0, 0u, 0u, 0)]
    [InlineData(127, true, 65535, 0xFFFF_FFFFu, 0xFFFF_FFFFu, 160)]
    [InlineData(111, false, 4660, 0xDECAFBADu, 0xCAFEBABEu, 1)]
    public void What_is_written_is_read_back(byte payloadType, bool marker, ushort sequence, uint timestamp, uint ssrc, int payloadLength)
    {
        var payload = new byte[payloadLength];
        new SeededEntropy(1).Fill(payload);
        var buffer = new byte[12 + payloadLength];
        Assert.True(RtpPacketWriter.TryWrite(buffer, payloadType, marker, new SequenceNumber(sequence), new RtpTimestamp(timestamp),
            new Ssrc(ssrc), payload, out var length));
        Assert.Equal(buffer.Length, length);

        Assert.True(RtpPacketReader.TryRead(buffer, out var packet));
        Assert.Equal(payloadType, packet.PayloadType);
        Assert.Equal(marker, packet.Marker);
        Assert.Equal(new SequenceNumber(sequence), packet.SequenceNumber);
        Assert.Equal(new RtpTimestamp(timestamp), packet.Timestamp);
        Assert.Equal(new Ssrc(ssrc), packet.Ssrc);
        Assert.Equal(payload, packet.Payload.ToArray());
    }

    [Fact]
    public void Nothing_is_written_that_does_not_fit()
    {
        var buffer = new byte[20];
        Assert.False(RtpPacketWriter.TryWrite(buffer, 0, false, default, default, default, new byte[9], out var length));
        Assert.Equal(0, length);
        Assert.False(RtpPacketWriter.TryWriteHeader(buffer.AsSpan(0, 11), 0, false, default, default, default));
        Assert.False(RtpPacketWriter.TryWriteHeader(buffer, 128, false, default, default, default));
        Assert.All(buffer, b => Assert.Equal(0, b));
    }

    [Theory]
    [InlineData("90 00 0001 00000000 00000007 BEDE 0001 10FF0000 AABB")] // one-byte elements (RFC 8285)
    [InlineData("90 00 0001 00000000 00000007 1000 0001 01010F00 AABB")] // two-byte elements
    [InlineData("90 00 0001 00000000 00000007 1234 0000 AABB")] // any profile, empty
    [InlineData("92 00 0001 00000000 00000007 00000001 00000002 BEDE 0002 0000000000000000 AABB")] // sources and extension
    [InlineData(
        "8F 00 0001 00000000 00000007 000000000000000000000000000000000000000000000000000000000000 " +
        "000000000000000000000000000000000000000000000000000000000000 AABB")]
    [InlineData("A0 00 0001 00000000 00000007 AABB 000003")] // padding
    public void Everything_around_the_payload_is_skipped(string hex)
    {
        Assert.True(RtpPacketReader.TryRead(Hex(hex), out var packet, out var error), error.ToString());
        Assert.Equal([0xAA, 0xBB], packet.Payload.ToArray());
        Assert.Equal(new Ssrc(7), packet.Ssrc);
    }

    [Theory]
    [InlineData("", RtpReadError.TooShort)]
    [InlineData("80 00 0001 00000000 000000", RtpReadError.TooShort)]
    [InlineData("40 00 0001 00000000 00000007", RtpReadError.BadVersion)]
    [InlineData("81 00 0001 00000000 00000007 000000", RtpReadError.TruncatedCsrcList)]
    [InlineData("90 00 0001 00000000 00000007 BEDE 00", RtpReadError.TruncatedExtension)]
    [InlineData("90 00 0001 00000000 00000007 BEDE 0001 000000", RtpReadError.TruncatedExtension)]
    [InlineData("90 00 0001 00000000 00000007 BEDE FFFF 00000000", RtpReadError.TruncatedExtension)]
    [InlineData("A0 00 0001 00000000 00000007", RtpReadError.BadPadding)]
    [InlineData("A0 00 0001 00000000 00000007 00", RtpReadError.BadPadding)]
    [InlineData("A0 00 0001 00000000 00000007 0003", RtpReadError.BadPadding)]
    public void Malformed_packets_are_refused_with_the_reason(string hex, RtpReadError expected)
    {
        Assert.False(RtpPacketReader.TryRead(Hex(hex), out _, out var error));
        Assert.Equal(expected, error);
    }

    [Fact]
    public void Padding_may_be_all_there_is()
    {
        Assert.True(RtpPacketReader.TryRead(Hex("A0 00 0001 00000000 00000007 00000004"), out var packet));
        Assert.True(packet.Payload.IsEmpty);
    }

    [Fact]
    public void No_bytes_at_all_make_the_reader_throw_or_reach_outside()
    {
        var entropy = new SeededEntropy(4711);
        var bytes = new byte[96];
        for (var round = 0; round < 100_000; round++)
        {
            entropy.Fill(bytes);
            bytes[0] = (byte)(0x80 | bytes[0] & 0x3F);
            var datagram = bytes.AsSpan(0, (int)(entropy.NextUInt32() % 97));
            if (RtpPacketReader.TryRead(datagram, out var packet))
                Assert.True(packet.Header.Length + packet.Payload.Length <= datagram.Length);
        }
    }

    [Fact]
    public void Streams_start_in_the_lower_half_of_the_sequence()
    {
        var entropy = new SeededEntropy(2);
        var starts = Enumerable.Range(0, 1000).Select(_ => RtpPacketWriter.FirstSequenceNumber(entropy).Value).ToArray();
        Assert.All(starts, start => Assert.InRange(start, 0, 0x7FFF));
        Assert.True(starts.Distinct().Count() > 900);
    }

    [Fact]
    public void Timestamps_compare_across_the_wrap()
    {
        var before = new RtpTimestamp(0xFFFF_FFF0);
        Assert.Equal(0x20, (before + 0x20).DistanceFrom(before));
        Assert.True((before + 0x20).IsAfter(before));
        Assert.Equal(-0x20, before.DistanceFrom(before + 0x20));
    }

    private static byte[] Hex(string text) => Convert.FromHexString(text.Replace(" ", "", StringComparison.Ordinal));
}
