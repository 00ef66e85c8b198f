using System.Text;
using Media.Protocols.Primitives;
using Media.Protocols.Rtcp;
using Media.Protocols.Rtp;
using Testing;

namespace Media.Protocols.Tests.Rtcp;

public sealed class RtcpCompoundTests
{
    private static readonly RtcpSenderInfo Info =
        new(new Ssrc(0xCAFEBABE), new NtpTimestamp(0xE93A_1234_5678_9ABC), new RtpTimestamp(0x8000_0001), 17, 2720);

    private static readonly RtcpReportBlock Block = new(new Ssrc(0xDECAFBAD), 128, 70_000, 0x0003_FFFF, 99, 0x1234_5678, 65536);

    [Fact]
    public void What_is_written_is_read_back()
    {
        var buffer = new byte[400];
        var writer = new RtcpWriter(buffer);
        Assert.True(writer.TryAddSenderReport(Info, [Block, Block with { CumulativeLost = -3 }]));
        Assert.True(writer.TryAddReceiverReport(new Ssrc(5), [Block]));
        Assert.True(writer.TryAddCname(new Ssrc(5), Encoding.UTF8.GetBytes("aé")));
        Assert.True(writer.TryAddGoodbye(new Ssrc(5)));
        Assert.Equal(4 + 24 + 48 + 4 + 4 + 24 + 4 + 12 + 8, writer.Length);

        Assert.True(RtcpReader.TryRead(buffer.AsSpan(0, writer.Length), out var reader));
        Assert.True(reader.TryReadNext(out var packet));
        Assert.Equal((RtcpPacketType.SenderReport, 2), (packet.Type, packet.Count));
        Assert.True(packet.TryReadSenderInfo(out var info));
        Assert.Equal(Info, info);
        Assert.True(packet.TryReadReportBlock(0, out var block));
        Assert.Equal(Block, block);
        Assert.True(packet.TryReadReportBlock(1, out block));
        Assert.Equal(-3, block.CumulativeLost);
        Assert.False(packet.TryReadReportBlock(2, out _));
        Assert.False(packet.TryReadReportBlock(-1, out _));

        Assert.True(reader.TryReadNext(out packet));
        Assert.True(packet.TryReadSender(out var sender));
        Assert.Equal(new Ssrc(5), sender);
        Assert.False(packet.TryReadSenderInfo(out _));
        Assert.True(packet.TryReadReportBlock(0, out block));
        Assert.Equal(Block, block);

        Assert.True(reader.TryReadNext(out packet));
        Assert.True(packet.TryReadCname(out var source, out var cname));
        Assert.Equal((new Ssrc(5), "aé"), (source, Encoding.UTF8.GetString(cname)));

        Assert.True(reader.TryReadNext(out packet));
        Assert.True(packet.TryReadGoodbye(0, out source));
        Assert.Equal(new Ssrc(5), source);
        Assert.False(packet.TryReadGoodbye(1, out _));
        Assert.False(reader.TryReadNext(out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(255)]
    public void Names_of_any_length_end_on_a_word(int length)
    {
        var buffer = new byte[300];
        var writer = new RtcpWriter(buffer);
        Assert.True(writer.TryAddCname(new Ssrc(1), Enumerable.Repeat((byte)'x', length).ToArray()));
        Assert.Equal(0, writer.Length % 4);
        Assert.Equal(0, buffer[4 + 4 + 2 + length]); // the item list's end
        Assert.True(RtcpReader.TryRead(buffer.AsSpan(0, writer.Length), out var reader));
        Assert.True(reader.TryReadNext(out var packet));
        Assert.True(packet.TryReadCname(out _, out var cname));
        Assert.Equal(length, cname.Length);
    }

    [Fact]
    public void Nothing_is_written_that_does_not_fit()
    {
        var writer = new RtcpWriter(new byte[31]);
        Assert.False(writer.TryAddReceiverReport(new Ssrc(1), [Block]));
        Assert.False(writer.TryAddCname(new Ssrc(1), new byte[256]));
        Assert.Equal(0, writer.Length);
        Assert.False(new RtcpWriter(new byte[2000]).TryAddReceiverReport(new Ssrc(1), new RtcpReportBlock[32]));
    }

    [Fact]
    public void Feedback_and_unknown_packets_are_passed_over()
    {
        byte[] compound =
        [
            0x8F, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3, 4, // transport-wide feedback
            0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, // picture loss
            0x80, 207, 0, 1, 0, 0, 0, 1, // extended report
            0x80, 250, 0, 0, // unassigned
            0x80, 201, 0, 1, 0, 0, 0, 9,
        ];
        Assert.True(RtcpReader.TryRead(compound, out var reader));
        var types = new List<int>();
        while (reader.TryReadNext(out var packet))
        {
            types.Add((int)packet.Type);
            Assert.False(packet.TryReadReportBlock(0, out _));
            Assert.False(packet.TryReadSenderInfo(out _));
            Assert.False(packet.TryReadGoodbye(0, out _));
            Assert.False(packet.TryReadCname(out _, out _));
        }
        Assert.Equal([205, 206, 207, 250, 201], types);
    }

    [Theory]
    [InlineData("", RtcpReadError.TooShort)]
    [InlineData("80C900", RtcpReadError.TooShort)]
    [InlineData("40C90000", RtcpReadError.BadVersion)]
    [InlineData("80C90001000000", RtcpReadError.Truncated)]
    [InlineData("80C9FFFF00000000", RtcpReadError.Truncated)]
    [InlineData("80C90000 80", RtcpReadError.TooShort)]
    [InlineData("A0C9000100000004 80C90000", RtcpReadError.BadPadding)] // padded, but not the last
    [InlineData("A0C9000100000000", RtcpReadError.BadPadding)]
    [InlineData("A0C9000100000005", RtcpReadError.BadPadding)]
    [InlineData("A0C90000", RtcpReadError.BadPadding)]
    public void Malformed_compounds_are_refused_with_the_reason(string hex, RtcpReadError expected)
    {
        Assert.False(RtcpReader.TryRead(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), out _, out var error));
        Assert.Equal(expected, error);
    }

    [Theory]
    [InlineData("9FC80001 00000001")] // 31 blocks and sender information announced, none present
    [InlineData("81C90001 00000001")]
    [InlineData("9FCB0000")]
    [InlineData("81CA0001 00000001")] // a chunk without items
    [InlineData("81CA0002 00000001 01FF6161")] // a name longer than its packet
    [InlineData("81CA0000")]
    public void Counts_that_the_bytes_do_not_bear_out_are_not_believed(string hex)
    {
        Assert.True(RtcpReader.TryRead(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), out var reader));
        Assert.True(reader.TryReadNext(out var packet));
        Assert.False(packet.TryReadSenderInfo(out _));
        Assert.False(packet.TryReadReportBlock(0, out _));
        Assert.False(packet.TryReadGoodbye(0, out _));
        Assert.False(packet.TryReadCname(out _, out _));
    }

