using Gateway.Calls.Permissions;
using Gateway.Storage.Contacts;

namespace AdminApi.Contacts;

/// <summary>A WhatsApp user as one channel knows them, as of now.</summary>
/// <param name="Phone">Digits, in the one spelling that the gateway keeps of each number; none for users who hide it.</param>
/// <param name="UserId">The business-scoped user id.</param>
/// <param name="Permission">What they permit now: a temporary permission whose time is over shows as expired.</param>
/// <param name="MayBeCalled">They permit it, and today's calls are not used up.</param>
/// <param name="DecidedBy">Who decided the permission.</param>
/// <param name="Unanswered">Our calls in a row that they did not answer.</param>
/// <param name="WindowUntil">Until then free-form messages may be sent.</param>
/// <param name="CallsBarredUntil">WhatsApp said that today's calls are used up.</param>
/// <param name="RequestsBarredUntil">WhatsApp said that they were asked too often.</param>
public sealed record ContactView(
    long Id, string Channel, string? Phone, string? UserId, string? ParentUserId, string? Name, string? UserName, PermissionState Permission, bool MayBeCalled,
    DateTimeOffset? Since, DateTimeOffset? ExpiresAt, PermissionDecider? DecidedBy, int Unanswered, DateTimeOffset? WindowUntil, bool WindowIsOpen,
    DateTimeOffset? LastConnectedAt, DateTimeOffset? CallsBarredUntil, DateTimeOffset? RequestsBarredUntil, DateTimeOffset CreatedAt)
{
    public static ContactView Of(Contact contact, DateTimeOffset now)
    {
        var (user, permission) = (contact.User, contact.Permission);
        return new ContactView(
            contact.Id, contact.Channel.Value, user.Phone, user.UserId, user.ParentUserId, user.Name, user.UserName, PermissionRules.StateAt(permission, now),
            PermissionRules.MayCall(permission, now), permission.Since, permission.ExpiresAt, permission.DecidedBy, permission.Unanswered, permission.WindowUntil,
            PermissionRules.WindowIsOpen(permission, now), permission.LastConnectedAt, permission.CallsBarredUntil, permission.RequestsBarredUntil, contact.CreatedAt);
    }
}

/// <summary>A contact with what may be sent to them next, and what was.</summary>
/// <param name="NextRequest">Whether they may be asked for permission now.</param>
/// <param name="Requests">The newest first, at most 20.</param>
public sealed record ContactDetails(ContactView Contact, NextRequest NextRequest, IReadOnlyList<PermissionRequest> Requests);

/// <summary>Whether a user may be asked for permission now.</summary>
/// <param name="IsAllowed">They may be.</param>
/// <param name="Form">How the request would be sent.</param>
/// <param name="Rule">The rule that forbids it.</param>
/// <param name="FreeAt">When that rule allows it again; none where no passing of time does.</param>
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
            [.. permission.RecentRequests.Where(at => at > now - PermissionRules.Week && !(at <= permission.LastConnectedAt)).OrderDescending()]);
    }
}
