using Gateway.WhatsApp.Meta;
using Gateway.Worker.Health;
using Microsoft.Extensions.Logging;
using Testing;

namespace Gateway.Worker.Tests.Health;

/// <summary>A clock that is set and a process that stood still are noticed, once each.</summary>
public sealed class ClockWatchTests : IDisposable
{
    private readonly SteppedTime _time = new();
    private readonly KeptLogs _logs = new();
    private readonly ClockWatch _watch;
    private int _asked;

    public ClockWatchTests() => _watch = new ClockWatch(
        new MetaClock(_time), () => _asked++, _time,
        LoggerFactory.Create(builder => builder.AddProvider(_logs)).CreateLogger<ClockWatch>());

    public void Dispose() => _watch.Dispose();

    [Theory]
    [InlineData(65)]
    [InlineData(3600)]
    [InlineData(-3600)]
    [InlineData(0.8)]
    public void A_step_is_warned_of_once_and_Meta_is_asked_for_the_time(double seconds)
    {
        Second();
        _time.Step(TimeSpan.FromSeconds(seconds));
        Second();
        Second();
        Assert.Contains("jumped", Assert.Single(_logs.Lines).Text, StringComparison.Ordinal);
        Assert.Equal(1, _asked);
    }

    [Fact]
    public void A_process_that_stood_still_is_warned_of_and_its_clock_is_not_blamed()
    {
        Second();
        _time.Pass(TimeSpan.FromSeconds(40));
        _watch.Look();
        Assert.Contains("paused for 40 s", Assert.Single(_logs.Lines).Text, StringComparison.Ordinal);
        Assert.Equal(0, _asked);
    }

    [Fact]
    public void A_clock_that_NTP_slews_and_a_late_timer_are_nothing()
    {
        for (var i = 0; i < 100; i++)
        {
            _time.Step(TimeSpan.FromMilliseconds(0.5));
            _time.Pass(TimeSpan.FromSeconds(i % 3));
            _watch.Look();
        }
        Assert.Empty(_logs.Lines);
        Assert.Equal("ok", _watch.State);
    }

    private void Second()
    {
        _time.Pass(TimeSpan.FromSeconds(1));
        _watch.Look();
    }
}
