using Media.Protocols.Primitives;
using Microsoft.Extensions.Logging;

namespace Media.Engine.Loop;

/// <summary>
/// Watches how much the whole process takes of the processors that it may use: calls that are set up take their part too, on other threads
/// than the loops', and live calls would be late before any loop is full. Thread-safe.
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

    private readonly Lock _lock = new();
    private readonly LoadMeter _meter = new(start);
    private readonly Headroom _headroom = new(options.MaxProcessPercent / 100.0, Margin);
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

    /// <summary>There is time for one more call beside so many.</summary>
    public bool HasRoom(int calls)
    {
        lock (_lock)
            return calls < FewCalls || _headroom.HasRoom(calls);
    }

    /// <summary>Takes a reading; each <see cref="LoadMeter.Window"/> there is one.</summary>
    /// <param name="used">The processor time of all threads so far.</param>
    /// <param name="open">The calls whose audio is open.</param>
    /// <param name="now">The time.</param>
    public void Handle(TimeSpan used, int open, Instant now)
    {
        bool hasChanged;
        lock (_lock)
        {
            var load = _meter.Read(used / processors, now);
            _load = load.Processor;
            hasChanged = _headroom.Handle(load, open, now) && open >= FewCalls;
        }
        if (hasChanged && _headroom.IsThere)
            LogRoom();
        else if (hasChanged)
            LogNoRoom(_load);
    }

    [LoggerMessage(LogLevel.Warning, "The gateway takes no new calls: it uses {Load:P0} of its processors.")]
    private partial void LogNoRoom(double load);

    [LoggerMessage(LogLevel.Information, "The gateway takes new calls again.")]
    private partial void LogRoom();
}
