using Gateway.Calls.Admission;
using Gateway.Calls.Channels;
using Gateway.Calls.Permissions;
using Gateway.Calls.Rating;

namespace Gateway.Calls.Tests.Admission;

public sealed class AdmissionRulesTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly AdmissionRequest Outbound = new(
        new CallId("c"), CallDirection.Outbound, new ChannelId("100"), new WhatsAppUser("49301"), "n", "s", Now, TimeSpan.FromMinutes(1));

    private static readonly AdmissionRequest Inbound = Outbound with { Direction = CallDirection.Inbound };

    private static readonly Rate Rate =
        new(1, "main", CallDirection.Outbound, "49", "EUR", 0.10m, 0m, TimeSpan.FromSeconds(6), TimeSpan.Zero, []);

    private static readonly AdmissionFacts Open = new(
        new ChannelFacts(new ChannelSettings { Id = new ChannelId("100"), Number = "4930" }, []),
        ContactPermission.Unknown with { State = PermissionState.Permanent, Since = Now.AddDays(-1) },
        new AccountFacts("acme", "EUR", 10m, 0.10m, 10m, false), Rate, 0.10m, []);

    [Fact]
    public void What_nothing_forbids_is_admitted_with_what_pays_for_it()
    {
        var admitted = Assert.IsType<AdmissionVerdict.Admitted>(AdmissionRules.Decide(Open, Outbound));
        Assert.Equal(("acme", "EUR", Rate, 0.10m), (
            admitted.Funding!.Account, admitted.Funding.Currency, admitted.Funding.Rate, admitted.Funding.Held));
    }

    [Fact]
    public void A_channel_without_an_account_needs_no_money()
    {
        var facts = Open with { Account = null, Rate = null, Held = null };
        Assert.Equal(new AdmissionVerdict.Admitted(null), AdmissionRules.Decide(facts, Outbound));
    }

    [Theory]
    [InlineData("9.98")]
    [InlineData("9.9999999999")]
    [InlineData("-1")]
    public void Below_the_minimum_by_however_little_is_too_low(string balance) =>
        Assert.Equal(HangupCause.BalanceTooLow, CauseOf(
            Open with { Account = Open.Account! with { Balance = decimal.Parse(balance) }, Held = null }));

    [Fact]
    public void Money_that_other_calls_hold_is_not_there() => Assert.Equal(HangupCause.BalanceTooLow, CauseOf(Open with { Held = null }));

    [Fact]
    public void No_rate_means_no_call() => Assert.Equal(HangupCause.NoRate, CauseOf(Open with { Rate = null, Held = null }));

    [Fact]
    public void A_closed_account_says_so()
    {
        var refused = Refused(Open with { Account = Open.Account! with { IsClosed = true }, Held = null }, Outbound);
        Assert.Equal((HangupCause.BalanceTooLow, "The account is closed"), (refused.Cause, refused.Text));
    }

    [Fact]
    public void An_unknown_channel_leads_nowhere() => Assert.Equal(HangupCause.NoRoute, CauseOf(Open with { Channel = null }));

    [Fact]
    public void The_channel_is_asked_before_the_money_and_the_user_last()
    {
        var facts = Open with { Channel =
            Open.Channel! with { Settings = Open.Channel.Settings with { WeMayCall = false } }, Contact = null, Rate = null };
        Assert.Equal(HangupCause.ChannelDisabled, CauseOf(facts));
        Assert.Equal(HangupCause.NoRate, CauseOf(facts with { Channel = Open.Channel }));
        Assert.Equal(HangupCause.NotPermitted, CauseOf(facts with { Channel = Open.Channel, Rate = Rate }));
    }

    [Fact]
    public void A_call_without_permission_keeps_its_funding_until_Meta_has_been_asked()
    {
        var refused = Refused(Open with { Contact = null }, Outbound);
        Assert.Equal((HangupCause.NotPermitted, 0.10m), (refused.Cause, refused.Funding!.Held));
    }

    [Fact]
    public void Users_need_no_permission_of_their_own() =>
        Assert.IsType<AdmissionVerdict.Admitted>(AdmissionRules.Decide(Open with { Contact = null }, Inbound));

    private static HangupCause CauseOf(AdmissionFacts facts) => Refused(facts, Outbound).Cause;

    private static AdmissionVerdict.Refused Refused(AdmissionFacts facts, AdmissionRequest request) =>
        Assert.IsType<AdmissionVerdict.Refused>(AdmissionRules.Decide(facts, request));
}
