using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Storage.Commands;
using Gateway.Worker.Tests.Calls.Bench;
using Sandbox.Calls;
using Testing;

namespace Gateway.Worker.Tests.ContactCentre;

/// <summary>Operators give calls to agents, decline, transfer, and call users for agents, by commands to the node.</summary>
[Collection(StoresCollection.Name)]
public sealed class CallControlTests(Stores stores)
{
    private const double Music = 440, Bye = 700;

    [Fact]
    public async Task Click_to_call_rings_the_agent_and_then_the_user()
    {
        await using var bench = await CentreBench.StartAsync(stores);
        await bench.AddAsync(["201"]);
        var user = bench.WhatsApp.User(handset: "native");

        var reply = await CallBackAsync(bench, user);
        Assert.Equal(CommandOutcome.Done, reply.Outcome);
        var agent = await bench.RungAsync("201");
        await bench.BecomesAsync("201", AgentState.Ringing);
        await agent.AnswerAsync();
        await bench.BecomesAsync("201", AgentState.Busy);
        var call = await bench.WhatsApp.CallToAsync(user);
        await bench.WhatsApp.AnswerAsync(call);
        await WhatsAppSide.HearsAsync(call, Pbx.Hertz);
        await agent.HearsAsync(WhatsAppSide.Hertz);

        var second = await CallBackAsync(bench, bench.WhatsApp.User());
        Assert.Equal((CommandOutcome.Refused, "agent_unavailable"), (second.Outcome, second.Code));

        await agent.HangUpAsync();
        await bench.Calls.EndsAsync(call, HangupCause.PbxHungUp);
        await bench.BecomesAsync("201", AgentState.Available);
        Assert.Equal(bench.Id("201").Value, (await bench.RowAsync(call)).AgentId);
    }

    [Fact]
    public async Task A_call_that_an_operator_gives_to_an_agent_makes_the_phone_answer_by_itself()
    {
        await using var bench = await CentreBench.StartAsync(stores);
        await bench.AddAsync(["201", "202"]);
        await bench.RingAsync(RingStrategy.InOrder);
        var call = await bench.WhatsApp.PlaceAsync();
        var first = await bench.RungAsync("201");
        Assert.Null(first.Header("Call-Info"));

        var reply = await bench.Commands.AssignAsync(
            new NodeCommand.Assign(await bench.CallAsync(), bench.Id("202")), CancellationToken.None);
        Assert.Equal(CommandReply.Done, reply);
        var second = await bench.RungAsync("202");
        Assert.Contains("answer-after=0", second.Header("Call-Info"), StringComparison.Ordinal);
        Assert.Contains("alert-autoanswer", second.Header("Alert-Info"), StringComparison.Ordinal);
        await second.AnswerAsync();

        await first.EndedAsync();
        await bench.Calls.LiveAsync(call);
        await second.HangUpAsync();
        await bench.Calls.EndsAsync(call, HangupCause.PbxHungUp);
        Assert.Equal(bench.Id("202").Value, (await bench.RowAsync(call)).AgentId);
    }

    [Fact]
    public async Task A_decline_by_command_goes_on_to_the_next_agent()
    {
        await using var bench = await CentreBench.StartAsync(stores);
        await bench.AddAsync(["201", "202"]);
        await bench.RingAsync(RingStrategy.InOrder);
        var call = await bench.WhatsApp.PlaceAsync();
        var first = await bench.RungAsync("201");

        Assert.Equal(CommandReply.Done, await bench.Commands.DeclineAsync(
            new NodeCommand.Decline(await bench.CallAsync(), bench.Id("201")), CancellationToken.None));

        await first.EndedAsync();
        await bench.BecomesAsync("201", AgentState.Available);
        await (await bench.RungAsync("202")).RejectAsync(603);
        await bench.Calls.EndsAsync(call, HangupCause.Declined);
    }

