using Interop.Bench;

namespace Interop.Sipp;

/// <summary>SIPp calls WhatsApp users through the gateway.</summary>
[Collection(InteropCollection.Name)]
public sealed class AgentCallsTests(SippBench bench) : IClassFixture<SippBench>
{
    [Fact]
    public async Task An_agent_calls_hears_ringing_is_answered_and_hangs_up()
    {
        var row = await AnsweredWhenItRingsAsync("agent-calls");
        Assert.Equal(("outbound", "plain", "ann", true), (row.Direction, row.Trunk, row.Agent, row.WasAnswered));
    }

    [Fact]
    public async Task The_user_hears_the_own_voice_echoed_and_hangs_up()
    {
        var (call, trace) = await HungUpByUserAsync(SippBench.Plain, "agent-is-hung-up-on");
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
        Assert.Contains("Q.850;cause=16", trace.Gateway("BYE").Single()["Reason"]);
    }

    [Fact]
    public async Task An_INVITE_without_offer_gets_ours_in_the_200()
    {
        var (call, _) = await HungUpByUserAsync(SippBench.Plain, "agent-calls-without-offer");
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
    }

    [Fact]
    public async Task An_ACK_that_answers_with_what_was_not_offered_ends_the_call()
    {
        var user = await bench.WhatsApp.UserAsync();
        await using var agent = bench.Call(SippBench.Plain, user, "agent-answers-badly");
        await agent.DoneAsync();
        await bench.EndsWithAsync(await bench.WhatsApp.IncomingAsync(user), "incompatible_media");
    }

    [Theory]
    [InlineData("agent-requires-reliable")]
    [InlineData("agent-acknowledges-late")]
    public async Task Ringing_is_reliable_where_the_agent_requires_it(string scenario) => await AnsweredWhenItRingsAsync(scenario);

    [Fact]
    public async Task An_agent_who_gives_up_stops_the_ringing()
    {
        var user = await bench.WhatsApp.UserAsync("Manual");
        await using var agent = bench.Call(SippBench.Plain, user, "agent-gives-up");
        await agent.DoneAsync();
        var row = await bench.EndsWithAsync(await bench.WhatsApp.IncomingAsync(user), "caller_gave_up");
        Assert.False(row.WasAnswered);
    }

    [Fact]
    public async Task A_user_who_declines_is_603_to_the_agent()
    {
        var user = await bench.WhatsApp.UserAsync("Decline");
        await using var agent = bench.Call(SippBench.Plain, user, "agent-is-refused");
        var trace = await agent.DoneAsync();
        await bench.EndsWithAsync(await bench.WhatsApp.IncomingAsync(user), "declined");
        Assert.Contains("SIP;cause=603", trace.Gateway("603")[0]["Reason"]);
    }

    [Fact]
    public async Task A_user_who_has_not_permitted_calls_is_403_to_the_agent()
    {
        var user = await bench.WhatsApp.UserAsync();
        var number = SippBench.Channel(SippBench.Plain).PhoneNumberId;
        await bench.WhatsApp.SendAsync(HttpMethod.Put, $"users/{user}/permission", new { accepted = false, permanent = false, number });
        await using var agent = bench.Call(SippBench.Plain, user, "agent-is-refused");
        var trace = await agent.DoneAsync();
        var row = await bench.EndsWithAsync(user, "not_permitted");

        Assert.Null(row.MetaCode); // the permission was read from Meta, and no call was tried
        Assert.Contains("permitted", trace.Gateway("403")[0].StartLine);
        Assert.Equal("not_permitted", trace.Gateway("403")[0]["X-WhatsApp-Refusal"]);
    }

    [Fact]
    public async Task Keys_pressed_by_INFO_reach_the_user()
    {
        var user = await bench.WhatsApp.UserAsync();
        await using var agent = bench.Call(SippBench.Plain, user, "agent-presses-keys");
        var call = await bench.WhatsApp.IncomingAsync(user);
        await call.UntilAsync(view => view.Report?.DigitsReceived == "4#7", "the user got 4#7");
        await agent.GetsAsync("415", "INFO");
        await call.HangUpAsync();
        await agent.DoneAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
    }

