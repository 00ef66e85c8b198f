using Gateway.Calls.Permissions;
using Gateway.Storage.Contacts;

namespace AdminApi.Contacts;

/// <summary>A WhatsApp user as one channel knows them, as of now.</summary>
/// <param name="Phone">Digits, in the gateway's canonical spelling; none for users who hide it.</param>
/// <param name="UserId">The business-scoped user id.</param>
/// <param name="Permission">The state now: a temporary permission past its end shows as expired.</param>
/// <param name="MayBeCalled">True where the user permits calls, and today's calls are not used up.</param>
/// <param name="DecidedBy">The party that decided the permission.</param>
/// <param name="Unanswered">The number of consecutive calls of ours that the user did not answer.</param>
/// <param name="WindowUntil">The time until which free-form messages may be sent.</param>
/// <param name="CallsBarredUntil">Set where WhatsApp reported today's calls as used up.</param>
/// <param name="RequestsBarredUntil">Set where WhatsApp reported too many requests to the user.</param>
public sealed record ContactView(
    long Id, string Channel, string? Phone, string? UserId, string? ParentUserId, string? Name, string? UserName,
    PermissionState Permission, bool MayBeCalled, DateTimeOffset? Since, DateTimeOffset? ExpiresAt, PermissionDecider? DecidedBy,
    int Unanswered, DateTimeOffset? WindowUntil, bool WindowIsOpen, DateTimeOffset? LastConnectedAt, DateTimeOffset? CallsBarredUntil,
    DateTimeOffset? RequestsBarredUntil, DateTimeOffset CreatedAt)
{
    public static ContactView Of(Contact contact, DateTimeOffset now)
    {
        var (user, permission) = (contact.User, contact.Permission);
        return new ContactView(
            contact.Id, contact.Channel.Value, user.Phone, user.UserId, user.ParentUserId, user.Name, user.UserName,
            PermissionRules.StateAt(permission, now), PermissionRules.MayCall(permission, now), permission.Since, permission.ExpiresAt,
            permission.DecidedBy, permission.Unanswered, permission.WindowUntil, PermissionRules.WindowIsOpen(permission, now),
            permission.LastConnectedAt, permission.CallsBarredUntil, permission.RequestsBarredUntil, contact.CreatedAt);
    }
}

/// <summary>A contact with the next possible request, and the past ones.</summary>
/// <param name="NextRequest">The next permission request to the user.</param>
/// <param name="Requests">The newest first, at most 20.</param>
public sealed record ContactDetails(ContactView Contact, NextRequest NextRequest, IReadOnlyList<PermissionRequest> Requests);

/// <summary>The decision whether a user may be asked for permission now.</summary>
/// <param name="IsAllowed">True where the user may be asked now.</param>
/// <param name="Form">The form in which the request would be sent.</param>
/// <param name="Rule">The rule that forbids it.</param>
/// <param name="FreeAt">The time at which that rule allows it again; none where time alone does not lift it.</param>
/// <param name="Text">The reason, and what to send first.</param>
/// <param name="RequestsPerDay">The limit of 24 hours.</param>
/// <param name="RequestsPerWeek">The limit of 7 days.</param>
/// <param name="Counted">The requests that count: of the last 7 days, since the last connected call.</param>
public sealed record NextRequest(
    bool IsAllowed, RequestForm? Form, RequestRule? Rule, DateTimeOffset? FreeAt, string? Text, int RequestsPerDay, int RequestsPerWeek,
    IReadOnlyList<DateTimeOffset> Counted)
{
    public static NextRequest Of(ContactPermission permission, PermissionLimits limits, bool hasTemplate, DateTimeOffset now)
    {
        var verdict = PermissionRules.MayRequest(permission, limits, hasTemplate, now);
        return new NextRequest(
            verdict.IsAllowed, verdict.Form, verdict.Broken, verdict.FreeAt, verdict.Text, limits.RequestsPerDay, limits.RequestsPerWeek,
            [.. permission.RecentRequests.Where(at => at > now - PermissionRules.Week && !(at <= permission.LastConnectedAt))
                .OrderDescending()]);
    }
}
