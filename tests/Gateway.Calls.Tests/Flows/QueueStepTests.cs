using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Rules;
using Testing;

namespace Gateway.Calls.Tests.Flows;

/// <summary>A call waits for an agent: accepted first, served in turn, never forgotten.</summary>
public sealed class QueueStepTests
{
    private static readonly GroupId Group = new("g");

    private readonly VirtualClock _clock = new();

    [Fact]
    public void A_queue_accepts_plays_music_and_rings_an_agent_when_one_is_free()
    {
        var pool = FlowDriver.Agents(1, _clock);
        var talk = Queue(pool, "c1");
        talk.Answer("a1");
        var wait = Queue(pool, "c2");

        Assert.Equal(CallState.Waiting, wait.Call.State);
        Assert.Equal(1, wait.Count<CallDecision.OpenAudio>());
        Assert.Equal([CallDecision.Play.Music], wait.Last<CallDecision.Play>().Audio);
        Assert.Empty(wait.Ringing);

        talk.HangUp();
        talk.Wait(31); // the wrap-up
        wait.Feed(new CallInput.GroupChanged(Group));

        Assert.Equal(["a1"], wait.RingingAgents.Select(agent => agent.Value));
        wait.Answer("a1");
        Assert.Equal(CallState.Live, wait.Call.State);
        Assert.Equal(1, wait.Count<CallDecision.StopPlaying>());
        wait.HangUp();
        Assert.True(wait.Record.AgentAnsweredAt - wait.Record.AnsweredAt > TimeSpan.FromSeconds(30));
        Assert.Equal(CallOutcome.Ended, CallOutcomes.Of(wait.Record));
    }

    [Fact]
    public void Whoever_hangs_up_in_a_queue_is_a_missed_call_with_the_time_of_waiting()
    {
        var pool = FlowDriver.Agents(1, _clock);
        pool.SetPresence(new("a1"), AgentPresence.Away, "lunch", _clock.Now.ToDateTimeOffset());
        var call = Queue(pool, "c1");
        call.Wait(45);

        call.HangUp();

        Assert.Equal((HangupCause.CallerGaveUp, CallOutcome.Missed), (call.Record.Cause, CallOutcomes.Of(call.Record)));
        Assert.Null(call.Record.AgentAnsweredAt);
        Assert.InRange((call.Record.EndedAt - call.Record.WaitedFrom!.Value).TotalSeconds, 45, 46);
        Assert.Empty(pool.InLine(Group, call.Now));
    }

    [Fact]
    public void Calls_are_served_in_turn_and_a_higher_priority_first()
    {
        var pool = FlowDriver.Agents(1, _clock);
        var talk = Queue(pool, "c0");
        talk.Answer("a1");
        var first = Queue(pool, "c1");
        var second = Queue(pool, "c2");
        var urgent = Queue(pool, "c3", new FlowStep.Queue(Group) { Priority = 9 });
        talk.HangUp();
        talk.Wait(31);

        foreach (var call in new[] { second, first, urgent })
            call.Feed(new CallInput.GroupChanged(Group));

        Assert.Equal((0, 0, 1), (second.Ringing.Count, first.Ringing.Count, urgent.Ringing.Count));
    }

    [Fact]
    public void An_agent_who_does_not_answer_is_followed_by_the_next_and_rung_again_later()
    {
        var call = Queue(FlowDriver.Agents(2, _clock), "c1");
        Assert.Equal(["a1"], call.RingingAgents.Select(agent => agent.Value));
        call.Wait(20);
        Assert.Equal(["a2"], call.RingingAgents.Select(agent => agent.Value));
        call.Wait(20);
        Assert.Empty(call.Ringing);

        call.Wait(3);

        Assert.Single(call.Ringing);
    }

    [Fact]
    public void No_report_is_needed_for_an_agent_to_be_found()
    {
        var pool = FlowDriver.Agents(1, _clock);
        pool.SetPresence(new("a1"), AgentPresence.Away, null, _clock.Now.ToDateTimeOffset());
        var call = Queue(pool, "c1");
        pool.SetPresence(new("a1"), AgentPresence.Available, null, call.Now);

        call.Wait(3);

        Assert.Single(call.Ringing);
    }

    [Fact]
    public void The_longest_wait_leads_to_the_next_step()
    {
        var flow = FlowDriver.Of(
            ("queue", new FlowStep.Queue(Group, "message") { MaxWaitSeconds = 60 }),
            ("message", new FlowStep.Voicemail("leave-a-message")));
        var pool = FlowDriver.Agents(1, _clock);
        pool.SetPresence(new("a1"), AgentPresence.Away, null, _clock.Now.ToDateTimeOffset());
        var call = new FlowDriver(pool, _clock, flow: flow);
        call.Accept();

        call.Wait(61);

        Assert.Equal(["leave-a-message"], call.Last<CallDecision.Play>().Audio);
        call.Feed(new CallInput.PlayEnded(call.Last<CallDecision.Play>().Id));
        Assert.Equal(TimeSpan.FromSeconds(120), call.Last<CallDecision.RecordMessage>().Longest);
        call.Feed(new CallInput.MessageRecorded(TimeSpan.FromSeconds(7)));
        call.HangUp();
        Assert.Equal((HangupCause.FlowEnded, CallOutcome.Missed), (call.Record.Cause, CallOutcomes.Of(call.Record)));
    }

