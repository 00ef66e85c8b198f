using System.Diagnostics;
using Gateway.Worker.Tests.Calls.Bench;
using Sandbox.Calls;

namespace Gateway.Worker.Tests.Calls;

/// <summary>The process is stopped for longer than WhatsApp waits for media: when it wakes, dead calls end at once.</summary>
public sealed class StoodStillTests(WorkerBench bench) : IClassFixture<WorkerBench>
{
    /// <summary>WhatsApp ends a call after 30 s of silence, and consent to send lasts as long (RFC 7675 §5.1).</summary>
    private static readonly TimeSpan Stop = TimeSpan.FromSeconds(40);

    [Fact]
    public async Task Dead_calls_end_when_it_wakes_even_without_the_webhook()
    {
        await bench.StartAsync();
        using var terminate = bench.Relay.Hold("terminate");
        var call = await bench.WhatsApp.PlaceAsync(bench.WhatsApp.User(handset: "native"));
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        await agent.HearsAsync(WhatsAppSide.Hertz);
        bench.Signal("STOP");
        await Task.Delay(Stop);
        Assert.Equal(CallState.Ended, call.State);
        bench.Signal("CONT");
        var woke = Stopwatch.StartNew();
        await agent.EndedAsync();
        Assert.True(woke.Elapsed < TimeSpan.FromSeconds(1.5), $"ended {woke.Elapsed} after it woke\n{bench.Log()}");
        await bench.KillAsync();
    }
}
