using Interop.Bench;

namespace Interop.Sipp;

/// <summary>WhatsApp users call, and SIPp answers in every way RFC 3261 and its extensions allow.</summary>
[Collection(InteropCollection.Name)]
public sealed class PbxAnswersTests(SippBench bench) : IClassFixture<SippBench>
{
    [Fact]
    public async Task An_offer_is_answered_and_the_user_hears_the_own_voice_echoed()
    {
        await using var pbx = await bench.AnswerAsync(SippBench.Plain, "pbx-answers");
        var call = await bench.UserCallsAsync(SippBench.Plain);
        await call.HearsAsync(UserCall.Hertz);
        await call.HangUpAsync();
        var trace = await pbx.DoneAsync();
        var row = await bench.EndsWithAsync(call, "whatsapp_hung_up");

        Assert.Equal(("inbound", "plain", "pbx", true), (row.Direction, row.Trunk, row.Agent, row.WasAnswered));
        var invite = trace.Gateway("INVITE")[0];
        Assert.Equal("inbound", invite["X-WhatsApp-Direction"]);
        Assert.Equal(call.Id, invite["X-WhatsApp-Call-Id"]);
        Assert.Contains("Q.850;cause=16", trace.Gateway("BYE").Single()["Reason"]);
    }

    [Fact]
    public async Task A_hang_up_of_the_pbx_with_a_reason_ends_the_call()
    {
        await using var pbx = await bench.AnswerAsync(SippBench.Plain, "pbx-hangs-up");
        var call = await bench.UserCallsAsync(SippBench.Plain);
        await pbx.DoneAsync();
        await bench.EndsWithAsync(call, "pbx_hung_up");
    }

    [Fact]
    public async Task An_offer_of_the_pbx_in_its_200_is_answered_in_the_ACK()
    {
        await using var pbx = await bench.AnswerAsync(SippBench.Delayed, "pbx-offers");
        var call = await bench.UserCallsAsync(SippBench.Delayed);
        await call.HearsAsync(UserCall.Hertz);
        await call.HangUpAsync();
        var trace = await pbx.DoneAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");

        Assert.Equal("", trace.Gateway("INVITE")[0].Body);
        var answer = trace.Gateway("ACK")[0].Body;
        Assert.DoesNotContain("G729", answer);
        Assert.Contains("a=rtpmap:96 telephone-event/8000", answer);
    }

    [Fact]
    public async Task Reliable_provisional_responses_are_acknowledged_one_by_one()
    {
        await using var pbx = await bench.AnswerAsync(SippBench.Plain, "pbx-rings-reliably");
        var call = await bench.UserCallsAsync(SippBench.Plain);
        await call.HearsAsync(UserCall.Hertz);
        await call.HangUpAsync();
        var trace = await pbx.DoneAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");

        Assert.Contains("100rel", trace.Gateway("INVITE")[0]["Supported"]);
        Assert.Equal(["4711 1 INVITE", "4712 1 INVITE"], trace.Gateway("PRACK").Select(prack => prack["RAck"]).Distinct());
    }

    [Theory]
    [InlineData("401", "WWW-Authenticate", "Authorization")]
    [InlineData("407", "Proxy-Authenticate", "Proxy-Authorization")]
    public async Task A_challenge_is_answered_with_the_digest_of_the_trunk(string status, string challenge, string credentials)
    {
        await using var pbx = await bench.AnswerAsync(SippBench.Guarded, "pbx-challenges", ("status", status), ("challenge", challenge));
        var call = await bench.UserCallsAsync(SippBench.Guarded);
        await call.UntilActiveAsync();
        await call.HangUpAsync();
        var trace = await pbx.DoneAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");

        var answered = trace.Gateway("INVITE")[^1];
        Assert.Equal("2 INVITE", answered["CSeq"]);
        DigestProof.AssertRight(answered, answered[credentials]!, SippBench.User, SippBench.Password);
    }

    [Fact]
    public async Task Of_two_forks_that_answer_the_second_is_acknowledged_and_hung_up()
    {
        await using var pbx = await bench.AnswerAsync(SippBench.Plain, "pbx-forks");
        var call = await bench.UserCallsAsync(SippBench.Plain);
        await call.HearsAsync(UserCall.Hertz); // the first fork's media stays
        await pbx.GetsAsync("BYE", "BYE");
        await call.HangUpAsync();
        await pbx.DoneAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
    }

