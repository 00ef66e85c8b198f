using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Sip;
using Gateway.Sip.Dialogs;
using Gateway.Worker.Tests.Calls.Bench;
using Sandbox.Users;
using Testing;
using CallState = Sandbox.Calls.CallState;

namespace Gateway.Worker.Tests.Calls;

[Collection(StoresCollection.Name)]
[Trait("Category", "Distribution")]
public sealed class HappyPathTests(Stores stores)
{
    [Fact]
    public async Task A_user_calls_and_both_sides_hear_each_other()
    {
        await using var bench = await CallBench.StartAsync(stores);
        var call = await bench.WhatsApp.PlaceAsync(bench.WhatsApp.User(handset: "native"));
        var agent = await bench.Pbx.NextAsync();
        Assert.Equal(["pre_accept 200"], WhatsAppSide.Actions(call)); // before the PBX rings
        Assert.Equal(call.Id, agent.Header("X-WhatsApp-Call-Id"));
        Assert.Equal("+" + call.User.Phone, agent.Header("X-WhatsApp-User-Phone"));
        Assert.Equal("inbound", agent.Header("X-WhatsApp-Direction"));
        await agent.RingAsync();
        await agent.AnswerAsync();
        await bench.LiveAsync(call);
        var live = Assert.Single(await bench.Gateway.LiveAsync());
        Assert.Equal(call.Id, live.WhatsAppId!.Value.Value);
        await WhatsAppSide.HearsAsync(call, Pbx.Hertz);
        await agent.HearsAsync(WhatsAppSide.Hertz);
        var report = await call.Handset.ReportAsync(CancellationToken.None);
        Assert.Equal((0, 1), (report.EarlyPackets, report.Sources));

        await bench.WhatsApp.HangUpAsync(call);
        await agent.EndedAsync();
        var row = await bench.EndsAsync(call, HangupCause.WhatsAppHungUp);
        Assert.True(row is { Direction: "inbound", Trunk: "main", WasAnswered: true, HasQuality: true }, row.ToString());
        // WhatsApp refuses an accept whose SDP is not the one of pre_accept.
        Assert.Equal(["pre_accept 200", "accept 200"], WhatsAppSide.Actions(call));
    }

    [Fact]
    public async Task An_agent_calls_and_both_sides_hear_each_other()
    {
        await using var bench = await CallBench.StartAsync(stores);
        var user = bench.WhatsApp.User(handset: "native");
        var agent = bench.Pbx.Dial("+" + user.Phone);
        var call = await bench.WhatsApp.CallToAsync(user);
        await agent.NextAsync<SipCallEvent.Provisional>();
        Assert.DoesNotContain(agent.Seen, e => e is SipCallEvent.Answered); // Meta's SDP answer alone is no pick-up
        await bench.WhatsApp.AnswerAsync(call);
        await agent.AnsweredAsync();
        await WhatsAppSide.HearsAsync(call, Pbx.Hertz);
        await agent.HearsAsync(WhatsAppSide.Hertz);

        await agent.HangUpAsync();
        var row = await bench.EndsAsync(call, HangupCause.PbxHungUp);
        Assert.True(row is { Direction: "outbound", Trunk: "main", Agent: "201", WasAnswered: true, HasQuality: true }, row.ToString());
        Assert.Equal(["connect 200", "terminate 200"], WhatsAppSide.Actions(call));
    }

    [Fact]
    public async Task A_user_without_phone_number_calls_and_is_called()
    {
        await using var bench = await CallBench.StartAsync(stores);
        var user = bench.WhatsApp.User(AutoMode.Answer);
        user.HidesPhone = true;
        var call = await bench.WhatsApp.PlaceAsync(user);
        var agent = await bench.Pbx.NextAsync();
        Assert.Equal((user.UserId, null), (agent.Header("X-WhatsApp-User-Id"), agent.Header("X-WhatsApp-User-Phone")));
        Assert.Equal(user.UserId, agent.Sip.Info.From.User);
        await agent.RejectAsync(486);
        await bench.EndsAsync(call, HangupCause.Busy);

        var other = bench.WhatsApp.User(AutoMode.Answer);
        other.HidesPhone = true;
        var dialled = bench.Pbx.Dial(other.UserId);
        await dialled.AnsweredAsync();
        var outbound = await bench.WhatsApp.CallToAsync(other, CallState.Active);
        await dialled.HangUpAsync();
        await bench.EndsAsync(outbound, HangupCause.PbxHungUp);
    }
}