    [Fact]
    public async Task Media_keys_that_the_agent_offers_are_taken()
    {
        var user = await bench.WhatsApp.UserAsync();
        await using var agent = bench.Call(SippBench.Secure, user, "agent-calls-secure");
        await agent.DoneAsync();
        await bench.EndsWithAsync(await bench.WhatsApp.IncomingAsync(user), "pbx_hung_up");
    }

    [Fact]
    public async Task A_call_runs_over_TCP()
    {
        var (call, _) = await HungUpByUserAsync(SippBench.Tcp, "agent-is-hung-up-on");
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
    }

    [Fact]
    public async Task An_agent_behind_a_proxy_is_reached_through_it()
    {
        var (call, trace) = await HungUpByUserAsync(SippBench.Plain, "agent-behind-proxy");
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
        Assert.Equal("BYE sip:desk@192.0.2.1:5999 SIP/2.0", trace.Gateway("BYE").Single().StartLine);
    }

    [Fact]
    public async Task A_user_on_hold_hears_music_and_is_taken_back()
    {
        var user = await bench.WhatsApp.UserAsync();
        await using var agent = bench.Call(SippBench.Plain, user, "agent-holds");
        var call = await bench.WhatsApp.IncomingAsync(user);
        await agent.GetsAsync("200", "INVITE", 2);
        await call.UntilAsync(view =>
            view.Report is { ToneHertz: { } heard } && Math.Abs(heard - UserCall.Hertz) > 100, "the user hears music instead of an echo");
        await agent.GetsAsync("200", "INVITE", 3);
        await call.HearsAsync(UserCall.Hertz);
        await call.HangUpAsync();
        await agent.DoneAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
    }

    [Theory]
    [InlineData("tel:+{0}")]
    [InlineData("sip:+{0};npdi;rn=+15550001@gateway.example;user=phone")]
    [InlineData("sip:%2B{0}@gateway.example")]
    [InlineData("sip:{0}@gateway.example:5060;transport=udp")]
    public async Task A_number_is_understood_however_it_is_dialled(string form)
    {
        var user = await bench.WhatsApp.UserAsync();
        await using var agent = bench.Call(SippBench.Plain, user, "agent-dials", ("uri", string.Format(form, user)));
        await agent.DoneAsync();
        await bench.EndsWithAsync(await bench.WhatsApp.IncomingAsync(user), "pbx_hung_up");
    }

    /// <summary>Messages of the agent's side that come late or out of order, and the gateway's retransmissions.</summary>
    [Theory]
    [InlineData("agent-cancels-too-late", "200", "CANCEL", 1)]
    [InlineData("agent-wants-timer", "200", "INVITE", 1)]
    [InlineData("agent-forks", "482", "INVITE", 1)]
    [InlineData("agent-hangs-up-unacknowledged", "200", "BYE", 1)]
    [InlineData("agent-offers-video", "200", "INVITE", 1)]
    public async Task An_odd_agent_is_served_all_the_same(string scenario, string status, string method, int count)
    {
        var user = await bench.WhatsApp.UserAsync();
        await using var agent = bench.Call(SippBench.Plain, user, scenario);
        var trace = await agent.DoneAsync();
        await bench.EndsWithAsync(await bench.WhatsApp.IncomingAsync(user), "pbx_hung_up");
        Assert.Equal(count, trace.Gateway(status, method).Count);
    }

    /// <summary>WhatsApp's ringing and pick-up webhooks may come together, and then no 180 is sent: here one waits for the other.</summary>
    private async Task<CallRow> AnsweredWhenItRingsAsync(string scenario)
    {
        var user = await bench.WhatsApp.UserAsync("Manual");
        await using var agent = bench.Call(SippBench.Plain, user, scenario);
        await agent.GetsAsync("180", "INVITE");
        var call = await bench.WhatsApp.IncomingAsync(user);
        await call.AnswerAsync();
        await agent.DoneAsync();
        return await bench.EndsWithAsync(call, "pbx_hung_up");
    }

    private async Task<(UserCall Call, SippTrace Trace)> HungUpByUserAsync(SippPbx pbx, string scenario)
    {
        var user = await bench.WhatsApp.UserAsync();
        await using var agent = bench.Call(pbx, user, scenario);
        var call = await bench.WhatsApp.IncomingAsync(user);
        await call.HearsAsync(UserCall.Hertz);
        await call.HangUpAsync();
        return (call, await agent.DoneAsync());
    }
}
