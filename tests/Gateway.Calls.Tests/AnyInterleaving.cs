using FsCheck;
using FsCheck.Fluent;
using Gateway.Calls.Balances;
using Gateway.Calls.Flows;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Rating;
using Gateway.Calls.Records;
using Media.Protocols.Primitives;

namespace Gateway.Calls.Tests;

/// <summary>For any inputs in any order, a call ends exactly once, with both legs released and no decision after the end.</summary>
public class AnyInterleaving
{
    private static readonly WhatsAppError Transient = new(WhatsAppErrorCodes.Unreachable, "no answer");
    private static readonly WhatsAppError Final = new(WhatsAppErrorCodes.NoCallPermission, "no");

    /// <summary>A minute is held; a pulse of 6 s costs 0.06.</summary>
    private static readonly Funding Funding = new(
        "acme", "EUR", new Rate(1, "card", CallDirection.Inbound, "", "EUR", 0.60m, 0, TimeSpan.FromSeconds(6), TimeSpan.Zero, []), 0.60m);

    /// <summary>Null stands for "time passes until the next deadline".</summary>
    private static readonly CallInput?[] Inputs =
    [
        null,
        new CallInput.WhatsAppOffered(CallDriver.WhatsAppId, "offer"), new CallInput.PbxInvited("main", "100"),
        new CallInput.CallbackWanted("main", "100"), new CallInput.Admitted([new("a"), new("b")]), new CallInput.Admitted([]),
        new CallInput.Refused(HangupCause.NoRoute),
        new CallInput.MediaReserved("sdp"), new CallInput.MediaRefused(HangupCause.NoCapacity),
        new CallInput.AnswerLockTaken(true), new CallInput.AnswerLockTaken(false),
        new CallInput.MediaConnected(), new CallInput.MediaFailed(), new CallInput.MediaClosed(),
        new CallInput.FirstAudio(CallLeg.WhatsApp), new CallInput.FirstAudio(CallLeg.Pbx), new CallInput.MediaTimedOut(CallLeg.Pbx),
        new CallInput.MediaReleased(null, null), new CallInput.PreAccepted(null), new CallInput.PreAccepted(Final),
        new CallInput.Accepted(null), new CallInput.Accepted(Transient), new CallInput.Connected(CallDriver.WhatsAppId, null),
        new CallInput.Connected(null, Final),
        new CallInput.Connected(null, Transient, MayRing: true),
        new CallInput.WhatsAppReleased(null), new CallInput.WhatsAppReleased(Transient), new CallInput.WhatsAppReleased(Final),
        new CallInput.WhatsAppAnswerApplied(), new CallInput.WhatsAppAnswered("answer"),
        new CallInput.WhatsAppRinging(), new CallInput.WhatsAppPickedUp(), new CallInput.WhatsAppDeclined(),
        new CallInput.WhatsAppTerminated(null), new CallInput.WhatsAppTerminated(Final),
        new CallInput.PbxRinging(), new CallInput.PbxAnswered("100"), new CallInput.PbxRefused(486), new CallInput.PbxRefused(503),
        new CallInput.PbxEnded(), new CallInput.PbxIdentified("300"),
        new CallInput.DigitPressed(CallLeg.Pbx, '1', TimeSpan.FromMilliseconds(100)),
        new CallInput.TransferRequested(Flow.ToPbx([new("c")])), new CallInput.ConsultationRequested(Flow.ToPbx([new("c"), new("d")])),
        new CallInput.OfConsultation(1, new CallInput.PbxAnswered("200")), new CallInput.OfConsultation(1, new CallInput.PbxRefused(486)),
        new CallInput.OfConsultation(1, new CallInput.PbxEnded()), new CallInput.OfConsultation(2, new CallInput.PbxAnswered("300")),
        new CallInput.CompletionRequested(), new CallInput.CancellationRequested(),
        new CallInput.HangUpRequested(HangupCause.OperatorHungUp), new CallInput.EndCutShort(),
        new CallInput.Admitted([new("a")], Funding), new CallInput.HoldExtended(1.80m, IsLast: false),
        new CallInput.HoldExtended(0.90m, IsLast: true),
        new CallInput.HoldFailed(),
        new CallInput.Admitted([new("a"), new("b")], Funding) { MaxLength = TimeSpan.FromSeconds(75) },
    ];

