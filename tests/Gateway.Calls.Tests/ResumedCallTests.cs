using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Gateway.Calls.Agents;
using Gateway.Calls.Balances;
using Gateway.Calls.Flows;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Rating;
using Media.Protocols.Primitives;

namespace Gateway.Calls.Tests;

/// <summary>An answered call that goes on in another process, from its snapshot.</summary>
public class ResumedCallTests
{
    private static readonly Funding Funding = new(
        "acme", "EUR", new Rate(
            1, "card", CallDirection.Inbound, "", "EUR", 0.60m, 0.05m, TimeSpan.FromSeconds(6), TimeSpan.Zero, [new VolumeTier(100, 0.5m)]),
        0.60m);

    /// <summary>The other process began at another time, and its timeline has nothing to do with this one's.</summary>
    private static readonly TimeSpan Apart = TimeSpan.FromDays(-3);

    /// <summary>Null stands for "time passes until the next deadline".</summary>
    private static readonly CallInput?[] Inputs =
    [
        null, null, null,
        new CallInput.HoldExtended(1.20m, IsLast: false), new CallInput.HoldExtended(2.40m, IsLast: false),
        new CallInput.HoldExtended(1.80m, IsLast: true), new CallInput.HoldFailed(),
        new CallInput.PbxIdentified("300"), new CallInput.PbxIdentified("400"), new CallInput.MediaTimedOut(CallLeg.Pbx),
        new CallInput.DigitPressed(CallLeg.Pbx, '1', TimeSpan.FromMilliseconds(100)), new CallInput.MediaClosed(),
        new CallInput.TransferRequested(Flow.ToPbx([new("c")])), new CallInput.ConsultationRequested(Flow.ToPbx([new("c")])),
        new CallInput.PbxEnded(), new CallInput.WhatsAppTerminated(null), new CallInput.HangUpRequested(HangupCause.OperatorHungUp),
        new CallInput.MediaFailed(), new CallInput.WhatsAppReleased(null), new CallInput.MediaReleased(null, null),
    ];

