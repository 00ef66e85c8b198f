using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Sip;
using Gateway.Sip.Dialogs;
using Gateway.Worker.Configuration;
using Gateway.Worker.Tests.Calls.Bench;
using Sandbox.Graph;
using Sandbox.Users;
using Testing;
using CallState = Sandbox.Calls.CallState;

namespace Gateway.Worker.Tests.Calls;

/// <summary>Every side gives up, declines or stays silent, at every stage; both legs always end and the record has the cause.</summary>
[Collection(StoresCollection.Name)]
public sealed class EndingTests(Stores stores)
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(400);

    [Fact]
    public async Task A_caller_who_gives_up_before_pre_accept_was_answered_rings_nowhere()
    {
        await using var bench = await CallBench.StartAsync(stores);
        bench.WhatsApp.Plan(new PlannedFault { Action = "pre_accept", DelayMilliseconds = 500 });
        var call = await bench.WhatsApp.PlaceAsync();
        await Eventually.SeeAsync(() => bench.Relay.ConnectPassed != 0, "the connect went out");
        await bench.WhatsApp.HangUpAsync(call);
        await bench.EndsAsync(call, HangupCause.CallerGaveUp);
    }

    [Fact]
    public async Task A_caller_who_gives_up_while_the_PBX_rings_cancels_the_invite()
    {
        await using var bench = await CallBench.StartAsync(stores);
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await agent.RingAsync();
        await bench.WhatsApp.HangUpAsync(call);
        Assert.Equal(16, (await agent.EndedAsync()).Reason?.Cause);
        Assert.False((await bench.EndsAsync(call, HangupCause.CallerGaveUp)).WasAnswered);
    }

    [Fact]
    public async Task A_caller_who_gives_up_during_accept_hangs_the_agent_up()
    {
        await using var bench = await CallBench.StartAsync(stores);
        bench.WhatsApp.Plan(new PlannedFault { Action = "accept", DelayMilliseconds = 500 });
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        await agent.NextAsync<SipCallEvent.Acknowledged>();
        await bench.WhatsApp.HangUpAsync(call);
        await agent.EndedAsync();
        await bench.EndsAsync(call, HangupCause.CallerGaveUp);
    }

    [Fact]
    public async Task An_accept_that_comes_too_late_is_a_caller_who_gave_up()
    {
        await using var bench = await CallBench.StartAsync(stores);
        bench.Relay.Hold("terminate");
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await bench.WhatsApp.HangUpAsync(call);
        await agent.AnswerAsync();
        await agent.EndedAsync();
        Assert.Equal(WhatsAppErrorCodes.InvalidParameter, (await bench.EndsAsync(call, HangupCause.CallerGaveUp)).MetaCode);
    }

    [Fact]
    public async Task Answer_and_hang_up_at_one_moment_leave_nothing_behind()
    {
        await using var bench = await CallBench.StartAsync(stores);
        for (var i = 0; i < 8; i++)
        {
            var call = await bench.WhatsApp.PlaceAsync();
            var agent = await bench.Pbx.NextAsync();
            await Task.WhenAll(agent.AnswerAsync(), bench.WhatsApp.HangUpAsync(call));
            await agent.EndedAsync();
            var row = await EndedAsync(bench, call.User);
            Assert.Contains(row.Cause, new[] { "caller_gave_up", "whatsapp_hung_up" });
        }
    }

    [Theory]
    [InlineData(486, HangupCause.Busy)]
    [InlineData(603, HangupCause.Declined)]
    [InlineData(480, HangupCause.NoAnswer)]
    [InlineData(404, HangupCause.NoRoute)]
    [InlineData(488, HangupCause.IncompatibleMedia)]
    [InlineData(503, HangupCause.PbxUnreachable)]
    [InlineData(500, HangupCause.PbxFailed)]
    public async Task A_PBX_that_refuses_ends_the_users_call(int status, HangupCause cause)
    {
        await using var bench = await CallBench.StartAsync(stores);
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await agent.RejectAsync(status);
        Assert.Equal(status, (await bench.EndsAsync(call, cause)).SipStatus);
        // after pre_accept Meta requires terminate, not reject
        Assert.Equal(["pre_accept 200", "terminate 200"], WhatsAppSide.Actions(call));
    }

    [Fact]
    public async Task A_trunk_that_cannot_hands_over_to_the_next_one()
    {
        await using var bench = await CallBench.StartAsync(stores, options => options with
        {
            Sip = options.Sip with
            {
                Trunks =
                    [CallBench.Trunk("dead", Testing.Peers.LoopbackPorts.Take()) with { RequestTimeout = Short }, .. options.Sip.Trunks],
            },
            Channels = [options.Channels[0] with { Trunks = ["dead", "main"] }],
        });
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        await bench.LiveAsync(call);
        await agent.HangUpAsync();
        Assert.Equal("main", (await bench.EndsAsync(call, HangupCause.PbxHungUp)).Trunk);
    }

    [Fact]
    public async Task A_PBX_that_never_answers_is_cancelled_in_time()
    {
        await using var bench = await CallBench.StartAsync(
            stores, options => options with { Calls = options.Calls with { PbxAnswer = Short } });
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await agent.RingAsync();
        Assert.Equal(19, (await agent.EndedAsync()).Reason?.Cause);
        await bench.EndsAsync(call, HangupCause.NoAnswer);
    }

    [Fact]
    public async Task A_user_who_never_answers_is_given_up_in_time()
    {
        await using var bench = await CallBench.StartAsync(
            stores, options => options with { Calls = options.Calls with { WhatsAppAnswer = Short } });
        var user = bench.WhatsApp.User(AutoMode.Silent);
        var agent = bench.Pbx.Dial(user.Phone);
        Assert.Equal(480, (await agent.FailedAsync()).Status);
        var call = await bench.WhatsApp.CallToAsync(user, CallState.Ended);
        await bench.EndsAsync(call, HangupCause.NoAnswer);
        Assert.Equal(["connect 200", "terminate 200"], WhatsAppSide.Actions(call));
    }

    [Fact]
    public async Task WhatsApps_own_ring_timeout_ends_the_agents_call()
    {
        await using var bench = await CallBench.StartAsync(stores, timers: timers => timers with { Ring = Short });
        var user = bench.WhatsApp.User();
        var agent = bench.Pbx.Dial(user.Phone);
        Assert.Equal(480, (await agent.FailedAsync()).Status);
        await bench.EndsAsync(await bench.WhatsApp.CallToAsync(user, CallState.Ended), HangupCause.NoAnswer);
    }

    [Fact]
    public async Task A_user_who_declines_refuses_the_agent()
    {
        await using var bench = await CallBench.StartAsync(stores);
        var user = bench.WhatsApp.User();
        var agent = bench.Pbx.Dial(user.Phone);
        var call = await bench.WhatsApp.CallToAsync(user);
        await bench.WhatsApp.DeclineAsync(call);
        Assert.Equal(603, (await agent.FailedAsync()).Status);
        await bench.EndsAsync(call, HangupCause.Declined);
    }

    [Fact]
    public async Task An_agent_who_gives_up_before_connect_was_answered_leaves_no_phone_ringing()
    {
        await using var bench = await CallBench.StartAsync(stores);
        bench.WhatsApp.Plan(new PlannedFault { Action = "connect", DelayMilliseconds = 500 });
        var user = bench.WhatsApp.User();
        var agent = bench.Pbx.Dial(user.Phone);
        await Eventually.SeeAsync(
            bench.Gateway.LiveAsync, live => live is [{ State: Gateway.Calls.Lifecycle.CallState.ConnectingWhatsApp }],
            "the call is on its way");
        await agent.HangUpAsync();
        await bench.EndsAsync(await bench.WhatsApp.CallToAsync(user, CallState.Ended), HangupCause.CallerGaveUp);
    }

    [Fact]
    public async Task An_agent_who_gives_up_while_it_rings_stops_the_ringing()
    {
        await using var bench = await CallBench.StartAsync(stores);
        var user = bench.WhatsApp.User();
        var agent = bench.Pbx.Dial(user.Phone);
        var call = await bench.WhatsApp.CallToAsync(user);
        await agent.NextAsync<SipCallEvent.Provisional>();
        await agent.HangUpAsync();
        await bench.EndsAsync(call, HangupCause.CallerGaveUp);
        Assert.Equal(["connect 200", "terminate 200"], WhatsAppSide.Actions(call));
    }

    [Fact]
    public async Task Pick_up_and_giving_up_at_one_moment_leave_nothing_behind()
    {
        await using var bench = await CallBench.StartAsync(stores);
        for (var i = 0; i < 8; i++)
        {
            var user = bench.WhatsApp.User();
            var agent = bench.Pbx.Dial(user.Phone);
            var call = await bench.WhatsApp.CallToAsync(user);
            await Task.WhenAll(bench.WhatsApp.AnswerAsync(call), agent.HangUpAsync());
            await WhatsAppSide.UntilAsync(call, CallState.Ended);
            var row = await EndedAsync(bench, user);
            Assert.Contains(row.Cause, new[] { "caller_gave_up", "pbx_hung_up" });
        }
    }

    [Fact]
    public async Task A_target_that_is_no_WhatsApp_user_is_refused_without_a_call()
    {
        await using var bench = await CallBench.StartAsync(stores);
        Assert.Equal(404, (await bench.Pbx.Dial("reception").FailedAsync()).Status);
        Assert.Empty(bench.WhatsApp.Calls);
        await bench.Gateway.IsIdleAsync();
    }

    private static async Task<CallRow> EndedAsync(CallBench bench, SandboxUser user)
    {
        var rows = await Eventually.SeeAsync(
            () => bench.Gateway.RowsAsync(user.Phone), found => found is [{ HasEnded: true }], "a completed record");
        await bench.Gateway.IsIdleAsync();
        return rows[0];
    }
}
