namespace Gateway.Calls.Permissions;

/// <summary>All that is known about calling one user from one channel. Values only; the conclusions are in
/// <see cref="PermissionRules"/>.</summary>
/// <param name="State">As stored: never <see cref="PermissionState.Requested"/> or <see cref="PermissionState.Expired"/>.</param>
/// <param name="Since">The time of the decision; null for <see cref="PermissionState.None"/>.</param>
/// <param name="ExpiresAt">The end of a temporary permission; null otherwise.</param>
/// <param name="Unanswered">The number of consecutive calls of ours that the user did not answer.</param>
/// <param name="WindowUntil">The end of the conversation window in which free-form messages may be sent.</param>
/// <param name="LastConnectedAt">The last answered call in either direction.</param>
/// <param name="RecentRequests">The times of requests: at least all that were sent in the last 7 days, in any order.</param>
public sealed record ContactPermission(
    PermissionState State,
    DateTimeOffset? Since,
    DateTimeOffset? ExpiresAt,
    int Unanswered,
    DateTimeOffset? WindowUntil,
    DateTimeOffset? LastConnectedAt,
    IReadOnlyList<DateTimeOffset> RecentRequests)
{
    /// <summary>A user about whom nothing is known.</summary>
    public static ContactPermission Unknown { get; } = new(PermissionState.None, null, null, 0, null, null, []);

    public PermissionDecider? DecidedBy { get; init; }

    /// <summary>The last call that was counted in <see cref="Unanswered"/>, so that none counts twice.</summary>
    public DateTimeOffset? LastUnansweredAt { get; init; }

    /// <summary>The time until which no call to this user is allowed, because Meta reported today's calls as used up (138012).</summary>
    public DateTimeOffset? CallsBarredUntil { get; init; }

    /// <summary>The time until which no request is allowed, because Meta reported too many to this user (138009).</summary>
    public DateTimeOffset? RequestsBarredUntil { get; init; }
}
