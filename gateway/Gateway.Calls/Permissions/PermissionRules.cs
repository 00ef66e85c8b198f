using System.Globalization;

namespace Gateway.Calls.Permissions;

/// <summary>
/// Decides whether a user may be called or asked at <c>now</c>, which is an argument everywhere. No job has to run for a permission to
/// expire, a window to close or a limit to be lifted (Meta: Calling API, "User call permissions").
/// </summary>
public static class PermissionRules
{
    /// <summary>The periods of <see cref="PermissionLimits.RequestsPerDay"/> and <see cref="PermissionLimits.RequestsPerWeek"/>; an
    /// unanswered request expires after the longer of the two.</summary>
    public static readonly TimeSpan Day = TimeSpan.FromHours(24), Week = TimeSpan.FromDays(7);

    /// <summary>True while a permission is valid, and Meta has not reported today's calls as used up.</summary>
    public static bool MayCall(ContactPermission? permission, DateTimeOffset now) =>
        IsPermitted(permission, now) && !(permission!.CallsBarredUntil > now);

    /// <summary>True while a permission is valid, whether or not today's calls are used up.</summary>
    public static bool IsPermitted(ContactPermission? permission, DateTimeOffset now) => permission?.State switch
    {
        PermissionState.Permanent => true,
        PermissionState.Temporary => permission.ExpiresAt > now,
        _ => false,
    };

    /// <summary>The state as of now, expired and requested included.</summary>
    public static PermissionState StateAt(ContactPermission? permission, DateTimeOffset now)
    {
        if (permission is null)
            return PermissionState.None;
        if (IsPermitted(permission, now))
            return permission.State;
        if (AwaitsAnswer(permission, now))
            return PermissionState.Requested;
        return permission.State == PermissionState.Temporary ? PermissionState.Expired : permission.State;
    }

    public static bool WindowIsOpen(ContactPermission? permission, DateTimeOffset now) => permission?.WindowUntil > now;

    /// <summary>Decides whether and in which form the user may be asked now; otherwise gives the
    /// rule, the next time, and what to send first.</summary>
    public static RequestVerdict MayRequest(ContactPermission? permission, PermissionLimits limits, bool hasTemplate, DateTimeOffset now)
    {
        var known = permission ?? ContactPermission.Unknown;
        if (known.State == PermissionState.Permanent)
            return Refused(RequestRule.AlreadyPermanent, null, "The user has permitted calls permanently: no request is needed.");

        var waits = Waits(known, limits, now).Where(wait => wait.FreeAt > now).ToList();
        if (waits.Count > 0)
        {
            var (rule, freeAt) = waits.MaxBy(wait => wait.FreeAt);
            return Refused(
                rule, freeAt,
                $"{Reason(rule, limits)} The next request may be sent at " +
                $"{freeAt.UtcDateTime.ToString("u", CultureInfo.InvariantCulture)}.");
        }
        if (WindowIsOpen(known, now))
            return new RequestVerdict(RequestForm.FreeForm, null, null, null);
        return hasTemplate
            ? new RequestVerdict(RequestForm.Template, null, null, null)
            : Refused(
                RequestRule.TemplateNeeded, null, "The conversation window is closed: the user has neither written nor called in the last "
                + $"{limits.Window.TotalHours:0.#} hours. Send a template with a call permission request: give the channel an approved " +
                    $"one. "
                + "Or wait until the user writes or calls.");
    }

    /// <summary>True while a request is open. Compared by the second, as Meta's times are: an
    /// answer may seem to be older than its request.</summary>
    private static bool AwaitsAnswer(ContactPermission permission, DateTimeOffset now) => permission.RecentRequests.Any(at =>
        at > now - Week && !(at.ToUnixTimeSeconds() <= permission.Since?.ToUnixTimeSeconds()));

    /// <summary>Each rule that time lifts, with the moment at which it is lifted.</summary>
    private static IEnumerable<(RequestRule Rule, DateTimeOffset FreeAt)> Waits(
        ContactPermission permission, PermissionLimits limits, DateTimeOffset now)
    {
        if (permission is { State: PermissionState.Declined, Since: { } declined })
            yield return (RequestRule.DeclinedRecently, declined + limits.DeclinedWait);
        if (permission.RequestsBarredUntil is { } barred)
            yield return (RequestRule.LimitAtMeta, barred);
        var newest = permission.RecentRequests.Where(at => !(at <= permission.LastConnectedAt)).OrderDescending().ToList();
        if (newest.Count >= limits.RequestsPerDay)
            yield return (RequestRule.DailyLimit, newest[limits.RequestsPerDay - 1] + Day);
        if (newest.Count >= limits.RequestsPerWeek)
            yield return (RequestRule.WeeklyLimit, newest[limits.RequestsPerWeek - 1] + Week);
    }

    private static string Reason(RequestRule rule, PermissionLimits limits) => rule switch
    {
        RequestRule.DeclinedRecently => "The user declined.",
        RequestRule.DailyLimit => $"The user was already asked: at most {limits.RequestsPerDay} in 24 hours.",
        RequestRule.WeeklyLimit => $"The user was already asked: at most {limits.RequestsPerWeek} in 7 days.",
        _ => "WhatsApp reports that the user was asked too often.",
    };

    private static RequestVerdict Refused(RequestRule rule, DateTimeOffset? freeAt, string text) => new(null, rule, freeAt, text);
}
