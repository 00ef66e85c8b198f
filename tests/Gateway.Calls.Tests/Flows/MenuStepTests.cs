using Gateway.Calls.Flows;
using Gateway.Calls.Lifecycle;
using Media.Protocols.Primitives;
using Testing;

namespace Gateway.Calls.Tests.Flows;

/// <summary>A menu takes one key or several, asks again, and gives up.</summary>
public sealed class MenuStepTests
{
    private readonly VirtualClock _clock = new();

    [Theory]
    [InlineData("1", HangupCause.Busy)]
    [InlineData("23", HangupCause.NoAnswer)]
    [InlineData("2", HangupCause.OutsideCallHours)]
    public void Keys_choose_the_step(string keys, HangupCause cause)
    {
        var call = Menu();
        Press(call, keys);

        call.Wait(6); // "2" alone is taken when no other key comes

        call.HangUp();
        Assert.Equal(cause, call.Record.Cause);
    }

    [Fact]
    public void A_key_during_the_prompt_ends_the_prompt()
    {
        var call = Menu();

        Press(call, "2");

        Assert.Equal(1, call.Count<CallDecision.StopPlaying>());
    }

    [Fact]
    public void Silence_and_wrong_keys_ask_again_until_the_tries_are_used_up()
    {
        var call = Menu();
        PromptEnds(call);
        call.Wait(5);
        Assert.Equal(2, call.Count<CallDecision.Play>());
        PromptEnds(call);
        Press(call, "9");
        Assert.Equal(["wrong", "ask"], call.Last<CallDecision.Play>().Audio);
        PromptEnds(call);

        call.Wait(5);

        call.HangUp();
        Assert.Equal(HangupCause.Declined, call.Record.Cause);
    }

    [Fact]
    public void The_repeat_key_asks_again_without_counting()
    {
        var call = Menu();

        Press(call, "*****1");

        call.HangUp();
        Assert.Equal(HangupCause.Busy, call.Record.Cause);
    }

    private static void PromptEnds(FlowDriver call) => call.Feed(new CallInput.PlayEnded(call.Last<CallDecision.Play>().Id));

    private static void Press(FlowDriver call, string keys)
    {
        foreach (var key in keys)
            call.Feed(new CallInput.DigitPressed(CallLeg.WhatsApp, key, TimeSpan.FromMilliseconds(100)));
    }

    private FlowDriver Menu()
    {
        var menu = new FlowStep.Menu(
            "ask", new Dictionary<string, string> { ["1"] = "busy", ["23"] = "late", ["2"] = "closed" }, "give-up")
        {
            Invalid = "wrong",
            RepeatKey = '*',
        };
        var call = new FlowDriver(
            FlowDriver.Agents(0, _clock), _clock,
            flow: FlowDriver.Of(
                ("menu", menu), ("busy", new FlowStep.Refuse(RefuseReason.Busy)), ("late", new FlowStep.Refuse(RefuseReason.NoAnswer)),
                ("closed", new FlowStep.Refuse(RefuseReason.OutsideCallHours)), ("give-up", new FlowStep.Refuse())));
        call.Accept();
        return call;
    }
}
