using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Calls.Lifecycle;
using Testing;

namespace Gateway.Calls.Tests.Flows;

/// <summary>A group is rung by each strategy, and one agent has the call.</summary>
public sealed class RingStepTests
{
    private static readonly GroupId Group = new("g");

    private static readonly Flow LastAgentThenGroup = FlowDriver.Of(
        ("last", new FlowStep.LastAgent(15, "ring")), ("ring", new FlowStep.Ring(new(Group, null, RingStrategy.InOrder))));

    private readonly VirtualClock _clock = new();

    [Fact]
    public void All_ring_at_once_the_first_to_answer_has_the_call_and_the_others_are_free()
    {
        var call = Ring(3, RingStrategy.All);
        Assert.Equal(3, call.Ringing.Count);

        call.Answer("a2");

        Assert.Equal(CallState.Live, call.Call.State);
        Assert.Empty(call.Ringing);
        Assert.Equal(2, call.All.OfType<CallDecision.CancelPhone>().Count(cancel => cancel.IsElsewhere));
        Assert.Equal(
            [AgentState.Available, AgentState.Busy, AgentState.Available], new[] { "a1", "a2", "a3" }.Select(call.StateOf));
        Assert.Equal(1, call.Count<CallDecision.Accept>());
        call.HangUp();
        Assert.Equal(AgentState.WrapUp, call.StateOf("a2"));
        Assert.Equal(
            (new AgentId("a2"), Group, new FlowId("f"), 3L),
            (call.Record.AgentId!.Value, call.Record.Group!.Value, call.Record.Flow!.Value, call.Record.FlowVersion));
        Assert.Equal(HangupCause.WhatsAppHungUp, call.Record.Cause);
        call.Wait(31);
        Assert.Equal(AgentState.Available, call.StateOf("a2"));
    }

    [Theory]
    [InlineData(RingStrategy.InOrder, "a1", "a2")]
    [InlineData(RingStrategy.RoundRobin, "a1", "a2")]
    [InlineData(RingStrategy.LongestIdle, "a1", "a2")]
    [InlineData(RingStrategy.MostSkilled, "a3", "a2")]
    public void One_rings_after_the_other(RingStrategy strategy, string first, string second)
    {
        var call = Ring(3, strategy);
        Assert.Equal([new AgentId(first)], call.RingingAgents);

        call.Wait(20);

        Assert.Equal([new AgentId(second)], call.RingingAgents);
        Assert.Equal(AgentState.Available, call.StateOf(first));
        call.Answer(second);
        Assert.Equal(CallState.Live, call.Call.State);
    }

    [Fact]
    public void Round_robin_begins_with_whoever_was_rung_the_longest_time_ago()
    {
        var pool = FlowDriver.Agents(3, _clock);
        foreach (var expected in new[] { "a1", "a2", "a3", "a1" })
        {
            var call = new FlowDriver(
                pool, _clock, expected + _clock.Now.Ticks, flow: FlowDriver.Ring(new(Group, null, RingStrategy.RoundRobin)));
            Assert.Equal([new AgentId(expected)], call.RingingAgents);
            call.HangUp();
        }
    }

    [Fact]
    public void Waves_widen_and_those_who_ring_go_on_ringing()
    {
        var flow = FlowDriver.Ring(new AgentChoice(Group, null, RingStrategy.Waves) { Waves = [1, 3] }, seconds: 10);
        var call = new FlowDriver(FlowDriver.Agents(5, _clock), _clock, flow: flow);
        Assert.Equal(["a5"], call.RingingAgents.Select(agent => agent.Value));

        call.Wait(10);

        Assert.Equal(["a5", "a4", "a3"], call.RingingAgents.Select(agent => agent.Value));
        call.Wait(10);
        Assert.Equal(CallState.Ending, call.Call.State);
    }

    [Fact]
    public void Whoever_is_rung_for_one_call_is_not_rung_for_another()
    {
        var pool = FlowDriver.Agents(2, _clock);
        var flow = FlowDriver.Ring(new(Group, null, RingStrategy.InOrder));
        var first = new FlowDriver(pool, _clock, "c1", flow: flow);
        var second = new FlowDriver(pool, _clock, "c2", flow: flow);

        Assert.Equal(["a1"], first.RingingAgents.Select(agent => agent.Value));
        Assert.Equal(["a2"], second.RingingAgents.Select(agent => agent.Value));
    }

