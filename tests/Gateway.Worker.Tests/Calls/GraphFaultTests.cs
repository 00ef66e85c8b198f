using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Worker.Configuration;
using Gateway.Worker.Tests.Calls.Bench;
using Sandbox.Graph;
using Sandbox.Users;
using Testing;
using CallState = Sandbox.Calls.CallState;

namespace Gateway.Worker.Tests.Calls;

/// <summary>Graph refuses, fails, is slow, answers nonsense or not at all, action by action.</summary>
[Collection(StoresCollection.Name)]
public sealed class GraphFaultTests(Stores stores)
{
    /// <summary>More than the attempts of any action.</summary>
    private const int Always = 100;

    [Theory]
    [InlineData(401, 138006, 403, HangupCause.NotPermitted, "permitted")]
    [InlineData(400, 138012, 403, HangupCause.NotPermitted, "used up")]
    [InlineData(400, 138003, 486, HangupCause.Busy, "in a call")]
    [InlineData(400, 138001, 480, HangupCause.UserUnreachable, "cannot be called")]
    [InlineData(400, 138008, 488, HangupCause.IncompatibleMedia, "session description")]
    [InlineData(401, 138000, 403, HangupCause.ChannelDisabled, "not enabled")]
    [InlineData(400, 138013, 403, HangupCause.ChannelDisabled, "country")]
    [InlineData(400, 138014, 403, HangupCause.ChannelDisabled, "paused")]
    [InlineData(400, 131055, 500, HangupCause.ChannelDisabled, "SIP")]
    [InlineData(400, 131044, 403, HangupCause.PaymentRequired, "payment")]
    [InlineData(401, 190, 500, HangupCause.WhatsAppFailed, "token")]
    [InlineData(500, 138004, 500, HangupCause.WhatsAppFailed, "set up")]
    [InlineData(429, 138002, 503, HangupCause.RateLimited, "at once")]
    [InlineData(429, 138005, 503, HangupCause.RateLimited, "24 hours")]
    [InlineData(429, 613, 503, HangupCause.RateLimited, "rate limit")]
    [InlineData(400, 139999, 500, HangupCause.WhatsAppFailed, "refused")]
    public async Task An_error_of_connect_refuses_the_agent_in_words(int http, int code, int status, HangupCause cause, string words)
    {
        await using var bench = await CallBench.StartAsync(stores, OneAttempt);
        bench.WhatsApp.Plan(new PlannedFault { Action = "connect", Status = http, Code = code, Title = "as planned" });
        var user = bench.WhatsApp.User();
        var failed = await bench.Pbx.Dial(user.Phone).FailedAsync();
        Assert.Equal(status, failed.Status);
        Assert.Contains(words, failed.ReasonPhrase, StringComparison.Ordinal);
        var row = await bench.EndsAsync(user, cause);
        Assert.Equal((code, null), (row.MetaCode, row.WhatsAppId));
        Assert.Empty(bench.WhatsApp.Calls);
    }

    [Fact]
    public async Task A_user_who_has_not_permitted_calls_is_not_called()
    {
        await using var bench = await CallBench.StartAsync(stores);
        var user = bench.WhatsApp.User(permits: false);
        Assert.Equal(403, (await bench.Pbx.Dial(user.Phone).FailedAsync()).Status);
        // the permission was read before, and no call was tried
        Assert.Null((await bench.EndsAsync(user, HangupCause.NotPermitted)).MetaCode);
        Assert.Empty(bench.WhatsApp.Calls);
    }

