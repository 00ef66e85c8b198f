using System.Diagnostics;
using Media.Engine.Codecs;
using Media.Engine.Loop;
using Media.Engine.Tests.Peers;
using Microsoft.Extensions.Logging;

namespace Media.Engine.Tests.Loop;

/// <summary>A real loop that is given more than it has time for.</summary>
public class LoopWatchTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_loop_without_time_gives_up_quality_and_new_calls_and_says_each_once(bool governor)
    {
        var options = EngineFixture.Options(5) with { MaxLoadPercent = 50 };
        var log = new Lines();
        await using var engine = new MediaEngine(
            options with { Opus = options.Opus with { Governor = governor } }, TimeProvider.System, log);
        await engine.StartAsync(default);
        var loop = engine.Loops[0];
        Assert.True(engine.HasHeadroom);

        var began = Stopwatch.StartNew();
        while (engine.HasHeadroom || governor && loop.Watch.Effort != OpusEffort.Least)
        {
            Assert.True(began.Elapsed < TimeSpan.FromSeconds(30), $"{loop.Watch.Load}, {loop.Watch.Effort}");
            await WorkAsync(loop, TimeSpan.FromMilliseconds(30));
        }
        await WorkAsync(loop, TimeSpan.Zero); // a line of the round before is written
        Assert.Equal(governor ? OpusEffort.Least : OpusEffort.Full, loop.Watch.Effort);
        Assert.Single(log.Seen, line => line.Contains("takes no new calls", StringComparison.Ordinal));
        Assert.Equal(governor ? 1 : 0, log.Seen.Count(line => line.Contains("less effort", StringComparison.Ordinal)));

        while (!engine.HasHeadroom)
        {
            Assert.True(began.Elapsed < TimeSpan.FromSeconds(60), $"{loop.Watch.Load}");
            await Task.Delay(20);
        }
        await WorkAsync(loop, TimeSpan.Zero);
        Assert.Single(log.Seen, line => line.Contains("takes new calls again", StringComparison.Ordinal));
    }

    private static Task WorkAsync(MediaLoop loop, TimeSpan time)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(() =>
        {
            for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < time;)
                Thread.SpinWait(100);
            done.SetResult();
        });
        return done.Task;
    }

    private sealed class Lines : ILogger<MediaEngine>
    {
        private readonly List<string> _lines = [];

        public IReadOnlyList<string> Seen
        {
            get
            {
                lock (_lines)
                    return [.. _lines];
            }
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_lines)
                _lines.Add(formatter(state, exception));
        }
    }
}
