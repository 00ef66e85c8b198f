using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Worker.Tests.Calls.Bench;
using Sandbox.Calls;
using Testing;

namespace Gateway.Worker.Tests.ContactCentre;

/// <summary>A user's call waits for an agent: accepted, with something to hear, and served in turn.</summary>
[Collection(StoresCollection.Name)]
public sealed class QueueTests(Stores stores)
{
    private const double Music = 440, Welcome = 560, First = 700, Second = 800, Sorry = 900;

    [Fact]
    public async Task A_caller_hears_music_until_an_agent_is_available()
    {
        await using var bench = await CentreBench.StartAsync(stores);
        await bench.AddAsync(["201"], AgentPresence.Away);
        await bench.AddToneAsync("music", Music);
        await bench.AddToneAsync("welcome", Welcome);
        var flow = await bench.LeadAsync(("queue", new FlowStep.Queue(bench.Group) { Welcome = "welcome", Music = "music" }));
        var call = await bench.PlaceAsync();
        await WhatsAppSide.UntilAsync(call, CallState.Active);
        await WhatsAppSide.HearsAsync(call, Welcome);
        await WhatsAppSide.HearsAsync(call, Music);

        await bench.SetPresenceAsync("201", AgentPresence.Available);
        var agent = await bench.RungAsync("201");
        await WhatsAppSide.HearsAsync(call, Music);
        await agent.AnswerAsync();

        await bench.Calls.LiveAsync(call);
        await WhatsAppSide.HearsAsync(call, Pbx.Hertz);
        await agent.HearsAsync(WhatsAppSide.Hertz);
        await bench.WhatsApp.HangUpAsync(call);
        await bench.Calls.EndsAsync(call, HangupCause.WhatsAppHungUp);
        var row = await bench.RowAsync(call);
        Assert.Equal((bench.Id("201").Value, flow.Value, bench.Group.Value), row.Way);
        Assert.True(row.WaitedFrom <= row.AnsweredAt && row.AnsweredAt < row.AgentAnsweredAt, $"{row}");
        Assert.Equal(["call.queued", "call.answered", "call.ended"], await bench.EventsAsync(call));
        Assert.Equal(["pre_accept 200", "accept 200"], WhatsAppSide.Actions(call));
    }

    [Fact]
    public async Task Whoever_has_no_music_hears_that_of_the_gateway()
    {
        await using var bench = await CentreBench.StartAsync(stores);
        await bench.AddAsync(["201"], AgentPresence.Away);
        await bench.LeadAsync(("queue", new FlowStep.Queue(bench.Group)));
        var call = await bench.PlaceAsync();

        await Eventually.SeeAsync(
            () => call.Handset.ReportAsync(CancellationToken.None), report => report is { LevelDb: > -40, Sources: 1 }, "music is heard");

        await bench.WhatsApp.HangUpAsync(call);
        await bench.Calls.EndsAsync(call, HangupCause.CallerGaveUp);
    }

    [Fact]
    public async Task An_agent_who_is_free_again_has_the_next_call_in_line()
    {
        await using var bench = await CentreBench.StartAsync(stores);
        await bench.AddAsync(["201"]);
        await bench.LeadAsync(("queue", new FlowStep.Queue(bench.Group)));
        var first = await bench.WhatsApp.PlaceAsync();
        var talk = await bench.RungAsync("201");
        await talk.AnswerAsync();
        await bench.Calls.LiveAsync(first);
        var second = await bench.WhatsApp.PlaceAsync();
        await InLineAsync(bench, 1);
        var third = await bench.WhatsApp.PlaceAsync();
        await InLineAsync(bench, 2);

        await talk.HangUpAsync();

        talk = await bench.RungAsync("201");
        Assert.Equal(second.Id, talk.Header("X-WhatsApp-Call-Id"));
        await talk.AnswerAsync();
        await bench.Calls.LiveAsync(second);
        await talk.HangUpAsync();
        talk = await bench.RungAsync("201");
        Assert.Equal(third.Id, talk.Header("X-WhatsApp-Call-Id"));
        await talk.RejectAsync(480);
        await bench.WhatsApp.HangUpAsync(third);
        await WhatsAppSide.UntilAsync(third, CallState.Ended);
    }

