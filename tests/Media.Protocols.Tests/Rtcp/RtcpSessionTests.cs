using System.Text;
using Media.Protocols.Primitives;
using Media.Protocols.Rtcp;
using Media.Protocols.Rtp;
using Testing;

namespace Media.Protocols.Tests.Rtcp;

public sealed class RtcpSessionTests
{
    private const uint OurSsrc = 0x11;
    private const uint TheirSsrc = 0x22;

    private readonly VirtualClock _clock = new();
    private readonly RtcpSession _session;

    public RtcpSessionTests() => _session = NewSession(OurSsrc, 1);

    private RtcpSession NewSession(uint ssrc, int seed, int clockRate = 8000) =>
        new(new RtcpSessionOptions { Local = new Ssrc(ssrc), Cname = "name", ClockRate = clockRate }, new SeededEntropy(seed), _clock.Now);

    private static RtpHeader Header(int sequence, uint timestamp, uint ssrc = TheirSsrc) =>
        new(0, false, new SequenceNumber((ushort)sequence), new RtpTimestamp(timestamp), new Ssrc(ssrc), false, 12);

    private void Receive(int sequence, uint ssrc = TheirSsrc) =>
        _session.HandleRtpReceived(Header(sequence, (uint)sequence * 160, ssrc), _clock.Advance(TimeSpan.FromMilliseconds(20)));

    private byte[] Report(RtcpSession session)
    {
        var buffer = new byte[RtcpSession.MaxLength];
        if (session.NextDeadline > _clock.Now)
            _clock.AdvanceTo(session.NextDeadline);
        Assert.True(session.TryPollTransmit(buffer, _clock.Now, out var length));
        return buffer[..length];
    }

    private static bool TryBlock(byte[] compound, out RtcpReportBlock block)
    {
        Assert.True(RtcpReader.TryRead(compound, out var reader));
        Assert.True(reader.TryReadNext(out var packet));
        return packet.TryReadReportBlock(0, out block);
    }

    private static RtcpReportBlock BlockOf(byte[] compound)
    {
        Assert.True(TryBlock(compound, out var block));
        return block;
    }

    [Fact]
    public void Reports_come_early_at_first_then_about_every_five_seconds_and_never_in_step()
    {
        var intervals = new List<double>();
        var last = _clock.Now;
        for (var i = 0; i < 200; i++)
        {
            Report(_session);
            intervals.Add((_clock.Now - last).TotalSeconds);
            last = _clock.Now;
        }
        Assert.InRange(intervals[0], 1.0, 3.1);
        Assert.All(intervals.Skip(1), interval => Assert.InRange(interval, 2.0, 6.2));
        Assert.InRange(intervals.Average(), 3.6, 4.6);
        Assert.True(intervals.Distinct().Count() > 190);
    }

    [Fact]
    public void Nothing_is_written_before_it_is_due()
    {
        var buffer = new byte[RtcpSession.MaxLength];
        Assert.False(_session.TryPollTransmit(buffer, _session.NextDeadline - TimeSpan.FromTicks(1), out var length));
        Assert.Equal(0, length);
    }

    [Fact]
    public void Who_has_not_sent_writes_a_receiver_report_with_its_name()
    {
        Assert.True(RtcpReader.TryRead(Report(_session), out var reader));
        Assert.True(reader.TryReadNext(out var packet));
        Assert.Equal((RtcpPacketType.ReceiverReport, 0), (packet.Type, packet.Count));
        Assert.True(reader.TryReadNext(out packet));
        Assert.True(packet.TryReadCname(out var source, out var cname));
        Assert.Equal((new Ssrc(OurSsrc), "name"), (source, Encoding.UTF8.GetString(cname)));
    }

    [Fact]
    public void Who_sends_writes_a_sender_report_that_ties_both_clocks_together()
    {
        for (var i = 0; i < 50; i++)
            _session.HandleRtpSent(new RtpTimestamp((uint)(1000 + i * 160)), 160, _clock.Advance(TimeSpan.FromMilliseconds(20)));
        _session.HandleRtpSent(new RtpTimestamp(1000), 4, _clock.Now, isTimed: false); // an event that began long ago
        var sentAt = _clock.Now;
        Assert.True(RtcpReader.TryRead(Report(_session), out var reader));
        Assert.True(reader.TryReadNext(out var packet));
        Assert.True(packet.TryReadSenderInfo(out var info));
        Assert.Equal((51u, 8004u), (info.PacketCount, info.OctetCount));
        Assert.Equal(NtpTimestamp.From(_clock.Now), info.Ntp);
        Assert.Equal(1000 + 49 * 160 + (int)((_clock.Now - sentAt).TotalSeconds * 8000), (int)info.Rtp.Value);
    }

    [Fact]
    public void A_sender_that_fell_silent_becomes_a_receiver()
    {
        _session.HandleRtpSent(default, 160, _clock.Now);
        _clock.Advance(TimeSpan.FromSeconds(11));
        Assert.True(RtcpReader.TryRead(Report(_session), out var reader));
        Assert.True(reader.TryReadNext(out var packet));
        Assert.Equal(RtcpPacketType.ReceiverReport, packet.Type);
    }

