using FsCheck;
using FsCheck.Fluent;
using Gateway.Calls.Balances;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Rating;
using Media.Protocols.Primitives;

namespace Gateway.Calls.Tests;

/// <summary>The funding of a call in progress: 0.06 a pulse of 6 s; a slice of 60 s is 0.60.</summary>
public class FundedCallTests
{
    private static readonly Rate Rate = new(
        1, "card", CallDirection.Inbound, "", "EUR", PricePerMinute: 0.60m, ConnectionFee: 0, TimeSpan.FromSeconds(6), TimeSpan.Zero, []);

    [Fact]
    public void Asks_for_more_when_half_of_its_slice_is_left_and_goes_on_as_long_as_it_gets_it()
    {
        var driver = Live(held: 0.60m);
        for (var slice = 1; slice <= 5; slice++)
        {
            var asked = driver.WaitForDeadline();
            Assert.Equal([new CallDecision.ExtendHold(0.60m * (slice + 1))], asked);
            Assert.Equal(TimeSpan.FromSeconds(60 * slice - 30), Talk(driver));
            driver.Feed(new CallInput.HoldExtended(0.60m * (slice + 1), IsLast: false));
        }
        Assert.Equal(CallState.Live, driver.Call.State);
        driver.Feed(new CallInput.PbxEnded(), new CallInput.WhatsAppReleased(null), new CallInput.MediaReleased(null, null));
        Assert.Equal(new Funding("acme", "EUR", Rate, 3.60m), driver.Record.Funding);
    }

    [Fact]
    public void Warns_before_the_last_pulses_are_over_and_ends_when_they_are()
    {
        var driver = Live(held: 0.60m);
        driver.WaitForDeadline();
        driver.Feed(new CallInput.HoldExtended(0.90m, IsLast: true));

        Assert.Equal([new CallDecision.Warn(WarnReason.Balance)], driver.WaitForDeadline());
        Assert.Equal(TimeSpan.FromSeconds(60), Talk(driver));
        Assert.Equal(
            [new CallDecision.HangUpPbx(
                HangupCause.BalanceExhausted), new CallDecision.Terminate(CallDriver.WhatsAppId), new CallDecision.ReleaseMedia()],
            driver.WaitForDeadline());
        driver.Wait(TimeSpan.FromSeconds(1)); // Graph is slow, and that time is not charged
        driver.Feed(new CallInput.WhatsAppReleased(null), new CallInput.MediaReleased(null, null));
        Assert.Equal(HangupCause.BalanceExhausted, driver.Record.Cause);
        Assert.Equal(TimeSpan.FromSeconds(90), driver.Record.EndedAt - driver.Record.AnsweredAt);
    }

    [Fact]
    public void Warns_at_once_where_less_is_left_than_the_warning_wants()
    {
        var driver = Live(held: 0.12m);
        Assert.Equal([new CallDecision.ExtendHold(0.72m)], driver.WaitForDeadline());
        driver.Feed(new CallInput.HoldExtended(0.12m, IsLast: true));
        Assert.Equal([new CallDecision.Warn(WarnReason.Balance)], driver.WaitForDeadline());
        Assert.True(Talk(driver) < TimeSpan.FromSeconds(1));
        driver.WaitForDeadline();
        Assert.Equal((CallState.Ending, TimeSpan.FromSeconds(12)), (driver.Call.State, Talk(driver)));
    }

    [Fact]
    public void What_comes_after_the_last_pulse_ends_no_later_than_it()
    {
        var driver = Live(held: 0.60m);
        driver.WaitForDeadline();
        driver.Feed(new CallInput.HoldExtended(0.60m, IsLast: true));
        driver.Clock.Advance(TimeSpan.FromSeconds(45)); // the loop was held up
        driver.Feed(new CallInput.PbxEnded(), new CallInput.WhatsAppReleased(null), new CallInput.MediaReleased(null, null));
        Assert.Equal(HangupCause.BalanceExhausted, driver.Record.Cause);
        Assert.Equal(TimeSpan.FromSeconds(60), driver.Record.EndedAt - driver.Record.AnsweredAt);
    }