    [Fact]
    public async Task A_transfer_to_an_agent_moves_the_audio_to_the_new_phone_only()
    {
        await using var bench = await CentreBench.StartAsync(stores);
        await bench.AddAsync(["201", "202"]);
        var (call, old) = await LiveAsync(bench);

        Assert.Equal(CommandReply.Done, await TransferAsync(bench, new TransferTarget.ToAgent(bench.Id("202"))));
        await old.EndedAsync();
        var packets = old.Phone.Received;
        var next = await bench.RungAsync("202");
        await bench.BecomesAsync("201", AgentState.Available);
        await next.AnswerAsync();

        await bench.Calls.LiveAsync(call);
        await next.HearsAsync(WhatsAppSide.Hertz);
        await WhatsAppSide.HearsAsync(call, Pbx.Hertz);
        Assert.InRange(old.Phone.Received, packets, packets + 1); // one came before the BYE and may have been read after it
        await bench.WhatsApp.HangUpAsync(call);
        await next.EndedAsync();
        await bench.Calls.EndsAsync(call, HangupCause.WhatsAppHungUp);
        Assert.Equal((bench.Id("202").Value, "202"), ((await bench.RowAsync(call)).AgentId, (await bench.RowAsync(call)).Agent));
        Assert.Equal(["pre_accept 200", "accept 200"], WhatsAppSide.Actions(call));
    }

    [Fact]
    public async Task A_live_call_is_transferred_though_the_media_loops_have_no_time_for_new_ones()
    {
        await using var bench = await CentreBench.StartAsync(
            stores, gateway: options => options with { Media = options.Media with { MaxLoadPercent = 50 } });
        await bench.AddAsync(["201", "202"]);
        var (call, old) = await LiveAsync(bench);
        await using (await LoopOverload.StartAsync(bench.Calls.Gateway))
        {
            Assert.Equal(CommandReply.Done, await TransferAsync(bench, new TransferTarget.ToAgent(bench.Id("202"))));
            await old.EndedAsync();
            var next = await bench.RungAsync("202");
            await next.AnswerAsync();
            await bench.Calls.LiveAsync(call);
        }
        await bench.WhatsApp.HangUpAsync(call);
        await bench.Calls.EndsAsync(call, HangupCause.WhatsAppHungUp);
    }

    [Fact]
    public async Task A_transfer_to_a_group_waits_in_its_queue_with_music()
    {
        await using var bench = await CentreBench.StartAsync(stores);
        await bench.AddAsync(["201", "202"]);
        var (call, old) = await LiveAsync(bench);
        await bench.SetPresenceAsync("201", AgentPresence.Away);
        await bench.SetPresenceAsync("202", AgentPresence.Away);

        Assert.Equal(CommandReply.Done, await TransferAsync(bench, new TransferTarget.ToGroup(bench.Group)));
        await old.EndedAsync();
        await Eventually.SeeAsync(
            () => call.Handset.ReportAsync(CancellationToken.None),
            report => report is { LevelDb: > -40 } && !(Math.Abs((report.ToneHertz ?? 0) - Pbx.Hertz) < 8), "music is heard");
        await bench.SetPresenceAsync("202", AgentPresence.Available);
        var next = await bench.RungAsync("202");
        await next.AnswerAsync();

        await bench.Calls.LiveAsync(call);
        await WhatsAppSide.HearsAsync(call, Pbx.Hertz);
        await next.HangUpAsync();
        await bench.Calls.EndsAsync(call, HangupCause.PbxHungUp);
        Assert.Equal(bench.Id("202").Value, (await bench.RowAsync(call)).AgentId);
    }

    [Fact]
    public async Task A_transfer_to_a_flow_begins_it_anew()
    {
        await using var bench = await CentreBench.StartAsync(stores);
        await bench.AddAsync(["201"]);
        await bench.AddToneAsync("bye", Bye);
        var (call, old) = await LiveAsync(bench);
        var flow = await bench.AddFlowAsync(("bye", new FlowStep.Announce("bye")));

        Assert.Equal(CommandReply.Done, await TransferAsync(bench, new TransferTarget.ToFlow(flow)));

        await old.EndedAsync();
        await WhatsAppSide.HearsAsync(call, Bye);
        await bench.Calls.EndsAsync(call, HangupCause.FlowEnded);
        await bench.BecomesAsync("201", AgentState.Available);
    }