    [Fact]
    public void Loss_is_reported_in_total_and_by_interval_across_the_wrap()
    {
        for (var i = 65500; i < 65600; i++)
        {
            if (i % 10 != 0)
                Receive(i & 0xFFFF);
        }
        // 65500 itself, the first, was never expected: 99 expected, 9 of them lost.
        var block = BlockOf(Report(_session));
        Assert.Equal(new Ssrc(TheirSsrc), block.Source);
        Assert.Equal(9, block.CumulativeLost);
        Assert.Equal(9 * 256 / 99, block.FractionLost);
        Assert.Equal(65599u, block.ExtendedHighestSequence);
        Assert.Equal(9, _session.Statistics.PacketsLost);
        Assert.InRange(_session.Statistics.FractionLost, 0.08, 0.1);

        for (var i = 65600; i < 65620; i++)
            Receive(i & 0xFFFF);
        block = BlockOf(Report(_session));
        Assert.Equal((0, 9), (block.FractionLost, block.CumulativeLost));
        Assert.Equal(65619u, block.ExtendedHighestSequence);
    }

    [Fact]
    public void Reordered_packets_are_not_lost_and_duplicates_make_the_total_negative()
    {
        foreach (var sequence in new[] { 1, 3, 2, 4, 4, 4 })
            Receive(sequence);
        Assert.Equal(-2, BlockOf(Report(_session)).CumulativeLost);
        Assert.Equal(0, _session.Statistics.PacketsLost);
        Assert.Equal(6, _session.Statistics.PacketsReceived);
    }

    [Fact]
    public void A_source_not_heard_since_the_last_report_is_not_reported_again()
    {
        Receive(1);
        Assert.True(TryBlock(Report(_session), out _));
        Assert.False(TryBlock(Report(_session), out _));
    }

    [Fact]
    public void Losses_of_earlier_sources_stay_in_the_total_when_the_peer_changes_its_ssrc()
    {
        Receive(1);
        Receive(5);
        foreach (var sequence in new[] { 900, 901, 902, 904 })
            Receive(sequence, ssrc: 0x33);
        var block = BlockOf(Report(_session));
        Assert.Equal((new Ssrc(0x33), 1), (block.Source, block.CumulativeLost));
        Assert.Equal(4, _session.Statistics.PacketsLost);
    }

    [Fact]
    public void A_single_stray_packet_changes_nothing()
    {
        Receive(1);
        Receive(40_000);
        Receive(7, ssrc: 0x33);
        Receive(2);
        Assert.Equal((2L, 0L), (_session.Statistics.PacketsReceived, _session.Statistics.PacketsLost));
    }

    [Fact]
    public void Even_pacing_has_no_jitter_and_uneven_pacing_has_what_rfc_3550_computes()
    {
        for (var i = 0; i < 50; i++)
            Receive(i);
        Assert.Equal(TimeSpan.Zero, _session.Statistics.Jitter);

        // Every second packet 5 ms late: |D| is always 40 units, towards which J moves by a sixteenth.
        var origin = _clock.Now;
        for (var i = 0; i < 200; i++)
        {
            var at = origin + TimeSpan.FromMilliseconds(20 * (i + 1) + (i % 2 == 0 ? 5 : 0));
            _session.HandleRtpReceived(Header(50 + i, (uint)(50 + i) * 160), at);
        }
        Assert.InRange(_session.Statistics.Jitter.TotalMilliseconds, 4.5, 5.0);
    }

    [Fact]
    public void Telephone_events_and_new_time_bases_are_no_jitter()
    {
        for (var i = 0; i < 10; i++)
            Receive(i);
        for (var i = 10; i < 20; i++)
            _session.HandleRtpReceived(Header(i, 1600), _clock.Advance(TimeSpan.FromMilliseconds(20)), isTimed: false);
        for (var i = 20; i < 30; i++)
            Receive(i);
        _session.HandleRtpReceived(Header(30, 0xF000_0000), _clock.Advance(TimeSpan.FromMilliseconds(20)));
        Assert.Equal(TimeSpan.Zero, _session.Statistics.Jitter);
    }

