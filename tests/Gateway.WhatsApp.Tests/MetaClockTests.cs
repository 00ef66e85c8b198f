using Gateway.WhatsApp.Graph;
using Gateway.WhatsApp.Meta;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Testing;

namespace Gateway.WhatsApp.Tests;

/// <summary>Meta's clock is read from its responses; setting the host's clock does not change it.</summary>
public sealed class MetaClockTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly SteppedTime _time = new();
    private readonly MetaClock _clock;

    public MetaClockTests() => _clock = new MetaClock(_time);

    [Fact]
    public void Before_Meta_has_told_a_time_it_is_the_hosts()
    {
        Assert.Equal(_time.GetUtcNow(), _clock.Now);
        Assert.Null(_clock.Offset);
    }

    [Theory]
    [InlineData(-65)]
    [InlineData(-3600)]
    [InlineData(90)]
    public async Task A_host_whose_clock_is_wrong_knows_by_how_much_after_one_answer(double offset)
    {
        var meta = _time.GetUtcNow().AddSeconds(offset);
        await AskAsync(200, ("Date", meta.ToString("R")));
        Assert.InRange(_clock.Offset!.Value.TotalSeconds, offset - 1, offset + 1);
    }

    [Fact]
    public async Task An_error_tells_the_time_too_and_a_cached_answer_does_not()
    {
        await AskAsync(401, ("Date", _time.GetUtcNow().AddHours(-5).ToString("R")), ("Age", "18000"));
        Assert.Null(_clock.Offset);
        await AskAsync(401, ("Date", _time.GetUtcNow().AddSeconds(-70).ToString("R")));
        Assert.InRange(_clock.Offset!.Value.TotalSeconds, -71, -69);
    }

    [Theory]
    [InlineData(3600)]
    [InlineData(65)]
    [InlineData(-3600)]
    public async Task A_step_of_the_hosts_clock_does_not_move_Metas(double step)
    {
        await AskAsync(200, ("Date", _time.GetUtcNow().ToString("R")));
        var before = _clock.Now;
        _time.Pass(TimeSpan.FromSeconds(10));
        _time.Step(TimeSpan.FromSeconds(step));
        Assert.Equal(before + TimeSpan.FromSeconds(10), _clock.Now);
        Assert.InRange(_clock.Offset!.Value.TotalSeconds, -step - 1, -step + 1);
    }

    private async Task AskAsync(int status, params (string Name, string Value)[] headers)
    {
        await using var server = await LoopbackServer.StartAsync(app => app.MapFallback(async context =>
        {
            context.Response.StatusCode = status;
            foreach (var (name, value) in headers)
                context.Response.Headers[name] = value;
            await context.Response.WriteAsync(ScriptedGraph.Ok);
        }));
        using var http = new HttpClient(GraphClient.CreateHandler());
        var client = new GraphClient(http, new GraphOptions { BaseUrl = server.Url, MaxAttempts = 1 }, _time, _clock);
        await client.GetSettingsAsync(ScriptedGraph.Number);
    }
}