    [Fact]
    public async Task A_transfer_to_the_PBX_dials_there()
    {
        await using var bench = await CentreBench.StartAsync(stores);
        await bench.AddAsync(["201"]);
        var (call, old) = await LiveAsync(bench);

        Assert.Equal(CommandReply.Done, await TransferAsync(bench, new TransferTarget.ToPbx("main", "700")));

        await old.EndedAsync();
        var next = await bench.RungAsync("700");
        await next.AnswerAsync();
        await bench.Calls.LiveAsync(call);
        await WhatsAppSide.HearsAsync(call, Pbx.Hertz);
        await next.HearsAsync(WhatsAppSide.Hertz);
        await next.HangUpAsync();
        await bench.Calls.EndsAsync(call, HangupCause.PbxHungUp);
    }

    [Fact]
    public async Task A_transfer_that_nobody_takes_ends_the_call()
    {
        await using var bench = await CentreBench.StartAsync(stores);
        await bench.AddAsync(["201", "202"]);
        var (call, old) = await LiveAsync(bench);

        await TransferAsync(bench, new TransferTarget.ToAgent(bench.Id("202")));
        await old.EndedAsync();
        await (await bench.RungAsync("202")).RejectAsync(486);

        await bench.Calls.EndsAsync(call, HangupCause.Declined);
        Assert.Equal(["pre_accept 200", "accept 200", "terminate 200"], WhatsAppSide.Actions(call));
    }

    [Fact]
    public async Task What_leads_to_the_telephone_network_is_refused()
    {
        await using var bench = await CentreBench.StartAsync(stores);
        await bench.AddAsync(["201"]);
        var carrier = await bench.AddFlowAsync(("pbx", new FlowStep.Pbx([new PbxTarget(CentreBench.Pstn, "+4930123456")])));
        var (call, agent) = await LiveAsync(bench);
        TransferTarget[] targets = [new TransferTarget.ToPbx(CentreBench.Pstn, "+4930123456"), new TransferTarget.ToFlow(carrier)];
        foreach (var target in targets)
            Assert.Equal(CommandOutcome.Refused, (await TransferAsync(bench, target)).Outcome);
        await agent.HangUpAsync();
        await bench.Calls.EndsAsync(call, HangupCause.PbxHungUp);

        await bench.LeadAsync(("pbx", new FlowStep.Pbx([new PbxTarget(CentreBench.Pstn, "+4930123456")])));
        var next = await bench.WhatsApp.PlaceAsync();
        var channel = await bench.Pbx.NextAsync(); // by the channel's own route
        Assert.Equal("+" + bench.WhatsApp.Number.DisplayNumber, channel.Sip.Info.TargetUser);
        await channel.RejectAsync(486);
        await bench.Calls.EndsAsync(next, HangupCause.Busy);
    }

    /// <summary>A call that agent 201 has, who was the first in order.</summary>
    private static async Task<(SandboxCall Call, PbxCall Agent)> LiveAsync(CentreBench bench)
    {
        await bench.RingAsync(RingStrategy.InOrder);
        var call = await bench.PlaceAsync();
        var agent = await bench.RungAsync("201");
        await agent.AnswerAsync();
        await bench.Calls.LiveAsync(call);
        await WhatsAppSide.HearsAsync(call, Pbx.Hertz);
        await agent.HearsAsync(WhatsAppSide.Hertz);
        return (call, agent);
    }

    private static async Task<CommandReply> TransferAsync(CentreBench bench, TransferTarget to) => await bench.Commands.TransferAsync(
        new NodeCommand.Transfer(await bench.CallAsync(), to), CancellationToken.None);

    private static Task<CommandReply> CallBackAsync(CentreBench bench, Sandbox.Users.SandboxUser user) => bench.Commands.CallBackAsync(
        new NodeCommand.CallBack(
            new ChannelId(bench.WhatsApp.Number.PhoneNumberId), new WhatsAppUser(user.Phone, user.UserId), "201", null)
        {
            AgentId = bench.Id("201"),
        },
        CancellationToken.None);
}
