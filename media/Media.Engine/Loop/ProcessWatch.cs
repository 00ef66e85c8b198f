using Media.Protocols.Primitives;
using Microsoft.Extensions.Logging;

namespace Media.Engine.Loop;

/// <summary>
/// Watches how much the whole process takes of the processors that it may use, and how long its work waits for one: calls that are set up
/// take their part too, on other threads than the loops', and live calls would be late before any loop is full. Where others have the
/// processors, its part stays small and its work waits all the same. Thread-safe.
/// </summary>
/// <param name="options">The limit.</param>
/// <param name="processors">Those that the process may use.</param>
/// <param name="start">Now.</param>
/// <param name="logger">Takes a line when there is no room, and when there is again.</param>
internal sealed partial class ProcessWatch(MediaEngineOptions options, double processors, Instant start, ILogger logger)
{
    /// <summary>Fewer calls are not what the processors are busy with: a start is, or a debugger.</summary>
    public const int FewCalls = 10;

    /// <summary>
    /// What sets up a call waits some dozens of times. Where it waits for so long each time, the call is answered a good part of a second
    /// late, and each further one later.
    /// </summary>
    public static readonly TimeSpan MaxWait = TimeSpan.FromMilliseconds(10);

    /// <summary>Readings after a long wait, two seconds: what calls that have begun still need comes in the next one or two.</summary>
    private const int Behind = 8;

    /// <summary>New calls are much of the load, and refused ones none: with the loops' margin nobody would be let in for long.</summary>
    private const double Margin = 0.05;

    private readonly Lock _lock = new();
    private readonly LoadMeter _meter = new(start);
    private readonly Headroom _headroom = new(options.MaxProcessPercent / 100.0, Margin);
    private TimeSpan _wait;
    private int _behind;
    private double _load;

    /// <summary>The part of all its processors that the process used over the last second.</summary>
    public double Load
    {
        get
        {
            lock (_lock)
                return _load;
        }
    }

    /// <summary>How long work that was ready waited, when that was read last.</summary>
    public TimeSpan Wait
    {
        get
        {
            lock (_lock)
                return _wait;
        }
    }

    /// <summary>There is time for one more call beside so many.</summary>
    public bool HasRoom(int calls)
    {
        lock (_lock)
            return calls < FewCalls || _headroom.HasRoom(calls);
    }

    /// <summary>Work that was ready has waited long in the last two seconds.</summary>
    public bool IsBehind => Volatile.Read(ref _behind) > 0;

    /// <summary>Takes a reading; each <see cref="LoadMeter.Window"/> there is one.</summary>
    /// <param name="used">The processor time of all threads so far.</param>
    /// <param name="wait">How long work that was ready waited.</param>
    /// <param name="open">The calls whose audio is open.</param>
    /// <param name="now">The time.</param>
    public void Handle(TimeSpan used, TimeSpan wait, int open, Instant now)
    {
        bool hadRoom, hasRoom, wasBehind;
        lock (_lock)
        {
            (hadRoom, wasBehind) = (_headroom.IsThere, IsBehind);
            var load = _meter.Read(used / processors, now);
            (_load, _wait) = (load.Processor, wait);
            _headroom.Handle(load, open, now);
            if (options.MaxProcessPercent < 100)
                Volatile.Write(ref _behind, wait >= MaxWait ? Behind : Math.Max(0, _behind - 1));
            hasRoom = _headroom.IsThere;
        }
        if (open < FewCalls)
            return;
        if (hadRoom && !hasRoom)
            LogNoRoom(_load);
        else if (!wasBehind && IsBehind)
            LogBehind(wait.TotalMilliseconds);
        else if ((!hadRoom || wasBehind) && hasRoom && !IsBehind)
            LogRoom();
    }

    [LoggerMessage(LogLevel.Warning, "The gateway takes no new calls: it uses {Load:P0} of its processors.")]
    private partial void LogNoRoom(double load);

    [LoggerMessage(LogLevel.Warning, "The gateway may not take all new calls: its work waits {Wait:F0} ms for a processor.")]
    private partial void LogBehind(double wait);

    [LoggerMessage(LogLevel.Information, "The gateway takes new calls again.")]
    private partial void LogRoom();
}