    [Fact]
    public async Task A_user_who_gives_up_cancels_the_ringing_phone()
    {
        await using var pbx = await bench.AnswerAsync(SippBench.Plain, "pbx-is-cancelled");
        var call = await bench.UserCallsAsync(SippBench.Plain);
        await pbx.SendsAsync("180");
        await call.HangUpAsync();
        var trace = await pbx.DoneAsync();
        var row = await bench.EndsWithAsync(call, "caller_gave_up");

        Assert.False(row.WasAnswered);
        Assert.Contains("Q.850;cause=16", trace.Gateway("CANCEL").Single()["Reason"]);
    }

    [Fact]
    public async Task A_phone_that_answers_into_the_CANCEL_is_acknowledged_and_hung_up()
    {
        await using var pbx = await bench.AnswerAsync(SippBench.Plain, "pbx-answers-into-cancel");
        var call = await bench.UserCallsAsync(SippBench.Plain);
        await pbx.SendsAsync("180");
        await call.HangUpAsync();
        await pbx.DoneAsync();
        var row = await bench.EndsWithAsync(call, "caller_gave_up");
        Assert.False(row.WasAnswered);
    }

    [Fact]
    public async Task Media_keys_are_agreed_by_SDES_when_the_trunk_wants_them()
    {
        await using var pbx = await bench.AnswerAsync(SippBench.Secure, "pbx-secure");
        var call = await bench.UserCallsAsync(SippBench.Secure);
        await call.UntilActiveAsync();
        await call.HangUpAsync();
        await pbx.DoneAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
    }

    [Fact]
    public async Task A_plain_answer_to_an_offer_with_keys_ends_the_call()
    {
        await using var pbx = await bench.AnswerAsync(SippBench.Secure, "pbx-answers");
        var call = await bench.UserCallsAsync(SippBench.Secure);
        await pbx.DoneAsync();
        await bench.EndsWithAsync(call, "incompatible_media");
    }

    [Fact]
    public async Task An_answer_that_was_not_offered_is_acknowledged_and_ends_the_call()
    {
        await using var pbx = await bench.AnswerAsync(SippBench.Plain, "pbx-bad-answer");
        var call = await bench.UserCallsAsync(SippBench.Plain);
        var trace = await pbx.DoneAsync();
        var row = await bench.EndsWithAsync(call, "incompatible_media");

        Assert.False(row.WasAnswered);
        Assert.Contains("cause=488", trace.Gateway("BYE").Single()["Reason"]);
    }

    [Fact]
    public async Task A_call_runs_over_TCP()
    {
        await using var pbx = await bench.AnswerAsync(SippBench.Tcp, "pbx-answers");
        var call = await bench.UserCallsAsync(SippBench.Tcp);
        await call.HearsAsync(UserCall.Hertz);
        await call.HangUpAsync();
        await pbx.DoneAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
    }

    [Theory]
    [InlineData("pbx-rings-late")]
    [InlineData("pbx-answers-late")]
    public async Task A_user_who_gives_up_before_the_first_response_leaves_no_call_behind(string scenario)
    {
        await using var pbx = await bench.AnswerAsync(SippBench.Plain, scenario);
        var call = await bench.UserCallsAsync(SippBench.Plain);
        await pbx.GetsAsync("INVITE", "INVITE");
        await call.HangUpAsync();
        await pbx.DoneAsync();
        await bench.EndsWithAsync(call, "caller_gave_up");
    }

    [Fact]
    public async Task Early_media_that_the_answer_repeats_is_no_second_answer()
    {
        await using var pbx = await bench.AnswerAsync(SippBench.Plain, "pbx-early-media");
        var call = await bench.UserCallsAsync(SippBench.Plain);
        await call.HearsAsync(UserCall.Hertz);
        await call.HangUpAsync();
        await pbx.DoneAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
    }

