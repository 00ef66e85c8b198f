using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Messages;
using Gateway.Worker.Tests.Calls.Bench;
using Sandbox.Graph;
using Testing;

namespace Gateway.Worker.Tests.ContactCentre;

/// <summary>A user's call rings a group of agents, and one of them has it.</summary>
[Collection(StoresCollection.Name)]
public sealed class RingGroupTests(Stores stores)
{
    /// <summary>The Reason of a phone whose call another one has: it shows no missed call.</summary>
    private static readonly SipReason Elsewhere = SipReason.Sip(200, "Call completed elsewhere");

    [Fact]
    public async Task All_ring_at_once_and_the_first_to_answer_has_the_call()
    {
        await using var bench = await CentreBench.StartAsync(stores, wrapUp: TimeSpan.FromMinutes(1));
        await bench.AddAsync(["201", "202", "203"]);
        var flow = await bench.RingAsync();
        var call = await bench.PlaceAsync();
        var phones = await bench.RungAsync("201", "202", "203");
        foreach (var extension in phones.Keys)
            await bench.BecomesAsync(extension, AgentState.Ringing);
        Assert.Equal(["pre_accept 200"], WhatsAppSide.Actions(call));

        await phones["202"].AnswerAsync();

        foreach (var extension in new[] { "201", "203" })
        {
            Assert.Equal(Elsewhere, (await phones[extension].EndedAsync()).Reason);
            await bench.BecomesAsync(extension, AgentState.Available);
        }
        await bench.Calls.LiveAsync(call);
        await bench.BecomesAsync("202", AgentState.Busy);
        await Eventually.SeeAsync(
            () => bench.RowAsync(call), kept => kept is { AgentId: not null, AgentAnsweredAt: not null }, "the row says so meanwhile");
        await WhatsAppSide.HearsAsync(call, Pbx.Hertz);
        await phones["202"].HearsAsync(WhatsAppSide.Hertz);

        await bench.WhatsApp.HangUpAsync(call);
        await bench.Calls.EndsAsync(call, HangupCause.WhatsAppHungUp);
        Assert.Equal(["pre_accept 200", "accept 200"], WhatsAppSide.Actions(call));
        await bench.BecomesAsync("202", AgentState.WrapUp);
        await bench.Registry.EndWrapUpAsync(bench.Id("202"), CancellationToken.None);
        await bench.BecomesAsync("202", AgentState.Available);
        var row = await bench.RowAsync(call);
        Assert.Equal((bench.Id("202").Value, flow.Value, bench.Group.Value), row.Way);
        Assert.Equal(("202", 1), (row.Agent, row.FlowVersion));
        Assert.True(row.WaitedFrom >= row.StartedAt && row.AgentAnsweredAt >= row.WaitedFrom, $"{row}");
        Assert.Equal(row.AnsweredAt, row.AgentAnsweredAt);
    }

    [Fact]
    public async Task The_others_ring_on_until_WhatsApp_has_accepted()
    {
        await using var bench = await CentreBench.StartAsync(stores);
        await bench.AddAsync(["201", "202"]);
        await bench.RingAsync();
        bench.WhatsApp.Plan(new PlannedFault { Action = "accept", DelayMilliseconds = 500 });
        var call = await bench.PlaceAsync();
        var phones = await bench.RungAsync("201", "202");

        await phones["201"].AnswerAsync();

        Assert.Equal(Elsewhere, (await phones["202"].EndedAsync()).Reason);
        Assert.Equal(["pre_accept 200", "accept 200"], WhatsAppSide.Actions(call));
        await phones["201"].HangUpAsync();
        await bench.Calls.EndsAsync(call, HangupCause.PbxHungUp);
    }

    [Fact]
    public async Task A_winner_who_hangs_up_before_accept_hands_the_call_to_those_who_ring()
    {
        await using var bench = await CentreBench.StartAsync(stores);
        await bench.AddAsync(["201", "202"]);
        await bench.RingAsync();
        bench.WhatsApp.Plan(new PlannedFault { Action = "accept", DelayMilliseconds = 1000 });
        var call = await bench.PlaceAsync();
        var phones = await bench.RungAsync("201", "202");
        await phones["201"].AnswerAsync();
        await bench.BecomesAsync("201", AgentState.Busy);

        await phones["201"].HangUpAsync();
        await bench.BecomesAsync("201", AgentState.Available);
        await phones["202"].AnswerAsync();

        await bench.Calls.LiveAsync(call);
        await WhatsAppSide.HearsAsync(call, Pbx.Hertz);
        await phones["202"].HearsAsync(WhatsAppSide.Hertz);
        await bench.WhatsApp.HangUpAsync(call);
        await bench.Calls.EndsAsync(call, HangupCause.WhatsAppHungUp);
        Assert.Equal(["pre_accept 200", "accept 200"], WhatsAppSide.Actions(call));
        Assert.Equal(bench.Id("202").Value, (await bench.RowAsync(call)).AgentId);
    }

