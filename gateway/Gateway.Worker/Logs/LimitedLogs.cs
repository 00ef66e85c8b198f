using System.Collections.Concurrent;
using Gateway.Sip;
using Gateway.Sip.Trunks;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Logs;

/// <summary>
/// Another provider's log with a limit for each kind of line (category and event): what peers can trigger neither fills the disk nor takes
/// the time of calls. The next line of a kind that passes follows a line with the count of those left out. Below Information nothing is
/// limited: who asks for details gets them all. Thread-safe.
/// </summary>
internal sealed class LimitedLogs(ILoggerProvider inner, TimeProvider time) : ILoggerProvider, ISupportExternalScope
{
    /// <summary>
    /// Lines of one kind at once, and then a second: more than the calls of a full node, which has one line for each begin and end.
    /// </summary>
    public const int AtOnce = 200;
    public const int PerSecond = 20;

    private readonly InstantClock _clock = new(time);

    public ILogger CreateLogger(string categoryName) => new Limited(inner.CreateLogger(categoryName), _clock);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => (inner as ISupportExternalScope)?.SetScopeProvider(scopeProvider);

    public void Dispose() => inner.Dispose();

    /// <summary>Puts the limit on every provider that was added before.</summary>
    public static void Wrap(IServiceCollection services)
    {
        foreach (var added in services.Where(service => service.ServiceType == typeof(ILoggerProvider)).ToArray())
        {
            services.Remove(added);
            services.AddSingleton<ILoggerProvider>(s => new LimitedLogs(
                (ILoggerProvider)(added.ImplementationInstance ?? added.ImplementationFactory?.Invoke(s)
                    ?? ActivatorUtilities.CreateInstance(s, added.ImplementationType!)),
                s.GetRequiredService<TimeProvider>()));
        }
    }

    private sealed class Limited(ILogger inner, InstantClock clock) : ILogger
    {
        private readonly ConcurrentDictionary<EventId, Kind> _kinds = new();

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => inner.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            long leftOut = 0;
            if (logLevel >= LogLevel.Information && !_kinds.GetOrAdd(eventId, static _ => new Kind()).TryPass(clock.Now, out leftOut))
                return;
            if (leftOut > 0)
                inner.Log(logLevel, eventId, leftOut, null, static (count, _) => $"{count} more lines like the next one were left out");
            inner.Log(logLevel, eventId, state, exception, formatter);
        }
    }

    private sealed class Kind
    {
        private readonly RateLimit _lines = new(PerSecond, AtOnce);
        private long _leftOut;

        public bool TryPass(Instant now, out long leftOut)
        {
            lock (_lines)
            {
                leftOut = _leftOut;
                var passes = _lines.TryTake(now);
                _leftOut = passes ? 0 : _leftOut + 1;
                return passes;
            }
        }
    }
}