    [Fact]
    public void Both_ends_learn_the_round_trip_and_what_the_other_lost()
    {
        var theirs = NewSession(TheirSsrc, 2);
        var trip = TimeSpan.FromMilliseconds(30);
        void Talk(int first)
        {
            for (var i = first; i < first + 50; i++)
            {
                _session.HandleRtpSent(new RtpTimestamp((uint)i * 160), 160, _clock.Advance(TimeSpan.FromMilliseconds(20)));
                theirs.HandleRtpSent(new RtpTimestamp((uint)i * 160), 160, _clock.Now);
                if (i % 5 != 4)
                    theirs.HandleRtpReceived(Header(i, (uint)i * 160, OurSsrc), _clock.Now);
                Receive(i);
            }
        }
        for (var round = 0; round < 3; round++)
        {
            Talk(round * 100);
            var report = Report(_session);
            Assert.True(theirs.HandleRtcp(report, _clock.Advance(trip), out _));
            Talk(round * 100 + 50);
            report = Report(theirs);
            Assert.True(_session.HandleRtcp(report, _clock.Advance(trip), out _));
        }
        Assert.InRange(_session.Statistics.RoundTrip!.Value.TotalMilliseconds, 59, 61);
        Assert.InRange(theirs.Statistics.RoundTrip!.Value.TotalMilliseconds, 59, 61);
        Assert.InRange(_session.Statistics.RemoteFractionLost, 0.15, 0.25);
        Assert.Equal(theirs.Statistics.PacketsLost, _session.Statistics.RemotePacketsLost);
        Assert.True(_session.Statistics.RemotePacketsLost > 0);
        Assert.Equal(0, theirs.Statistics.RemotePacketsLost);
    }

    [Fact]
    public void Reports_on_others_and_absurd_references_are_not_believed()
    {
        var buffer = new byte[100];
        var writer = new RtcpWriter(buffer);
        var now = NtpTimestamp.From(_clock.Now).Middle;
        writer.TryAddReceiverReport(new Ssrc(TheirSsrc),
        [
            new RtcpReportBlock(new Ssrc(0x99), 255, 1000, 0, 0, now, 0),
            new RtcpReportBlock(new Ssrc(OurSsrc), 0, 0, 0, 0, now - 100 * 65536, 0),
        ]);
        Assert.True(_session.HandleRtcp(buffer.AsSpan(0, writer.Length), _clock.Now, out _));
        Assert.Equal(0, _session.Statistics.RemotePacketsLost);
        Assert.Null(_session.Statistics.RoundTrip);
    }

    [Fact]
    public void A_goodbye_counts_until_the_source_is_heard_again()
    {
        Receive(1);
        Assert.True(_session.HandleRtcp([0x81, 203, 0, 1, 0, 0, 0, 0x44], _clock.Now, out _));
        Assert.False(_session.Statistics.HasLeft);
        Assert.True(_session.HandleRtcp([0x81, 203, 0, 1, 0, 0, 0, (byte)TheirSsrc], _clock.Now, out _));
        Assert.True(_session.Statistics.HasLeft);
        Receive(2);
        Assert.False(_session.Statistics.HasLeft);
    }

    [Fact]
    public void The_last_report_says_goodbye_and_nothing_is_due_after_it()
    {
        var buffer = new byte[RtcpSession.MaxLength];
        var length = _session.WriteGoodbye(buffer, _clock.Now);
        Assert.True(RtcpReader.TryRead(buffer.AsSpan(0, length), out var reader));
        Assert.True(reader.TryReadNext(out _));
        Assert.True(reader.TryReadNext(out _));
        Assert.True(reader.TryReadNext(out var packet));
        Assert.True(packet.TryReadGoodbye(0, out var source));
        Assert.Equal(new Ssrc(OurSsrc), source);
        Assert.Equal(Instant.Never, _session.NextDeadline);
    }

    [Fact]
    public void The_longest_report_fits_the_promised_length()
    {
        var session = new RtcpSession(
            new RtcpSessionOptions { Local = new Ssrc(1), Cname = new string('x', 255), ClockRate = 8000 }, new SeededEntropy(1),
            _clock.Now);
        session.HandleRtpSent(default, 1, _clock.Now);
        session.HandleRtpReceived(Header(1, 1), _clock.Now);
        var buffer = new byte[RtcpSession.MaxLength];
        var length = session.WriteGoodbye(buffer, _clock.Now);
        Assert.True(RtcpReader.TryRead(buffer.AsSpan(0, length), out var reader));
        var types = new List<RtcpPacketType>();
        while (reader.TryReadNext(out var packet))
            types.Add(packet.Type);
        Assert.Equal([RtcpPacketType.SenderReport, RtcpPacketType.SourceDescription, RtcpPacketType.Goodbye], types);
    }

    [Fact]
    public void Malformed_compounds_change_nothing()
    {
        Assert.False(_session.HandleRtcp([0x80, 201, 0, 9], _clock.Now, out var error));
        Assert.Equal(RtcpReadError.Truncated, error);
    }

    [Fact]
    public void Allocates_nothing_per_packet_or_report()
    {
        var buffer = new byte[RtcpSession.MaxLength];
        var sequence = 0;
        long Run()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 1000; i++)
            {
                Receive(sequence++);
                _session.HandleRtpSent(new RtpTimestamp((uint)sequence * 160), 160, _clock.Now);
                if (_session.TryPollTransmit(buffer, _clock.Now, out var length))
                    _session.HandleRtcp(buffer.AsSpan(0, length), _clock.Now, out _);
                _ = _session.Statistics;
            }
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Run();
        Assert.Equal(0, Run());
    }
}
