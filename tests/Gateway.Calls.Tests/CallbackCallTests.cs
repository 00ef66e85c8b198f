using Gateway.Calls.Agents;
using Gateway.Calls.Channels;
using Gateway.Calls.Lifecycle;

namespace Gateway.Calls.Tests;

public class CallbackCallTests
{
    private static readonly CallInput Connected = new CallInput.Connected(CallDriver.WhatsAppId, null);

    [Fact]
    public void Rings_the_agent_then_the_user_and_lets_the_agent_hear_ringing_meanwhile()
    {
        var driver = CallDriver.CallbackRingingAgent();
        Assert.Equal(new CallDecision.InvitePbx(new CallRoute("main", "200")), driver.All[^1]);
        Assert.DoesNotContain(driver.All, d => d is CallDecision.Connect);

        var answered = driver.Feed(new CallInput.PbxRinging(), new CallInput.PbxAnswered("200"));
        Assert.Equal([new CallDecision.PlayRingback(), new CallDecision.Connect("offer")], answered);
        driver.Feed(
            Connected, new CallInput.WhatsAppRinging(), new CallInput.WhatsAppAnswered("answer"), new CallInput.WhatsAppAnswerApplied());
        Assert.DoesNotContain(driver.All, d => d is CallDecision.OpenAudio);
        Assert.Equal([new CallDecision.OpenAudio()], driver.Feed(new CallInput.WhatsAppPickedUp()));
        Assert.Equal(CallState.Live, driver.Call.State);
    }

    [Fact]
    public void Rings_nobody_for_a_call_that_is_not_admitted()
    {
        var driver = new CallDriver(CallDirection.Outbound, isCallback: true);
        driver.Feed(new CallInput.CallbackWanted("main", "200"), new CallInput.Refused(HangupCause.NotPermitted));

        Assert.Equal((HangupCause.NotPermitted, "main", "200"), (driver.Record.Cause, driver.Record.Trunk, driver.Record.Agent));
        Assert.DoesNotContain(driver.All, d => d is CallDecision.InvitePbx or CallDecision.Connect);
    }

    /// <summary>The one who asked for the call is told so: no state says that a phone rings.</summary>
    [Fact]
    public void An_agent_whom_another_call_has_is_not_rung()
    {
        var driver = new CallDriver(CallDirection.Outbound, isCallback: true);
        driver.Feed(
            new CallInput.CallbackWanted(null, "200", new("a1")), new CallInput.Admitted([]), new CallInput.MediaReserved("offer"));
        Assert.Equal(CallState.Reserving, driver.Call.State);

        driver.Feed(new CallInput.AgentsTaken(1, new TakeResult([], SignedIn: 1)), new CallInput.MediaReleased(null, null));

        Assert.Equal(HangupCause.AgentUnavailable, driver.Record.Cause);
        Assert.DoesNotContain(driver.All, d => d is CallDecision.RingAgent or CallDecision.HangUpPbx);
    }

    [Fact]
    public void An_agent_who_was_taken_for_it_is_rung_and_has_the_work_of_the_group_after_it()
    {
        var driver = new CallDriver(CallDirection.Outbound, isCallback: true);
        var (taken, group) = (new TakenAgent(new("a1"), 7), new GroupId("g"));
        var wanted = new CallInput.CallbackWanted(null, "200", taken.Agent) { Taken = taken, Group = group };
        driver.Feed(wanted, new CallInput.Admitted([]), new CallInput.MediaReserved("offer"));
        Assert.Equal(new CallDecision.RingAgent(taken.Agent, 1), driver.All[^1]);
        driver.Feed(
            new CallInput.PbxAnswered("200", 1, "main"), new CallInput.AgentConfirmed(taken, IsOurs: true), Connected,
            new CallInput.WhatsAppAnswered("answer"), new CallInput.WhatsAppAnswerApplied(), new CallInput.WhatsAppPickedUp());
        Assert.Equal(CallState.Live, driver.Call.State);
        Assert.DoesNotContain(driver.All, d => d is CallDecision.TakeAgents);

        Assert.Contains(new CallDecision.ReleaseAgent(taken, group), driver.Feed(new CallInput.PbxEnded()));
    }

