using Media.Engine.Codecs;
using Media.Native.Threads;
using Media.Protocols.Primitives;
using Microsoft.Extensions.Logging;

namespace Media.Engine.Loop;

/// <summary>
/// Watches how a loop keeps up, four times a second, and acts on it: the effort of its encoders, and whether it takes new calls. Belongs to
/// the loop's thread, but for what says otherwise.
/// </summary>
internal sealed partial class LoopWatch(int index, MediaEngineOptions options, LoopEffort effort, Instant start, ILogger logger)
{
    private const double Margin = 0.1;

    private readonly Lock _lock = new();
    private readonly LoadMeter _meter = new(start);
    private readonly EffortGovernor _governor = new();
    private readonly Headroom _headroom = new(options.MaxLoadPercent / 100.0, Margin);
    private LoopLoad _load;
    private int _openCalls;

    /// <summary>Called at each reading, on the loop's thread; to be set before it runs.</summary>
    public Action<Instant>? AtReading { get; set; }

    /// <summary>Calls whose audio is open. A moment old for other threads.</summary>
    public int OpenCalls => Volatile.Read(ref _openCalls);

    public Instant NextReading => _meter.NextReading;

    /// <summary>Any thread.</summary>
    public LoopLoad Load
    {
        get
        {
            lock (_lock)
                return _load;
        }
    }

    /// <summary>A moment old for other threads.</summary>
    public OpusEffort Effort => effort.Level;

    /// <summary>The loop can take one more call beside so many. Any thread.</summary>
    public bool HasRoom(int calls)
    {
        lock (_lock)
            return _headroom.HasRoom(calls);
    }

    /// <summary>Counts a call while its audio is open. To be called after anything that happened to it.</summary>
    public void Follow(LoopCall call)
    {
        var isOpen = call.Session.IsOpen && !call.Session.IsOver;
        if (isOpen == call.IsCountedOpen)
            return;
        call.IsCountedOpen = isOpen;
        _openCalls += isOpen ? 1 : -1;
    }

    /// <summary>See <see cref="LoadMeter.EndRound"/>.</summary>
    public void EndRound(Instant due, Instant woke, Instant now)
    {
        _meter.EndRound(due, woke, now);
        if (now >= _meter.NextReading)
            Handle(_meter.Read(CurrentThread.ProcessorTime, now), now);
    }

    private void Handle(LoopLoad load, Instant now)
    {
        bool hasChanged;
        lock (_lock)
        {
            _load = load;
            hasChanged = _headroom.Handle(load, _openCalls, now);
        }
        if (hasChanged && _headroom.IsThere)
            LogRoom(index);
        else if (hasChanged)
            LogNoRoom(index, load.Processor, load.Wait.TotalMilliseconds);
        if (options.Opus.Governor && _governor.Handle(load, now))
            Change(_governor.Level, load);
        AtReading?.Invoke(now);
    }

    private void Change(OpusEffort level, LoopLoad load)
    {
        var wasFull = effort.Level == OpusEffort.Full;
        effort.Level = level;
        if (wasFull)
            LogLessEffort(index, load.Processor, load.Wait.TotalMilliseconds);
        else if (level == OpusEffort.Full)
            LogFullEffort(index);
    }

    // A line when it begins and when it is over, and both limits have a margin: no load makes them many.
    [LoggerMessage(LogLevel.Warning, "Media loop {Loop} is short of time ({Load:P0} of a processor, packets wait {Wait:F1} ms): Opus is "
        + "encoded with less effort until it has time again.")]
    private partial void LogLessEffort(int loop, double load, double wait);

    [LoggerMessage(LogLevel.Information, "Media loop {Loop} has time again: Opus is encoded as configured.")]
    private partial void LogFullEffort(int loop);

    [LoggerMessage(LogLevel.Warning, "Media loop {Loop} takes no new calls: it uses {Load:P0} of a processor, packets wait {Wait:F1} ms.")]
    private partial void LogNoRoom(int loop, double load, double wait);

    [LoggerMessage(LogLevel.Information, "Media loop {Loop} takes new calls again.")]
    private partial void LogRoom(int loop);
}
