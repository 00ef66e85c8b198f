using Media.Protocols.Dtmf;
using Media.Protocols.Primitives;
using Media.Protocols.Rtp;
using Testing;

namespace Media.Protocols.Tests.Dtmf;

public sealed class TelephoneEventTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private readonly VirtualClock _clock = new();

    private sealed record Sent(Instant At, bool Marker, uint Timestamp, TelephoneEventPayload Payload);

    /// <summary>Everything the writer has to send, at a stream clock of <paramref name="timestampRate"/>.</summary>
    private List<Sent> Play(TelephoneEventWriter writer, int timestampRate = 8000)
    {
        var origin = _clock.Now;
        var sent = new List<Sent>();
        var bytes = new byte[4];
        while (writer.IsActive)
        {
            if (writer.NextDeadline > _clock.Now)
                _clock.AdvanceTo(writer.NextDeadline);
            var streamTimestamp = new RtpTimestamp(1000 + (uint)((_clock.Now - origin).TotalSeconds * timestampRate));
            Assert.True(writer.TryPollTransmit(bytes, _clock.Now, streamTimestamp, out var header));
            Assert.True(TelephoneEventPayload.TryRead(bytes, out var payload));
            sent.Add(new Sent(_clock.Now, header.Marker, header.Timestamp.Value, payload));
            Assert.True(sent.Count < 100_000);
        }
        return sent;
    }

    private static bool Feed(TelephoneEventReader reader, Sent sent, Instant? at = null, uint ssrc = 7)
    {
        var bytes = new byte[16];
        Assert.True(sent.Payload.TryWrite(bytes.AsSpan(12)));
        Assert.True(RtpPacketWriter.TryWriteHeader(bytes, 101, sent.Marker, default, new RtpTimestamp(sent.Timestamp), new Ssrc(ssrc)));
        Assert.True(RtpPacketReader.TryRead(bytes, out var packet));
        return reader.Handle(packet, at ?? sent.At);
    }

    /// <summary>The reader's events for those packets and the silence after them: "5↓" pressed, "5↑160" released after 160 ms.</summary>
    private static string Hear(TelephoneEventReader reader, IEnumerable<Sent> packets)
    {
        var heard = new List<string>();
        void Drain()
        {
            while (reader.TryPollEvent(out var e))
                heard.Add(e.Phase == TelephoneEventPhase.Pressed ? $"{e.Digit}↓" : $"{e.Digit}↑{e.Duration.TotalMilliseconds:0}");
        }
        var last = default(Instant);
        foreach (var packet in packets)
        {
            last = packet.At;
            reader.HandleDeadline(packet.At);
            Drain();
            Assert.True(Feed(reader, packet));
            Drain();
        }
        reader.HandleDeadline(last + TimeSpan.FromSeconds(1));
        Drain();
        Assert.Equal(Instant.Never, reader.NextDeadline);
        return string.Join(' ', heard);
    }

    private static TelephoneEventWriter Writer(string digits, int milliseconds = 100, int clockRate = 8000, int timestampRate = 8000)
    {
        var writer = new TelephoneEventWriter(clockRate, timestampRate);
        foreach (var digit in digits)
            Assert.True(writer.TryEnqueue(digit, TimeSpan.FromMilliseconds(milliseconds)));
        return writer;
    }

    [Fact]
    public void A_press_is_marked_updated_every_20_ms_and_ended_three_times_under_one_timestamp()
    {
        var sent = Play(Writer("5", 100));
        Assert.Equal([160, 320, 480, 640, 800, 800, 800, 800], sent.Select(s => (int)s.Payload.Duration));
        Assert.Equal([true, false, false, false, false, false, false, false], sent.Select(s => s.Marker));
        Assert.Equal([false, false, false, false, false, true, true, true], sent.Select(s => s.Payload.IsEnd));
        Assert.All(sent, s => Assert.Equal((1000u, (byte)5, (byte)10), (s.Timestamp, s.Payload.Event, s.Payload.Volume)));
        Assert.All(sent.Zip(sent.Skip(1)), pair => Assert.Equal(TimeSpan.FromMilliseconds(20), pair.Second.At - pair.First.At));
    }

    [Theory]
    [InlineData(8000, 8000)]
    [InlineData(48000, 48000)]
    [InlineData(8000, 48000)]
    public void Every_key_is_heard_once_as_long_as_it_was_pressed(int clockRate, int timestampRate)
    {
        const string Keys = "0123456789*#ABCD!";
        var sent = Play(Writer(Keys, 120, clockRate, timestampRate), timestampRate);
        var heard = Hear(new TelephoneEventReader(clockRate, timestampRate), sent);
        Assert.Equal(string.Join(' ', Keys.Select(k => $"{k}↓ {k}↑120")), heard);
    }

    [Fact]
    public void Keys_follow_each_other_with_a_pause()
    {
        var sent = Play(Writer("11", 100));
        var second = sent.FindIndex(1, s => s.Marker);
        // 100 ms from the first packet to the end, 40 ms of repeated ends, 60 ms of pause.
        Assert.Equal(TimeSpan.FromMilliseconds(200), sent[second].At - sent[0].At);
        Assert.Equal(1000u + 200 * 8, sent[second].Timestamp);
    }

    [Theory]
    [InlineData(10, 40)]
    [InlineData(50, 50)]
    [InlineData(60_000, 10_000)]
    public void Durations_are_brought_within_what_receivers_and_callers_bear(int milliseconds, int played) =>
        Assert.Equal($"1↓ 1↑{played}", Hear(new TelephoneEventReader(8000, 8000), Play(Writer("1", milliseconds))));

    [Theory]
    [InlineData(8000, 8000, 9500)]
    [InlineData(48000, 48000, 9500)]
    [InlineData(8000, 48000, 9500)]
    public void A_press_longer_than_the_duration_field_is_one_press(int clockRate, int timestampRate, int milliseconds)
    {
        var sent = Play(Writer("7", milliseconds, clockRate, timestampRate), timestampRate);
        Assert.True(sent.Select(s => s.Timestamp).Distinct().Count() > 1);
        Assert.Single(sent, s => s.Marker);
        Assert.Equal(3, sent.Count(s => s.Payload.IsEnd));
        Assert.Equal($"7↓ 7↑{milliseconds}", Hear(new TelephoneEventReader(clockRate, timestampRate), sent));
    }

    [Fact]
    public void Any_single_surviving_packet_is_enough_for_one_press()
    {
        var sent = Play(Writer("5", 100));
        for (var i = 0; i < sent.Count; i++)
            Assert.Equal($"5↓ 5↑{sent[i].Payload.Duration / 8}", Hear(new TelephoneEventReader(8000, 8000), [sent[i]]));
    }

    [Fact]
    public void Any_order_and_repetition_of_one_press_is_one_press()
    {
        var sent = Play(Writer("5", 100));
        for (var seed = 0; seed < 100; seed++)
        {
            var packets = sent.Concat(sent).ToArray();
            new Random(seed).Shuffle(packets);
            var at = _clock.Now;
            var heard = Hear(new TelephoneEventReader(8000, 8000), packets.Select(p => p with { At = at += Tick }));
            Assert.Equal(["5↓", "5↑"], heard.Split(' ').Select(word => word[..2]));
        }
    }

    [Fact]
    public void Random_loss_loses_and_doubles_no_press_of_which_something_arrived()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var sent = Play(Writer("1123*#00", 80)).Where(_ => random.Next(100) < 60).ToList();
            var heard = Hear(new TelephoneEventReader(8000, 8000), sent);
            Assert.Equal(sent.Select(s => s.Timestamp).Distinct().Count(), heard.Split(' ').Count(word => word.EndsWith('↓')));
        }
    }

    [Fact]
    public void A_lost_end_is_made_up_for_by_the_next_key_or_by_time()
    {
        var sent = Play(Writer("12", 100)).Where(s => !s.Payload.IsEnd).ToList();
        Assert.Equal("1↓ 1↑100 2↓ 2↑100", Hear(new TelephoneEventReader(8000, 8000), sent));

        var reader = new TelephoneEventReader(8000, 8000);
        Feed(reader, sent[0]);
        Assert.Equal(sent[0].At + TimeSpan.FromMilliseconds(200), reader.NextDeadline);
        reader.HandleDeadline(reader.NextDeadline - Tick);
        Assert.True(reader.TryPollEvent(out _));
        Assert.False(reader.TryPollEvent(out _));
        reader.HandleDeadline(reader.NextDeadline);
        Assert.True(reader.TryPollEvent(out var released));
        Assert.Equal(TelephoneEventPhase.Released, released.Phase);
        // The rest of the same press afterwards is not another one.
        Feed(reader, sent[1], sent[0].At + TimeSpan.FromSeconds(1));
        Assert.False(reader.TryPollEvent(out _));
    }

    [Fact]
    public void Late_packets_of_the_key_before_are_no_press()
    {
        var sent = Play(Writer("12", 100));
        var second = sent.FindIndex(1, s => s.Marker);
        Assert.Equal("1↓ 1↑100 2↓ 2↑100",
            Hear(new TelephoneEventReader(8000, 8000), [.. sent[..(second + 1)], sent[0], sent[second - 1], .. sent[(second + 1)..]]));
    }

    [Fact]
    public void The_same_timestamp_of_another_source_is_another_press()
    {
        var sent = Play(Writer("1", 100));
        var reader = new TelephoneEventReader(8000, 8000);
        Hear(reader, sent);
        Feed(reader, sent[0], ssrc: 8);
        Assert.True(reader.TryPollEvent(out var pressed));
        Assert.Equal((TelephoneEventPhase.Pressed, '1'), (pressed.Phase, pressed.Digit));
    }

    /// <summary>
    /// A press of six packets 20 ms apart, the last three with E, whose timestamps and durations follow <paramref name="shape"/>.
    /// </summary>
    private List<Sent> PressOf(string shape, int startMs, bool marked, int clockRate = 8000, int timestampRate = 8000) =>
    [
        .. Enumerable.Range(0, 6).Select(n =>
        {
            var grows = shape is "each packet" or "each packet and duration"
                ? n : shape == "each end" ? Math.Max(0, n - 2)
                : shape == "end off the clock" && n > 3 ? n + 2 : 0;
            var duration = shape == "each packet" ? 1 : Math.Min(n, 3) + 1;
            return new Sent(
                _clock.Now + TimeSpan.FromMilliseconds(startMs + 20 * n), marked && n == 0,
                1000 + (uint)((startMs + 20 * grows) * timestampRate / 1000),
                new TelephoneEventPayload(5, n > 2, 10, (ushort)(duration * clockRate / 50)));
        }),
    ];

    [Theory]
    [InlineData("each packet", true)]
    [InlineData("each packet", false)]
    [InlineData("each packet and duration", true)]
    [InlineData("each packet and duration", false)]
    [InlineData("each end", true)]
    [InlineData("each end", false)]
    [InlineData("end off the clock", true)]
    [InlineData("none", false)]
    public void A_press_whose_timestamp_grows_is_one_press_and_two_stay_two(string shape, bool marked)
    {
        foreach (var (clockRate, timestampRate) in new[] { (8000, 8000), (8000, 48000), (48000, 48000) })
        {
            var first = PressOf(shape, 0, marked, clockRate, timestampRate);
            var second = PressOf(shape, 220, marked, clockRate, timestampRate);

            Assert.Equal("5↓ 5↑", Names(Hear(new TelephoneEventReader(clockRate, timestampRate), first)));
            Assert.Equal("5↓ 5↑ 5↓ 5↑", Names(Hear(new TelephoneEventReader(clockRate, timestampRate), [.. first, .. second])));
            Assert.Equal("5↓ 5↑ 5↓ 5↑", Names(Hear(new TelephoneEventReader(clockRate, timestampRate), [.. first, .. second[3..]])));
            Assert.Equal("5↓ 5↑ 5↓ 5↑", Names(Hear(new TelephoneEventReader(clockRate, timestampRate), [.. first[..3], .. second])));
        }
    }

    [Theory]
    [InlineData(50)]
    [InlineData(25)]
    public void Packets_of_one_press_may_be_lost_or_bunched_where_the_timestamp_grows(int keptPercent)
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var all = PressOf("each packet", 0, marked: true);
            var kept = all.Where(packet => packet.Marker || random.Next(100) < keptPercent).ToList();
            var bunched = kept.Select(packet => packet with { At = kept[^1].At }).ToList();

            Assert.Equal("5↓ 5↑", Names(Hear(new TelephoneEventReader(8000, 8000), bunched)));
        }
        Assert.Equal("5↓ 5↑120", Hear(new TelephoneEventReader(8000, 8000), PressOf("each packet", 0, true)
            .Select((p, i) => i < 5 ? p with { Payload = p.Payload with { IsEnd = false } } : p)));
    }

    private static string Names(string heard) => string.Join(' ', heard.Split(' ').Select(word => word[..2]));

    [Fact]
    public void Volume_is_reported()
    {
        var reader = new TelephoneEventReader(8000, 8000);
        Feed(reader, new Sent(_clock.Now, true, 1, new TelephoneEventPayload(11, true, 63, 400)));
        Assert.True(reader.TryPollEvent(out var pressed));
        Assert.Equal(('#', (byte)63), (pressed.Digit, pressed.Volume));
    }

    [Fact]
    public void Events_that_are_no_keys_and_short_payloads_are_refused()
    {
        var reader = new TelephoneEventReader(8000, 8000);
        Assert.False(Feed(reader, new Sent(_clock.Now, true, 1, new TelephoneEventPayload(17, false, 0, 160))));
        Assert.False(Feed(reader, new Sent(_clock.Now, true, 1, new TelephoneEventPayload(255, false, 0, 160))));
        for (var length = 0; length < 4; length++)
        {
            var bytes = new byte[12 + length];
            bytes[0] = 0x80;
            Assert.True(RtpPacketReader.TryRead(bytes, out var packet));
            Assert.False(reader.Handle(packet, _clock.Now));
        }
        Assert.False(reader.TryPollEvent(out _));
        Assert.False(new TelephoneEventPayload(1, true, 1, 1).TryWrite(new byte[3]));
    }

    [Fact]
    public void Fields_lie_where_rfc_4733_section_2_3_draws_them()
    {
        Assert.True(TelephoneEventPayload.TryRead([0x0B, 0x8A, 0x03, 0x20, 0xFF], out var payload));
        Assert.Equal(new TelephoneEventPayload(11, true, 10, 800), payload);
        Assert.True(TelephoneEventPayload.TryRead([0x00, 0x7F, 0xFF, 0xFF], out payload)); // the reserved bit is ignored
        Assert.Equal(new TelephoneEventPayload(0, false, 63, 65535), payload);
    }

    [Fact]
    public void A_key_still_down_ends_when_it_is_released()
    {
        var writer = new TelephoneEventWriter(8000, 8000);
        var reader = new TelephoneEventReader(8000, 8000);
        Assert.True(writer.TryEnqueue('9', TelephoneEventWriter.UntilReleased));
        var bytes = new byte[4];
        var sent = new List<Sent>();
        for (var i = 0; writer.IsActive; i++)
        {
            if (i == 10)
                writer.Release(TimeSpan.FromMilliseconds(150)); // known only after 200 ms were played
            _clock.AdvanceTo(writer.NextDeadline > _clock.Now ? writer.NextDeadline : _clock.Now);
            Assert.True(writer.TryPollTransmit(bytes, _clock.Now, default, out var header));
            TelephoneEventPayload.TryRead(bytes, out var payload);
            sent.Add(new Sent(_clock.Now, header.Marker, header.Timestamp.Value, payload));
        }
        Assert.Equal(13, sent.Count);
        Assert.Equal("9↓ 9↑200", Hear(reader, sent));
    }

    [Fact]
    public void A_release_before_the_key_was_played_shortens_it()
    {
        var writer = new TelephoneEventWriter(8000, 8000);
        Assert.True(writer.TryEnqueue('1', TimeSpan.FromMilliseconds(100)));
        Assert.True(writer.TryEnqueue('2', TelephoneEventWriter.UntilReleased));
        writer.Release(TimeSpan.FromMilliseconds(60));
        Assert.Equal("1↓ 1↑100 2↓ 2↑60", Hear(new TelephoneEventReader(8000, 8000), Play(writer)));
    }

    [Fact]
    public void A_late_caller_gets_no_burst()
    {
        var writer = Writer("1", 200);
        var bytes = new byte[4];
        Assert.True(writer.TryPollTransmit(bytes, _clock.Now, default, out _));
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        Assert.True(writer.TryPollTransmit(bytes, _clock.Now, default, out _));
        Assert.False(writer.TryPollTransmit(bytes, _clock.Now, default, out _));
    }

    [Fact]
    public void What_cannot_be_played_is_refused()
    {
        var writer = new TelephoneEventWriter(8000, 8000);
        Assert.False(writer.TryEnqueue('E', Tick));
        Assert.False(writer.TryEnqueue('\u0663', Tick)); // a digit, but on no telephone
        Assert.True(writer.TryEnqueue('a', Tick));
        for (var i = 1; i < TelephoneEventWriter.QueueLength; i++)
            Assert.True(writer.TryEnqueue('1', Tick));
        Assert.False(writer.TryEnqueue('1', Tick));
        Assert.Equal(Instant.Never, new TelephoneEventWriter(8000, 8000).NextDeadline);
    }

    [Fact]
    public void Neither_side_allocates_per_packet()
    {
        var writer = new TelephoneEventWriter(8000, 8000);
        var reader = new TelephoneEventReader(8000, 8000);
        var bytes = new byte[16];
        var timestamp = default(RtpTimestamp);
        long Run()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 50; i++)
            {
                writer.TryEnqueue('5', TimeSpan.FromMilliseconds(100));
                while (writer.IsActive)
                {
                    _clock.Advance(TimeSpan.FromMilliseconds(20));
                    timestamp += 160;
                    if (!writer.TryPollTransmit(bytes.AsSpan(12), _clock.Now, timestamp, out var header))
                        continue;
                    RtpPacketWriter.TryWriteHeader(bytes, 101, header.Marker, default, header.Timestamp, default);
                    RtpPacketReader.TryRead(bytes, out var packet);
                    reader.Handle(packet, _clock.Now);
                    while (reader.TryPollEvent(out _)) { }
                }
            }
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Run();
        Assert.Equal(0, Run());
    }
}
