using System.Globalization;
using Media.Protocols.Jitter;
using Media.Protocols.Primitives;
using Media.Protocols.Rtp;
using Testing;

namespace Media.Protocols.Tests.Jitter;

public sealed class JitterBufferTests
{
    private readonly VirtualClock _clock = new();
    private JitterBuffer _buffer = new(new JitterBufferOptions());

    /// <summary>Pushes a packet whose payload is its sequence number; returns the items that can be popped then, as text.</summary>
    private string Push(int sequence, uint ssrc = 7, uint? timestamp = null)
    {
        var bytes = new byte[14];
        byte[] payload = [(byte)(sequence >> 8), (byte)sequence];
        Assert.True(RtpPacketWriter.TryWrite(bytes, 111, false, new SequenceNumber((ushort)sequence),
            new RtpTimestamp(timestamp ?? (uint)sequence * 160), new Ssrc(ssrc), payload, out _));
        Assert.True(RtpPacketReader.TryRead(bytes, out var packet));
        _buffer.Push(packet, _clock.Now);
        return Pop();
    }

    private string Pop()
    {
        var words = new List<string>();
        while (_buffer.TryPop(_clock.Now, out var item))
        {
            var number = item.SequenceNumber.Value.ToString(CultureInfo.InvariantCulture);
            if (item.Kind == JitterItemKind.Packet)
                Assert.Equal(item.SequenceNumber.Value, item.Payload[0] << 8 | item.Payload[1]);
            words.Add(item.Kind == JitterItemKind.Packet
                ? (item.IsRestart ? "start" : "") + number
                : "lost" + number + (item.Payload.IsEmpty ? "" : "+fec"));
        }
        return string.Join(' ', words);
    }

    private string After(int milliseconds)
    {
        _clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
        return Pop();
    }

    [Fact]
    public void In_order_packets_pass_at_once_even_across_the_wrap()
    {
        Assert.Equal("start65534", Push(65534));
        Assert.Equal("65535", Push(65535));
        Assert.Equal("0", Push(0));
        Assert.Equal("1", Push(1));
        Assert.Equal(Instant.Never, _buffer.NextDeadline);
        Assert.Equal(new JitterStatistics(4, 0, 0, 0, 0, 0, 1), _buffer.Statistics);
    }

    [Fact]
    public void A_reordered_packet_takes_its_place()
    {
        Push(1);
        Assert.Equal("", Push(3));
        Assert.Equal("2 3", Push(2));
        Assert.Equal(0, _buffer.Statistics.Lost);
    }

    [Fact]
    public void A_missing_packet_is_lost_when_the_window_ends_and_its_successor_may_restore_it()
    {
        Push(1);
        Assert.Equal("", Push(3));
        Assert.Equal(_clock.Now + TimeSpan.FromMilliseconds(60), _buffer.NextDeadline);
        Assert.Equal("", After(59));
        Assert.Equal("lost2+fec 3", After(1));
        Assert.Equal(Instant.Never, _buffer.NextDeadline);
        Assert.Equal(1, _buffer.Statistics.Lost);
    }

    [Fact]
    public void Later_arrivals_do_not_lengthen_the_wait()
    {
        Push(1);
        Push(3);
        Assert.Equal("", After(30));
        Assert.Equal("", Push(4));
        Assert.Equal("lost2+fec 3 4", After(30));
    }

    [Fact]
    public void Enough_later_packets_prove_the_loss_before_the_window_ends()
    {
        Push(1);
        Assert.Equal("", Push(3));
        Assert.Equal("", Push(4));
        Assert.Equal("lost2+fec 3 4 5", Push(5));
    }

    [Fact]
    public void Of_several_missing_packets_only_the_last_can_be_restored()
    {
        Push(1);
        Push(4);
        Assert.Equal("lost2 lost3+fec 4", After(60));
    }

    [Fact]
    public void A_second_gap_waits_on_its_own()
    {
        Push(1);
        Push(3);
        After(40);
        Assert.Equal("", Push(5));
        Assert.Equal("lost2+fec 3", After(20));
        Assert.Equal("", After(39));
        Assert.Equal("lost4+fec 5", After(1));
    }

    [Fact]
    public void Late_and_repeated_packets_are_dropped_and_told_apart()
    {
        Push(1);
        Push(3);
        Assert.Equal("", Push(3));
        After(60);
        Assert.Equal("", Push(2));
        Assert.Equal("", Push(3));
        Assert.Equal("", Push(1));
        Assert.Equal("4", Push(4));
        Assert.Equal((1L, 3L), (_buffer.Statistics.Late, _buffer.Statistics.Duplicate));
    }

    [Fact]
    public void A_timestamp_jump_between_consecutive_packets_is_not_loss()
    {
        Push(1, timestamp: 0);
        Assert.Equal("2", Push(2, timestamp: 80_000));
        Assert.Equal(0, _buffer.Statistics.Lost);
    }

    [Fact]
    public void Timestamps_of_lost_packets_lie_evenly_between_their_neighbours()
    {
        Push(1, timestamp: uint.MaxValue - 99);
        Push(4, timestamp: 380);
        _clock.Advance(TimeSpan.FromMilliseconds(60));
        var timestamps = new List<uint>();
        while (_buffer.TryPop(_clock.Now, out var item))
            timestamps.Add(item.Timestamp.Value);
        Assert.Equal([60u, 220u, 380u], timestamps);
    }

    [Fact]
    public void A_long_gap_is_counted_whole_but_concealed_in_part()
    {
        Push(1);
        Push(51);
        Assert.Equal("lost46 lost47 lost48 lost49 lost50+fec 51", After(60));
        Assert.Equal(49, _buffer.Statistics.Lost);
        Assert.Equal("", Push(30));
        Assert.Equal(1, _buffer.Statistics.Late);
    }

