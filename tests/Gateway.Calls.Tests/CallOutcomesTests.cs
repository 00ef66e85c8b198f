using Gateway.Calls.Records;
using Gateway.Calls.Rules;

namespace Gateway.Calls.Tests;

public sealed class CallOutcomesTests
{
    [Theory]
    [InlineData(CallDirection.Inbound, HangupCause.NoAnswer, CallOutcome.Missed)]
    [InlineData(CallDirection.Inbound, HangupCause.CallerGaveUp, CallOutcome.Missed)]
    [InlineData(CallDirection.Inbound, HangupCause.OutsideCallHours, CallOutcome.Missed)]
    [InlineData(CallDirection.Inbound, HangupCause.BalanceTooLow, CallOutcome.Missed)]
    [InlineData(CallDirection.Inbound, HangupCause.ChannelDisabled, CallOutcome.Refused)]
    [InlineData(CallDirection.Inbound, HangupCause.AnsweredElsewhere, CallOutcome.Ended)]
    [InlineData(CallDirection.Outbound, HangupCause.NoAnswer, CallOutcome.Ended)]
    [InlineData(CallDirection.Outbound, HangupCause.BalanceTooLow, CallOutcome.Refused)]
    [InlineData(CallDirection.Outbound, HangupCause.NotPermitted, CallOutcome.Refused)]
    public void An_unanswered_call_is_missed_refused_or_just_over(CallDirection direction, HangupCause cause, CallOutcome outcome)
    {
        var call = new CallRecord
        {
            Id = new CallId("c"),
            Direction = direction,
            Channel = new ChannelId("100"),
            User = new WhatsAppUser("49301"),
            StartedAt = DateTimeOffset.UnixEpoch,
            EndedAt = DateTimeOffset.UnixEpoch.AddSeconds(1),
            Cause = cause,
            Node = "n",
        };
        Assert.Equal(outcome, CallOutcomes.Of(call));
        Assert.Equal(CallOutcome.Ended, CallOutcomes.Of(call with { AnsweredAt = DateTimeOffset.UnixEpoch }));
    }
}
