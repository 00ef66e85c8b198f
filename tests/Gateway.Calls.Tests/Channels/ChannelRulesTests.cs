using Gateway.Calls.Channels;
using static Gateway.Calls.CallDirection;

namespace Gateway.Calls.Tests.Channels;

public sealed class ChannelRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero); // a Sunday

    private static readonly ChannelSettings Open = new() { Id = new("100"), Number = "4930123456" };

    [Fact]
    public void Where_nobody_said_anything_both_directions_are_open() => AssertRefused(new(Open, []), null, null);

    [Fact]
    public void Calling_disabled_closes_both() =>
        AssertRefused(new(Open with { CallingEnabled = false }, []), HangupCause.ChannelDisabled, HangupCause.ChannelDisabled);

    [Fact]
    public void Contacts_may_not_call_but_we_may() =>
        AssertRefused(new(Open with { ContactsMayCall = false }, []), HangupCause.ChannelDisabled, null);

    [Fact]
    public void We_may_not_call_but_contacts_may() =>
        AssertRefused(new(Open with { WeMayCall = false }, []), null, HangupCause.ChannelDisabled);

    [Fact]
    public void Hours_hold_for_callers_alone()
    {
        Assert.True(CallHours.TryCreate(new("Europe/Berlin", [new("monday", "0900", "1700")]), out var hours, out _));
        AssertRefused(new(Open with { CallHours = hours }, []), HangupCause.OutsideCallHours, null);
    }

    [Fact]
    public void A_country_is_served_by_direction()
    {
        AssertRefused(new(Open, [], new CallingCountry("US", true, false)), null, HangupCause.CountryNotServed);
        AssertRefused(new(Open, [], new CallingCountry("KP", false, false)), HangupCause.CountryNotServed, HangupCause.CountryNotServed);
    }

    [Theory]
    [InlineData("RESTRICTED_BUSINESS_INITIATED_CALLING", false, true)]
    [InlineData("RESTRICTED_USER_INITIATED_CALLING", true, false)]
    [InlineData("RESTRICTED_BIZ_INITIATED_AND_USER_INITIATED_CALLING", true, true)]
    [InlineData("RESTRICTED_USER_INITIATED_CALLING_CALL_BUTTON_HIDDEN", false, false)]
    [InlineData("RESTRICTED_SOMETHING_NEW", false, false)]
    public void A_restriction_of_Metas_holds_until_it_expires(string type, bool inbound, bool outbound)
    {
        HangupCause? Cause(bool refused) => refused ? HangupCause.ChannelDisabled : null;
        AssertRefused(new(Open, [new(type, null, Now.AddDays(-1), Now.AddSeconds(1))]), Cause(inbound), Cause(outbound));
        AssertRefused(new(Open, [new(type, null, Now.AddDays(-1), null)]), Cause(inbound), Cause(outbound));
        AssertRefused(new(Open, [new(type, null, Now.AddDays(-7), Now)]), null, null);
    }

    [Fact]
    public void Metas_own_status_is_obeyed()
    {
        AssertRefused(
            new(Open, [], null, new MetaSettings { Status = "DISABLED" }), HangupCause.ChannelDisabled, HangupCause.ChannelDisabled);
        AssertRefused(new(Open, [], null, new MetaSettings { Status = "ENABLED", SipStatus = "ENABLED" }), HangupCause.ChannelDisabled,
            HangupCause.ChannelDisabled);
        AssertRefused(new(Open, [], null, new MetaSettings { Status = "ENABLED", SipStatus = "DISABLED" }), null, null);
    }

    private static void AssertRefused(ChannelFacts channel, HangupCause? inbound, HangupCause? outbound)
    {
        Assert.Equal(inbound, ChannelRules.MayCall(channel, Inbound, Now)?.Cause);
        Assert.Equal(outbound, ChannelRules.MayCall(channel, Outbound, Now)?.Cause);
    }
}
