using System.Diagnostics.Metrics;
using System.Globalization;
using Gateway.WhatsApp.Meta;

namespace Gateway.Worker.Health;

/// <summary>
/// Detects when the host's clock is set, when the process was paused, and when the clock differs from Meta's. Durations are measured by the
/// monotonic clock and wall time is read anew each time, so nothing breaks; but records are as wrong as the clock that dates them.
/// </summary>
internal sealed partial class ClockWatch : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Well above what NTP slews in a second (500 ppm), and below any acceptable error.</summary>
    private static readonly TimeSpan SmallestStep = TimeSpan.FromSeconds(0.5);

    /// <summary>Longer than a busy machine or a garbage collection delays a timer.</summary>
    private static readonly TimeSpan SmallestPause = TimeSpan.FromSeconds(3);

    /// <summary>More than two hosts with NTP differ by, plus the second to which Meta's dates are exact.</summary>
    private static readonly TimeSpan LargestOffset = TimeSpan.FromSeconds(5);

    private static readonly Meter Meter = new("Gateway.Clock");

    private static readonly Counter<long> Jumps = Meter.CreateCounter<long>(
        "gateway_clock_jumps", "{jump}", "Times that the host's clock was set or the process was paused, by kind");

    private readonly MetaClock _meta;
    private readonly Action _stepped;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly WarningLimit _warnings;
    private DateTimeOffset _wall;
    private long _timestamp;

    /// <param name="meta">Meta's clock.</param>
    /// <param name="stepped">Triggers a request to Meta, whose answer carries the time.</param>
    /// <param name="time">The host's clocks.</param>
    /// <param name="logger">Logs what is detected.</param>
    public ClockWatch(MetaClock meta, Action stepped, TimeProvider time, ILogger<ClockWatch> logger)
    {
        (_meta, _stepped, _time, _logger) = (meta, stepped, time, logger);
        (_wall, _timestamp) = (time.GetUtcNow(), time.GetTimestamp());
        _warnings = new WarningLimit(time);
        Meter.CreateObservableGauge(
            "gateway_clock_offset_seconds", () => _meta.Offset?.TotalSeconds ?? 0, "s",
            "Meta's clock minus the host's; 0 before the first reading of Meta's time");
    }

    /// <summary>For people: "ok", or the difference to Meta's clock.</summary>
    public string State => IsOff(out var offset)
        ? string.Create(CultureInfo.InvariantCulture,
            $"{Math.Abs(offset.TotalSeconds):0} s {(offset < TimeSpan.Zero ? "ahead of" : "behind")} Meta's clock")
        : "ok";

    /// <summary>Compares the clocks once.</summary>
    internal void Look()
    {
        var (wall, timestamp) = (_time.GetUtcNow(), _time.GetTimestamp());
        var passed = _time.GetElapsedTime(_timestamp, timestamp);
        var step = wall - _wall - passed;
        (_wall, _timestamp) = (wall, timestamp);
        if (step.Duration() >= SmallestStep)
        {
            Jumps.Add(1, new KeyValuePair<string, object?>("kind", step > TimeSpan.Zero ? "forward" : "back"));
            LogStep(step.TotalSeconds);
            _stepped();
        }
        if (passed >= SmallestPause)
        {
            Jumps.Add(1, new KeyValuePair<string, object?>("kind", "pause"));
            LogPause(passed.TotalSeconds);
        }
        if (IsOff(out var offset) && _warnings.TryPass(State, out _))
            LogOffset(-offset.TotalSeconds);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ticks = new PeriodicTimer(Interval, _time);
        try
        {
            while (await ticks.WaitForNextTickAsync(stoppingToken))
                Look();
        }
        catch (OperationCanceledException)
        {
            // the gateway stops
        }
    }

    private bool IsOff(out TimeSpan offset)
    {
        offset = _meta.Offset ?? TimeSpan.Zero;
        return offset.Duration() > LargestOffset;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The host's clock jumped by {Seconds} s (it was set, or the machine was " +
        "suspended): calls that begin from "
        + "now on are dated and rated by the new time, calls in progress keep theirs; check NTP")]
    private partial void LogStep(double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The process was paused for {Seconds} s (stopped, or the machine was too busy): " +
        "calls may have ended meanwhile")]
    private partial void LogPause(double seconds);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message =
        "The host's clock is {Seconds} s ahead of Meta's (negative: behind). The age of offers is measured by Meta's clock, records are " +
        "dated by the host's: check NTP")]
    private partial void LogOffset(double seconds);
}
