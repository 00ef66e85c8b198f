using Gateway.Calls.Balances;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Rating;

namespace Gateway.Calls.Tests;

/// <summary>Calls of a channel whose calls may last ten minutes.</summary>
public class LongestCallTests
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    [Fact]
    public void Warns_half_a_minute_before_the_end_and_ends_with_a_cause_of_its_own()
    {
        var driver = Live(Longest);
        Assert.Equal([new CallDecision.Warn(WarnReason.MaxLength)], driver.WaitForDeadline());
        Assert.Equal(Longest - TimeSpan.FromSeconds(30), Talk(driver));
        Assert.Equal(
            [new CallDecision.HangUpPbx(HangupCause.MaxLengthReached), new CallDecision.Terminate(CallDriver.WhatsAppId),
                new CallDecision.ReleaseMedia()],
            driver.WaitForDeadline());
        driver.Feed(new CallInput.WhatsAppReleased(null), new CallInput.MediaReleased(null, null));
        Assert.Equal(
            (HangupCause.MaxLengthReached, Longest), (driver.Record.Cause, driver.Record.EndedAt - driver.Record.AnsweredAt));
    }

    [Fact]
    public void What_is_handled_too_late_is_no_longer_and_its_warning_is_left_out()
    {
        var driver = Live(Longest);
        driver.Clock.Advance(Longest * 2); // the loop was held up
        driver.Feed(new CallInput.PbxEnded(), new CallInput.WhatsAppReleased(null), new CallInput.MediaReleased(null, null));
        Assert.Equal(
            (HangupCause.MaxLengthReached, Longest), (driver.Record.Cause, driver.Record.EndedAt - driver.Record.AnsweredAt));
        Assert.DoesNotContain(driver.All, decision => decision is CallDecision.Warn);
    }

    [Fact]
    public void A_call_shorter_than_the_notice_is_warned_at_its_answer()
    {
        var driver = Live(TimeSpan.FromSeconds(20));
        Assert.Equal([new CallDecision.Warn(WarnReason.MaxLength)], driver.WaitForDeadline());
        Assert.True(Talk(driver) < TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void Ringing_does_not_count_and_without_a_limit_nothing_ends_a_call()
    {
        var ringing = CallDriver.FundedRinging(null, TimeSpan.FromSeconds(20));
        ringing.Wait(TimeSpan.FromSeconds(30));
        Assert.Equal(CallState.RingingPbx, ringing.Call.State);
        var live = Live(longest: null);
        live.Wait(TimeSpan.FromDays(3));
        Assert.Equal(CallState.Live, live.Call.State);
    }

    [Theory]
    [InlineData(60, 120, HangupCause.BalanceExhausted)]
    [InlineData(120, 60, HangupCause.MaxLengthReached)]
    public void The_first_of_money_and_length_ends_the_call(int paidSeconds, int longestSeconds, HangupCause cause)
    {
        var rate = new Rate(1, "card", CallDirection.Inbound, "", "EUR", 0.60m, 0, TimeSpan.FromSeconds(6), TimeSpan.Zero, []);
        var driver = Live(TimeSpan.FromSeconds(longestSeconds), new Funding("acme", "EUR", rate, 0.01m * paidSeconds));
        driver.Feed(new CallInput.HoldExtended(0.01m * paidSeconds, IsLast: true));
        while (driver.Call.State == CallState.Live)
            driver.WaitForDeadline();
        driver.Feed(new CallInput.WhatsAppReleased(null), new CallInput.MediaReleased(null, null));
        Assert.Equal((cause, TimeSpan.FromSeconds(60)), (driver.Record.Cause, driver.Record.EndedAt - driver.Record.AnsweredAt));
    }

    private static CallDriver Live(TimeSpan? longest, Funding? funding = null)
    {
        var driver = CallDriver.FundedRinging(funding, longest);
        driver.Feed(
            new CallInput.MediaConnected(), new CallInput.PbxAnswered("100"), new CallInput.AnswerLockTaken(true),
            new CallInput.Accepted(null));
        return driver;
    }

    private static TimeSpan Talk(CallDriver driver) => driver.Clock.Now - driver.Call.AnsweredAt!.Value;
}
