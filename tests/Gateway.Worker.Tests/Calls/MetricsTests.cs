using Gateway.Calls;
using Gateway.Worker.Tests.Calls.Bench;
using Testing;
using Xunit.Abstractions;

namespace Gateway.Worker.Tests.Calls;

/// <summary>The metrics that a NOC sees of calls, and the durations of their steps.</summary>
[Collection(UndisturbedCollection.Name)]
public sealed class MetricsTests(Stores stores, ITestOutputHelper output)
{
    [Fact]
    public async Task Calls_are_counted_by_direction_and_cause_and_timed_by_stage()
    {
        await using var bench = await CallBench.StartAsync(stores);
        var busy = await EndedAsync(bench, "inbound", "busy");
        var denied = await EndedAsync(bench, "outbound", "not_permitted");
        var rung = await bench.Gateway.MetricAsync("gateway_calls_stage_seconds_count", "direction=\"inbound\"", "stage=\"ringing_pbx\"");
        var refusals = await bench.Gateway.MetricAsync("gateway_admission_refusals_total", "cause=\"not_permitted\"");

        var call = await bench.WhatsApp.PlaceAsync();
        await (await bench.Pbx.NextAsync()).RejectAsync(486);
        await bench.EndsAsync(call, HangupCause.Busy);
        var user = bench.WhatsApp.User(permits: false);
        await bench.Pbx.Dial(user.Phone).FailedAsync();
        await bench.EndsAsync(user, HangupCause.NotPermitted);

        Assert.Equal(busy + 1, await EndedAsync(bench, "inbound", "busy"));
        Assert.Equal(denied + 1, await EndedAsync(bench, "outbound", "not_permitted"));
        Assert.Equal(rung + 1, await bench.Gateway.MetricAsync(
            "gateway_calls_stage_seconds_count", "direction=\"inbound\"", "stage=\"ringing_pbx\""));
        Assert.Equal(refusals + 1, await bench.Gateway.MetricAsync("gateway_admission_refusals_total", "cause=\"not_permitted\""));
    }

    [Fact]
    public async Task A_call_waits_for_Meta_and_the_PBX_and_for_nothing_else()
    {
        const int Calls = 40;
        await using var bench = await CallBench.StartAsync(stores);
        var (toInvite, toAccept) = (new List<double>(), new List<double>());
        for (var i = 0; i < Calls; i++)
        {
            var call = await bench.WhatsApp.PlaceAsync();
            var agent = await bench.Pbx.NextAsync();
            toInvite.Add(TimeProvider.System.GetElapsedTime(bench.Relay.ConnectPassed, agent.Arrived).TotalMilliseconds);
            var answered = DateTimeOffset.UtcNow;
            await agent.AnswerAsync();
            await bench.LiveAsync(call);
            toAccept.Add((call.Timeline().Single(entry => entry is { Kind: "graph", What: "accept" }).At - answered).TotalMilliseconds);
            await agent.HangUpAsync();
            await bench.EndsAsync(call, HangupCause.PbxHungUp);
        }
        // The first calls of a process run code that is not compiled yet.
        var (invite, accept) = (toInvite.Skip(Calls / 4).Order().ToList(), toAccept.Skip(Calls / 4).Order().ToList());
        output.WriteLine($"webhook to INVITE, pre_accept at Meta included: {Show(invite)}; PBX answer to accept at Meta: {Show(accept)}");
        // Meaningful figures are measured on an idle machine; these only find an unwanted wait.
        Assert.InRange(invite[invite.Count / 2], 0, 200);
        Assert.InRange(accept[accept.Count / 2], 0, 200);

        static string Show(List<double> sorted) =>
            $"median {sorted[sorted.Count / 2]:0.0} ms, longest {sorted[^1]:0.0} ms of {sorted.Count}";
    }

    private static Task<double> EndedAsync(CallBench bench, string direction, string cause) =>
        bench.Gateway.MetricAsync("gateway_calls_ended_total", $"direction=\"{direction}\"", $"cause=\"{cause}\"");
}