    [Theory]
    [InlineData(CallDirection.Inbound, false)]
    [InlineData(CallDirection.Outbound, false)]
    [InlineData(CallDirection.Outbound, true)]
    public void Ends_exactly_once_with_both_legs_released(CallDirection direction, bool isCallback)
    {
        // Half of the inputs are those the call waits for, so that deep states are reached; the other half are random.
        var step = Gen.Two(Gen.Choose(0, int.MaxValue));
        Prop.ForAll(step.ListOf().ToArbitrary(), steps => Run(direction, isCallback, steps)).Check(
            Config.QuickThrowOnFailure.WithMaxTest(5_000).WithEndSize(60));
    }

    private static void Run(CallDirection direction, bool isCallback, IEnumerable<(int Dice, int Which)> steps)
    {
        var driver = new CallDriver(direction, isCallback: isCallback);
        var isBilled = false;
        var paidUntil = Instant.Never; // once the store has reported that there is no more
        driver.Feed(direction == CallDirection.Inbound
            ? new CallInput.WhatsAppOffered(CallDriver.WhatsAppId, "offer")
            : isCallback ? new CallInput.CallbackWanted(null, "100") : new CallInput.PbxInvited("main", "100"));
        foreach (var (dice, which) in steps)
        {
            var input = dice % 2 == 0 ? Expected(driver, which) : Inputs[which % Inputs.Length];
            if (dice % 11 == 0)
                driver.Clock.Advance(TimeSpan.FromSeconds(which % 40)); // deadlines are handled late
            isBilled |= driver.Call.State == CallState.Admitting && input is CallInput.Admitted { Funding: not null };
            if (input is not null)
                driver.Feed(input);
            else if (driver.Call.NextDeadline != Instant.Never)
                driver.WaitForDeadline();
            if (isBilled && input is CallInput.HoldExtended { IsLast: true } last
                && driver.Call is { State: CallState.Live, AnsweredAt: { } answered } && paidUntil == Instant.Never)
                paidUntil = answered + Credit.PaidTime(Funding.Rate, last.Held);
            Assert.False(driver.Call.State == CallState.Live && driver.Clock.Now >= paidUntil, "live beyond what is paid for");
        }
        driver.Feed(new CallInput.HangUpRequested(HangupCause.OperatorHungUp));
        while (driver.Call.State != CallState.Ended)
            driver.WaitForDeadline();
        Check(driver);
    }

    /// <summary>A result that the last decision waits for, good or bad.</summary>
    private static CallInput? Expected(CallDriver driver, int which)
    {
        var good = which % 4 != 0;
        return driver.All.LastOrDefault() switch
        {
            CallDecision.CheckAdmission => new CallInput.Admitted([new("a"), new("b")], good ? Funding : null),
            CallDecision.ExtendHold extend =>
                which % 5 == 0 ? new CallInput.HoldFailed() : new CallInput.HoldExtended(extend.UpTo, IsLast: which % 3 == 0),
            CallDecision.ReserveMedia => new CallInput.MediaReserved("sdp"),
            CallDecision.PreAccept => new CallInput.PreAccepted(good ? null : Final),
            CallDecision.OfConsultation { What: CallDecision.InvitePbx } of => new CallInput.OfConsultation(
                of.Number, good ? new CallInput.PbxAnswered("200") : new CallInput.PbxRefused(503)),
            CallDecision.InvitePbx => good ? new CallInput.PbxAnswered("100") : new CallInput.PbxRefused(503),
            CallDecision.TakeAnswerLock => new CallInput.AnswerLockTaken(good),
            CallDecision.Accept => new CallInput.Accepted(good ? null : Transient),
            CallDecision.Connect => new CallInput.Connected(CallDriver.WhatsAppId, null),
            CallDecision.Terminate or CallDecision.Reject => new CallInput.WhatsAppReleased(good ? null : Transient),
            CallDecision.ReleaseMedia => new CallInput.MediaReleased(null, null),
            CallDecision.ApplyWhatsAppAnswer when good => new CallInput.WhatsAppAnswerApplied(),
            CallDecision.ApplyWhatsAppAnswer => new CallInput.MediaRefused(HangupCause.IncompatibleMedia),
            _ => null,
        };
    }