    [Fact]
    public void No_bytes_at_all_make_the_reader_throw_or_go_on_for_ever()
    {
        var entropy = new SeededEntropy(99);
        var bytes = new byte[64];
        for (var round = 0; round < 100_000; round++)
        {
            entropy.Fill(bytes);
            // Likely enough headers to get past the first check.
            for (var at = 0; at < bytes.Length; at += 4 * (1 + bytes[at + 3] % 4))
                (bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]) =
                    ((byte)(0x80 | bytes[at] & 0x1F), (byte)(200 + bytes[at + 1] % 8), 0, (byte)(bytes[at + 3] % 4));
            if (!RtcpReader.TryRead(bytes.AsSpan(0, (int)(entropy.NextUInt32() % 65)), out var reader))
                continue;
            var packets = 0;
            while (reader.TryReadNext(out var packet))
            {
                Assert.InRange(++packets, 1, 16);
                packet.TryReadSender(out _);
                packet.TryReadSenderInfo(out _);
                packet.TryReadCname(out _, out _);
                for (var i = 0; packet.TryReadReportBlock(i, out _) || packet.TryReadGoodbye(i, out _); i++) { }
            }
        }
    }

    [Fact]
    public void Ntp_time_counts_from_1900_in_fractions_of_2_to_the_32nd()
    {
        var instant = Instant.FromDateTimeOffset(new DateTimeOffset(2026, 11, 22, 12, 0, 0, 500, TimeSpan.Zero));
        var ntp = NtpTimestamp.From(instant);
        var sinceEpoch = new DateTime(2026, 11, 22, 12, 0, 0) - new DateTime(1900, 1, 1);
        Assert.Equal((uint)sinceEpoch.TotalSeconds, (uint)(ntp.Value >> 32));
        Assert.Equal(0x8000_0000u, (uint)ntp.Value);
        Assert.Equal((uint)(ntp.Value >> 16), ntp.Middle);
    }
}
