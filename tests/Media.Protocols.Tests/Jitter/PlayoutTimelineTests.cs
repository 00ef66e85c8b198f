using Media.Protocols.Jitter;
using Media.Protocols.Primitives;
using Media.Protocols.Rtp;
using Testing;

namespace Media.Protocols.Tests.Jitter;

public sealed class PlayoutTimelineTests
{
    private const int Rate = 8000;

    private readonly VirtualClock _clock = new();
    private readonly PlayoutTimeline _line = new();
    private long _written;

    /// <summary>A packet of 20 ms, this many ms after the first; returns its place on the timeline, or null.</summary>
    private long? Place(int milliseconds, uint origin = 4711)
    {
        if (!_line.TryPlace(new RtpTimestamp(origin + (uint)(milliseconds * 8)), Rate, _clock.Now, out var gap))
            return null;
        Assert.True(gap >= 0);
        _line.Write(gap + 20);
        _written += gap + 20;
        return _written - 20;
    }

    private void Generate(int milliseconds)
    {
        var gap = _line.BeginGenerated(_clock.Now);
        _line.Write(gap + milliseconds);
        _written += gap + milliseconds;
        After(milliseconds);
    }

    private void After(int milliseconds) => _clock.Advance(TimeSpan.FromMilliseconds(milliseconds));

    [Theory]
    [InlineData(0)]
    [InlineData(80)]
    [InlineData(900)]
    public void A_late_packet_has_the_place_of_its_own_time(int late)
    {
        Assert.Equal(0, Place(0));
        After(20 + late);
        Assert.Equal(20, Place(20));
        Assert.Equal(40, Place(40));
    }

    [Theory]
    [InlineData(20)]
    [InlineData(400)]
    [InlineData(1990)]
    public void A_pause_of_the_sender_is_a_pause_of_the_line(int pause)
    {
        Place(0);
        After(20 + pause);
        Assert.Equal(20 + pause, Place(20 + pause));
    }

    [Theory]
    [InlineData(10_000_000)]
    [InlineData(-10_000_000)]
    [InlineData(-50)]
    public void A_jump_of_the_timestamp_goes_on_where_the_audio_ended(int jump)
    {
        Place(0);
        After(20);
        Assert.Equal(20, Place(20 + jump));
        After(20);
        Assert.Equal(40, Place(40 + jump));
    }

    [Fact]
    public void Another_source_after_a_pause_begins_when_it_is_heard()
    {
        Place(0);
        _line.Rebase();
        After(3000);
        Assert.Equal(3000, Place(77));
    }

    [Fact]
    public void What_generated_audio_has_covered_is_too_late_and_the_clock_stays()
    {
        Place(0);
        After(1000);
        Generate(500);
        for (var ms = 20; ms < 1440; ms += 20)
            Assert.Null(Place(ms)); // all at once
        Assert.Equal(1440, Place(1440));
        Assert.Equal(1500, Place(1500));
    }

    [Fact]
    public void A_sender_that_comes_back_in_time_finds_its_place_free()
    {
        Place(0);
        After(1000);
        Generate(4000);
        Assert.Equal(5000, Place(5000));
    }

    [Fact]
    public void A_clock_that_stood_still_is_followed_from_its_third_packet()
    {
        Place(0);
        After(1000);
        Generate(2000);
        Assert.Null(Place(20));
        After(20);
        Assert.Null(Place(40));
        After(20);
        Assert.Equal(3040, Place(60)); // when it is heard
        After(20);
        Assert.Equal(3060, Place(80));
    }

    [Fact]
    public void Timestamps_wrap_over_days_without_a_step()
    {
        var at = Place(0, uint.MaxValue - 800)!.Value;
        for (var ms = 20; ms < 100; ms += 20)
        {
            After(20);
            Assert.Equal(at + ms, Place(ms, uint.MaxValue - 800));
        }
        for (var minutes = 1; minutes < 20; minutes++) // 48 kHz wraps after 24 h 51 min, 8 kHz after six days
        {
            After(1_000_000);
            Generate(20);
            Assert.Equal(minutes * 1_000_100L, Place(minutes * 1_000_100, uint.MaxValue - 800));
        }
    }

    [Theory]
    [InlineData(300)]
    [InlineData(-300)]
    public void A_skewed_clock_is_followed_for_an_hour(int ppm)
    {
        var start = _clock.Now;
        for (var n = 0; n < 180_000; n++)
        {
            _clock.AdvanceTo(start + TimeSpan.FromMilliseconds(n * 20 / (1 + ppm / 1e6)));
            Assert.Equal(n * 20, Place(n * 20));
        }
    }

    [Fact]
    public void Room_for_lost_packets_is_what_the_next_one_says()
    {
        Place(0);
        Assert.Equal(60, _line.RoomBefore(new RtpTimestamp(4711 + 80 * 8), Rate));
        Assert.Equal(0, _line.RoomBefore(new RtpTimestamp(4711), Rate));
    }
}
