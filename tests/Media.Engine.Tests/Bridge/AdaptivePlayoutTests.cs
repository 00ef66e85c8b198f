using Media.Engine.Quality;
using Media.Engine.Tests.Peers;
using Media.Protocols.Jitter;
using Media.Protocols.Primitives;
using Media.Protocols.Rtp;
using Media.Protocols.Sdp;

namespace Media.Engine.Tests.Bridge;

/// <summary>A listener without a jitter buffer gets a frame every 20 ms, whatever the network and the sender's clock do.</summary>
public sealed class AdaptivePlayoutTests : IDisposable
{
    private static readonly byte[][] Packets = SpeechPackets.Encode(500, turn: 50);

    private readonly AdaptivePlayout _playout = new(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(200));
    private readonly OneWayPath _path;
    private int _began;

    public AdaptivePlayoutTests()
    {
        _path = new OneWayPath(AudioCodec.Opus, AudioCodec.Pcmu, playout: _playout);
        _path.Open();
    }

    public void Dispose() => _path.Dispose();

    public static TheoryData<string, Func<int, Random, double?>, double, int> Networks => new()
    {
        // name, delay of each packet, longest mean delay, packets that may be concealed of 3000
        { "no impairment", (_, _) => 0, 41, 0 },
        { "jitter 0-60 ms", (_, random) => random.NextDouble() * 60, 90, 30 },
        { "jitter 0-100 ms", (_, random) => random.NextDouble() * 100, 130, 30 },
        { "a stall of 120 ms each second", (n, _) => n > 20 && n % 50 < 6 ? 120 - n % 50 * 20 : 0, 150, 0 },
        { "a stall of 500 ms", (n, _) => n is >= 100 and < 125 ? 500 - (n - 100) * 20 : 0, 200, 0 },
        { "a stall of 900 ms", (n, _) => n is >= 100 and < 145 ? 900 - (n - 100) * 20 : 0, 200, 0 },
        { "a delay that grows for good", (n, _) => n < 100 ? 0 : 150, 200, 0 },
        { "a delay that falls for good", (n, _) => n < 100 ? 150 : 0, 200, 0 },
        { "a delay that grows for good by more than the longest", (n, _) => n < 100 ? 0 : 450, 200, 0 },
    };

