using Gateway.Calls.Lifecycle;
using Gateway.Calls.Permissions;
using Gateway.Calls.Rules;
using Media.Protocols.Primitives;

namespace Gateway.Calls.Tests;

public class OutboundCallTests
{
    private static readonly CallInput Connected = new CallInput.Connected(CallDriver.WhatsAppId, null);
    private static readonly CallInput Ringing = new CallInput.WhatsAppRinging();
    private static readonly CallInput Answered = new CallInput.WhatsAppAnswered("answer");
    private static readonly CallInput Applied = new CallInput.WhatsAppAnswerApplied();
    private static readonly CallInput PickedUp = new CallInput.WhatsAppPickedUp();

    public static TheoryData<int> Orders => [.. Enumerable.Range(0, 4)];

    [Fact]
    public void Tells_the_PBX_what_the_user_permits_and_in_the_stores_own_words()
    {
        var driver = new CallDriver(CallDirection.Outbound);
        var decided = driver.Feed(
            new CallInput.PbxInvited("main", "100"),
            new CallInput.Refused(HangupCause.NotPermitted, "Permission was asked", PermissionState.Requested));

        Assert.Equal(
            new PbxRefusal(403, "Permission was asked") { Cause = HangupCause.NotPermitted, Permission = PermissionState.Requested },
            decided.OfType<CallDecision.RefusePbx>().Single().Refusal);
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void Answers_the_PBX_once_whatever_the_order_of_webhooks(int order)
    {
        CallInput[] inputs = order switch
        {
            0 => [Connected, Ringing, Answered, Applied, PickedUp],
            1 => [Connected, Answered, Applied, Ringing, PickedUp],
            2 => [Answered, Ringing, Applied, PickedUp, Connected],
            _ => [PickedUp, Connected, Answered, Answered, Ringing, Applied],
        };
        var driver = CallDriver.OutboundConnecting();
        driver.Feed(inputs);

        Assert.Equal(CallState.Live, driver.Call.State);
        Assert.Single(driver.All.OfType<CallDecision.AnswerPbx>());
        Assert.Single(driver.All.OfType<CallDecision.ApplyWhatsAppAnswer>());
        Assert.Single(driver.All.OfType<CallDecision.OpenAudio>());
    }

    [Fact]
    public void A_silent_leg_is_reported_and_ends_nothing()
    {
        var driver = CallDriver.OutboundConnecting();
        driver.Feed(new CallInput.MediaTimedOut(CallLeg.Pbx));
        Assert.Empty(driver.All.OfType<CallDecision.ReportSilence>()); // no audio flows yet
        driver.Feed(Connected, Ringing, Answered, Applied, PickedUp);
        driver.Feed(new CallInput.MediaTimedOut(CallLeg.Pbx), new CallInput.MediaTimedOut(CallLeg.WhatsApp));
        Assert.Equal([CallLeg.Pbx, CallLeg.WhatsApp], driver.All.OfType<CallDecision.ReportSilence>().Select(silence => silence.Leg));
        Assert.Equal(CallState.Live, driver.Call.State);
    }

    [Fact]
    public void The_SDP_answer_alone_is_no_pick_up()
    {
        var driver = CallDriver.OutboundConnecting();
        driver.Feed(Connected, Ringing, Answered, Applied);
        Assert.Equal(CallState.RingingWhatsApp, driver.Call.State);

        driver.Feed(new CallInput.FirstAudio(CallLeg.WhatsApp));
        Assert.Equal(CallState.Live, driver.Call.State);
    }

    [Theory]
    [InlineData(WhatsAppErrorCodes.NoCallPermission, 403, HangupCause.NotPermitted)]
    [InlineData(WhatsAppErrorCodes.DuplicateCall, 486, HangupCause.Busy)]
    [InlineData(WhatsAppErrorCodes.ReceiverUncallable, 480, HangupCause.UserUnreachable)]
    [InlineData(WhatsAppErrorCodes.ConcurrentCallLimit, 503, HangupCause.RateLimited)]
    [InlineData(WhatsAppErrorCodes.InvalidSdp, 488, HangupCause.IncompatibleMedia)]
    public void Refuses_the_agent_with_the_status_of_Metas_error(int code, int status, HangupCause cause)
    {
        var driver = CallDriver.OutboundConnecting();
        var decided = driver.Feed(new CallInput.Connected(null, new(code, "x")));

        var refusal = decided.OfType<CallDecision.RefusePbx>().Single().Refusal;
        Assert.Equal((status, cause), (refusal.Status, refusal.Cause!.Value));
        Assert.Equal(code == WhatsAppErrorCodes.NoCallPermission, refusal.Permission == PermissionState.Revoked);
        driver.Feed(new CallInput.MediaReleased(null, null));
        Assert.Equal((cause, code), (driver.Record.Cause, driver.Record.WhatsAppError!.Code));
    }

    [Fact]
    public void An_agent_who_gives_up_before_Graph_answered_leaves_no_ringing_phone()
    {
        var driver = CallDriver.OutboundConnecting();
        driver.Feed(new CallInput.PbxEnded(), new CallInput.MediaReleased(null, null));
        Assert.Equal(CallState.Ending, driver.Call.State);

        Assert.Equal([new CallDecision.Terminate(CallDriver.WhatsAppId)], driver.Feed(Connected));
        driver.Feed(new CallInput.WhatsAppReleased(null), new CallInput.WhatsAppTerminated(null));
        Assert.Equal((HangupCause.CallerGaveUp, CallDriver.WhatsAppId), (driver.Record.Cause, driver.Record.WhatsAppId));
    }

    /// <summary>The webhook of the pick-up is late: whether Graph ends the call or finds it over, the report of its end says so.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData(WhatsAppErrorCodes.InvalidParameter)]
    public void A_pick_up_that_was_not_heard_of_before_the_end_is_recorded(int? refusal)
    {
        var driver = CallDriver.OutboundConnecting();
        driver.Feed(Connected);
        driver.Wait(TimeSpan.FromSeconds(8));
        driver.Feed(new CallInput.PbxEnded(), new CallInput.MediaReleased(null, null));
        driver.Feed(new CallInput.WhatsAppReleased(refusal is { } code ? new(code, "x") : null));
        Assert.Equal(CallState.Ending, driver.Call.State);
        driver.Feed(new CallInput.WhatsAppTerminated(null) { Talk = TimeSpan.FromSeconds(3) });
        Assert.InRange((driver.Record.EndedAt - driver.Record.AnsweredAt)!.Value.TotalSeconds, 2.9, 3); // by when the report came
        Assert.Equal(HangupCause.CallerGaveUp, driver.Record.Cause);
    }

    [Fact]
    public void A_report_of_the_end_that_never_comes_is_waited_for_no_longer_than_a_notice()
    {
        var driver = CallDriver.OutboundConnecting();
        driver.Feed(Connected);
        driver.Feed(new CallInput.PbxEnded(), new CallInput.MediaReleased(null, null), new CallInput.WhatsAppReleased(null));
        driver.Wait(driver.Options.HangUpNotice - TimeSpan.FromMilliseconds(1));
        Assert.Equal(CallState.Ending, driver.Call.State);
        driver.WaitForDeadline();
        Assert.Equal((CallState.Ended, HangupCause.CallerGaveUp, null), (driver.Call.State, driver.Record.Cause, driver.Record.AnsweredAt));
    }

    [Fact]
    public void A_user_who_declines_is_a_603_to_the_agent()
    {
        var driver = CallDriver.OutboundConnecting();
        var decided = driver.Feed(Connected, Ringing, new CallInput.WhatsAppDeclined());
        Assert.Equal(603, decided.OfType<CallDecision.RefusePbx>().Single().Refusal.Status);
        Assert.DoesNotContain(decided, d => d is CallDecision.Terminate);
    }

    [Fact]
    public void A_termination_before_pick_up_is_no_answer()
    {
        var driver = CallDriver.OutboundConnecting();
        var decided = driver.Feed(Connected, Ringing, new CallInput.WhatsAppTerminated(null));
        Assert.Equal(480, decided.OfType<CallDecision.RefusePbx>().Single().Refusal.Status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_lost_answer_to_connect_leaves_no_ringing_phone(bool agentStillWaits)
    {
        var driver = CallDriver.OutboundConnecting();
        if (!agentStillWaits)
            driver.Feed(new CallInput.PbxEnded());
        driver.Feed(new CallInput.Connected(
            null, new(WhatsAppErrorCodes.ConnectionLost, "x"), MayRing: true), new CallInput.MediaReleased(null, null));
        Assert.Equal(CallState.Ending, driver.Call.State);

        // A webhook brings the id, and the phone stops ringing.
        Assert.Equal([new CallDecision.Terminate(CallDriver.WhatsAppId)], driver.Feed(Connected));
        driver.Feed(new CallInput.WhatsAppReleased(null), new CallInput.WhatsAppTerminated(null));
        Assert.Equal(CallDriver.WhatsAppId, driver.Record.WhatsAppId);
    }

    [Fact]
    public void A_lost_answer_to_connect_that_no_webhook_makes_up_for_ends_the_call_at_the_deadline()
    {
        var driver = CallDriver.OutboundConnecting();
        var decided = driver.Feed(new CallInput.Connected(null, new(WhatsAppErrorCodes.DeadlineExceeded, "x"), MayRing: true));
        Assert.Equal(504, decided.OfType<CallDecision.RefusePbx>().Single().Refusal.Status);
        driver.Feed(new CallInput.MediaReleased(null, null));
        driver.WaitForDeadline();
        Assert.Equal(HangupCause.WhatsAppFailed, driver.Record.Cause);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_call_whose_connect_has_an_unknown_effect_is_over_after_a_short_wait(bool agentWasGone)
    {
        var driver = CallDriver.OutboundConnecting();
        if (agentWasGone)
            driver.Feed(new CallInput.PbxEnded());
        driver.Feed(new CallInput.Connected(null, new(WhatsAppErrorCodes.DeadlineExceeded, "x"), MayRing: true));
        driver.Feed(new CallInput.MediaReleased(null, null));
        driver.Wait(driver.Options.ConnectNotice - TimeSpan.FromSeconds(1));
        Assert.Equal(CallState.Ending, driver.Call.State);
        driver.Wait(TimeSpan.FromSeconds(1));
        Assert.Equal(CallState.Ended, driver.Call.State);
    }

    [Fact]
    public void A_phone_that_a_webhook_names_late_is_given_time_to_be_silenced()
    {
        var driver = CallDriver.OutboundConnecting();
        driver.Feed(new CallInput.Connected(null, new(WhatsAppErrorCodes.ConnectionLost, "x"), MayRing: true));
        driver.Feed(new CallInput.MediaReleased(null, null));
        driver.Wait(driver.Options.ConnectNotice - TimeSpan.FromSeconds(1));
        Assert.Equal([new CallDecision.Terminate(CallDriver.WhatsAppId)], driver.Feed(Connected));
        driver.Feed(new CallInput.WhatsAppReleased(new(WhatsAppErrorCodes.ServiceUnavailable, "x")));
        Assert.Equal([new CallDecision.Terminate(CallDriver.WhatsAppId)], driver.WaitForDeadline());
        driver.Feed(new CallInput.WhatsAppReleased(null), new CallInput.WhatsAppTerminated(null));
        Assert.Equal(CallDriver.WhatsAppId, driver.Record.WhatsAppId);
    }

    [Fact]
    public void Digits_of_an_answered_call_go_to_the_other_leg()
    {
        var driver = CallDriver.OutboundConnecting();
        driver.Feed(Connected, Answered, Applied, PickedUp);
        var digit = new CallInput.DigitPressed(CallLeg.Pbx, '5', TimeSpan.FromMilliseconds(160));
        Assert.Equal([new CallDecision.SendDigit(CallLeg.WhatsApp, '5', digit.Duration)], driver.Feed(digit));
    }
}