    [Fact]
    public void While_the_store_is_unavailable_the_call_goes_on_and_asks_again_for_all_that_it_has_talked()
    {
        var driver = Live(held: 0.60m);
        driver.WaitForDeadline();
        for (var tries = 0; tries < 20; tries++)
        {
            driver.Feed(new CallInput.HoldFailed());
            var asked = Assert.IsType<CallDecision.ExtendHold>(Assert.Single(driver.WaitForDeadline()));
            Assert.Equal(Credit.CostOf(Rate, Later(Talk(driver), TimeSpan.FromSeconds(60)) + driver.Options.HoldSlice), asked.UpTo);
        }
        Assert.Equal(CallState.Live, driver.Call.State);
        Assert.True(Talk(driver) > TimeSpan.FromSeconds(100));

        // It recovers and reports that the money ran out long ago: that is known only now.
        var known = Talk(driver);
        driver.Feed(new CallInput.HoldExtended(0.66m, IsLast: true));
        driver.Feed(new CallInput.WhatsAppReleased(null), new CallInput.MediaReleased(null, null));
        Assert.Equal(HangupCause.BalanceExhausted, driver.Record.Cause);
        Assert.InRange(driver.Record.EndedAt - driver.Record.AnsweredAt!.Value, known, known + TimeSpan.FromMilliseconds(10));
        Assert.DoesNotContain(driver.All, d => d is CallDecision.Warn);
    }

    [Fact]
    public void A_call_that_nobody_pays_for_and_one_that_costs_nothing_never_ask()
    {
        Assert.Equal(Instant.Never, Live(funding: null).Call.NextDeadline);
        var free = Live(new Funding("acme", "EUR", Rate with { PricePerMinute = 0 }, 0));
        free.Wait(TimeSpan.FromDays(30));
        Assert.DoesNotContain(free.All, d => d is CallDecision.ExtendHold);
        Assert.Equal(CallState.Live, free.Call.State);
    }

    [Fact]
    public void Money_is_looked_at_from_the_answer_only()
    {
        var driver = CallDriver.FundedRinging(new Funding("acme", "EUR", Rate, 0.06m));
        driver.Wait(TimeSpan.FromSeconds(30));
        Assert.DoesNotContain(driver.All, d => d is CallDecision.ExtendHold or CallDecision.HangUpPbx);
        driver.Feed(new CallInput.PbxEnded(), new CallInput.WhatsAppReleased(null), new CallInput.MediaReleased(null, null));
        Assert.Equal(0.06m, driver.Record.Funding!.Held);
    }

    [Fact]
    public void Whatever_the_store_answers_and_however_late_nobody_talks_beyond_the_money_that_is_known_to_be_the_last() =>
        Prop.ForAll(Gen.Two(Gen.Choose(0, 1000)).ListOf().ToArbitrary(), Run)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2_000).WithEndSize(40));

    private static void Run(IList<(int Dice, int Delay)> steps)
    {
        var driver = Live(held: 0.60m);
        var (paidUntil, answered) = (Instant.Never, driver.Call.AnsweredAt!.Value);
        foreach (var (dice, delay) in steps)
        {
            if (dice % 3 == 0)
                driver.Clock.Advance(TimeSpan.FromSeconds(delay / 20.0)); // deadlines and answers come late
            var input = driver.All[^1] is CallDecision.ExtendHold ask ? Answer(ask, dice) : null;
            if (input is not null)
                driver.Feed(input);
            else if (driver.Call.NextDeadline != Instant.Never)
                driver.WaitForDeadline();
            if (input is CallInput.HoldExtended { IsLast: true } last && paidUntil == Instant.Never)
                paidUntil = answered + Later(Credit.PaidTime(Rate, last.Held), Talk(driver));
            Assert.False(driver.Call.State == CallState.Live && driver.Clock.Now >= paidUntil, "live beyond what is paid for");
        }
        driver.Feed(new CallInput.PbxEnded(), new CallInput.WhatsAppReleased(null), new CallInput.MediaReleased(null, null));
        Assert.True(driver.Record.EndedAt - driver.Record.AnsweredAt <= paidUntil - answered);
        Assert.True(driver.All.OfType<CallDecision.Warn>().Count() <= (paidUntil == Instant.Never ? 0 : 1));
    }

    private static CallInput? Answer(CallDecision.ExtendHold ask, int dice) => (dice % 7) switch
    {
        0 => null, // nothing yet
        1 or 2 => new CallInput.HoldFailed(),
        3 => new CallInput.HoldExtended(ask.UpTo - 0.06m * (dice % 20), IsLast: true),
        _ => new CallInput.HoldExtended(ask.UpTo, IsLast: false),
    };

    private static CallDriver Live(decimal held) => Live(new Funding("acme", "EUR", Rate, held));

    private static CallDriver Live(Funding? funding)
    {
        var driver = CallDriver.FundedRinging(funding);
        driver.Feed(
            new CallInput.MediaConnected(), new CallInput.PbxAnswered("100"), new CallInput.AnswerLockTaken(true),
            new CallInput.Accepted(null));
        return driver;
    }

    private static TimeSpan Talk(CallDriver driver) => driver.Clock.Now - driver.Call.AnsweredAt!.Value;

    private static TimeSpan Later(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
