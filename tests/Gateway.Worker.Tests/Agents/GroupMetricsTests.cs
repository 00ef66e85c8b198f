using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Worker.Tests.Calls.Bench;
using Sandbox.Calls;
using Testing;

namespace Gateway.Worker.Tests.Agents;

/// <summary>The figures of a group whose calls wait in its queue, as a supervisor sees them.</summary>
[Collection(StoresCollection.Name)]
public sealed class GroupMetricsTests(Stores stores) : IAsyncLifetime
{
    private GroupOfOne _sales = null!;

    private CallBench Bench => _sales.Bench;

    public async Task InitializeAsync() => _sales = await GroupOfOne.StartAsync(
        stores, await CallBench.StartAsync(stores), one => new FlowStep.Queue(one.Group) { LeaveWhenNobodyIsSignedIn = false },
        new AgentPhone.Extension("main", "figures"));

    public Task DisposeAsync() => _sales.DisposeAsync().AsTask();

    [Fact]
    public async Task Calls_are_counted_as_answered_or_abandoned_and_those_that_wait_and_agents_are_shown()
    {
        var waiting = await WaitingAsync();
        await AreAsync("offline", 1);
        Assert.True(await MetricAsync("gateway_groups_longest_wait_seconds") > 0);
        Assert.True(await Bench.WhatsApp.HangUpAsync(waiting));
        await SeeAsync("gateway_groups_abandoned_total", 1);
        await SeeAsync("gateway_groups_waiting_calls", 0);
        Assert.Equal(0, await MetricAsync("gateway_groups_answered_total"));

        var call = await WaitingAsync();
        await _sales.SetPresenceAsync(AgentPresence.Available);
        var phone = await Bench.Pbx.NextAsync();
        await phone.AnswerAsync();
        await SeeAsync("gateway_groups_answered_total", 1); // while the call goes on
        await AreAsync("busy", 1);
        await phone.HangUpAsync();
        await Bench.EndsAsync(call, HangupCause.PbxHungUp);
        await SeeAsync("gateway_groups_handling_seconds_count", 1);
        await AreAsync("available", 1);
        Assert.Equal(
            (1.0, 1.0, 1.0, 1.0, 1.0),
            (await MetricAsync("gateway_groups_answered_total"), await MetricAsync("gateway_groups_answered_in_time_total"),
                await MetricAsync("gateway_groups_abandoned_total"),
                await MetricAsync("gateway_groups_wait_seconds_count", "outcome=\"answered\""),
                await MetricAsync("gateway_groups_wait_seconds_count", "outcome=\"abandoned\"")));
    }

    private async Task<SandboxCall> WaitingAsync()
    {
        var call = await Bench.WhatsApp.PlaceAsync();
        await SeeAsync("gateway_groups_waiting_calls", 1);
        return call;
    }

    private Task<double> MetricAsync(string name, params string[] labels) =>
        Bench.Gateway.MetricAsync(name, [$"group=\"{_sales.Group}\"", .. labels]);

    private Task SeeAsync(string name, double value) =>
        Eventually.SeeAsync(() => MetricAsync(name), seen => seen.Equals(value), $"{name} is {value}");

    /// <summary>The group's only agent is in this state, and in no other.</summary>
    private async Task AreAsync(string state, double count)
    {
        await Eventually.SeeAsync(
            () => MetricAsync("gateway_cluster_agents", $"state=\"{state}\""), seen => seen.Equals(count), $"{count} {state}");
        Assert.Equal(1, await MetricAsync("gateway_cluster_agents"));
    }
}
