using Gateway.Calls.Lifecycle;

namespace Gateway.Calls.Tests;

/// <summary>The agent who has the call at the PBX, and since when: a queue answers, and the PBX names its agent later.</summary>
public class NamedAgentTests
{
    [Fact]
    public void Who_picks_up_has_the_call_from_the_answer_on()
    {
        var driver = CallDriver.InboundLive();
        Assert.Equal(("100", driver.Call.AnsweredAt), (driver.Call.Agent, driver.Call.AgentSince));
        driver.Feed(new CallInput.PbxEnded(), new CallInput.WhatsAppReleased(null), new CallInput.MediaReleased(null, null));
        Assert.Equal(("100", driver.Record.AnsweredAt), (driver.Record.Agent, driver.Record.AgentSince));
    }

    [Fact]
    public void Who_is_named_later_has_it_from_then_on_and_naming_him_again_changes_nothing()
    {
        var driver = CallDriver.InboundLive();
        driver.Clock.Advance(TimeSpan.FromSeconds(12));
        driver.Feed(new CallInput.PbxIdentified("305"));
        var named = driver.Call.TimeOf(driver.Clock.Now);
        driver.Clock.Advance(TimeSpan.FromSeconds(30));
        driver.Feed(new CallInput.PbxIdentified("305"), new CallInput.PbxEnded());
        driver.Feed(new CallInput.WhatsAppReleased(null), new CallInput.MediaReleased(null, null));
        Assert.Equal(("305", named), (driver.Record.Agent, driver.Record.AgentSince));
        Assert.True(driver.Record.AnsweredAt < driver.Record.AgentSince);
    }

    [Fact]
    public void Who_dialled_has_it_from_the_users_pick_up_on()
    {
        var driver = CallDriver.OutboundConnecting();
        Assert.Null(driver.Call.AgentSince);
        driver.Feed(
            new CallInput.Connected(CallDriver.WhatsAppId, null), new CallInput.PbxIdentified("101"),
            new CallInput.WhatsAppAnswered("answer"), new CallInput.WhatsAppAnswerApplied(), new CallInput.WhatsAppPickedUp());
        Assert.Equal(("101", driver.Call.AnsweredAt), (driver.Call.Agent, driver.Call.AgentSince));
    }

    [Fact]
    public void Nobody_has_a_call_that_was_not_answered()
    {
        var driver = CallDriver.OutboundConnecting();
        driver.Feed(new CallInput.Connected(null, new(WhatsAppErrorCodes.NoCallPermission, "no")), new CallInput.MediaReleased(null, null));
        Assert.Equal(("100", null), (driver.Record.Agent, driver.Record.AgentSince));
    }
}
