using Media.Engine.Audio;
using Media.Engine.Quality;
using Media.Engine.Tests.Peers;
using Media.Protocols.Sdp;

namespace Media.Engine.Tests.Bridge;

/// <summary>The RTP clock that is sent follows the sampling clock that is received (RFC 3550 §5.1), whatever the network does.</summary>
public sealed class FaithfulPlayoutTests : IDisposable
{
    private readonly OneWayPath _path = new(AudioCodec.Opus, AudioCodec.Pcmu);
    private readonly byte[][] _packets = SpeechPackets.Encode(500);

    public FaithfulPlayoutTests() => _path.Open();

    public void Dispose() => _path.Dispose();

    /// <summary>Sends packets whose delays these are; null: lost.</summary>
    private List<SentPacket> Play(Func<int, double?> delay, int count = 500)
    {
        var start = _path.Clock.Now + TimeSpan.FromMilliseconds(110);
        int? before = null;
        foreach (var (n, at) in Enumerable.Range(0, count).Where(n => delay(n) is not null).Select(n => (n, n * 20 + delay(n)!.Value))
            .OrderBy(x => x.Item2))
        {
            _path.AdvanceTo(start + TimeSpan.FromMilliseconds(at));
            before ??= _path.Sent.Count;
            _path.Receive(_packets[n], (ushort)(n + 65_500), (uint)(n * 960));
        }
        return _path.Sent[before!.Value..];
    }

    public static TheoryData<string, Func<int, double?>> Networks => new()
    {
        { "one stall of 80 ms", n => n is >= 100 and < 104 ? 80 - (n - 100) * 20 : 0 },
        { "a stall of 500 ms", n => n is >= 100 and < 125 ? 500 - (n - 100) * 20 : 0 },
        { "a stall of 120 ms each second", n => n > 20 && n % 50 < 6 ? 120 - n % 50 * 20 : 0 },
        { "alternately late by 90 ms, in order", n => n % 8 < 5 ? 90 - n % 8 * 18 : 0 },
        { "a delay that grows for good", n => n < 100 ? 0 : 150 },
    };

    [Theory]
    [MemberData(nameof(Networks))]
    public void Late_audio_is_sent_with_its_own_time_and_none_is_left_out(string network, Func<int, double?> delay)
    {
        var sent = Play(delay);
        Assert.Equal(500, sent.Count);
        for (var n = 1; n < sent.Count; n++)
            Assert.True(sent[n].Timestamp.DistanceFrom(sent[n - 1].Timestamp) == 160, $"{network}: packet {n}");
        Assert.Equal(0, Outcomes(PlayoutOutcome.Concealed) + Outcomes(PlayoutOutcome.Discarded));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void A_loss_is_concealed_once_and_takes_its_own_time(int burst)
    {
        var sent = Play(n => n > 5 && n % 50 < burst ? null : 0);
        Assert.Equal(499 * 160, sent[^1].Timestamp.DistanceFrom(sent[0].Timestamp));
        Assert.Equal(500, sent.Count);
        Assert.Equal(9 * burst, Outcomes(PlayoutOutcome.Concealed) + Outcomes(PlayoutOutcome.Recovered));
        Assert.True(Outcomes(PlayoutOutcome.Recovered) > 0);
    }

    [Fact]
    public void A_long_loss_is_concealed_at_its_beginning_and_the_rest_is_a_pause()
    {
        var sent = Play(n => n is >= 100 and < 150 ? null : 0);
        Assert.Equal(499 * 160, sent[^1].Timestamp.DistanceFrom(sent[0].Timestamp));
        Assert.InRange(sent.Count, 452, 460);
    }

    [Fact]
    public void Lost_concealed_and_recovered_packets_are_told_apart_and_count_in_the_score()
    {
        Play(n => n > 5 && n % 50 < 2 ? null : 0);
        var quality = _path.Quality;
        Assert.Equal((18L, 0L, 0L), (quality.Playout.Lost, quality.Playout.Late, quality.Playout.Discarded));
        Assert.Equal((18L, true), (quality.Playout.Concealed + quality.Playout.Recovered, quality.Playout.Recovered > 0));
        Assert.InRange(quality.Mos!.Value, 1, 4.2);
    }

    [Fact]
    public void Jitter_is_measured_in_the_clock_of_the_codec_that_is_received()
    {
        Play(n => n % 2 * 3);
        Assert.InRange(_path.Quality.JitterMs, 1, 4);
    }

    [Fact]
    public void A_network_that_reorders_is_waited_for_once_it_is_known()
    {
        var random = new Random(3);
        Play(_ => random.NextDouble() * 100);
        Assert.InRange(Outcomes(PlayoutOutcome.Concealed) + Outcomes(PlayoutOutcome.Recovered), 0, 5);
    }

    [Fact]
    public void Nothing_is_sent_in_a_gap_and_silence_in_a_long_one()
    {
        var start = Play(_ => 0, 50)[^1];
        _path.AdvanceTo(_path.Clock.Now + TimeSpan.FromMilliseconds(950));
        Assert.Equal(start, _path.Sent[^1]);
        _path.AdvanceTo(_path.Clock.Now + TimeSpan.FromMilliseconds(1050));
        var silence = _path.Sent[^1];
        Assert.InRange(silence.Timestamp.DistanceFrom(start.Timestamp) / 8, 1920, 1980);
        _path.Receive(_packets[0], 14, (49 + 100) * 960);
        Assert.Equal(100 * 160, _path.Sent[^1].Timestamp.DistanceFrom(start.Timestamp));
    }

    [Fact]
    public void A_sender_that_leaves_out_silence_is_followed()
    {
        var sent = Play(_ => 0, 50);
        var last = sent[^1];
        _path.AdvanceTo(_path.Clock.Now + TimeSpan.FromMilliseconds(420));
        _path.Receive(_packets[50], 14, (49 + 21) * 960);
        Assert.Equal(21 * 160, _path.Sent[^1].Timestamp.DistanceFrom(last.Timestamp));
        Assert.True(_path.Sent[^1].Marker);
    }

    [Fact]
    public void Another_source_goes_on_where_the_first_one_ended()
    {
        var sent = Play(_ => 0, 50);
        for (var n = 0; n < 20; n++)
        {
            _path.AdvanceTo(_path.Clock.Now + TimeSpan.FromMilliseconds(20));
            _path.Receive(_packets[n], (ushort)(n + 9), (uint)(n * 960 + 123_456_789), ssrc: 99);
        }
        Assert.InRange(_path.Sent[^1].Timestamp.DistanceFrom(sent[^1].Timestamp), 18 * 160, 21 * 160);
    }

    [Fact]
    public void A_warning_moves_the_clock_of_live_audio_by_nothing()
    {
        var sent = Play(_ => 0, 100);
        var first = _path.Clock.Now;
        _path.Path.Played = TreatmentAudio.Warning;
        _path.Path.Refresh(_path.Clock.Now);
        for (var n = 100; n < 300; n++)
        {
            if (n == 150)
                _path.Path.Played = null;
            _path.AdvanceTo(first + TimeSpan.FromMilliseconds((n - 99) * 20));
            _path.Receive(_packets[n], (ushort)(n + 65_500), (uint)(n * 960));
        }
        Assert.Equal(299 * 160, _path.Sent[^1].Timestamp.DistanceFrom(sent[0].Timestamp));
    }

    private long Outcomes(PlayoutOutcome outcome) => _path.Outcomes(outcome);
}