    [Fact]
    public async Task Requests_of_a_dialog_go_through_the_proxy_that_recorded_itself()
    {
        await using var pbx = await bench.AnswerAsync(SippBench.Plain, "pbx-behind-proxy");
        var call = await bench.UserCallsAsync(SippBench.Plain);
        await call.HearsAsync(UserCall.Hertz);
        await call.HangUpAsync();
        var trace = await pbx.DoneAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
        Assert.Equal("BYE sip:desk@192.0.2.1:5999 SIP/2.0", trace.Gateway("BYE").Single().StartLine);
    }

    [Fact]
    public async Task A_challenged_BYE_comes_again_with_the_digest()
    {
        await using var pbx = await bench.AnswerAsync(SippBench.Guarded, "pbx-challenges-bye");
        var call = await bench.UserCallsAsync(SippBench.Guarded);
        await call.UntilActiveAsync();
        await call.HangUpAsync();
        var trace = await pbx.DoneAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
        var bye = trace.Gateway("BYE")[^1];
        DigestProof.AssertRight(bye, bye["Proxy-Authorization"]!, SippBench.User, SippBench.Password);
    }

    [Fact]
    public async Task A_PBX_that_has_vanished_does_not_hold_up_the_end()
    {
        await using var pbx = await bench.AnswerAsync(SippBench.Vanishing, "pbx-vanishes");
        var call = await bench.UserCallsAsync(SippBench.Vanishing);
        await call.UntilActiveAsync();
        await pbx.DoneAsync();
        await call.HangUpAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
    }

    [Fact]
    public async Task Keys_that_the_user_presses_reach_a_PBX_by_INFO()
    {
        await using var pbx = await bench.AnswerAsync(SippBench.Info, "pbx-gets-keys");
        var call = await bench.UserCallsAsync(SippBench.Info);
        await call.HearsAsync(UserCall.Hertz);
        await call.PressAsync("5#");
        await pbx.GetsAsync("INFO", "INFO", 2);
        await call.HangUpAsync();
        var trace = await pbx.DoneAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
        Assert.DoesNotContain("telephone-event", trace.Gateway("INVITE")[0].Body);
        Assert.Equal(["Signal=5", "Signal=#"], trace.Gateway("INFO").Select(info => info.Body.Split('\n')[0]));
    }

    [Fact]
    public async Task Early_media_that_moves_before_the_answer_stays_where_it_went()
    {
        await using var pbx = await bench.AnswerAsync(SippBench.Plain, "pbx-moves-early-media");
        var call = await bench.UserCallsAsync(SippBench.Plain);
        await call.HearsAsync(UserCall.Hertz);
        await call.HangUpAsync();
        await pbx.DoneAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
    }

    [Fact]
    public async Task An_offer_of_the_pbx_in_a_reliable_183_is_answered_in_the_PRACK()
    {
        await using var pbx = await bench.AnswerAsync(SippBench.Delayed, "pbx-offers-early");
        var call = await bench.UserCallsAsync(SippBench.Delayed);
        await call.HearsAsync(UserCall.Hertz);
        await call.HangUpAsync();
        var trace = await pbx.DoneAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
        Assert.Equal("", trace.Gateway("ACK").Single().Body);
    }

    [Fact]
    public async Task A_digest_that_was_refused_is_not_repeated()
    {
        await using var pbx = await bench.AnswerAsync(SippBench.Guarded, "pbx-challenges-forever");
        var call = await bench.UserCallsAsync(SippBench.Guarded);
        await pbx.DoneAsync();
        var row = await bench.EndsWithAsync(call, "pbx_failed");
        Assert.Equal(401, row.SipStatus);
    }

    [Fact]
    public async Task Twenty_users_call_at_once_and_each_hears_the_own_voice()
    {
        await using var pbx = await SippRun.AnswerAsync(new SippOptions("pbx-answers", SippBench.Plain) { Calls = 20 });
        var users = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => bench.WhatsApp.UserAsync()));
        var calls = await Task.WhenAll(
            users.Select((user, i) => bench.WhatsApp.CallAsync(user, SippBench.Channel(SippBench.Plain), "", 500 + 100 * i)));
        await Task.WhenAll(calls.Select((call, i) => call.HearsAsync(500 + 100 * i)));
        await Task.WhenAll(calls.Select(call => call.HangUpAsync()));
        await pbx.DoneAsync();
        foreach (var call in calls)
            await bench.EndsWithAsync(call, "whatsapp_hung_up");
    }
}
