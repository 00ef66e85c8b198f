using System.Diagnostics;
using System.Text.Json;
using Gateway.Sip.Dialogs;
using Gateway.Worker.Tests.Calls.Bench;
using Sandbox.Calls;
using Sandbox.Graph;

namespace Gateway.Worker.Tests.Calls;

/// <summary>Signals to the gateway as a process: the first drains it, the second ends it.</summary>
public sealed class StoppedProcessTests(WorkerBench bench) : IClassFixture<WorkerBench>
{
    /// <summary>For two seconds of answers and records, and the rest of a stop, on a busy machine.</summary>
    private static readonly TimeSpan Forced = TimeSpan.FromSeconds(8);

    [Fact]
    public async Task The_first_signal_shows_what_is_left_and_lets_live_calls_finish()
    {
        bench.DrainDeadline = TimeSpan.FromMinutes(10);
        await bench.StartAsync();
        var (call, agent) = await bench.LiveAsync();
        bench.Signal("TERM");
        var (_, body) = await Eventually.SeeAsync(() => bench.GetAsync("/readyz"), ready => ready.Status == 503, "it is not ready");
        using var json = JsonDocument.Parse(body);
        Assert.Equal("draining", json.RootElement.GetProperty("checks").GetProperty("gateway").GetString());
        var drain = json.RootElement.GetProperty("drain");
        Assert.Equal((1, false), (drain.GetProperty("calls").GetInt32(), drain.GetProperty("forced").GetBoolean()));
        Assert.InRange(drain.GetProperty("secondsLeft").GetDouble(), 500, 600);
        Assert.InRange(drain.GetProperty("deadline").GetDateTimeOffset() - DateTimeOffset.UtcNow,
            TimeSpan.FromSeconds(500), TimeSpan.FromSeconds(600));
        var (_, metrics) = await bench.GetAsync("/metrics");
        Assert.Contains("\ngateway_drain_calls 1\n", metrics, StringComparison.Ordinal);
        Assert.Matches(@"\ngateway_drain_left_seconds 5\d\d", metrics);
        var refused = await SipProbe.InviteAsync(bench.SipPort, bench.WhatsApp.User().Phone);
        Assert.StartsWith("SIP/2.0 503", refused, StringComparison.Ordinal);
        Assert.Contains("Retry-After: ", refused, StringComparison.Ordinal);

        Assert.False(bench.HasExited);
        await bench.WhatsApp.HangUpAsync(call);
        await agent.EndedAsync();
        Assert.Equal(0, await bench.ExitedAsync());
        Assert.Equal("whatsapp_hung_up", Assert.Single(await bench.RowsAsync(call)).Cause);
    }

    [Fact]
    public async Task A_second_signal_ends_live_and_ringing_calls_on_both_legs_with_their_records()
    {
        bench.DrainDeadline = TimeSpan.FromMinutes(10);
        await bench.StartAsync();
        var (live, agent) = await bench.LiveAsync();
        var ringing = await bench.WhatsApp.PlaceAsync();
        var phone = await bench.Pbx.NextAsync();
        var user = bench.WhatsApp.User();
        var caller = bench.Pbx.Dial(user.Phone);
        var outbound = await bench.WhatsApp.CallToAsync(user);
        bench.Signal("TERM");
        await Eventually.SeeAsync(() => bench.GetAsync("/readyz"), ready => ready.Status == 503, "it drains");
        bench.Signal("TERM");
        var forced = Stopwatch.StartNew();

        Assert.Equal(0, await bench.ExitedAsync());
        Assert.True(forced.Elapsed < Forced, $"it took {forced.Elapsed}");
        Assert.Equal(SipCallEnd.Remote, (await agent.EndedAsync()).By);
        await phone.EndedAsync();
        Assert.Equal(503, (await caller.FailedAsync()).Status);
        foreach (var call in new[] { live, ringing, outbound })
        {
            Assert.Equal(CallState.Ended, call.State);
            Assert.Equal("draining", Assert.Single(await bench.RowsAsync(call)).Cause);
        }
    }

    [Fact]
    public async Task Forced_it_leaves_a_record_even_where_Graph_does_not_answer()
    {
        bench.DrainDeadline = TimeSpan.FromMinutes(10);
        await bench.StartAsync();
        var (call, agent) = await bench.LiveAsync();
        bench.WhatsApp.Plan(new PlannedFault { Action = "terminate", DelayMilliseconds = 60_000 });
        bench.Signal("TERM");
        await Eventually.SeeAsync(() => bench.GetAsync("/readyz"), ready => ready.Status == 503, "it drains");
        bench.Signal("TERM");
        var forced = Stopwatch.StartNew();

        Assert.Equal(0, await bench.ExitedAsync());
        Assert.True(forced.Elapsed < Forced, $"it took {forced.Elapsed}");
        await agent.EndedAsync();
        var row = Assert.Single(await bench.RowsAsync(call));
        Assert.Equal(("draining", true), (row.Cause, row.Answered));
    }
}
