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

    /// <summary>New calls are much of the load, and refused ones none: with the loops' margin nobody would be let in for long.</summary>
    private const double Margin = 0.05;

    /// <summary>
    /// What sets up a call waits some dozens of times: it would ring seconds late, and each further one later. Where no work of the last
    /// second had to wait for less there are more calls than the process can set up.
    /// </summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromMilliseconds(50);

    /// <summary>Readings in a second.</summary>
    private const int LongWaits = 4;

    private readonly Lock _lock = new();
    private readonly LoadMeter _meter = new(start);
    private readonly Headroom _headroom = new(options.MaxProcessPercent / 100.0, Margin);
    private TimeSpan _wait;
    private int _longWaits;
    private bool _isLate;
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
            return calls < FewCalls || !_isLate && _headroom.HasRoom(calls);
    }

    /// <summary>Takes a reading; each <see cref="LoadMeter.Window"/> there is one.</summary>
    /// <param name="used">The processor time of all threads so far.</param>
    /// <param name="wait">How long work that was ready waited.</param>
    /// <param name="open">The calls whose audio is open.</param>
    /// <param name="now">The time.</param>
    public void Handle(TimeSpan used, TimeSpan wait, int open, Instant now)
    {
        bool hadRoom, hasRoom;
        lock (_lock)
        {
            hadRoom = _headroom.IsThere && !_isLate;
            var load = _meter.Read(used / processors, now);
            _load = load.Processor;
            _headroom.Handle(load, open, now);
            _wait = wait;
            _longWaits = wait >= MaxWait ? _longWaits + 1 : 0;
            _isLate = options.MaxProcessPercent < 100 && (_isLate ? wait >= MaxWait / 2 : _longWaits >= LongWaits);
            hasRoom = _headroom.IsThere && !_isLate;
        }
        if (hadRoom == hasRoom || open < FewCalls)
            return;
        if (hasRoom)
            LogRoom();
        else
            LogNoRoom(_load, wait.TotalMilliseconds);
    }

    [LoggerMessage(LogLevel.Warning, "The gateway takes no new calls: it uses {Load:P0} of its processors, and its work waits {Wait:F0} ms "
        + "for one.")]
    private partial void LogNoRoom(double load, double wait);

    [LoggerMessage(LogLevel.Information, "The gateway takes new calls again.")]
    private partial void LogRoom();
}