    [Fact]
    public void Nobody_available_leads_to_the_next_step_at_once()
    {
        var flow = FlowDriver.Ring(new(Group), next: "busy", more: ("busy", new FlowStep.Refuse(RefuseReason.Busy)));
        var call = new FlowDriver(FlowDriver.Agents(0, _clock), _clock, flow: flow);

        Assert.Equal(CallState.Ending, call.Call.State);
        call.HangUp();
        Assert.Equal(HangupCause.Busy, call.Record.Cause);
    }

    [Theory]
    [InlineData(DeclinePolicy.NextAgent, true)]
    [InlineData(DeclinePolicy.EndStep, false)]
    public void A_decline_leads_to_the_next_agent_or_ends_the_step(DeclinePolicy policy, bool goesOn)
    {
        var flow = FlowDriver.Of(("ring", new FlowStep.Ring(new(Group, null, RingStrategy.InOrder)) { OnDecline = policy }));
        var call = new FlowDriver(FlowDriver.Agents(2, _clock), _clock, flow: flow);
        call.HasRung("a1");

        call.Refuse("a1", 486);

        Assert.Equal(goesOn ? ["a2"] : [], call.RingingAgents.Select(agent => agent.Value));
        Assert.Equal(AgentState.Available, call.StateOf("a1"));
        if (goesOn)
            return;
        call.HangUp();
        Assert.Equal(HangupCause.Declined, call.Record.Cause);
    }

    [Fact]
    public void A_phone_that_is_busy_before_it_rang_declines_nothing()
    {
        var flow = FlowDriver.Of(
            ("ring", new FlowStep.Ring(new(Group, null, RingStrategy.InOrder)) { OnDecline = DeclinePolicy.EndStep }));
        var call = new FlowDriver(FlowDriver.Agents(2, _clock), _clock, flow: flow);

        call.Refuse("a1", 486);

        Assert.Equal(["a2"], call.RingingAgents.Select(agent => agent.Value));
    }

    [Fact]
    public void The_trunk_of_the_call_is_that_of_the_phone_that_answered()
    {
        var call = Ring(2, RingStrategy.All);
        call.Feed(new CallInput.PbxAnswered("a2", call.Ringing.Keys.Last(), "phones"));
        Assert.Equal("phones", call.Call.Trunk);
    }

    /// <summary>Phones go on ringing until WhatsApp has accepted, so that one of them can have the call then.</summary>
    [Fact]
    public void A_winner_who_vanishes_before_accept_hands_the_call_to_those_who_still_ring()
    {
        var call = Ring(3, RingStrategy.All);
        var winner = call.Ringing.Keys.First();
        call.Feed(new CallInput.PbxAnswered("a1", winner));
        call.Feed(new CallInput.AnswerLockTaken(true));
        Assert.Equal(CallState.Accepting, call.Call.State);
        Assert.Equal(2, call.Ringing.Count);

        call.Feed(new CallInput.PbxEnded(Attempt: winner));
        call.Feed(new CallInput.Accepted(null));

        Assert.Equal(CallState.Waiting, call.Call.State);
        Assert.Equal(AgentState.Available, call.StateOf("a1"));
        Assert.Equal([CallDecision.Play.Ringback], call.Last<CallDecision.Play>().Audio);
        call.Answer("a3");
        Assert.Equal(CallState.Live, call.Call.State);
        Assert.Equal(1, call.Count<CallDecision.Accept>());
        call.HangUp();
        Assert.Equal(new AgentId("a3"), call.Record.AgentId);
        Assert.Empty(call.Record.EarlierAgents);
    }

    /// <summary>Until WhatsApp has accepted, the step may come to its end: nobody rings any more, or the time is over.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_step_that_ends_while_its_winner_is_being_connected_is_left_only_if_that_phone_is_lost(bool isLost)
    {
        var flow = FlowDriver.Ring(new(Group), 20, "sorry", ("sorry", new FlowStep.Refuse(RefuseReason.Busy)));
        var call = new FlowDriver(FlowDriver.Agents(2, _clock), _clock, flow: flow);
        call.Wait(19);
        var winner = call.Ringing.Keys.First();
        call.HasRung("a2");
        call.Feed(new CallInput.PbxAnswered("a1", winner));
        call.Feed(new CallInput.AnswerLockTaken(true));

        call.Refuse("a2", 486);
        call.Wait(2);

        Assert.Equal((CallState.Accepting, AgentState.Available), (call.Call.State, call.StateOf("a2")));
        if (isLost)
            call.Feed(new CallInput.PbxEnded(Attempt: winner));
        else
            call.Feed(new CallInput.Accepted(null));
        Assert.Equal(isLost ? CallState.Ending : CallState.Live, call.Call.State);
        Assert.Equal(isLost ? AgentState.Available : AgentState.Busy, call.StateOf("a1"));
    }

