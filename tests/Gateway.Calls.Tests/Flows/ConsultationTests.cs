using Gateway.Calls.Agents;
using Gateway.Calls.Channels;
using Gateway.Calls.Flows;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Records;
using Testing;

namespace Gateway.Calls.Tests.Flows;

/// <summary>Agent a1, who has the call, asks a2 before handing it over.</summary>
public sealed class ConsultationTests
{
    private static readonly GroupId Group = new("g");

    private readonly VirtualClock _clock = new();
    private readonly FlowDriver _call;

    public ConsultationTests()
    {
        _call = new FlowDriver(
            FlowDriver.Agents(3, _clock), _clock, flow: FlowDriver.Ring(new AgentChoice(Group, null, RingStrategy.InOrder)));
        _call.Answer("a1");
        Assert.Equal(CallState.Live, _call.Call.State);
    }

    [Fact]
    public void The_user_hears_music_and_the_agent_the_ringing_of_a_target_who_was_taken_before()
    {
        Ask();
        Assert.Equal((CallState.Live, ConsultationState.Ringing), (_call.Call.State, _call.Call.Consultation));
        Assert.Equal([CallDecision.Play.Music], _call.Last<CallDecision.Play>().Audio);
        var ofTarget = _call.All.OfType<CallDecision.OfConsultation>().Select(of => of.What).ToArray();
        Assert.Equal([CallDecision.Play.Ringback], ofTarget.OfType<CallDecision.Play>().Single().Audio);
        Assert.Equal(new AgentId("a2"), ofTarget.OfType<CallDecision.RingAgent>().Single().Agent);
        Assert.Equal([AgentState.Busy, AgentState.Ringing, AgentState.Available], States());
        Assert.Equal("a1", _call.Call.Agent);
    }

    [Fact]
    public void Completed_the_target_has_the_call_and_the_first_agent_is_in_wrap_up()
    {
        Ask();
        _call.Answer("a2");
        Assert.Equal((CallState.Live, ConsultationState.Answered), (_call.Call.State, _call.Call.Consultation));
        Assert.Equal([AgentState.Busy, AgentState.Busy, AgentState.Available], States());
        Assert.IsType<CallDecision.StopPlaying>(_call.Last<CallDecision.OfConsultation>().What);
        Assert.Equal("a1", _call.Call.Agent);

        _call.Feed(new CallInput.CompletionRequested());

        Assert.Equal(1, _call.Count<CallDecision.CompleteConsultation>());
        IsWithTarget();
        _call.HangUp();
        Assert.Equal(AgentState.WrapUp, _call.StateOf("a2"));
        Assert.Equal((HangupCause.WhatsAppHungUp, "a2", new AgentId("a2")), (_call.Record.Cause, _call.Record.Agent, _call.Record.AgentId));
        Assert.Equal(["a1"], _call.Record.EarlierAgents.Select(earlier => earlier.Agent));
    }

