using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Calls.Lifecycle;
using Testing;

namespace Gateway.Calls.Tests.Flows;

/// <summary>An agent who was not rung takes the call.</summary>
public sealed class PickedUpCallTests
{
    private static readonly GroupId Group = new("g");

    private readonly VirtualClock _clock = new();

    [Fact]
    public void Who_picks_up_has_the_call_and_who_rang_is_free_and_sees_no_missed_call()
    {
        var call = Ring();
        Assert.Equal(Group, call.Call.WaitsFor!.Group);
        call.PickUp("a3");
        Assert.Null(call.Call.WaitsFor);
        call.Accept();

        Assert.Equal(CallState.Live, call.Call.State);
        Assert.Equal([true], call.All.OfType<CallDecision.CancelPhone>().Select(cancel => cancel.IsElsewhere));
        Assert.Equal((AgentState.Available, AgentState.Busy), (call.StateOf("a1"), call.StateOf("a3")));
        Assert.Equal(0, call.Count<CallDecision.ConfirmAgent>());
        call.HangUp();
        Assert.Equal((new AgentId("a3"), "main"), (call.Record.AgentId!.Value, call.Record.Trunk));
        Assert.Equal(AgentState.WrapUp, call.StateOf("a3"));
        Assert.Equal(1, call.Count<CallDecision.HangUpPbx>());
    }

    [Fact]
    public void One_that_waits_in_a_queue_is_connected_at_once_and_hung_up_with_the_call()
    {
        var pool = FlowDriver.Agents(1, _clock);
        pool.SetPresence(new("a1"), AgentPresence.Away, null, _clock.Now.ToDateTimeOffset());
        var call = new FlowDriver(pool, _clock, flow: FlowDriver.Of(
            ("wait", new FlowStep.Queue(Group) { LeaveWhenNobodyIsSignedIn = false })));
        call.Accept();
        Assert.Equal(CallState.Waiting, call.Call.State);

        call.PickUp("a1");

        Assert.Equal(CallState.Live, call.Call.State);
        Assert.Equal((1, 1), (call.Count<CallDecision.StopPlaying>(), call.Count<CallDecision.LeaveQueue>()));
        call.HangUp();
        Assert.Equal(1, call.Count<CallDecision.HangUpPbx>()); // no phone was ever rung for it
    }

    [Fact]
    public void Where_the_phone_is_gone_before_the_user_is_connected_the_others_ring_on()
    {
        var call = Ring();
        call.PickUp("a3");
        call.Feed(new CallInput.PbxEnded(Attempt: -1));
        Assert.Equal(AgentState.Available, call.StateOf("a3"));
        call.Feed(new CallInput.AnswerLockTaken(true));
        call.Answer("a1");
        Assert.Equal(CallState.Live, call.Call.State);
    }

    [Fact]
    public void A_call_that_is_over_gives_back_who_picks_it_up()
    {
        var call = Ring();
        var waits = call.Call.WaitsFor;
        call.Feed(new CallInput.WhatsAppTerminated(null));
        Assert.NotNull(waits);
        var taken = call.Pool.TakeBusy(new("a3"), call.Call.Identity.Id, call.Now)!.Value;
        call.Feed(new CallInput.PbxAnswered("a3", -1, "main") { By = taken });
        Assert.Equal(AgentState.Available, call.StateOf("a3"));
        Assert.IsType<CallDecision.HangUpAgent>(call.All[^2]);
    }

    private FlowDriver Ring() => new(
        FlowDriver.Agents(3, _clock), _clock, flow: FlowDriver.Ring(new(Group, null, RingStrategy.InOrder)));
}
