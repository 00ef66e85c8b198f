using Gateway.Calls;
using Gateway.Calls.Permissions;
using Gateway.Storage.Contacts;
using Gateway.WhatsApp.Graph;
using Gateway.Worker.Configuration;

namespace Gateway.Worker.Permissions;

/// <summary>Reads users' permissions at Meta (GET call_permissions), and corrects our store where it differs.</summary>
internal sealed partial class MetaPermissions(
    LiveOptions live, GraphClient graph, ContactStore contacts, TimeProvider time, ILogger<MetaPermissions> logger)
{
    /// <summary>Queries Meta and stores the answer. Null where Meta did not answer: then our store decides.</summary>
    public async Task<Contact?> RefreshAsync(ChannelId channel, WhatsAppUser user, CancellationToken cancellation)
    {
        if (live.GraphNumberOf(channel) is not { } number)
            return null;
        var result = await graph.GetCallPermissionAsync(number, user, cancellation);
        if (!result.IsSuccess)
        {
            LogUnanswered(channel, result.Error);
            PermissionMetrics.Checked(null);
            return null;
        }
        var now = time.GetUtcNow();
        var wasCorrected = false;
        var contact = await contacts.ApplyAsync(
            channel, user, now,
            known =>
            {
                var reconciled = Reconciled(known, result.Value, now, live.Options.Permissions);
                wasCorrected = reconciled != known;
                return reconciled;
            },
            null, cancellation);
        PermissionMetrics.Checked(wasCorrected);
        return contact;
    }

    /// <summary>
    /// The known permission, corrected by Meta's. Where they agree, nothing changes: a refusal that Meta reads as "none" stays a refusal.
    /// What an operator has revoked, only the user can grant again.
    /// </summary>
    public static ContactPermission Reconciled(ContactPermission known, CallPermission meta, DateTimeOffset now, PermissionLimits limits)
    {
        var isPermanent = meta.Status == CallPermissionStatus.Permanent;
        var isBarredHere = known is { State: PermissionState.Revoked, DecidedBy: PermissionDecider.Operator };
        var isGranted = isPermanent || (meta.Status == CallPermissionStatus.Temporary && !(meta.ExpiresAt <= now));
        var believed = PermissionRules.StateAt(known, now);
        if (isGranted && !isBarredHere && (believed != State(meta.Status) || (meta.ExpiresAt is { } end && known.ExpiresAt != end)))
            known = known.Granted(now, meta.ExpiresAt, isPermanent, PermissionDecider.Meta, limits);
        else if (!isGranted && believed is PermissionState.Temporary or PermissionState.Permanent)
            known = known.Revoked(now, PermissionDecider.Meta);
        return known with
        {
            CallsBarredUntil = meta.CallLimits.Any(IsUsedUp) ? FreeAt(meta.CallLimits) ?? now + PermissionTransitions.UnknownWait : null,
            RequestsBarredUntil = meta.RequestLimits.Any(IsUsedUp)
                ? Later(known.RequestsBarredUntil, FreeAt(meta.RequestLimits))
                : known.RequestsBarredUntil,
        };
    }

    private static PermissionState State(CallPermissionStatus status) =>
        status == CallPermissionStatus.Permanent ? PermissionState.Permanent : PermissionState.Temporary;

    private static bool IsUsedUp(PermissionLimit limit) => limit.CurrentUsage >= limit.MaxAllowed;

    private static DateTimeOffset? FreeAt(IReadOnlyList<PermissionLimit> limits) => limits.Where(IsUsedUp).Max(limit => limit.FreeAgainAt);

    private static DateTimeOffset? Later(DateTimeOffset? one, DateTimeOffset? other) => one is null || other > one ? other : one;

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "Channel {Channel}: Meta did not report a user's permission ({Error}); the stored one decides")]
    private partial void LogUnanswered(ChannelId channel, GraphError error);
}