    [Fact]
    public void The_phone_of_a_target_who_has_the_call_ends_it_and_may_ask_somebody_in_turn()
    {
        Ask();
        _call.Answer("a2");
        _call.Feed(new CallInput.CompletionRequested());
        Ask("a3");
        _call.Answer("a3");
        _call.Feed(new CallInput.CompletionRequested());
        Assert.Equal([AgentState.WrapUp, AgentState.WrapUp, AgentState.Busy], States());

        _call.Feed(new CallInput.PbxEnded()); // of phones that are out of the call
        _call.Feed(new CallInput.OfConsultation(1, new CallInput.PbxEnded()));
        Assert.Equal(CallState.Live, _call.Call.State);
        _call.Feed(new CallInput.OfConsultation(2, new CallInput.PbxEnded()));
        Assert.Equal(CallState.Ending, _call.Call.State);
        Finish();
        Assert.Equal(["a1", "a2"], _call.Record.EarlierAgents.Select(earlier => earlier.Agent));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Cancelled_agent_and_user_are_together_again(bool isAnswered)
    {
        Ask();
        if (isAnswered)
            _call.Answer("a2");
        _call.Feed(new CallInput.CancellationRequested());
        IsWithAgent();
    }

    [Fact]
    public void A_target_who_declines_leaves_the_call_with_the_agent()
    {
        Ask();
        _call.HasRung("a2");
        _call.Refuse("a2", 486);
        IsWithAgent();
    }

    [Fact]
    public void A_target_who_does_not_answer_leaves_the_call_with_the_agent()
    {
        Ask();
        _call.Wait(20);
        IsWithAgent();
    }

    [Fact]
    public void A_target_who_hangs_up_leaves_the_call_with_the_agent()
    {
        Ask();
        var attempt = _call.Ringing.Keys.Single();
        _call.Answer("a2");
        _call.Feed(_call.Of(attempt, new CallInput.PbxEnded(Attempt: attempt)));
        IsWithAgent();
    }

    [Fact]
    public void A_target_in_another_call_is_not_rung_and_the_call_stays_with_the_agent()
    {
        var other = new FlowDriver(
            _call.Pool, _clock, "c2", flow: FlowDriver.Ring(new AgentChoice(null, [new("a2")], RingStrategy.InOrder)));
        other.Answer("a2");
        Ask();
        Assert.Equal((ConsultationState.None, 0), (_call.Call.Consultation, _call.Ringing.Count));
        Assert.Equal(1, _call.Count<CallDecision.CancelConsultation>());
        Assert.Equal([AgentState.Busy, AgentState.Busy, AgentState.Available], States());
    }

    [Fact]
    public void The_agent_who_hangs_up_after_the_answer_completes_the_transfer()
    {
        Ask();
        _call.Answer("a2");
        _call.Feed(new CallInput.PbxEnded());
        IsWithTarget();
    }

    [Fact]
    public void The_agent_who_hangs_up_before_makes_it_a_blind_one()
    {
        Ask();
        _call.Feed(new CallInput.PbxEnded());
        Assert.Equal((CallState.Waiting, ConsultationState.None), (_call.Call.State, _call.Call.Consultation));
        Assert.Equal([AgentState.WrapUp, AgentState.Ringing, AgentState.Available], States());
        Assert.Equal([CallDecision.Play.Music], _call.Last<CallDecision.Play>().Audio);

        _call.Answer("a2");
        IsWithTarget();
    }

    [Fact]
    public void Left_by_the_agent_a_call_that_nobody_takes_ends()
    {
        Ask();
        _call.Feed(new CallInput.PbxEnded());
        _call.Refuse("a2", 603);
        Assert.Equal(CallState.Ending, _call.Call.State);
        Finish();
        Assert.Equal(HangupCause.Declined, _call.Record.Cause);
        Assert.Equal([AgentState.WrapUp, AgentState.Available, AgentState.Available], States());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_user_who_hangs_up_ends_everything(bool isAnswered)
    {
        Ask();
        if (isAnswered)
            _call.Answer("a2");
        _call.HangUp();
        Assert.Equal((CallState.Ended, HangupCause.WhatsAppHungUp), (_call.Call.State, _call.Record.Cause));
        Assert.Equal(1, _call.Count<CallDecision.HangUpPbx>());
        Assert.Equal([AgentState.WrapUp, AgentState.Available, AgentState.Available], States());
        Assert.Equal("a1", _call.Record.Agent);
    }

    [Fact]
    public void Meanwhile_no_other_transfer_begins_and_nothing_completes_before_the_answer()
    {
        Ask();
        var ignored = _call.Call.IgnoredInputs;
        _call.Feed(new CallInput.TransferRequested(FlowDriver.Ring(new AgentChoice(null, [new("a3")], RingStrategy.InOrder))));
        Ask("a3");
        _call.Feed(new CallInput.CompletionRequested());
        Assert.Equal(ignored + 3, _call.Call.IgnoredInputs);
        Assert.Equal([new AgentId("a2")], _call.RingingAgents);
    }

    [Fact]
    public void The_agent_waits_in_the_queue_of_a_group_and_announcements_of_a_flow_are_the_agents()
    {
        foreach (var agent in new[] { "a2", "a3" })
            _call.Pool.SetPresence(new(agent), AgentPresence.Away, null, _call.Now);
        _call.Feed(new CallInput.ConsultationRequested(FlowDriver.Of(
            ("hello", new FlowStep.Announce("hello", "queue")),
            ("queue", new FlowStep.Queue(Group) { LeaveWhenNobodyIsSignedIn = false }))));
        var hello = Assert.IsType<CallDecision.Play>(_call.Last<CallDecision.OfConsultation>().What);
        Assert.Equal(["hello"], hello.Audio);

        _call.Feed(new CallInput.PlayEnded(hello.Id));
        Assert.Equal(1, _call.Count<CallDecision.JoinQueue>());
        _call.Pool.SetPresence(new("a3"), AgentPresence.Available, null, _call.Now);
        _call.Wait(3);
        _call.Answer("a3");
        Assert.Equal(ConsultationState.Answered, _call.Call.Consultation);
        Assert.Equal(1, _call.Count<CallDecision.LeaveQueue>());
    }

    [Fact]
    public void An_announcement_that_the_agent_left_is_heard_by_the_user()
    {
        _call.Feed(new CallInput.ConsultationRequested(FlowDriver.Of(("bye", new FlowStep.Announce("bye")))));
        _call.Feed(new CallInput.PbxEnded());
        var bye = _call.Last<CallDecision.Play>();
        Assert.Equal(["bye"], bye.Audio);
        _call.Feed(new CallInput.PlayEnded(bye.Id));
        Finish();
        Assert.Equal(HangupCause.FlowEnded, _call.Record.Cause);
    }

    [Fact]
    public void A_target_at_the_PBX_has_the_call_and_nobody_of_ours_is_kept()
    {
        _call.Feed(new CallInput.ConsultationRequested(Flow.ToPbx([new CallRoute("main", "700")])));
        _call.Feed(new CallInput.OfConsultation(1, new CallInput.PbxAnswered("700", Trunk: "main")));
        _call.Feed(new CallInput.OfConsultation(1, new CallInput.PbxIdentified("701")));
        _call.Feed(new CallInput.CompletionRequested());
        Assert.Equal((CallState.Live, "701", "main"), (_call.Call.State, _call.Call.Agent, _call.Call.Trunk));
        Assert.Null(_call.Call.AgentId);
        Assert.Empty(_call.Holds);
        _call.HangUp();
        Assert.Equal(["a1"], _call.Record.EarlierAgents.Select(earlier => earlier.Agent));
    }

    private void Ask(string target = "a2") => _call.Feed(
        new CallInput.ConsultationRequested(FlowDriver.Ring(new AgentChoice(null, [new(target)], RingStrategy.InOrder))));

    private AgentState[] States() => [_call.StateOf("a1"), _call.StateOf("a2"), _call.StateOf("a3")];

    private void IsWithAgent()
    {
        Assert.Equal((CallState.Live, ConsultationState.None, "a1"), (_call.Call.State, _call.Call.Consultation, _call.Call.Agent));
        Assert.Equal(1, _call.Count<CallDecision.CancelConsultation>());
        Assert.IsType<CallDecision.StopPlaying>(_call.All[^1]);
        Assert.Empty(_call.Ringing);
        Assert.Equal([AgentState.Busy, AgentState.Available, AgentState.Available], States());
        _call.Feed(new CallInput.PbxEnded());
        Finish();
        Assert.Equal((HangupCause.PbxHungUp, 0), (_call.Record.Cause, _call.Record.EarlierAgents.Count));
    }

    private void IsWithTarget()
    {
        Assert.Equal((CallState.Live, ConsultationState.None, "a2"), (_call.Call.State, _call.Call.Consultation, _call.Call.Agent));
        Assert.Equal(new AgentId("a2"), _call.Call.AgentId);
        Assert.Equal([AgentState.WrapUp, AgentState.Busy, AgentState.Available], States());
    }

    private void Finish()
    {
        _call.Feed(new CallInput.WhatsAppReleased(null));
        _call.Feed(new CallInput.MediaReleased(null, null));
        Assert.Equal(CallState.Ended, _call.Call.State);
    }
}
