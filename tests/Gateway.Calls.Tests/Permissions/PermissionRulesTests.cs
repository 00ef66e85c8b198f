using Gateway.Calls.Permissions;

namespace Gateway.Calls.Tests.Permissions;

public class PermissionRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    private static readonly PermissionLimits Limits = new();

    [Fact]
    public void A_temporary_permission_ends_at_its_time_though_nothing_ran()
    {
        var granted = ContactPermission.Unknown.Granted(Now, Now.AddHours(72), isPermanent: false, PermissionDecider.User, Limits);

        Assert.True(PermissionRules.MayCall(granted, Now.AddHours(72).AddTicks(-1)));
        Assert.False(PermissionRules.MayCall(granted, Now.AddHours(72)));
        Assert.Equal(PermissionState.Temporary, PermissionRules.StateAt(granted, Now));
        Assert.Equal(PermissionState.Expired, PermissionRules.StateAt(granted, Now.AddHours(72)));
    }

    [Fact]
    public void A_grant_without_a_time_lasts_72_hours_and_a_permanent_one_for_ever()
    {
        var temporary = ContactPermission.Unknown.Granted(Now, null, isPermanent: false, PermissionDecider.User, Limits);
        var permanent = ContactPermission.Unknown.Granted(Now, Now.AddHours(1), isPermanent: true, PermissionDecider.User, Limits);

        Assert.Equal(Now.AddHours(72), temporary.ExpiresAt);
        Assert.Null(permanent.ExpiresAt);
        Assert.True(PermissionRules.MayCall(permanent, Now.AddYears(10)));
    }

    [Fact]
    public void A_call_of_the_user_does_not_shorten_what_the_user_granted()
    {
        var permanent = ContactPermission.Unknown.Granted(Now, null, isPermanent: true, PermissionDecider.User, Limits);
        var temporary = ContactPermission.Unknown.Granted(Now, Now.AddDays(7), isPermanent: false, PermissionDecider.User, Limits);

        Assert.Same(permanent, permanent.Granted(Now.AddHours(1), null, isPermanent: false, PermissionDecider.Automatic, Limits));
        Assert.Same(temporary, temporary.Granted(Now.AddHours(1), null, isPermanent: false, PermissionDecider.Automatic, Limits));
    }

    [Fact]
    public void The_second_request_of_24_hours_and_the_third_of_7_days_are_refused_with_the_time_when_they_are_free()
    {
        var once = Asked(Now);
        var twice = Asked(Now, Now.AddHours(25));

        AssertRefused(RequestRule.DailyLimit, Now.AddHours(24), once, Now.AddHours(1));
        Assert.True(PermissionRules.MayRequest(once, Limits, hasTemplate: true, Now.AddHours(24)).IsAllowed);
        AssertRefused(RequestRule.WeeklyLimit, Now.AddDays(7), twice, Now.AddHours(50));
        Assert.True(PermissionRules.MayRequest(twice, Limits, hasTemplate: true, Now.AddDays(7)).IsAllowed);
    }

    [Fact]
    public void A_connected_call_sets_the_request_limits_back()
    {
        var asked = Asked(Now, Now.AddHours(25)) with { RequestsBarredUntil = Now.AddDays(9) };

        Assert.True(PermissionRules.MayRequest(asked.Connected(Now.AddHours(26)), Limits, hasTemplate: true, Now.AddHours(26)).IsAllowed);
    }

    [Fact]
    public void A_refusal_bars_requests_for_24_hours_although_the_limits_are_free()
    {
        var declined = Asked(Now.AddHours(-20)).Declined(Now);

        AssertRefused(RequestRule.DeclinedRecently, Now.AddHours(24), declined, Now.AddHours(5));
        Assert.True(PermissionRules.MayRequest(declined, Limits, hasTemplate: true, Now.AddHours(24)).IsAllowed);
        Assert.Equal(PermissionState.Declined, PermissionRules.StateAt(declined, Now.AddDays(3)));
    }

    [Fact]
    public void A_permanent_permission_needs_no_request()
    {
        var permanent = ContactPermission.Unknown.Granted(Now, null, isPermanent: true, PermissionDecider.User, Limits);

        AssertRefused(RequestRule.AlreadyPermanent, null, permanent, Now);
    }

    [Fact]
    public void A_closed_window_asks_for_the_template_and_says_so_where_there_is_none()
    {
        var open = ContactPermission.Unknown.WindowOpened(Now, Limits);

        Assert.Equal(RequestForm.FreeForm, PermissionRules.MayRequest(open, Limits, hasTemplate: true, Now.AddHours(23)).Form);
        Assert.Equal(RequestForm.Template, PermissionRules.MayRequest(open, Limits, hasTemplate: true, Now.AddHours(24)).Form);
        var refused = PermissionRules.MayRequest(open, Limits, hasTemplate: false, Now.AddHours(24));
        Assert.Equal(RequestRule.TemplateNeeded, refused.Broken);
        Assert.Contains("Send a template with a call permission request", refused.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_Meta_bars_stays_barred_until_its_time()
    {
        var granted = ContactPermission.Unknown.Granted(Now, null, isPermanent: false, PermissionDecider.User, Limits);

        Assert.False(PermissionRules.MayCall(granted with { CallsBarredUntil = Now.AddHours(2) }, Now.AddHours(1)));
        Assert.True(PermissionRules.MayCall(granted with { CallsBarredUntil = Now.AddHours(2) }, Now.AddHours(2)));
        AssertRefused(
            RequestRule.LimitAtMeta, Now.AddHours(2), ContactPermission.Unknown with { RequestsBarredUntil = Now.AddHours(2) }, Now);
    }

    [Fact]
    public void The_fourth_unanswered_call_in_a_row_revokes_and_a_connected_one_starts_the_count_again()
    {
        var granted = ContactPermission.Unknown.Granted(Now, null, isPermanent: true, PermissionDecider.User, Limits);
        var three = Unanswered(granted, 1, 3);

        Assert.True(PermissionRules.MayCall(three, Now.AddHours(3)));
        var revoked = Unanswered(three, 4, 1);
        Assert.Equal((PermissionState.Revoked, PermissionDecider.Automatic), (revoked.State, revoked.DecidedBy!.Value));
        Assert.Equal(PermissionState.Permanent, Unanswered(three.Connected(Now.AddHours(3.5)), 4, 3).State);
    }

    [Fact]
    public void A_request_without_an_answer_shows_for_7_days()
    {
        var asked = Asked(Now);

        Assert.Equal(PermissionState.Requested, PermissionRules.StateAt(asked, Now.AddDays(6)));
        Assert.Equal(PermissionState.None, PermissionRules.StateAt(asked, Now.AddDays(7)));
        Assert.Equal(PermissionState.Declined, PermissionRules.StateAt(asked.Declined(Now), Now.AddDays(1)));
    }

    private static ContactPermission Asked(params DateTimeOffset[] times) => ContactPermission.Unknown with { RecentRequests = times };

    private static ContactPermission Unanswered(ContactPermission permission, int firstHour, int count) =>
        Enumerable.Range(firstHour, count).Aggregate(permission, (known, hour) => known.Unanswered(Now.AddHours(hour), Limits));

    private static void AssertRefused(RequestRule rule, DateTimeOffset? freeAt, ContactPermission permission, DateTimeOffset now)
    {
        var verdict = PermissionRules.MayRequest(permission, Limits, hasTemplate: true, now);
        Assert.Equal((null, rule, freeAt), (verdict.Form, verdict.Broken!.Value, verdict.FreeAt));
        Assert.NotEmpty(verdict.Text!);
    }
}
