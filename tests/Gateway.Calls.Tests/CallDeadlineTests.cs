using Gateway.Calls.Balances;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Rating;

namespace Gateway.Calls.Tests;

/// <summary>A call can be asked what it waits for.</summary>
public class CallDeadlineTests
{
    private static readonly Rate Rate = new(
        1, "card", CallDirection.Inbound, "", "EUR", PricePerMinute: 0.60m, ConnectionFee: 0, TimeSpan.FromSeconds(6), TimeSpan.Zero, []);

    [Fact]
    public void A_ringing_call_waits_for_its_state_to_last_too_long()
    {
        var driver = CallDriver.InboundRinging();
        Assert.Equal(CallDeadline.State, driver.Call.Deadlines.NextName);
        driver.WaitForDeadline();
        Assert.Equal(CallState.Ending, driver.Call.State);
    }

    [Fact]
    public void A_call_that_ends_is_recorded_without_an_answer_once_nobody_waits_for_one()
    {
        var driver = CallDriver.InboundLive();
        driver.Feed(new CallInput.EndCutShort());
        Assert.Equal(CallState.Live, driver.Call.State);
        driver.Feed(new CallInput.HangUpRequested(HangupCause.Draining));
        Assert.Equal(CallState.Ending, driver.Call.State);
        driver.Feed(new CallInput.EndCutShort());
        Assert.Equal((CallState.Ended, HangupCause.Draining), (driver.Call.State, driver.Record.Cause));
        Assert.Empty(driver.Feed(new CallInput.WhatsAppReleased(null), new CallInput.EndCutShort()));
    }

    [Fact]
    public void A_live_call_that_nobody_pays_for_waits_for_nothing()
    {
        var driver = CallDriver.InboundLive();
        Assert.Null(driver.Call.Deadlines.NextName);
        Assert.Equal(Media.Protocols.Primitives.Instant.Never, driver.Call.NextDeadline);
    }

    [Fact]
    public void A_funded_call_waits_for_more_money_then_for_the_warning_and_then_for_its_end()
    {
        var driver = CallDriver.FundedRinging(new Funding("acme", "EUR", Rate, 0.60m));
        driver.Feed(
            new CallInput.MediaConnected(), new CallInput.PbxAnswered("100"), new CallInput.AnswerLockTaken(true),
            new CallInput.Accepted(null));
        Assert.Equal(CallDeadline.HoldExtension, driver.Call.Deadlines.NextName);
        driver.WaitForDeadline();
        Assert.Null(driver.Call.Deadlines.NextName); // the store is asked
        driver.Feed(new CallInput.HoldExtended(0.90m, IsLast: true));
        Assert.Equal(CallDeadline.BalanceWarning, driver.Call.Deadlines.NextName);
        driver.WaitForDeadline();
        Assert.Equal(CallDeadline.BalanceEnd, driver.Call.Deadlines.NextName);
        driver.WaitForDeadline();
        Assert.Equal((CallState.Ending, CallDeadline.State), (driver.Call.State, driver.Call.Deadlines.NextName));
    }

    [Fact]
    public void A_call_whose_media_was_closed_waits_for_the_webhook_and_one_that_ends_for_the_next_try()
    {
        var driver = CallDriver.InboundLive();
        driver.Feed(new CallInput.MediaClosed());
        Assert.Equal(CallDeadline.HangUpWebhook, driver.Call.Deadlines.NextName);
        driver.WaitForDeadline();
        driver.Feed(new CallInput.WhatsAppReleased(new WhatsAppError(WhatsAppErrorCodes.ServiceFault, "down")));
        Assert.Equal(CallDeadline.ReleaseRetry, driver.Call.Deadlines.NextName);
    }
}