    /// <summary>The shortest intervals that a flow may have: ten seconds to the first announcement, fifteen to the longest wait.</summary>
    [Fact]
    public async Task The_place_is_announced_and_the_longest_wait_leads_on()
    {
        await using var bench = await CentreBench.StartAsync(stores);
        await bench.AddAsync(["201"], AgentPresence.Away);
        foreach (var (name, hertz) in new[] { ("music", Music), ("place-1", First), ("place-2", Second), ("sorry", Sorry) })
            await bench.AddToneAsync(name, hertz);
        var queue = new FlowStep.Queue(bench.Group, "sorry")
        {
            Music = "music", AnnounceEverySeconds = 10, PlaceAudio = "place-{n}", MaxWaitSeconds = 16,
        };
        await bench.LeadAsync(("queue", queue), ("sorry", new FlowStep.Announce("sorry")));
        var first = await bench.PlaceAsync();
        await InLineAsync(bench, 1);
        var second = await bench.PlaceAsync();

        await Task.WhenAll(HearAsync(first, First), HearAsync(second, Second));
        await bench.Calls.EndsAsync(first, HangupCause.FlowEnded);

        async Task HearAsync(SandboxCall call, double place)
        {
            await WhatsAppSide.HearsAsync(call, Music);
            await WhatsAppSide.HearsAsync(call, place);
            await WhatsAppSide.HearsAsync(call, Music);
            await WhatsAppSide.HearsAsync(call, Sorry);
            await WhatsAppSide.UntilAsync(call, CallState.Ended);
        }
    }

    [Fact]
    public async Task A_queue_that_is_full_or_has_no_agent_is_passed_over_before_the_call_is_accepted()
    {
        await using var bench = await CentreBench.StartAsync(stores);
        await bench.LeadAsync(
            ("queue", new FlowStep.Queue(bench.Group, "busy") { Capacity = 1 }), ("busy", new FlowStep.Refuse(RefuseReason.Busy)));
        var early = await bench.WhatsApp.PlaceAsync();
        await bench.Calls.EndsAsync(early, HangupCause.Busy);
        Assert.Equal(["pre_accept 200", "terminate 200"], WhatsAppSide.Actions(early));
        await bench.AddAsync(["201"], AgentPresence.Away);
        var waits = await bench.WhatsApp.PlaceAsync();
        await WhatsAppSide.UntilAsync(waits, CallState.Active);

        var late = await bench.WhatsApp.PlaceAsync();

        await WhatsAppSide.UntilAsync(late, CallState.Ended);
        Assert.Equal(["pre_accept 200", "terminate 200"], WhatsAppSide.Actions(late));
        await bench.WhatsApp.HangUpAsync(waits);
        await bench.Calls.EndsAsync(waits, HangupCause.CallerGaveUp);
    }

    [Fact]
    public async Task A_key_asks_for_a_call_back_and_leaves_the_queue()
    {
        await using var bench = await CentreBench.StartAsync(stores);
        await bench.AddAsync(["201"], AgentPresence.Away);
        await bench.AddToneAsync("music", Music);
        await bench.LeadAsync(("queue", new FlowStep.Queue(bench.Group) { Music = "music", CallbackKey = '1' }));
        var call = await bench.PlaceAsync();
        await WhatsAppSide.HearsAsync(call, Music);

        await call.Handset.SendDigitsAsync("51", CancellationToken.None);

        await bench.Calls.EndsAsync(call, HangupCause.CallbackRequested);
        Assert.Empty(await bench.Registry.WaitingAsync(bench.Group, CancellationToken.None));
        Assert.Equal(("callback_requested", bench.Group.Value), await MissedAsync(bench, call));
    }

    [Fact]
    public async Task Whoever_hangs_up_in_a_queue_is_a_missed_call_with_the_time_of_waiting()
    {
        await using var bench = await CentreBench.StartAsync(stores);
        await bench.AddAsync(["201"], AgentPresence.Away);
        await bench.LeadAsync(("queue", new FlowStep.Queue(bench.Group)));
        var call = await bench.WhatsApp.PlaceAsync();
        await WhatsAppSide.UntilAsync(call, CallState.Active);
        await InLineAsync(bench, 1);
        await Eventually.SeeAsync(() => bench.RowAsync(call), row => row.WaitedFrom is not null, "PostgreSQL knows that it waits");

        await bench.WhatsApp.HangUpAsync(call);

        await bench.Calls.EndsAsync(call, HangupCause.CallerGaveUp);
        Assert.Equal(("caller_gave_up", bench.Group.Value), await MissedAsync(bench, call));
        var events = await bench.EventsAsync(call);
        // A pick-up that is stored after the end is no news any more.
        Assert.Equal(["call.queued", "call.missed", "call.abandoned"], events.Where(kind => kind != "call.answered"));
        var row = await bench.RowAsync(call);
        Assert.True(row is { AgentAnsweredAt: null, AgentId: null } && row.WaitedFrom < row.EndedAt, $"{row}");
    }

    private static Task InLineAsync(CentreBench bench, int calls) => Eventually.SeeAsync(
        () => bench.Registry.WaitingAsync(bench.Group, CancellationToken.None), line => line.Count == calls, $"{calls} call(s) wait");

    private static async Task<(string Cause, string? Group)> MissedAsync(CentreBench bench, SandboxCall call) =>
        await bench.FindAsync<(string, string?)>(
            "SELECT cause, agent_group FROM missed_calls WHERE call_id = @id AND waited_from < missed_at",
            new { id = (await bench.RowAsync(call)).Id });
}
