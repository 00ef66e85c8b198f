using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Sip.Dialogs;
using Gateway.Worker.Tests.Calls.Bench;
using Sandbox.Calls;
using Testing;

namespace Gateway.Worker.Tests.ContactCentre;

/// <summary>An agent takes a user's call that rings for others, or waits, by a code dialled at the own phone.</summary>
[Collection(StoresCollection.Name)]
public sealed class PickUpTests(Stores stores)
{
    private const string Code = "*15";

    [Fact]
    public async Task A_call_that_rings_for_another_agent_of_the_group_goes_to_who_dials_the_code()
    {
        await using var bench = await CentreBench.StartAsync(stores, wrapUp: TimeSpan.FromMinutes(10));
        await bench.AddAsync(["201"]);
        await AddAsync(bench, "202", AgentPresence.Away);
        await bench.RingAsync();
        var call = await bench.PlaceAsync();
        var rung = await bench.RungAsync("201");

        var phone = bench.Pbx.Dial(Code, caller: "202");
        await phone.AnsweredAsync();

        Assert.Equal("Call completed elsewhere", (await rung.EndedAsync()).Reason?.Text);
        await bench.Calls.LiveAsync(call);
        await WhatsAppSide.HearsAsync(call, Pbx.Hertz);
        await phone.HearsAsync(WhatsAppSide.Hertz);
        await bench.BecomesAsync("201", AgentState.Available);
        await bench.BecomesAsync("202", AgentState.Busy);
        await bench.WhatsApp.HangUpAsync(call);
        await phone.EndedAsync();
        await bench.Calls.EndsAsync(call, HangupCause.WhatsAppHungUp);
        var row = await bench.RowAsync(call);
        Assert.Equal(("202", bench.Id("202").Value, bench.Group.Value, "main"), (row.Agent, row.AgentId, row.AgentGroup, row.Trunk));
        await bench.BecomesAsync("202", AgentState.WrapUp);
        Assert.Equal(["pre_accept 200", "accept 200"], WhatsAppSide.Actions(call));
    }

    [Fact]
    public async Task Of_calls_that_wait_in_the_queue_the_first_one_is_picked_up()
    {
        await using var bench = await CentreBench.StartAsync(stores);
        await bench.AddAsync(["201"], AgentPresence.Away);
        await bench.LeadAsync(("queue", new FlowStep.Queue(bench.Group)));
        var first = await bench.PlaceAsync();
        await WhatsAppSide.UntilAsync(first, CallState.Active);
        var second = await bench.PlaceAsync();
        await WhatsAppSide.UntilAsync(second, CallState.Active);

        var phone = bench.Pbx.Dial(Code);
        await phone.AnsweredAsync();
        await bench.Calls.LiveAsync(first);
        await phone.HearsAsync(WhatsAppSide.Hertz);
        await Eventually.SeeAsync(
            async () => (await bench.Registry.WaitingAsync(bench.Group, CancellationToken.None)).Count, waiting => waiting == 1,
            "one waits on");

        Assert.Equal((486, "The agent has a call already"), await RefusedAsync(bench));
        await phone.HangUpAsync();
        await WhatsAppSide.UntilAsync(first, CallState.Ended);
        await bench.BecomesAsync("201", AgentState.Away);
        phone = bench.Pbx.Dial(Code);
        await phone.AnsweredAsync();
        await bench.Calls.LiveAsync(second);
        await bench.WhatsApp.HangUpAsync(second);
        await bench.Calls.EndsAsync(second, HangupCause.WhatsAppHungUp);
    }

    [Fact]
    public async Task Nothing_of_the_own_groups_is_nothing_to_pick_up()
    {
        await using var bench = await CentreBench.StartAsync(stores);
        await bench.AddAsync(["201"], AgentPresence.Away);
        await bench.AddAsync(new Agent(bench.Id("203"), "Cleo", [], [new AgentPhone.Extension("main", "203")]), AgentPresence.Away);
        await bench.LeadAsync(("queue", new FlowStep.Queue(bench.Group)));
        Assert.Equal((404, "No call to pick up"), await RefusedAsync(bench));
        var call = await bench.PlaceAsync();
        await WhatsAppSide.UntilAsync(call, CallState.Active);

        Assert.Equal((404, "No call to pick up"), await RefusedAsync(bench, caller: "203"));
        Assert.Equal((403, "This phone is no agent's"), await RefusedAsync(bench, caller: "999"));
        var without = bench.Pbx.Dial(Code, sdp: "v=0\r\n");
        Assert.Equal(488, (await without.FailedAsync()).Status);

        await bench.BecomesAsync("201", AgentState.Away); // free again
        await bench.WhatsApp.HangUpAsync(call);
        await bench.Calls.EndsAsync(call, HangupCause.CallerGaveUp);
    }

    [Fact]
    public async Task A_call_of_another_node_is_not_picked_up_and_the_refusal_says_so()
    {
        await using var bench = await CentreBench.StartAsync(stores);
        await bench.AddAsync(["201"], AgentPresence.Away);
        var waiting = new WaitingCall(new CallId(Guid.NewGuid().ToString("n")), bench.Group, 0, DateTimeOffset.UtcNow, "another");
        await bench.Registry.JoinAsync(waiting, CancellationToken.None);
        Assert.Equal((480, "The call that waits is on another node"), await RefusedAsync(bench));
        await bench.Registry.LeaveAsync(waiting.Call, waiting.Group, CancellationToken.None);
    }

    private static Task AddAsync(CentreBench bench, string extension, AgentPresence presence) => bench.AddAsync(
        new Agent(bench.Id(extension), extension, [new(bench.Group)], [new AgentPhone.Extension("main", extension)]), presence);

    private static async Task<(int Status, string? Text)> RefusedAsync(CentreBench bench, string caller = "201")
    {
        var refused = await bench.Pbx.Dial(Code, caller: caller).FailedAsync();
        return (refused.Status, refused.Reason?.Text);
    }
}