    [Theory]
    [InlineData(0, "nobody is signed in")]
    [InlineData(1, "the queue is full")]
    public void A_queue_that_is_full_or_has_no_agents_is_passed_over_before_the_call_is_accepted(int agents, string _)
    {
        var flow = FlowDriver.Of(
            ("queue", new FlowStep.Queue(Group, "busy") { Capacity = 1 }), ("busy", new FlowStep.Refuse(RefuseReason.Busy)));
        var pool = FlowDriver.Agents(agents, _clock);
        if (agents > 0)
            pool.Join(new WaitingCall(new("other"), Group, 0, _clock.Now.ToDateTimeOffset(), "n"), _clock.Now.ToDateTimeOffset());
        var call = new FlowDriver(pool, _clock, flow: flow);

        Assert.Equal(0, call.Count<CallDecision.Accept>());
        Assert.Equal(CallState.Ending, call.Call.State);
        call.HangUp();
        Assert.Equal(HangupCause.Busy, call.Record.Cause);
    }

    [Fact]
    public void A_key_asks_for_a_call_back_and_leaves_the_queue()
    {
        var pool = FlowDriver.Agents(1, _clock);
        pool.SetPresence(new("a1"), AgentPresence.Away, null, _clock.Now.ToDateTimeOffset());
        var call = Queue(pool, "c1", new FlowStep.Queue(Group) { CallbackKey = '1' });

        call.Feed(new CallInput.DigitPressed(Media.Protocols.Primitives.CallLeg.WhatsApp, '1', TimeSpan.FromMilliseconds(100)));

        Assert.Empty(pool.InLine(Group, call.Now));
        call.HangUp();
        Assert.Equal((HangupCause.CallbackRequested, CallOutcome.Missed), (call.Record.Cause, CallOutcomes.Of(call.Record)));
    }

    [Fact]
    public void The_place_is_announced_again_and_again_and_the_welcome_once()
    {
        var pool = FlowDriver.Agents(1, _clock);
        pool.SetPresence(new("a1"), AgentPresence.Away, null, _clock.Now.ToDateTimeOffset());
        var call = Queue(pool, "c1", new FlowStep.Queue(Group) { Welcome = "hello", AnnounceEverySeconds = 30, PlaceAudio = "place-{n}" });
        Assert.Equal(["hello"], call.Last<CallDecision.Play>().Audio);
        call.Feed(new CallInput.PlayEnded(call.Last<CallDecision.Play>().Id));
        Assert.True(call.Last<CallDecision.Play>().IsLoop);

        call.Wait(95);

        Assert.Equal(3, call.Count<CallDecision.PlayPlace>());
    }

    [Fact]
    public void A_live_call_that_is_transferred_frees_its_agent_and_goes_to_another()
    {
        var call = Queue(FlowDriver.Agents(2, _clock), "c1");
        call.Answer("a1");
        call.Wait(10);

        call.Feed(new CallInput.TransferRequested(FlowDriver.Ring(new(null, [new("a2")], RingStrategy.InOrder))));

        Assert.Equal((CallState.Waiting, AgentState.WrapUp), (call.Call.State, call.StateOf("a1")));
        Assert.Equal(["a2"], call.RingingAgents.Select(agent => agent.Value));
        call.Answer("a2");
        call.Wait(5);
        call.HangUp();
        Assert.Equal("a1", Assert.Single(call.Record.EarlierAgents).Agent);
        Assert.Equal((new AgentId("a2"), HangupCause.WhatsAppHungUp), (call.Record.AgentId!.Value, call.Record.Cause));
        Assert.Equal(1, call.Count<CallDecision.Accept>());
        Assert.Equal((new FlowId("f"), 3L), (call.Record.Flow!.Value, call.Record.FlowVersion!.Value)); // that which led it in
    }

    [Fact]
    public void An_operator_gives_a_call_to_an_agent_also_while_another_is_looked_for()
    {
        var pool = FlowDriver.Agents(2, _clock);
        var call = Queue(pool, "c1");
        call.Refuse("a1", 480);

        call.Feed(new CallInput.AssignRequested(new("a1")));

        Assert.Contains(call.RingingAgents, agent => agent.Value == "a1");
    }

    private FlowDriver Queue(AgentPool pool, string id, FlowStep.Queue? step = null)
    {
        var call = new FlowDriver(pool, _clock, id, flow: FlowDriver.Of(("queue", step ?? new FlowStep.Queue(Group))));
        call.Accept();
        return call;
    }
}
