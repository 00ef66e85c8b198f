using Gateway.Calls.Lifecycle;
using Gateway.Calls.Records;

namespace Gateway.Calls.Tests;

/// <summary>The record follows the pbx leg: it names who had the call at its end, and keeps who had it before.</summary>
public class TransferredCallTests
{
    [Fact]
    public void A_live_call_that_moves_to_others_names_the_last_and_keeps_those_before_with_their_times()
    {
        var driver = CallDriver.InboundLive();
        var answeredAt = driver.Call.TimeOf(driver.Call.AnsweredAt!.Value);
        driver.Clock.Advance(TimeSpan.FromSeconds(10));
        driver.Feed(new CallInput.PbxIdentified("201"));
        var first = driver.Call.TimeOf(driver.Clock.Now);
        driver.Clock.Advance(TimeSpan.FromSeconds(20));
        driver.Feed(new CallInput.PbxIdentified("202"));
        var second = driver.Call.TimeOf(driver.Clock.Now);
        Assert.Equal("202", driver.Call.Agent);

        driver.Feed(new CallInput.PbxEnded(), new CallInput.WhatsAppReleased(null), new CallInput.MediaReleased(null, null));

        Assert.Equal("202", driver.Record.Agent);
        Assert.Equal([new EarlierAgent("100", answeredAt, first), new EarlierAgent("201", first, second)], driver.Record.EarlierAgents);
    }

    [Fact]
    public void An_agent_who_is_named_again_has_handed_nothing_over()
    {
        var driver = CallDriver.InboundLive();
        driver.Feed(
            new CallInput.PbxIdentified("100"), new CallInput.PbxEnded(), new CallInput.WhatsAppReleased(null),
            new CallInput.MediaReleased(null, null));
        Assert.Equal(("100", 0), (driver.Record.Agent, driver.Record.EarlierAgents.Count));
    }

    /// <summary>A phone that only rang had no call: a pick-up leaves no trace of it.</summary>
    [Fact]
    public void Whoever_was_named_before_the_answer_is_not_kept()
    {
        var driver = CallDriver.InboundRinging();
        driver.Feed(
            new CallInput.PbxIdentified("100"), new CallInput.PbxAnswered("201"), new CallInput.AnswerLockTaken(true),
            new CallInput.Accepted(null), new CallInput.PbxEnded(), new CallInput.WhatsAppReleased(null),
            new CallInput.MediaReleased(null, null));
        Assert.Equal(("201", 0), (driver.Record.Agent, driver.Record.EarlierAgents.Count));
    }

    [Fact]
    public void The_agent_who_dialled_is_kept_when_the_call_is_transferred()
    {
        var driver = CallDriver.OutboundConnecting();
        driver.Feed(
            new CallInput.Connected(CallDriver.WhatsAppId, null), new CallInput.WhatsAppAnswered("answer"),
            new CallInput.WhatsAppAnswerApplied(),
            new CallInput.WhatsAppPickedUp(), new CallInput.PbxIdentified("201"));
        Assert.Equal(CallState.Live, driver.Call.State);
        driver.Feed(new CallInput.PbxEnded(), new CallInput.WhatsAppReleased(null), new CallInput.MediaReleased(null, null));
        Assert.Equal(["100"], driver.Record.EarlierAgents.Select(earlier => earlier.Agent));
    }

    [Fact]
    public void A_PBX_that_names_others_without_end_fills_no_record()
    {
        var driver = CallDriver.InboundLive();
        for (var i = 0; i < 1000; i++)
            driver.Feed(new CallInput.PbxIdentified($"{i}"));
        driver.Feed(new CallInput.PbxEnded(), new CallInput.WhatsAppReleased(null), new CallInput.MediaReleased(null, null));
        Assert.Equal(("999", CallRecord.MaxEarlierAgents), (driver.Record.Agent, driver.Record.EarlierAgents.Count));
    }
}