    [Fact]
    public void No_further_wave_rings_while_a_winner_is_being_connected()
    {
        var call = Ring(3, RingStrategy.Waves);
        var winner = call.Ringing.Keys.Single();
        call.Feed(new CallInput.PbxAnswered("a3", winner));
        call.Feed(new CallInput.AnswerLockTaken(true));

        call.Wait(5);
        Assert.Equal(1, call.Count<CallDecision.RingAgent>());

        call.Feed(new CallInput.PbxEnded(Attempt: winner));
        Assert.Equal(3, call.Count<CallDecision.RingAgent>());
    }

    /// <summary>The registry was restarted empty, and another call took the agent before this one's phone answered.</summary>
    [Fact]
    public void An_agent_whom_another_call_has_taken_meanwhile_is_hung_up_and_the_others_ring_on()
    {
        var call = Ring(2, RingStrategy.All);
        var before = call.Pool.Find(new("a1"), call.Now)!;
        Assert.True(call.Pool.Release(before.Agent, before.Token, TimeSpan.Zero, call.Now));
        Assert.NotNull(call.Pool.TakeBusy(before.Agent, new CallId("other"), call.Now));

        call.Answer("a1");

        Assert.Equal(1, call.Count<CallDecision.HangUpAgent>());
        Assert.Equal(["a2"], call.RingingAgents.Select(agent => agent.Value));
        Assert.Equal(new CallId("other"), call.Pool.Find(new("a1"), call.Now)!.Call);
    }

    [Fact]
    public void The_last_agent_is_rung_first_where_available_and_the_group_after_that()
    {
        var call = new FlowDriver(FlowDriver.Agents(3, _clock), _clock, lastAgent: new("a2"), flow: LastAgentThenGroup);
        Assert.Equal(["a2"], call.RingingAgents.Select(agent => agent.Value));

        call.Wait(15);

        Assert.Equal(["a1"], call.RingingAgents.Select(agent => agent.Value));
    }

    [Fact]
    public void A_contact_without_a_last_agent_goes_on_to_the_group()
    {
        var call = new FlowDriver(FlowDriver.Agents(1, _clock), _clock, flow: LastAgentThenGroup);

        Assert.Equal(["a1"], call.RingingAgents.Select(agent => agent.Value));
    }

    /// <summary>Meta's time for an answer ends a step that only rings; what answers by itself may follow.</summary>
    [Fact]
    public void Ringing_keeps_to_Metas_window_and_a_queue_may_follow_it()
    {
        var flow = FlowDriver.Ring(
            new(Group, null, RingStrategy.InOrder), 40, "again",
            ("again", new FlowStep.Ring(new(Group), 40, "queue")), ("queue", new FlowStep.Queue(Group)));
        var call = new FlowDriver(FlowDriver.Agents(3, _clock), _clock, flow: flow);

        call.Wait(50.5);
        call.Accept();

        Assert.Equal(CallState.Waiting, call.Call.State);
    }

    [Fact]
    public void The_end_of_the_call_frees_whoever_rings()
    {
        var call = Ring(3, RingStrategy.All);

        call.HangUp();

        Assert.All(new[] { "a1", "a2", "a3" }, agent => Assert.Equal(AgentState.Available, call.StateOf(agent)));
        Assert.Equal(HangupCause.CallerGaveUp, call.Record.Cause);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_phones_of_a_call_that_ends_are_hung_up_before_their_agents_are_given_back(bool isLive)
    {
        var call = Ring(3, RingStrategy.All);
        if (isLive)
            call.Answer("a2");
        var before = call.All.Count;
        call.HangUp();
        var ending = call.All.Skip(before).ToList();
        var release = ending.FindIndex(decision => decision is CallDecision.ReleaseAgent);
        Assert.InRange(ending.FindIndex(decision => decision is CallDecision.HangUpPbx), 0, release - 1);
    }

    [Fact]
    public void A_call_that_an_operator_gives_to_an_agent_makes_the_phone_answer_by_itself()
    {
        var call = Ring(2, RingStrategy.InOrder);
        call.Feed(new CallInput.AssignRequested(new("a2")));

        Assert.True(call.Last<CallDecision.RingAgent>().AutoAnswer);
        call.Answer("a2");
        Assert.Equal((CallState.Live, AgentState.Available), (call.Call.State, call.StateOf("a1")));
    }

    private FlowDriver Ring(int agents, RingStrategy strategy) =>
        new(FlowDriver.Agents(agents, _clock), _clock, flow: FlowDriver.Ring(new(Group, null, strategy)));
}