    [Theory]
    [MemberData(nameof(Networks))]
    public void A_frame_leaves_every_20_ms_and_hardly_any_is_made_up(
        string network, Func<int, Random, double?> delay, double longest, int mostConcealed)
    {
        Play(delay, 3000);
        AssertSteady();
        Assert.True(Concealed <= mostConcealed, $"{network}: {Concealed} concealed");
        Assert.InRange(_path.Outcomes(PlayoutOutcome.Discarded), 0, 50);
        Assert.InRange(_playout.Delay.TotalMilliseconds, 15, longest);
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void Jitter_in_order_takes_nothing_away(string network, Func<int, Random, double?> delay, double longest, int mostConcealed)
    {
        var before = 0.0;
        Play((n, random) => before = Math.Max(delay(n, random)!.Value, before - 20), 3000);
        AssertSteady();
        Assert.True(Concealed == 0 && longest > 0 && mostConcealed >= 0, $"{network}: {Concealed} concealed");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(60)]
    public void The_copy_of_a_lost_packet_is_there_in_time(int jitter)
    {
        Play((n, random) => n % 10 == 9 ? null : 10 + random.NextDouble() * jitter, 3000);
        AssertSteady();
        Assert.Equal(300, Concealed + _path.Outcomes(PlayoutOutcome.Recovered), 5.0);
        Assert.InRange(_path.Outcomes(PlayoutOutcome.Recovered), 120, 300); // near silence carries no copies
    }

    [Theory]
    [InlineData(300)]
    [InlineData(-300)]
    public void A_clock_that_runs_off_moves_the_delay_by_less_than_a_frame_within_an_hour(double ppm)
    {
        Play((_, random) => random.NextDouble() * 10, 180_000, ppm);
        AssertSteady();
        Assert.InRange(_playout.Delay.TotalMilliseconds, 15, 60);
        Assert.Equal(0, Concealed + _path.Outcomes(PlayoutOutcome.Discarded));
    }

    [Fact]
    public void The_delay_comes_down_again_when_the_network_has_calmed()
    {
        Play((n, random) => n < 500 ? random.NextDouble() * 100 : 0, 2500);
        AssertSteady();
        Assert.InRange(_playout.Delay.TotalMilliseconds, 15, 60);
    }

    [Fact]
    public void The_delay_comes_down_though_nobody_ever_pauses()
    {
        var talk = SpeechPackets.Encode(500);
        Play((n, random) => n < 500 ? random.NextDouble() * 150 : 0, 3000, packets: talk);
        AssertSteady();
        Assert.InRange(_playout.Delay.TotalMilliseconds, 15, 100);
    }

    [Fact]
    public void A_sender_that_leaves_out_silence_is_not_lost()
    {
        Play((n, _) => n % 100 < 60 ? 0 : null, 1000, isSilence: true);
        AssertSteady();
        Assert.Equal(0, Concealed + _path.Outcomes(PlayoutOutcome.Recovered) + _path.Outcomes(PlayoutOutcome.Discarded));
        Assert.InRange(_playout.Delay.TotalMilliseconds, 15, 60);
    }

    [Theory]
    [InlineData(99u, 123_456_789u)]
    [InlineData(7u, 123_456_789u)]
    [InlineData(7u, 4_000_000_000u)]
    public void Another_source_or_time_base_is_followed_within_a_few_frames(uint ssrc, uint jump)
    {
        Play((_, _) => 0, 200);
        for (var n = 0; n < 200; n++)
        {
            _path.AdvanceTo(_path.Clock.Now + TimeSpan.FromMilliseconds(20));
            _path.Receive(Packets[n], (ushort)(n + 200 + 65_500), (uint)(n * 960) + jump, ssrc);
        }
        AssertSteady();
        Assert.InRange(_playout.Delay.TotalMilliseconds, 15, 60);
        Assert.Equal(0, _path.Outcomes(PlayoutOutcome.Discarded));
        Assert.Equal(0, _path.Outcomes(PlayoutOutcome.Lost));
    }

    [Fact]
    public void Silence_follows_a_source_that_has_ended_and_it_is_heard_when_it_comes_back()
    {
        Play((_, _) => 0, 200);
        _path.AdvanceTo(_path.Clock.Now + TimeSpan.FromSeconds(5));
        Assert.All(_path.Sent[^1].Payload, sample => Assert.Equal(0xFF, sample));
        for (var n = 0; n < 20; n++)
        {
            _path.AdvanceTo(_path.Clock.Now + TimeSpan.FromMilliseconds(20));
            _path.Receive(Packets[n], (ushort)(n + 200 + 65_500), (uint)((n + 450) * 960));
        }
        Assert.Contains(_path.Sent[^1].Payload, sample => sample != 0xFF);
        AssertSteady();
    }

    [Fact]
    public void The_score_counts_the_time_that_packets_are_held_back()
    {
        Play((_, random) => random.NextDouble() * 10, 1000);
        var near = _path.Quality.Mos!.Value;
        Play((_, random) => random.NextDouble() * 190, 1000, from: 1000);
        Assert.InRange(_path.Quality.Mos!.Value, 1, near - 0.05);
    }

    [Fact]
    public void A_packet_allocates_nothing()
    {
        Play((_, random) => random.NextDouble() * 60, 500);
        var buffer = new JitterBuffer(new JitterBufferOptions());
        Assert.Equal(PlayoutStep.Silence, new AdaptivePlayout(TimeSpan.Zero, TimeSpan.FromSeconds(1))
            .Next(buffer, 8000, 20, false, _path.Clock.Now));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var n = 0; n < 1000; n++)
        {
            _playout.HandleArrival(new RtpTimestamp((uint)(n * 960)), 48_000, new Instant(n * 20 * TimeSpan.TicksPerMillisecond));
            _playout.Next(buffer, 48_000, 20, false, new Instant(n * 20 * TimeSpan.TicksPerMillisecond));
        }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Time_goes_on_while_the_listener_takes_no_audio()
    {
        Play((_, _) => 0, 100);
        var last = _path.Sent[^1];
        _path.Close();
        _path.AdvanceTo(_path.Clock.Now + TimeSpan.FromSeconds(3));
        _path.Open();
        _path.AdvanceTo(_path.Clock.Now + TimeSpan.FromMilliseconds(40));
        var next = _path.Sent.Find(packet => packet.At > last.At + TimeSpan.FromSeconds(1));
        Assert.InRange(next.Timestamp.DistanceFrom(last.Timestamp) / 8.0 - (next.At - last.At).TotalMilliseconds, -1, 1);
    }

    [Theory]
    [InlineData(AudioCodec.Pcmu, AudioCodec.G722)]
    [InlineData(AudioCodec.Opus, AudioCodec.Opus)]
    public void A_path_that_opens_on_waiting_packets_begins_steadily(AudioCodec source, AudioCodec target)
    {
        using var path = new OneWayPath(
            source, target, playout: new AdaptivePlayout(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(200)));
        path.Open();
        var payload = source == AudioCodec.Opus ? Packets[0] : [.. Enumerable.Repeat((byte)0x55, 160)];
        for (var n = 0; n < 100; n++)
        {
            path.Receive(payload, (ushort)n, (uint)(n * source.ClockRate() / 50));
            path.AdvanceTo(path.Clock.Now + TimeSpan.FromMilliseconds(20));
        }
        Assert.InRange(path.Sent.Count, 100, 102);
        Assert.Equal(target.ClockRate() / 50 * (path.Sent.Count - 1), path.Sent[^1].Timestamp.DistanceFrom(path.Sent[0].Timestamp));
    }

    private long Concealed => _path.Outcomes(PlayoutOutcome.Concealed);

    /// <summary>Sends packets whose delays these are; null: lost, or never made.</summary>
    private void Play(
        Func<int, Random, double?> delay, int count, double ppm = 0, bool isSilence = false, byte[][]? packets = null, int from = 0)
    {
        var start = _path.Clock.Now + TimeSpan.FromMilliseconds(110);
        var random = new Random(3);
        var sequence = from;
        var sent = new List<(double At, int Number, int Sequence)>();
        for (var n = from; n < from + count; n++)
        {
            if (delay(n, random) is { } late)
                sent.Add(((n - from) * 20 / (1 + ppm / 1e6) + late, n, sequence++));
            else if (!isSilence)
                sequence++;
        }
        foreach (var (at, n, number) in sent.OrderBy(x => x.At))
        {
            _path.AdvanceTo(start + TimeSpan.FromMilliseconds(at));
            if (_began == 0)
                _began = _path.Sent.Count;
            _path.Receive((packets ?? Packets)[n % 500], (ushort)(number + 65_500), (uint)(n * 960));
        }
    }

    /// <summary>A packet each 20 ms to the tick, its time 20 ms after the one before.</summary>
    private void AssertSteady()
    {
        for (var n = _began + 1; n < _path.Sent.Count; n++)
        {
            Assert.Equal(TimeSpan.FromMilliseconds(20), _path.Sent[n].At - _path.Sent[n - 1].At);
            Assert.Equal(160, _path.Sent[n].Timestamp.DistanceFrom(_path.Sent[n - 1].Timestamp));
        }
    }
}
