using Media.Protocols.Jitter;
using Media.Protocols.Primitives;
using Media.Protocols.Rtcp;
using Media.Protocols.Rtp;
using Testing;

namespace Media.Protocols.Tests.Rtcp;

public sealed class VoipMetricsTests
{
    /// <summary>Laid out by hand from RFC 3611 §2 and §4.7; a statistics summary (§4.6) stands before the block.</summary>
    private static readonly byte[] Packet = Convert.FromHexString(
        "80CF0014" + "00000022" // XR, 21 words, from 0x22
        + "06E00009" + "00000011" + "0001000A" + "00000000" + "00000000" + "00000000" + "00000000" + "00000000" + "00000000" + "00000000"
        + "07000008" + "00000011" // VoIP metrics on 0x11
        + "0D030A05" // 13, 3, 10 and 5 of 256
        + "00783A98" // bursts of 120 ms, gaps of 15000 ms
        + "0096003C" // 150 ms, 60 ms
        + "E2C47F10" // levels, no echo loss, Gmin 16
        + "527F2A29" // R 82, MOS 4.2 and 4.1
        + "F000003C" + "003C00C8");

    private static readonly VoipMetrics Metrics = new(
        new Ssrc(0x11), 13 / 256.0, 3 / 256.0, new BurstsAndGaps(10 / 256.0, 5 / 256.0, 120, 15000), 150, 60, 82, 4.2, 4.1);

    [Fact]
    public void The_block_on_our_stream_is_found_behind_others()
    {
        var packet = First(Packet);
        Assert.True(packet.TryReadVoipMetrics(new Ssrc(0x11), out var metrics));
        Assert.Equal(Metrics, metrics);
        Assert.False(packet.TryReadVoipMetrics(new Ssrc(0x12), out _));
    }

    [Fact]
    public void What_is_written_is_read_back_and_what_is_not_known_says_so()
    {
        var unknown = Metrics with { RoundTripMs = null, EndSystemMs = null, Rating = null, ListeningMos = null, ConversationalMos = null };
        foreach (var metrics in new[] { Metrics, unknown })
        {
            var buffer = new byte[64];
            var writer = new RtcpWriter(buffer);
            Assert.True(writer.TryAddVoipMetrics(new Ssrc(0x22), metrics));
            Assert.Equal(44, writer.Length);
            var packet = First(buffer.AsSpan(0, writer.Length));
            Assert.True(packet.TryReadVoipMetrics(new Ssrc(0x11), out var read));
            Assert.Equal(metrics, read);
        }
        Assert.False(new RtcpWriter(new byte[43]).TryAddVoipMetrics(new Ssrc(0x22), Metrics));
    }

    [Theory]
    [InlineData(11, 200)] // the first block is longer than the packet
    [InlineData(11, 10)] // ends within the next block, whose rest is none
    [InlineData(51, 7)] // metrics of another length
    [InlineData(51, 255)]
    [InlineData(48, 9)] // of another type
    public void Broken_blocks_are_passed_over(int at, byte value)
    {
        var broken = Packet.ToArray();
        broken[at] = value;
        var packet = First(broken);
        Assert.False(packet.TryReadVoipMetrics(new Ssrc(0x11), out _));
    }

    [Fact]
    public void A_session_takes_the_peers_score_and_sends_what_it_was_given()
    {
        var now = new VirtualClock().Now;
        var session = new RtcpSession(
            new RtcpSessionOptions { Local = new Ssrc(0x11), Cname = "a", ClockRate = 8000 }, new SeededEntropy(1), now);
        Assert.Null(session.Statistics.RemoteMos);
        Assert.True(session.HandleRtcp(Packet, now, out _));
        Assert.Equal(4.1, session.Statistics.RemoteMos);

        session.Metrics = Metrics with { Source = default };
        var header = new RtpHeader(0, false, new SequenceNumber(1), new RtpTimestamp(1), new Ssrc(0x22), false, RtpHeader.FixedLength);
        session.HandleRtpReceived(header, now);
        var buffer = new byte[RtcpSession.MaxLength];
        Assert.True(session.TryPollTransmit(buffer, session.NextDeadline, out var length));
        Assert.True(RtcpReader.TryRead(buffer.AsSpan(0, length), out var reader));
        while (reader.TryReadNext(out var packet))
            if (packet.TryReadVoipMetrics(new Ssrc(0x22), out var sent))
            {
                Assert.Equal(Metrics with { Source = new Ssrc(0x22) }, sent);
                return;
            }
        Assert.Fail("There were no metrics.");
    }

    private static RtcpPacket First(ReadOnlySpan<byte> compound)
    {
        Assert.True(RtcpReader.TryRead(compound, out var reader));
        Assert.True(reader.TryReadNext(out var packet));
        return packet;
    }
}
