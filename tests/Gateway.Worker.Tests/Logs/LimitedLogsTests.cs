using Gateway.Worker.Logs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Testing;

namespace Gateway.Worker.Tests.Logs;

public sealed class LimitedLogsTests : IDisposable
{
    private readonly SteppedTime _time = new();
    private readonly KeptLogs _kept = new();
    private readonly LimitedLogs _logs;

    public LimitedLogsTests() => _logs = new LimitedLogs(_kept, _time);

    public void Dispose() => _logs.Dispose();

    [Fact]
    public void A_flood_of_one_kind_leaves_a_bounded_number_of_lines_and_then_says_how_many_were_left_out()
    {
        var logger = _logs.CreateLogger("Sip");
        Write(logger, LogLevel.Warning, "Refused", 1000);
        Assert.Equal(LimitedLogs.AtOnce, _kept.Lines.Count);
        _time.Pass(TimeSpan.FromSeconds(1));
        Write(logger, LogLevel.Warning, "Refused", 1000);
        var lines = _kept.Lines.Skip(LimitedLogs.AtOnce).ToArray();
        Assert.Equal(LimitedLogs.PerSecond + 1, lines.Length);
        Assert.Equal((LogLevel.Warning, "800 more lines like the next one were left out"), lines[0]);
        Assert.All(lines.Skip(1), line => Assert.Equal((LogLevel.Warning, "Refused"), line));
    }

    [Fact]
    public void Other_kinds_and_other_categories_are_not_held_back()
    {
        var logger = _logs.CreateLogger("Sip");
        Write(logger, LogLevel.Error, "Flooded", 1000);
        Write(logger, LogLevel.Error, "Other", 3);
        Write(_logs.CreateLogger("Calls"), LogLevel.Error, "Flooded", 3);
        Assert.Equal(LimitedLogs.AtOnce + 6, _kept.Lines.Count);
    }

    [Fact]
    public void Details_that_were_asked_for_are_all_written()
    {
        Write(_logs.CreateLogger("Sip"), LogLevel.Debug, "Detail", 1000);
        Assert.Equal(1000, _kept.Lines.Count);
    }

    [Fact]
    public void A_pace_that_can_be_read_is_never_held_back()
    {
        var logger = _logs.CreateLogger("Calls");
        for (var i = 0; i < 500; i++)
        {
            Write(logger, LogLevel.Information, "Begins", LimitedLogs.PerSecond);
            _time.Pass(TimeSpan.FromSeconds(1));
        }
        Assert.Equal(500 * LimitedLogs.PerSecond, _kept.Lines.Count);
    }

    [Fact]
    public void Every_provider_that_was_added_is_limited()
    {
        var services = new ServiceCollection().AddSingleton<TimeProvider>(_time);
        services.AddLogging(logging => logging.AddProvider(_kept));
        LimitedLogs.Wrap(services);
        using var provider = services.BuildServiceProvider();
        Write(provider.GetRequiredService<ILoggerFactory>().CreateLogger("Calls"), LogLevel.Warning, "Begins", 1000);
        Assert.InRange(_kept.Lines.Count, LimitedLogs.AtOnce, LimitedLogs.AtOnce + 50);
    }

    private static void Write(ILogger logger, LogLevel level, string kind, int count)
    {
        for (var i = 0; i < count; i++)
            logger.Log(level, new EventId(kind.GetHashCode(), kind), kind, null, static (state, _) => state);
    }
}