    [Fact]
    public void A_new_ssrc_is_believed_at_its_second_packet()
    {
        Push(1);
        Assert.Equal("", Push(500, ssrc: 8));
        Assert.Equal("2", Push(2));
        Assert.Equal("", Push(501, ssrc: 8));
        Assert.Equal("start502", Push(502, ssrc: 8));
        Assert.Equal("503", Push(503, ssrc: 8));
        Assert.Equal("", Push(3));
        Assert.Equal((3L, 2L, 0L), (_buffer.Statistics.Unproven, _buffer.Statistics.Restarts, _buffer.Statistics.Lost));
    }

    [Theory]
    [InlineData(10_000)]
    [InlineData(40_000)]
    [InlineData(65_000)]
    public void A_far_jump_is_believed_at_its_second_packet(int to)
    {
        Push(1);
        Assert.Equal("", Push(to));
        Assert.Equal($"start{to + 1}", Push(to + 1));
        Assert.Equal(0, _buffer.Statistics.Lost);
    }

    [Fact]
    public void What_was_held_back_goes_when_another_stream_begins()
    {
        Push(1);
        Push(3);
        Push(900, ssrc: 8);
        Assert.Equal("start901", Push(901, ssrc: 8));
        Assert.Equal("", After(100));
        Assert.Equal(Instant.Never, _buffer.NextDeadline);
    }

    [Fact]
    public void Reset_begins_anew_with_any_packet()
    {
        Push(1);
        Push(3);
        _buffer.Reset();
        Assert.Equal("", After(100));
        Assert.Equal("start20000", Push(20000, ssrc: 9));
    }

    [Fact]
    public void A_buffer_nobody_drains_holds_its_capacity_and_rejects_the_rest()
    {
        for (var i = 0; i < 50; i++)
        {
            var bytes = new byte[13];
            RtpPacketWriter.TryWrite(bytes, 0, false, new SequenceNumber((ushort)i), default, default, [1], out _);
            RtpPacketReader.TryRead(bytes, out var packet);
            Assert.Equal(i < JitterBuffer.Capacity, _buffer.Push(packet, _clock.Now));
        }
        Assert.Equal(50 - JitterBuffer.Capacity, _buffer.Statistics.Rejected);
    }

    [Fact]
    public void A_payload_longer_than_a_frame_is_rejected()
    {
        var bytes = new byte[12 + JitterBuffer.MaxPayloadLength + 1];
        bytes[0] = 0x80;
        Assert.True(RtpPacketReader.TryRead(bytes, out var packet));
        Assert.False(_buffer.Push(packet, _clock.Now));
        Assert.Equal(1, _buffer.Statistics.Rejected);
    }

    /// <summary>For any network impairment, each number comes out at most once, in order, and all are accounted for.</summary>
    [Fact]
    public void Any_loss_duplication_and_reordering_comes_out_in_order()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            _buffer = new JitterBuffer(new JitterBufferOptions());
            var random = new Random(seed);
            var arrivals = new List<(int At, int Sequence)> { (-1, 65400) };
            for (var i = 1; i < 300; i++)
            {
                for (var copy = random.Next(100) < 10 ? 0 : random.Next(100) < 5 ? 2 : 1; copy > 0; copy--)
                    arrivals.Add((i * 20 + random.Next(80), (65400 + i) & 0xFFFF));
            }
            arrivals.Sort();

            var last = new SequenceNumber(65399);
            var start = _clock.Now + TimeSpan.FromSeconds(1);
            void Drain()
            {
                while (_buffer.TryPop(_clock.Now, out var item))
                {
                    Assert.Equal(last.Next, item.SequenceNumber);
                    last = item.SequenceNumber;
                }
            }
            foreach (var (at, sequence) in arrivals)
            {
                var time = start + TimeSpan.FromMilliseconds(at);
                while (_buffer.NextDeadline < time)
                {
                    var deadline = _buffer.NextDeadline;
                    _clock.AdvanceTo(deadline > _clock.Now ? deadline : _clock.Now);
                    Drain();
                    Assert.True(_buffer.NextDeadline > deadline);
                }
                _clock.AdvanceTo(time);
                var bytes = new byte[13];
                RtpPacketWriter.TryWrite(bytes, 0, false, new SequenceNumber((ushort)sequence), default, default, [1], out _);
                RtpPacketReader.TryRead(bytes, out var packet);
                _buffer.Push(packet, _clock.Now);
                Drain();
            }
            _clock.Advance(TimeSpan.FromSeconds(1));
            Drain();
            var statistics = _buffer.Statistics;
            Assert.Equal(arrivals.Count, statistics.Delivered + statistics.Late + statistics.Duplicate);
            Assert.Equal(last.DistanceFrom(new SequenceNumber(65399)), statistics.Delivered + statistics.Lost);
        }
    }

    [Fact]
    public void Allocates_nothing_once_warm()
    {
        var bytes = new byte[172];
        long Run(int first)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = first; i < first + 1000; i++)
            {
                var sequence = (ushort)(i % 10 == 4 ? i + 1 : i % 10 == 5 ? i - 1 : i); // some swapped
                if (i % 50 == 0)
                    continue;
                RtpPacketWriter.TryWriteHeader(bytes, 0, false, new SequenceNumber(sequence), new RtpTimestamp((uint)i * 160), default);
                RtpPacketReader.TryRead(bytes, out var packet);
                _buffer.Push(packet, _clock.Advance(TimeSpan.FromMilliseconds(20)));
                while (_buffer.TryPop(_clock.Now, out _)) { }
            }
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Run(1);
        Assert.Equal(0, Run(1001));
    }
}