    [Fact]
    public async Task Whoever_declines_while_the_winner_is_being_connected_ends_nothing()
    {
        await using var bench = await CentreBench.StartAsync(stores);
        await bench.AddAsync(["201", "202"]);
        await bench.RingAsync();
        bench.WhatsApp.Plan(new PlannedFault { Action = "accept", DelayMilliseconds = 500 });
        var call = await bench.PlaceAsync();
        var phones = await bench.RungAsync("201", "202");
        await phones["201"].AnswerAsync();
        await bench.BecomesAsync("201", AgentState.Busy);

        await phones["202"].RejectAsync(486);

        await bench.BecomesAsync("202", AgentState.Available);
        await bench.Calls.LiveAsync(call);
        await phones["201"].HangUpAsync();
        await bench.Calls.EndsAsync(call, HangupCause.PbxHungUp);
    }

    [Theory]
    [InlineData(RingStrategy.InOrder, "201", "202", "203")]
    [InlineData(RingStrategy.MostSkilled, "203", "202", "201")]
    public async Task One_rings_after_the_other(RingStrategy strategy, params string[] extensions)
    {
        await using var bench = await CentreBench.StartAsync(stores);
        await bench.AddAsync(["201", "202", "203"]);
        await bench.RingAsync(strategy, seconds: 5);
        var call = await bench.PlaceAsync();

        var first = await bench.RungAsync(extensions[0]);
        Assert.NotEqual(Elsewhere, (await first.EndedAsync()).Reason); // after five seconds: a missed call
        var second = await bench.RungAsync(extensions[1]);
        await bench.BecomesAsync(extensions[0], AgentState.Available);
        await second.RejectAsync(603);
        var third = await bench.RungAsync(extensions[2]);
        await third.AnswerAsync();

        await bench.Calls.LiveAsync(call);
        await third.HangUpAsync();
        await bench.Calls.EndsAsync(call, HangupCause.PbxHungUp);
        Assert.Equal(bench.Id(extensions[2]).Value, (await bench.RowAsync(call)).AgentId);
    }

    [Fact]
    public async Task Waves_widen_and_whoever_rings_rings_on()
    {
        await using var bench = await CentreBench.StartAsync(stores);
        await bench.AddAsync(["201", "202", "203"]);
        var choice = new AgentChoice(bench.Group, null, RingStrategy.Waves) { Waves = [1, 3] };
        await bench.LeadAsync(("ring", new FlowStep.Ring(choice, RingSeconds: 5)));
        var call = await bench.PlaceAsync();

        var first = await bench.RungAsync("203");
        var others = await bench.RungAsync("202", "201");
        await first.AnswerAsync();

        Assert.Equal(Elsewhere, (await others["201"].EndedAsync()).Reason);
        Assert.Equal(Elsewhere, (await others["202"].EndedAsync()).Reason);
        await bench.Calls.LiveAsync(call);
        await first.HangUpAsync();
        await bench.Calls.EndsAsync(call, HangupCause.PbxHungUp);
    }

    [Theory]
    [InlineData(DeclinePolicy.NextAgent)]
    [InlineData(DeclinePolicy.EndStep)]
    public async Task A_decline_leads_to_the_next_agent_or_ends_the_step(DeclinePolicy policy)
    {
        await using var bench = await CentreBench.StartAsync(stores);
        await bench.AddAsync(["201", "202"]);
        var choice = new AgentChoice(bench.Group, null, RingStrategy.InOrder);
        await bench.LeadAsync(("ring", new FlowStep.Ring(choice, 60) { OnDecline = policy }));
        var call = await bench.PlaceAsync();

        await (await bench.RungAsync("201")).RejectAsync(486);

        if (policy == DeclinePolicy.NextAgent)
            await (await bench.RungAsync("202")).RejectAsync(486);
        await bench.Calls.EndsAsync(call, HangupCause.Declined);
        Assert.Equal(["pre_accept 200", "terminate 200"], WhatsAppSide.Actions(call));
        Assert.Equal((null, bench.Group.Value), ((await bench.RowAsync(call)).AgentId, (await bench.RowAsync(call)).AgentGroup));
        await bench.BecomesAsync("201", AgentState.Available);
        await bench.BecomesAsync("202", AgentState.Available);
    }

    [Fact]
    public async Task A_user_who_gives_up_while_agents_ring_has_missed_them()
    {
        await using var bench = await CentreBench.StartAsync(stores);
        await bench.AddAsync(["201", "202"]);
        await bench.RingAsync();
        var call = await bench.PlaceAsync();
        var phones = await bench.RungAsync("201", "202");

        await bench.WhatsApp.HangUpAsync(call);

        foreach (var phone in phones.Values)
            Assert.NotEqual(Elsewhere, (await phone.EndedAsync()).Reason);
        await bench.Calls.EndsAsync(call, HangupCause.CallerGaveUp);
        await bench.BecomesAsync("201", AgentState.Available);
        await bench.BecomesAsync("202", AgentState.Available);
        Assert.Equal(["call.missed", "call.abandoned"], await bench.EventsAsync(call));
    }
}
