using Gateway.Calls.Lifecycle;

namespace Gateway.Calls.Tests;

public class InboundCallTests
{
    [Fact]
    public void Pre_accepts_before_the_PBX_is_rung_and_accepts_with_the_same_answer()
    {
        var driver = CallDriver.InboundLive();

        Assert.Equal(CallState.Live, driver.Call.State);
        Assert.Collection(driver.All,
            d => Assert.IsType<CallDecision.CheckAdmission>(d),
            d => Assert.Equal(new CallDecision.ReserveMedia("offer"), d),
            d => Assert.Equal(new CallDecision.PreAccept(CallDriver.WhatsAppId, "answer"), d),
            d => Assert.Equal(new CallDecision.InvitePbx(new("main")), d),
            d => Assert.IsType<CallDecision.TakeAnswerLock>(d),
            d => Assert.Equal(new CallDecision.Accept(CallDriver.WhatsAppId, "answer"), d),
            d => Assert.IsType<CallDecision.OpenAudio>(d));
    }

    [Fact]
    public void Rings_the_PBX_and_accepts_with_the_same_answer_although_pre_accept_failed_for_the_moment()
    {
        var driver = new CallDriver(CallDirection.Inbound);
        var decided = driver.Feed(
            new CallInput.WhatsAppOffered(CallDriver.WhatsAppId, "offer"), new CallInput.Admitted([new("main")]),
            new CallInput.MediaReserved("answer"),
            new CallInput.PreAccepted(new WhatsAppError(WhatsAppErrorCodes.DeadlineExceeded, "no answer")));
        Assert.Equal([new CallDecision.InvitePbx(new("main"))], decided);

        driver.Feed(new CallInput.PbxAnswered("agent"));
        Assert.Equal([new CallDecision.Accept(CallDriver.WhatsAppId, "answer")], driver.Feed(new CallInput.AnswerLockTaken(true)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Leaves_a_call_alone_that_another_node_may_have_answered(bool mayBeAnothers)
    {
        var driver = new CallDriver(CallDirection.Inbound);
        driver.Feed(
            new CallInput.WhatsAppOffered(CallDriver.WhatsAppId, "offer") { MayBeAnothers = mayBeAnothers },
            new CallInput.Admitted([new("main")]), new CallInput.MediaReserved("answer"),
            new CallInput.PreAccepted(new WhatsAppError(WhatsAppErrorCodes.InvalidParameter, "not possible now")));

        Assert.Equal(!mayBeAnothers, driver.All.OfType<CallDecision.Terminate>().Any());
        driver.Feed(new CallInput.WhatsAppReleased(null), new CallInput.MediaReleased(null, null));
        Assert.Equal(mayBeAnothers ? HangupCause.AnsweredElsewhere : HangupCause.WhatsAppFailed, driver.Record.Cause);
    }

    [Fact]
    public void Rejects_a_refused_call_and_leaves_the_PBX_alone()
    {
        var driver = new CallDriver(CallDirection.Inbound);
        driver.Feed(new CallInput.WhatsAppOffered(CallDriver.WhatsAppId, "offer"));
        var decided = driver.Feed(new CallInput.Refused(HangupCause.ChannelDisabled));

        Assert.Equal([new CallDecision.Reject(CallDriver.WhatsAppId)], decided);
        driver.Feed(new CallInput.WhatsAppReleased(null));
        Assert.Equal(HangupCause.ChannelDisabled, driver.Record.Cause);
    }

    [Theory]
    [InlineData(486, HangupCause.Busy)]
    [InlineData(603, HangupCause.Declined)]
    [InlineData(480, HangupCause.NoAnswer)]
    public void Terminates_after_pre_accept_when_the_agent_does_not_take_the_call(int status, HangupCause cause)
    {
        var driver = CallDriver.InboundRinging("a", "b");
        var decided = driver.Feed(new CallInput.PbxRefused(status));

        Assert.Equal([new CallDecision.Terminate(CallDriver.WhatsAppId), new CallDecision.ReleaseMedia()], decided);
        driver.Feed(new CallInput.MediaReleased(null, null), new CallInput.WhatsAppReleased(null));
        Assert.Equal((cause, status), (driver.Record.Cause, driver.Record.SipStatus));
    }

    [Fact]
    public void Tries_the_next_trunk_when_one_cannot_be_reached_and_then_gives_up()
    {
        var driver = CallDriver.InboundRinging("a", "b");
        Assert.Equal([new CallDecision.InvitePbx(new("b"))], driver.Feed(new CallInput.PbxRefused(503)));

        driver.Feed(new CallInput.PbxRefused(408), new CallInput.WhatsAppReleased(null), new CallInput.MediaReleased(null, null));
        Assert.Equal((HangupCause.PbxUnreachable, "b"), (driver.Record.Cause, driver.Record.Trunk));
    }

    [Fact]
    public void Cancels_the_ringing_PBX_when_the_caller_gives_up()
    {
        var driver = CallDriver.InboundRinging();
        var decided = driver.Feed(new CallInput.WhatsAppTerminated(null));

        Assert.Equal([new CallDecision.HangUpPbx(HangupCause.CallerGaveUp), new CallDecision.ReleaseMedia()], decided);
        driver.Feed(new CallInput.MediaReleased(null, null));
        Assert.Equal(HangupCause.CallerGaveUp, driver.Record.Cause);
    }

    /// <summary>Graph's answer to accept is still out, or was lost.</summary>
    [Theory]
    [InlineData(3)]
    [InlineData(3600)] // longer than the call
    public void A_call_that_was_picked_up_as_Meta_says_at_its_end_was_answered(int talk)
    {
        var driver = CallDriver.InboundRinging();
        driver.Feed(new CallInput.PbxAnswered("100"), new CallInput.AnswerLockTaken(true));
        driver.Wait(TimeSpan.FromSeconds(4));
        driver.Feed(
            new CallInput.WhatsAppTerminated(null) { Talk = TimeSpan.FromSeconds(talk) }, new CallInput.MediaReleased(null, null));

        var record = driver.Record;
        Assert.Equal(HangupCause.WhatsAppHungUp, record.Cause);
        var length = record.EndedAt - record.StartedAt;
        Assert.Equal(Math.Min(talk, length.TotalSeconds), (record.EndedAt - record.AnsweredAt)!.Value.TotalSeconds, 3);
    }

    [Fact]
    public void Media_that_WhatsApp_closed_waits_for_the_webhook_that_says_who_hung_up()
    {
        var driver = CallDriver.InboundLive();
        Assert.Empty(driver.Feed(new CallInput.MediaClosed()));
        driver.Feed(new CallInput.WhatsAppTerminated(null), new CallInput.MediaReleased(null, null));

        Assert.Equal(HangupCause.WhatsAppHungUp, driver.Record.Cause);
        Assert.DoesNotContain(driver.All, d => d is CallDecision.Terminate);
    }

    [Fact]
    public void Media_that_WhatsApp_closed_ends_the_call_when_no_webhook_says_so()
    {
        var driver = CallDriver.InboundLive();
        driver.Feed(new CallInput.MediaClosed());
        Assert.Contains(new CallDecision.Terminate(CallDriver.WhatsAppId), driver.WaitForDeadline());
        driver.Feed(new CallInput.WhatsAppReleased(null), new CallInput.MediaReleased(null, null));

        Assert.Equal(HangupCause.WhatsAppHungUp, driver.Record.Cause);
    }

    [Fact]
    public void A_lost_answer_lock_hangs_up_the_agent_and_leaves_the_winners_WhatsApp_call_alone()
    {
        var driver = CallDriver.InboundRinging();
        driver.Feed(new CallInput.PbxAnswered("100"), new CallInput.AnswerLockTaken(false), new CallInput.MediaReleased(null, null));

        Assert.Contains(new CallDecision.HangUpPbx(HangupCause.AnsweredElsewhere), driver.All);
        Assert.DoesNotContain(driver.All, d => d is CallDecision.Accept or CallDecision.Terminate or CallDecision.Reject);
    }

    [Fact]
    public void Nobody_answering_in_time_ends_the_call()
    {
        var driver = CallDriver.InboundRinging();
        driver.Feed(new CallInput.PbxRinging());
        var decided = driver.WaitForDeadline();

        Assert.Contains(new CallDecision.HangUpPbx(HangupCause.NoAnswer), decided);
        Assert.Contains(new CallDecision.Terminate(CallDriver.WhatsAppId), decided);
    }

    [Fact]
    public void Media_that_does_not_connect_after_accept_ends_the_call()
    {
        var driver = CallDriver.InboundRinging();
        driver.Feed(new CallInput.PbxAnswered("100"), new CallInput.AnswerLockTaken(true), new CallInput.Accepted(null));
        Assert.Contains(new CallDecision.HangUpPbx(HangupCause.MediaFailed), driver.WaitForDeadline());
    }

    [Fact]
    public void A_release_that_fails_in_passing_is_retried_until_it_succeeds()
    {
        var driver = CallDriver.InboundLive();
        driver.Feed(new CallInput.PbxEnded(), new CallInput.MediaReleased(null, null));
        driver.Feed(new CallInput.WhatsAppReleased(new(WhatsAppErrorCodes.Unreachable, "no route")));
        Assert.Equal(CallState.Ending, driver.Call.State);

        Assert.Equal([new CallDecision.Terminate(CallDriver.WhatsAppId)], driver.WaitForDeadline());
        driver.Feed(new CallInput.WhatsAppReleased(null));
        Assert.Equal(HangupCause.PbxHungUp, driver.Record.Cause);
    }

    [Fact]
    public void A_session_that_nobody_refreshed_is_not_a_hang_up_of_the_pbx()
    {
        var driver = CallDriver.InboundLive();
        driver.Feed(
            new CallInput.PbxEnded(HangupCause.SessionExpired), new CallInput.WhatsAppReleased(null),
            new CallInput.MediaReleased(null, null));
        Assert.Equal(HangupCause.SessionExpired, driver.Record.Cause);
    }

    [Fact]
    public void The_record_names_the_agent_whom_the_pbx_named_last()
    {
        var driver = CallDriver.InboundLive();
        driver.Feed(
            new CallInput.PbxIdentified("305"), new CallInput.PbxEnded(), new CallInput.WhatsAppReleased(null),
            new CallInput.MediaReleased(null, null));
        Assert.Equal("305", driver.Record.Agent);
    }

    [Fact]
    public void The_record_keeps_Metas_own_code_and_text()
    {
        var driver = CallDriver.InboundLive();
        driver.Feed(new CallInput.WhatsAppTerminated(new(138021, "Media receive timeout")), new CallInput.MediaReleased(null, null));
        Assert.Equal((HangupCause.MediaFailed, 138021), (driver.Record.Cause, driver.Record.WhatsAppError!.Code));
    }
}