    [Theory]
    [InlineData(429, 613)]
    [InlineData(429, 138002)]
    public async Task A_limit_of_Metas_tells_the_PBX_when_to_come_again(int http, int code)
    {
        await using var bench = await CallBench.StartAsync(stores, OneAttempt);
        bench.WhatsApp.Plan(new PlannedFault { Action = "connect", Status = http, Code = code });
        var response = await SipProbe.InviteAsync(bench.Gateway.SipPort, bench.WhatsApp.User().Phone);
        Assert.StartsWith("SIP/2.0 503", response, StringComparison.Ordinal);
        Assert.Contains("Retry-After: 30", response, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_throttled_number_asks_Meta_nothing_more_but_still_takes_calls()
    {
        await using var bench = await CallBench.StartAsync(stores, OneAttempt);
        bench.WhatsApp.Plan(new PlannedFault { Action = "connect", Status = 429, Code = 80007, RegainMinutes = 5 });
        var user = bench.WhatsApp.User();
        Assert.Equal(503, (await bench.Pbx.Dial(user.Phone).FailedAsync()).Status);
        await bench.EndsAsync(user, HangupCause.RateLimited);
        Assert.Equal(503, (await bench.Pbx.Dial(user.Phone).FailedAsync()).Status); // the user's permission is known by now
        var rows = await Eventually.SeeAsync(
            () => bench.Gateway.RowsAsync(user.Phone), found => found.Count(row => row.HasEnded) == 2, "two records");
        Assert.Equal(WhatsAppErrorCodes.HeldBack, rows[1].MetaCode);
        Assert.Empty(bench.WhatsApp.Calls);

        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        await bench.LiveAsync(call);
        await agent.HangUpAsync();
        await bench.EndsAsync(call, HangupCause.PbxHungUp);
    }

    [Fact]
    public async Task A_moment_of_throttling_is_waited_out()
    {
        await using var bench = await CallBench.StartAsync(stores);
        bench.WhatsApp.Plan(new PlannedFault { Action = "connect", Status = 429, Code = 4, RetryAfterSeconds = 1 });
        var user = bench.WhatsApp.User(AutoMode.Answer);
        var agent = bench.Pbx.Dial(user.Phone);
        await agent.AnsweredAsync();
        var call = await bench.WhatsApp.CallToAsync(user, CallState.Active);
        await agent.HangUpAsync();
        await bench.EndsAsync(call, HangupCause.PbxHungUp);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connect_whose_answer_is_lost_leaves_no_phone_ringing(bool garbage)
    {
        await using var bench = await CallBench.StartAsync(stores);
        bench.WhatsApp.Plan(
            new PlannedFault { Action = "connect", AfterEffect = true, Drop = !garbage, Garbage = garbage, Status = garbage ? 502 : 0 });
        var connect = bench.Relay.Hold("connect");
        var ringing = bench.Relay.Hold("RINGING");
        var user = bench.WhatsApp.User();
        Assert.InRange((await bench.Pbx.Dial(user.Phone).FailedAsync()).Status, 502, 504);
        await connect.ReleaseAsync();
        await ringing.ReleaseAsync();
        var call = await bench.WhatsApp.CallToAsync(user, CallState.Ended);
        await bench.EndsAsync(call, HangupCause.WhatsAppFailed);
        Assert.Equal(["connect 200", "terminate 200"], WhatsAppSide.Actions(call));
    }

    [Fact]
    public async Task A_connect_of_unknown_effect_gives_its_money_back_soon_and_silences_the_phone_whenever_it_is_named()
    {
        await using var purse = await Purse.OpenAsync(stores.Postgres, 10);
        var notice = TimeSpan.FromMilliseconds(300);
        await using var bench = await CallBench.StartAsync(
            stores, options => options with { Calls = options.Calls with { ConnectNotice = notice, Ending = TimeSpan.FromMinutes(1) } });
        bench.WhatsApp.Plan(new PlannedFault { Action = "connect", AfterEffect = true, Drop = true });
        var connect = bench.Relay.Hold("connect");
        var ringing = bench.Relay.Hold("RINGING");
        var user = bench.WhatsApp.User();
        Assert.Equal(504, (await bench.Pbx.Dial("+" + user.Phone).FailedAsync()).Status);
        await Eventually.SeeAsync(
            () => bench.Gateway.RowsAsync(user.Phone), rows => rows is [{ HasEnded: true, WhatsAppId: null }], "the record");
        await bench.Gateway.IsIdleAsync();
        var (balance, held, _) = await purse.LookAsync();
        Assert.Equal((10m, 0m), (balance, held));

        await connect.ReleaseAsync();
        await ringing.ReleaseAsync();
        var call = await bench.WhatsApp.CallToAsync(user, CallState.Ended);
        Assert.Equal(["connect 200", "terminate 200"], WhatsAppSide.Actions(call));
    }

    [Fact]
    public async Task A_connect_whose_answer_is_late_beyond_the_deadline_is_made_up_for_by_webhooks()
    {
        await using var bench = await CallBench.StartAsync(
            stores, options => Graph(options, graph => graph with { ConnectDeadline = TimeSpan.FromSeconds(1) }));
        bench.WhatsApp.Plan(new PlannedFault { Action = "connect", AfterEffect = true, DelayMilliseconds = 10_000 });
        var user = bench.WhatsApp.User(AutoMode.Answer);
        var agent = bench.Pbx.Dial(user.Phone);
        await agent.AnsweredAsync();
        var call = await bench.WhatsApp.CallToAsync(user, CallState.Active);
        await Eventually.SeeAsync(
            () => bench.Gateway.MetricAsync("gateway_whatsapp_graph_errors_total", "action=\"connect\"", "DeadlineExceeded"),
            seen => seen >= 1,
            "the deadline has passed");
        Assert.Equal(CallState.Active, call.State);
        await agent.HangUpAsync();
        await bench.EndsAsync(call, HangupCause.PbxHungUp);
    }

    private const string BadToken = "a bad token";

    public static TheoryData<string, PlannedFault> Failures => new()
    {
        { "a fault of Meta's", new PlannedFault { Status = 500, Code = 2 } },
        { "an unavailable service", new PlannedFault { Status = 503, Code = 131016 } },
        { "nonsense", new PlannedFault { Status = 502, Garbage = true } },
        { "a cut connection", new PlannedFault { Drop = true } },
        { "a cut connection after the effect", new PlannedFault { Drop = true, AfterEffect = true } },
        { "silence", new PlannedFault { DelayMilliseconds = 5000 } },
        { "an answer too late", new PlannedFault { DelayMilliseconds = 5000, AfterEffect = true } },
        { BadToken, new PlannedFault { Status = 401, Code = 190 } },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_pre_accept_that_fails_for_the_moment_rings_the_agent_all_the_same(string failure, PlannedFault fault)
    {
        if (failure == BadToken)
            fault = new PlannedFault { Status = 429, Code = 4 }; // a refused token is not a passing fault
        await using var bench = await CallBench.StartAsync(stores, Hasty);
        bench.WhatsApp.Plan(fault with { Action = "pre_accept" });
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        await bench.LiveAsync(call);
        await agent.HangUpAsync();
        await bench.EndsAsync(call, HangupCause.PbxHungUp);
    }

    [Fact]
    public async Task A_pre_accept_that_Meta_refuses_ends_the_call_before_the_PBX_rings()
    {
        await using var bench = await CallBench.StartAsync(stores, Hasty);
        bench.WhatsApp.Plan(new PlannedFault { Action = "pre_accept", Status = 401, Code = 190 });
        await bench.EndsAsync(await bench.WhatsApp.PlaceAsync(), HangupCause.WhatsAppFailed);
        await AnotherCallWorksAsync(bench);
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task An_accept_that_fails_hangs_the_agent_up(string failure, PlannedFault fault)
    {
        Assert.NotEmpty(failure);
        await using var bench = await CallBench.StartAsync(stores, Hasty);
        bench.WhatsApp.Plan(fault with { Action = "accept" });
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        await agent.EndedAsync();
        var row = await bench.EndsAsync(call, HangupCause.WhatsAppFailed);
        // Where it took effect all the same, Meta's report of the end says so, and comes before or after the call is over here.
        Assert.False(row.WasAnswered && !fault.AfterEffect);
        await AnotherCallWorksAsync(bench);
    }

    [Theory]
    [InlineData(503, 131016, false, false)]
    [InlineData(500, 2, false, false)]
    [InlineData(502, 0, true, false)]
    [InlineData(0, 0, false, true)]
    public async Task A_terminate_that_fails_is_repeated_until_it_succeeds(int status, int code, bool garbage, bool drop)
    {
        await using var bench = await CallBench.StartAsync(stores);
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        await bench.LiveAsync(call);
        // More often than one Graph action is retried.
        bench.WhatsApp.Plan(
            new PlannedFault { Action = "terminate", Status = status, Code = code, Garbage = garbage, Drop = drop, Count = 6 });
        await agent.HangUpAsync();
        await bench.EndsAsync(call, HangupCause.PbxHungUp);
        Assert.Equal("terminate 200", WhatsAppSide.Actions(call)[^1]);
    }

    [Fact]
    public async Task A_terminate_that_never_succeeds_ends_the_call_here_all_the_same()
    {
        await using var bench = await CallBench.StartAsync(
            stores, options => options with { Calls = options.Calls with { Ending = TimeSpan.FromSeconds(1) } });
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        await bench.LiveAsync(call);
        bench.WhatsApp.Plan(new PlannedFault { Action = "terminate", Status = 503, Code = 131016, Count = Always });
        await agent.HangUpAsync();
        await bench.EndsAsync(call.User, HangupCause.PbxHungUp);
        Assert.Equal(CallState.Active, call.State); // WhatsApp's own timers end it, since no media comes any more
    }

    private static async Task AnotherCallWorksAsync(CallBench bench)
    {
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        await bench.LiveAsync(call);
        await agent.HangUpAsync();
        await bench.EndsAsync(call, HangupCause.PbxHungUp);
    }

    /// <summary>And time for the question that comes before, whether the user permits the call.</summary>
    private static GatewayOptions OneAttempt(GatewayOptions options) =>
        Graph(options with { Calls = options.Calls with { Preparation = TimeSpan.FromSeconds(30) } }, graph => graph with
        {
            MaxAttempts = 1,
            ReadDeadline = TimeSpan.FromSeconds(25),
        });

    private static GatewayOptions Hasty(GatewayOptions options) =>
        Graph(options, graph => graph with { AnswerDeadline = TimeSpan.FromMilliseconds(700) });

    private static GatewayOptions Graph(
        GatewayOptions options, Func<Gateway.WhatsApp.Graph.GraphOptions, Gateway.WhatsApp.Graph.GraphOptions> change) =>
        options with { WhatsApp = options.WhatsApp with { Graph = change(options.WhatsApp.Graph) } };
}