    [Theory]
    [InlineData(CallDirection.Inbound, false)]
    [InlineData(CallDirection.Outbound, false)]
    [InlineData(CallDirection.Outbound, true)]
    public void Decides_as_the_call_itself_would_have_money_included(CallDirection direction, bool isCallback)
    {
        var step = Gen.Two(Gen.Choose(0, int.MaxValue));
        var resumed = 0;
        Prop.ForAll(step.ListOf().ToArbitrary(), steps => resumed += Run(direction, isCallback, [.. steps]) ? 1 : 0)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2_000).WithEndSize(40));
        Assert.True(resumed > 500, $"only {resumed} calls were resumed");
    }

    [Fact]
    public void A_call_that_is_not_answered_by_one_phone_alone_has_no_snapshot()
    {
        var inbound = CallDriver.InboundRinging();
        Assert.Null(inbound.Call.Save());
        inbound.Feed(new CallInput.PbxAnswered("100"), new CallInput.AnswerLockTaken(true), new CallInput.Accepted(null));
        Assert.Equal(CallState.Live, inbound.Call.State);
        Assert.Null(inbound.Call.Save()); // there are no keys yet
        inbound.Feed(new CallInput.MediaConnected());
        Assert.NotNull(inbound.Call.Save());
        inbound.Feed(new CallInput.ConsultationRequested(Flow.ToPbx([new("c")])));
        Assert.Null(inbound.Call.Save());
        inbound.Feed(new CallInput.CancellationRequested());
        Assert.NotNull(inbound.Call.Save());
        inbound.Feed(new CallInput.TransferRequested(Flow.ToPbx([new("c")])));
        Assert.Null(inbound.Call.Save());
        Assert.Null(CallDriver.OutboundConnecting().Call.Save());
        inbound.Feed(new CallInput.HangUpRequested(HangupCause.OperatorHungUp));
        Assert.Null(inbound.Call.Save());
    }

    [Fact]
    public void Ends_at_the_last_sign_of_life_of_the_other_process_where_its_media_stays_away()
    {
        var driver = Live(CallDirection.Inbound, false, null);
        driver.Clock.Advance(TimeSpan.FromSeconds(20));
        var alive = driver.Call.TimeOf(driver.Clock.Now);
        var (call, now) = Resume(driver, driver.Call.Save()!, TimeSpan.FromSeconds(2), alive);
        Assert.Equal(now + Call.ResumeTimeout, call.NextDeadline);
        var decided = Decisions(call.HandleDeadline(call.NextDeadline));
        Assert.Contains(decided, decision => decision is CallDecision.HangUpPbx { Cause: HangupCause.MediaFailed });
        call.Handle(new CallInput.WhatsAppReleased(null), now);
        var finish = Assert.IsType<CallDecision.Finish>(call.Handle(new CallInput.MediaReleased(null, null), now)[^1]);
        Assert.Equal(alive, finish.Record.EndedAt);
    }

    [Theory]
    [InlineData(-90, 3)] // the clock of the process that it comes from is ahead: how long nobody had it cannot be said
    [InlineData(0, 5)]
    [InlineData(3600, 18)] // and behind: no call is without its process for so long
    public void Lasts_as_long_as_it_did_where_the_clocks_of_two_processes_differ(int difference, int lasted)
    {
        var driver = Live(CallDirection.Outbound, false, Funding);
        driver.Feed(new CallInput.MediaConnected());
        var alive = driver.Call.TimeOf(driver.Clock.Now);
        var (call, now) = Resume(
            driver, driver.Call.Save()!, TimeSpan.FromSeconds(2), alive, TimeSpan.FromSeconds(difference));
        call.Handle(new CallInput.MediaConnected(), now);
        now += TimeSpan.FromSeconds(3);
        call.Handle(new CallInput.WhatsAppTerminated(null), now);
        call.Handle(new CallInput.PbxEnded(), now);
        var record = ((CallDecision.Finish)call.Handle(new CallInput.MediaReleased(null, null), now)[^1]).Record;
        Assert.Equal(alive + TimeSpan.FromSeconds(lasted), record.EndedAt);
        Assert.True(record.StartedAt <= record.AnsweredAt && record.AnsweredAt <= record.EndedAt);
    }

    [Fact]
    public void Asks_the_store_again_where_the_other_process_may_have_died_with_the_question()
    {
        var driver = Live(CallDirection.Inbound, false, Funding);
        Assert.IsType<CallDecision.ExtendHold>(Assert.Single(driver.WaitForDeadline()));
        var (call, now) = Resume(driver, driver.Call.Save()!, TimeSpan.FromSeconds(2));
        call.Handle(new CallInput.MediaConnected(), now);
        Assert.IsType<CallDecision.ExtendHold>(Assert.Single(call.HandleDeadline(now)));
    }

    [Fact]
    public void Ends_with_money_that_has_run_out_meanwhile_and_no_later()
    {
        var driver = Live(CallDirection.Inbound, false, Funding);
        driver.WaitForDeadline();
        driver.Feed(new CallInput.HoldExtended(0.60m, IsLast: true));
        var saved = driver.Call.Save()!;
        var (call, now) = Resume(driver, saved, TimeSpan.FromMinutes(2));
        call.Handle(new CallInput.MediaConnected(), now);
        Assert.Equal(CallState.Ending, call.State);
        call.Handle(new CallInput.WhatsAppReleased(null), now);
        var record = ((CallDecision.Finish)call.Handle(new CallInput.MediaReleased(null, null), now)[^1]).Record;
        Assert.Equal(HangupCause.BalanceExhausted, record.Cause);
        Assert.Equal(Credit.PaidTime(Funding.Rate, 0.60m), record.EndedAt - record.AnsweredAt);
    }

    [Fact]
    public void Keeps_the_flow_and_the_agents_of_its_record()
    {
        var driver = Live(CallDirection.Inbound, false, Funding);
        driver.Feed(new CallInput.PbxIdentified("200"));
        driver.Clock.Advance(TimeSpan.FromSeconds(5));
        driver.Feed(new CallInput.PbxIdentified("300"));
        var saved = driver.Call.Save()! with
        {
            Inbound = new InboundFacts(new FlowId("sales"), 7, "pt", null, 3, 0), Held = new TakenAgent(new AgentId("eve"), 12),
        };
        var (call, now) = Resume(driver, saved, TimeSpan.FromSeconds(1));
        Assert.Equal(new AgentId("eve"), call.AgentId);
        call.Handle(new CallInput.MediaConnected(), now);
        var ending = Decisions(call.Handle(new CallInput.PbxEnded(), now));
        Assert.Contains(new CallDecision.ReleaseAgent(new TakenAgent(new AgentId("eve"), 12)), ending);
        call.Handle(new CallInput.WhatsAppReleased(null), now);
        var record = ((CallDecision.Finish)call.Handle(new CallInput.MediaReleased(null, null), now)[^1]).Record;
        Assert.Equal((new FlowId("sales"), 7, new AgentId("eve")), (record.Flow!.Value, record.FlowVersion!.Value, record.AgentId!.Value));
        Assert.Equal(["100", "200"], record.EarlierAgents.Select(agent => agent.Agent));
    }

    /// <returns>True: the call was resumed on the way.</returns>
    private static bool Run(CallDirection direction, bool isCallback, (int Dice, int Which)[] steps)
    {
        var driver = Live(direction, isCallback, steps.Length % 3 == 0 ? null : Funding);
        Call? other = null;
        foreach (var (dice, which) in steps)
        {
            if (dice % 7 == 0)
                driver.Clock.Advance(TimeSpan.FromSeconds(which % 20));
            if (other is null && dice % 4 == 0 && IsSettled(driver) && driver.Call.Save() is { } saved)
            {
                (other, var now) = Resume(driver, saved, TimeSpan.Zero);
                Assert.Equal(Decisions(driver.Call.Handle(new CallInput.MediaConnected(), driver.Clock.Now)),
                    Decisions(other.Handle(new CallInput.MediaConnected(), now)));
            }
            Feed(driver, other, Inputs[which % Inputs.Length]);
        }
        if (other is null)
            return false;
        Feed(driver, other, new CallInput.HangUpRequested(HangupCause.OperatorHungUp));
        while (driver.Call.State != CallState.Ended)
            Feed(driver, other, null);
        Assert.Equal(CallState.Ended, other.State);
        return true;
    }

    /// <summary>No question to the store is open: a resumed call asks it again.</summary>
    private static bool IsSettled(CallDriver driver) => driver.All[^1] is not CallDecision.ExtendHold
        && (driver.Call.Save() is not { Funding: not null, IsLastMoney: false } saved
            || saved.Deadlines.ContainsKey(CallDeadline.HoldExtension));

    private static void Feed(CallDriver driver, Call? other, CallInput? input)
    {
        if (input is null && driver.Call.NextDeadline == Instant.Never)
            return;
        if (input is null && driver.Call.NextDeadline > driver.Clock.Now)
            driver.Clock.AdvanceTo(driver.Call.NextDeadline);
        Assert.Equal(driver.Call.NextDeadline + (other is null || driver.Call.NextDeadline == Instant.Never ? TimeSpan.Zero : Apart),
            other?.NextDeadline ?? driver.Call.NextDeadline);
        var now = driver.Clock.Now;
        var decided = Decisions(input is null ? driver.Call.HandleDeadline(now) : driver.Call.Handle(input, now));
        driver.All.AddRange(decided);
        if (other is not null)
            Assert.Equal(decided.Select(Text),
                Decisions(input is null ? other.HandleDeadline(now + Apart) : other.Handle(input, now + Apart)).Select(Text));
    }

    private static (Call Call, Instant Now) Resume(
        CallDriver driver, CallSnapshot saved, TimeSpan later, DateTimeOffset? aliveAt = null, TimeSpan difference = default)
    {
        var text = JsonSerializer.Serialize(saved, JsonSerializerOptions.Web);
        var stored = JsonSerializer.Deserialize<CallSnapshot>(text, JsonSerializerOptions.Web)!;
        var now = driver.Clock.Now + later;
        var wallClock = driver.Call.TimeOf(now) + difference;
        return (ResumedCall.Of(stored, driver.Options, now + Apart, wallClock, aliveAt ?? driver.Call.TimeOf(now)), now + Apart);
    }

    private static CallDriver Live(CallDirection direction, bool isCallback, Funding? funding)
    {
        var driver = new CallDriver(direction, isCallback: isCallback);
        var admitted = new CallInput.Admitted([new("main")], funding) { MaxLength = TimeSpan.FromSeconds(600) };
        if (direction == CallDirection.Inbound)
            driver.Feed(
                new CallInput.WhatsAppOffered(CallDriver.WhatsAppId, "offer"), admitted, new CallInput.MediaReserved("answer"),
                new CallInput.PreAccepted(null), new CallInput.PbxRinging(), new CallInput.PbxAnswered("100"),
                new CallInput.AnswerLockTaken(true), new CallInput.Accepted(null));
        else
            driver.Feed(
                isCallback ? new CallInput.CallbackWanted("main", "100") : new CallInput.PbxInvited("main", "100"), admitted,
                new CallInput.MediaReserved("offer"), new CallInput.PbxAnswered("100"),
                new CallInput.Connected(CallDriver.WhatsAppId, null), new CallInput.WhatsAppAnswered("answer"),
                new CallInput.WhatsAppAnswerApplied(), new CallInput.WhatsAppPickedUp());
        driver.Feed(new CallInput.MediaConnected());
        Assert.NotNull(driver.Call.Save());
        return driver;
    }

    private static CallDecision[] Decisions(IReadOnlyList<CallDecision> decided) => [.. decided];


    private static string Text(CallDecision decision) => decision.GetType().Name + JsonSerializer.Serialize(decision, decision.GetType());
}