    [Fact]
    public void An_agent_who_was_taken_for_a_call_that_is_not_admitted_is_given_back()
    {
        var (driver, taken) = (new CallDriver(CallDirection.Outbound, isCallback: true), new TakenAgent(new("a1"), 7));
        driver.Feed(new CallInput.CallbackWanted(null, "200", taken.Agent) { Taken = taken, Group = new GroupId("g") });
        Assert.Contains(new CallDecision.ReleaseAgent(taken), driver.Feed(new CallInput.Refused(HangupCause.BalanceTooLow)));
        Assert.Equal((HangupCause.BalanceTooLow, null), (driver.Record.Cause, driver.Record.Trunk));
    }

    [Fact]
    public void Without_a_trunk_the_channels_routes_are_tried_while_they_cannot()
    {
        var driver = CallDriver.CallbackRingingAgent(trunk: null);
        driver.Feed(new CallInput.PbxRefused(503));
        Assert.Equal(
            [new CallRoute("a", "200"), new CallRoute("b", "200")], driver.All.OfType<CallDecision.InvitePbx>().Select(d => d.Route));

        driver.Feed(new CallInput.PbxRefused(503), new CallInput.MediaReleased(null, null));
        Assert.Equal((HangupCause.PbxUnreachable, 503), (driver.Record.Cause, driver.Record.SipStatus!.Value));
    }

    [Theory]
    [InlineData(486, HangupCause.Busy)]
    [InlineData(603, HangupCause.Declined)]
    public void An_agent_who_will_not_ends_it_before_the_user_hears_of_it(int status, HangupCause cause)
    {
        var driver = CallDriver.CallbackRingingAgent(trunk: null);
        driver.Feed(new CallInput.PbxRefused(status), new CallInput.MediaReleased(null, null));

        Assert.Equal(cause, driver.Record.Cause);
        Assert.DoesNotContain(driver.All, d => d is CallDecision.Connect or CallDecision.Terminate);
    }

    [Fact]
    public void An_agent_who_does_not_answer_in_time_stops_ringing()
    {
        var driver = CallDriver.CallbackRingingAgent();
        var decided = driver.WaitForDeadline();
        Assert.Contains(new CallDecision.HangUpPbx(HangupCause.NoAnswer), decided);
        driver.Feed(new CallInput.MediaReleased(null, null));
        Assert.Equal(HangupCause.NoAnswer, driver.Record.Cause);
    }

    [Fact]
    public void An_agent_who_hangs_up_while_the_user_rings_gives_up()
    {
        var driver = CallDriver.CallbackConnecting();
        driver.Feed(Connected, new CallInput.WhatsAppRinging());
        Assert.Contains(new CallDecision.Terminate(CallDriver.WhatsAppId), driver.Feed(new CallInput.PbxEnded()));
        driver.Feed(
            new CallInput.WhatsAppReleased(null), new CallInput.MediaReleased(null, null), new CallInput.WhatsAppTerminated(null));
        Assert.Equal(HangupCause.CallerGaveUp, driver.Record.Cause);
    }

    [Fact]
    public void A_user_who_does_not_take_it_ends_the_agents_dialog()
    {
        var driver = CallDriver.CallbackConnecting();
        driver.Feed(Connected);
        Assert.Contains(new CallDecision.HangUpPbx(HangupCause.Declined), driver.Feed(new CallInput.WhatsAppDeclined()));

        var refused = CallDriver.CallbackConnecting();
        var error = new WhatsAppError(WhatsAppErrorCodes.NoCallPermission, "no");
        Assert.Contains(new CallDecision.HangUpPbx(HangupCause.NotPermitted), refused.Feed(new CallInput.Connected(null, error)));
        refused.Feed(new CallInput.MediaReleased(null, null));
        Assert.Equal(error, refused.Record.WhatsAppError);
    }
}