    private static void Check(CallDriver driver)
    {
        var all = driver.All;
        Assert.IsType<CallDecision.Finish>(all[^1]);
        Assert.Single(all.OfType<CallDecision.Finish>());
        Assert.True(all.OfType<CallDecision.Accept>().Count() <= 1);
        Assert.True(all.OfType<CallDecision.AnswerPbx>().Count() <= 1);
        Assert.True(all.OfType<CallDecision.RefusePbx>().Count() <= 1);
        Assert.Equal(all.OfType<CallDecision.Warn>().Distinct(), all.OfType<CallDecision.Warn>());
        Assert.Equal(all.OfType<CallDecision.ReserveMedia>().Count(), all.OfType<CallDecision.ReleaseMedia>().Count());

        foreach (var input in Inputs)
            if (input is not null)
                Assert.Empty(driver.Feed(input));
        Assert.Empty(driver.Wait(TimeSpan.FromDays(1)));

        if (driver.Call.Identity.Direction == CallDirection.Inbound)
            CheckInbound(all, driver.Record);
        else if (driver.Call is CallbackCall)
            CheckCallback(all, driver.Record);
    }

    private static void CheckInbound(List<CallDecision> all, CallRecord record)
    {
        var audio = all.FindIndex(d => d is CallDecision.OpenAudio);
        var accept = all.FindIndex(d => d is CallDecision.Accept);
        var preAccept = all.FindIndex(d => d is CallDecision.PreAccept);
        Assert.True(audio < 0 || (accept >= 0 && accept < audio));
        Assert.True(accept < 0 || (preAccept >= 0 && preAccept < accept));
        Assert.Equal(audio >= 0, record.AnsweredAt is not null);
        Assert.True(all.FindIndex(d => d is CallDecision.Reject) < 0 || preAccept < 0);

        // Each INVITE that was not refused by the PBX itself is hung up: the last one decides.
        var invited = all.FindLastIndex(d => d is CallDecision.InvitePbx);
        if (invited >= 0 && record.SipStatus is null && record.Cause is HangupCause.OperatorHungUp)
            Assert.True(all.FindLastIndex(d => d is CallDecision.HangUpPbx) > invited);
    }

    /// <summary>
    /// No phone rings before admission, and the user's only after the agent has answered; every phone that rang is hung up.
    /// </summary>
    private static void CheckCallback(List<CallDecision> all, CallRecord record)
    {
        var invited = all.FindIndex(d => d is CallDecision.InvitePbx);
        var connect = all.FindIndex(d => d is CallDecision.Connect);
        var audio = all.FindIndex(d => d is CallDecision.OpenAudio);
        Assert.True(connect < 0 || (invited >= 0 && invited < connect && all[connect - 1] is CallDecision.PlayRingback));
        Assert.True(audio < 0 || (connect >= 0 && connect < audio));
        Assert.Equal(audio >= 0, record.AnsweredAt is not null);
        Assert.DoesNotContain(all, d => d is CallDecision.AnswerPbx or CallDecision.RefusePbx or CallDecision.RingPbx);
        if (connect >= 0 && record.Cause is HangupCause.OperatorHungUp)
            Assert.True(all.FindLastIndex(d => d is CallDecision.HangUpPbx) > connect);
    }
}
