using Gateway.Calls.Records;

namespace Gateway.Calls.Permissions;

/// <summary>
/// The effect of each event on a permission. Webhooks repeat, come late and in any order, so every transition carries the time of its
/// event: a repeated one changes nothing, and a decision older than the current one is history.
/// </summary>
public static class PermissionTransitions
{
    /// <summary>The assumed duration of a limit at Meta whose end Meta does not give.</summary>
    public static readonly TimeSpan UnknownWait = TimeSpan.FromHours(1);

    /// <summary>The user permits calls: permanently, until the time that the webhook gives,
    /// or for the default time where it gives none.</summary>
    /// <remarks>An automatic grant by a call never shortens what the user granted.</remarks>
    public static ContactPermission Granted(
        this ContactPermission permission, DateTimeOffset at, DateTimeOffset? until, bool isPermanent, PermissionDecider by,
        PermissionLimits limits)
    {
        if (IsOlder(at, permission))
            return permission;
        var expires = isPermanent ? (DateTimeOffset?)null : until ?? at + limits.TemporaryFor;
        if (by == PermissionDecider.Automatic && (permission.State == PermissionState.Permanent || permission.ExpiresAt >= expires))
            return permission;
        return permission with
        {
            State = isPermanent ? PermissionState.Permanent : PermissionState.Temporary,
            Since = at,
            ExpiresAt = expires,
            DecidedBy = by,
            Unanswered = 0,
        };
    }

    /// <summary>The user refused a request; a valid permission is gone.</summary>
    public static ContactPermission Declined(this ContactPermission permission, DateTimeOffset at) =>
        Ended(permission, PermissionState.Declined, at, PermissionDecider.User);

    /// <summary>A permission is revoked without the answer to a request.</summary>
    public static ContactPermission Revoked(this ContactPermission permission, DateTimeOffset at, PermissionDecider by) =>
        Ended(permission, PermissionState.Revoked, at, by);

    /// <summary>A call of ours rang and was not answered; after too many in a row under one permission, Meta has revoked it.</summary>
    /// <remarks>Where Meta's webhook about it came first, there is no permission left to count under.</remarks>
    public static ContactPermission Unanswered(this ContactPermission permission, DateTimeOffset at, PermissionLimits limits)
    {
        if (permission.State is not (PermissionState.Temporary or PermissionState.Permanent) || IsOlder(at, permission)
            || at <= permission.LastConnectedAt || at <= permission.LastUnansweredAt)
            return permission;
        var counted = permission with { Unanswered = permission.Unanswered + 1, LastUnansweredAt = at };
        return counted.Unanswered >= limits.UnansweredUntilRevoked ? counted.Revoked(at, PermissionDecider.Automatic) : counted;
    }

    /// <summary>A call was answered: the count of unanswered calls is reset, and requests may be sent again.</summary>
    public static ContactPermission Connected(this ContactPermission permission, DateTimeOffset at) =>
        at <= permission.LastConnectedAt ? permission : permission with
        {
            LastConnectedAt = at,
            Unanswered = at <= permission.LastUnansweredAt ? permission.Unanswered : 0,
            RequestsBarredUntil = null,
        };

    /// <summary>The user wrote, called (answered or not) or took our call: free-form messages are allowed for a time.</summary>
    public static ContactPermission WindowOpened(this ContactPermission permission, DateTimeOffset at, PermissionLimits limits) =>
        permission.WindowUntil >= at + limits.Window ? permission : permission with { WindowUntil = at + limits.Window };

    /// <summary>A call is over. Its effect is applied once, however often it is reported.</summary>
    /// <remarks>Meta opens a window when the user calls, answered or not, and when the user takes our call;
    /// calls that the user let ring or declined count as unanswered.</remarks>
    public static ContactPermission After(this ContactPermission permission, CallRecord call, PermissionLimits limits)
    {
        var (started, answered, ended) = (AsStored(call.StartedAt), AsStored(call.AnsweredAt), AsStored(call.EndedAt));
        if (call.Direction == CallDirection.Inbound)
            permission = permission.WindowOpened(started!.Value, limits);
        if (answered is { } spoke)
            return permission.WindowOpened(spoke, limits).Connected(spoke);
        var at = ended!.Value;
        return call switch
        {
            { WhatsAppError.Code: WhatsAppErrorCodes.NoCallPermission } when PermissionRules.IsPermitted(permission, at) =>
                permission.Revoked(at, PermissionDecider.Meta),
            { WhatsAppError.Code: WhatsAppErrorCodes.DailyConnectedLimit } when !(permission.CallsBarredUntil > at) =>
                permission with { CallsBarredUntil = at + UnknownWait },
            { Direction: CallDirection.Outbound, WhatsAppId: not null, Cause: HangupCause.NoAnswer or HangupCause.Declined } =>
                permission.Unanswered(at, limits),
            _ => permission,
        };
    }

    /// <summary>Merges the knowledge of two rows about one person: the newer decision, the longer window, all requests.</summary>
    public static ContactPermission MergedWith(this ContactPermission one, ContactPermission other)
    {
        var newer = (other.Since ?? DateTimeOffset.MinValue) > (one.Since ?? DateTimeOffset.MinValue) ? other : one;
        return newer with
        {
            Unanswered = Math.Max(one.Unanswered, other.Unanswered),
            WindowUntil = Later(one.WindowUntil, other.WindowUntil),
            LastConnectedAt = Later(one.LastConnectedAt, other.LastConnectedAt),
            LastUnansweredAt = Later(one.LastUnansweredAt, other.LastUnansweredAt),
            CallsBarredUntil = Later(one.CallsBarredUntil, other.CallsBarredUntil),
            RequestsBarredUntil = Later(one.RequestsBarredUntil, other.RequestsBarredUntil),
            RecentRequests = [.. one.RecentRequests, .. other.RecentRequests],
        };
    }

    /// <summary>The time as stored: stores keep microseconds, so a time must be cut before it is compared with a stored one.</summary>
    private static DateTimeOffset? AsStored(DateTimeOffset? time) => time?.AddTicks(-(time.Value.Ticks % TimeSpan.TicksPerMicrosecond));

    private static ContactPermission Ended(ContactPermission permission, PermissionState state, DateTimeOffset at, PermissionDecider by) =>
        IsOlder(at, permission) ? permission : permission with
        {
            State = state,
            Since = at,
            ExpiresAt = null,
            DecidedBy = by,
            Unanswered = 0,
        };

    /// <summary>True for a decision older than the current one. Meta's times are whole seconds:
    /// a decision of the same second counts as the later one.</summary>
    private static bool IsOlder(DateTimeOffset at, ContactPermission permission) =>
        permission.Since is { } since && at.ToUnixTimeSeconds() < since.ToUnixTimeSeconds();

    private static DateTimeOffset? Later(DateTimeOffset? one, DateTimeOffset? other) => one is null || other > one ? other : one;
}
