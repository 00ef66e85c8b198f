using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Sip;
using Gateway.Sip.Dialogs;
using Gateway.Worker.Tests.Calls.Bench;
using Sandbox;
using Sandbox.Graph;
using Sandbox.Users;
using Testing;
using CallState = Sandbox.Calls.CallState;

namespace Gateway.Worker.Tests.Calls;

/// <summary>Webhooks repeated, batched, late, in any order and in every shape that Meta gives them.</summary>
[Collection(StoresCollection.Name)]
public sealed class WebhookOrderTests(Stores stores)
{
    public static TheoryData<string, Knobs> Shapes => new()
    {
        { "status in lower case", new Knobs { StatusCase = LetterCase.Lower } },
        { "status in title case", new Knobs { StatusCase = LetterCase.Title } },
        { "legacy connection object beside the session", new Knobs { Legacy = LegacyConnection.Also } },
        { "legacy connection object alone", new Knobs { Legacy = LegacyConnection.Only } },
        { "no contacts", new Knobs { OmitContacts = true } },
        { "no phone number", new Knobs { HidePhone = true } },
        { "no phone number and no contacts", new Knobs { HidePhone = true, OmitContacts = true } },
        { "times as numbers", new Knobs { IntegerTimes = true } },
        { "from and to swapped", new Knobs { SwapNumbers = true } },
        { "everything three times", new Knobs { Copies = 3 } },
        { "in batches", new Knobs { BatchMilliseconds = 60 } },
        { "in batches, twice", new Knobs { BatchMilliseconds = 60, Copies = 2 } },
        { "all late", new Knobs { DelayAllMilliseconds = 80 } },
        { "connect late", new Knobs { DelayConnectMilliseconds = 80 } },
        { "RINGING before connect", new Knobs { RingingBeforeConnect = true } },
        { "ACCEPTED before RINGING", new Knobs { AcceptedBeforeRinging = true } },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task Calls_both_ways_survive_webhooks(string shape, Knobs knobs)
    {
        Assert.NotEmpty(shape);
        await using var bench = await CallBench.StartAsync(stores);
        bench.WhatsApp.Knobs = knobs;

        var inbound = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        await bench.LiveAsync(inbound);
        await bench.WhatsApp.HangUpAsync(inbound);
        await agent.EndedAsync();
        await bench.EndsAsync(inbound, HangupCause.WhatsAppHungUp);
        Assert.Equal(["pre_accept 200", "accept 200"], WhatsAppSide.Actions(inbound));

        var user = bench.WhatsApp.User(AutoMode.Answer);
        var dialled = bench.Pbx.Dial(user.Phone);
        await dialled.AnsweredAsync();
        var outbound = await bench.WhatsApp.CallToAsync(user, CallState.Active);
        await bench.LiveAsync(outbound);
        await bench.WhatsApp.HangUpAsync(outbound);
        await dialled.EndedAsync();
        await bench.EndsAsync(outbound, HangupCause.WhatsAppHungUp);
        Assert.Equal(["connect 200"], WhatsAppSide.Actions(outbound));
    }

    [Theory]
    [InlineData("connect", "RINGING", "ACCEPTED")]
    [InlineData("connect", "ACCEPTED", "RINGING")]
    [InlineData("RINGING", "connect", "ACCEPTED")]
    [InlineData("RINGING", "ACCEPTED", "connect")]
    [InlineData("ACCEPTED", "connect", "RINGING")]
    [InlineData("ACCEPTED", "RINGING", "connect")]
    public async Task An_outbound_call_is_answered_once_it_is_picked_up_and_described_whatever_comes_first(params string[] order)
    {
        await using var bench = await CallBench.StartAsync(stores);
        var held = order.Select(bench.Relay.Hold).ToArray();
        var user = bench.WhatsApp.User(AutoMode.Answer);
        var agent = bench.Pbx.Dial(user.Phone);
        foreach (var one in held)
            await one.ArrivedAsync();
        foreach (var one in held)
            await one.ReleaseAsync();
        await agent.AnsweredAsync();
        Assert.Single(agent.Seen, seen => seen is SipCallEvent.Answered);
        await agent.HangUpAsync();
        await bench.EndsAsync(await bench.WhatsApp.CallToAsync(user, CallState.Ended), HangupCause.PbxHungUp);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Webhooks_may_overtake_the_answer_to_connect(bool namesOurId)
    {
        await using var bench = await CallBench.StartAsync(stores);
        if (!namesOurId)
            bench.Relay.Bend = (_, value) => (value["calls"] ?? value["statuses"])![0]!.AsObject().Remove("biz_opaque_callback_data");
        bench.WhatsApp.Plan(new PlannedFault { Action = "connect", AfterEffect = true, DelayMilliseconds = 1000 });
        var user = bench.WhatsApp.User(AutoMode.Answer);
        var agent = bench.Pbx.Dial(user.Phone);
        await agent.AnsweredAsync();
        var call = await bench.WhatsApp.CallToAsync(user, CallState.Active);
        await agent.HangUpAsync();
        await bench.EndsAsync(call, HangupCause.PbxHungUp);
        Assert.Equal(["connect 200", "terminate 200"], WhatsAppSide.Actions(call));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_decline_that_overtakes_the_answer_to_connect_refuses_the_agent(bool namesOurId)
    {
        await using var bench = await CallBench.StartAsync(stores);
        if (!namesOurId)
            bench.Relay.Bend = (_, value) => (value["calls"] ?? value["statuses"])![0]!.AsObject().Remove("biz_opaque_callback_data");
        bench.WhatsApp.Plan(new PlannedFault { Action = "connect", AfterEffect = true, DelayMilliseconds = 600 });
        var user = bench.WhatsApp.User(AutoMode.Decline);
        var agent = bench.Pbx.Dial(user.Phone);
        Assert.Equal(603, (await agent.FailedAsync()).Status);
        await bench.EndsAsync(await bench.WhatsApp.CallToAsync(user, CallState.Ended), HangupCause.Declined);
    }

    [Fact]
    public async Task Late_webhooks_of_a_call_that_is_over_change_nothing()
    {
        await using var bench = await CallBench.StartAsync(stores);
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await bench.WhatsApp.HangUpAsync(call);
        await agent.EndedAsync();
        await bench.EndsAsync(call, HangupCause.CallerGaveUp);

        var tombstoned = await OutcomesAsync(bench, "tombstoned");
        var left = await OutcomesAsync(bench, "tombstone_left");
        Assert.Equal(200, await bench.Relay.RepeatAsync("connect"));
        Assert.Equal(200, await bench.Relay.RepeatAsync("terminate"));
        await SeenAsync(bench, "tombstoned", tombstoned + 1);
        await SeenAsync(bench, "tombstone_left", left + 1);
        await bench.EndsAsync(call, HangupCause.CallerGaveUp);
        Assert.Equal(["pre_accept 200"], WhatsAppSide.Actions(call));
    }

    [Fact]
    public async Task A_duplicate_of_a_live_calls_connect_is_nothing_new()
    {
        await using var bench = await CallBench.StartAsync(stores);
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        var duplicates = await OutcomesAsync(bench, "duplicate");
        await bench.Relay.RepeatAsync("connect");
        await SeenAsync(bench, "duplicate", duplicates + 1);
        await agent.AnswerAsync();
        await bench.LiveAsync(call);
        await bench.Relay.RepeatAsync("connect");
        await SeenAsync(bench, "duplicate", duplicates + 2);
        await agent.HangUpAsync();
        await bench.EndsAsync(call, HangupCause.PbxHungUp);
    }

    [Fact]
    public async Task An_offer_to_a_number_that_is_not_ours_does_not_ring()
    {
        await using var bench = await CallBench.StartAsync(stores);
        bench.Relay.Bend = (_, value) => value["metadata"]!["phone_number_id"] = "999";
        var unknown = await OutcomesAsync(bench, "unknown_number");
        var call = await bench.WhatsApp.PlaceAsync();
        await SeenAsync(bench, "unknown_number", unknown + 1);
        await NothingHappenedAsync(bench, call.User);
    }

    [Fact]
    public async Task Every_call_of_a_batch_rings()
    {
        await using var bench = await CallBench.StartAsync(stores);
        bench.WhatsApp.Knobs = new Knobs { BatchMilliseconds = 150 };
        var calls = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => bench.WhatsApp.PlaceAsync()));
        var rung = new List<string?>();
        foreach (var _ in calls)
        {
            var agent = await bench.Pbx.NextAsync();
            rung.Add(agent.Header("X-WhatsApp-Call-Id"));
            await agent.RejectAsync(486);
        }
        Assert.Equal(calls.Select(call => call.Id).Order(), rung.Order());
        foreach (var call in calls)
            await bench.EndsAsync(call, HangupCause.Busy);
    }

    private static Task<double> OutcomesAsync(CallBench bench, string outcome) =>
        bench.Gateway.MetricAsync("gateway_calls_webhook_events_total", $"outcome=\"{outcome}\"");

    private static Task SeenAsync(CallBench bench, string outcome, double count) =>
        Eventually.SeeAsync(() => OutcomesAsync(bench, outcome), seen => seen >= count, $"{count} webhook(s) that came to {outcome}");

    private static async Task NothingHappenedAsync(CallBench bench, SandboxUser user)
    {
        Assert.Empty(await bench.Gateway.RowsAsync(user.Phone));
        Assert.False(bench.Pbx.HasUnexpectedCall);
        await bench.Gateway.IsIdleAsync();
    }
}
