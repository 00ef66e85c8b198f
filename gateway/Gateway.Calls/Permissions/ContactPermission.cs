namespace Gateway.Calls.Permissions;

/// <summary>All that is known about calling one user from one channel. Values only; what follows from them is in <see cref="PermissionRules"/>.</summary>
/// <param name="State">As stored: never <see cref="PermissionState.Requested"/> or <see cref="PermissionState.Expired"/>.</param>
/// <param name="Since">When the state was decided; null for <see cref="PermissionState.None"/>.</param>
/// <param name="ExpiresAt">The end of a temporary permission; null otherwise.</param>
/// <param name="Unanswered">Our calls in a row that the user did not answer.</param>
/// <param name="WindowUntil">The end of the conversation window in which free-form messages may be sent.</param>
/// <param name="LastConnectedAt">The last call, in either direction, in which the two spoke.</param>
/// <param name="RecentRequests">When the user was asked: at least all of the last 7 days that were sent, in any order.</param>
public sealed record ContactPermission(
    PermissionState State,
    DateTimeOffset? Since,
    DateTimeOffset? ExpiresAt,
    int Unanswered,
    DateTimeOffset? WindowUntil,
    DateTimeOffset? LastConnectedAt,
    IReadOnlyList<DateTimeOffset> RecentRequests)
{
    /// <summary>A user of whom nothing is known.</summary>
    public static ContactPermission Unknown { get; } = new(PermissionState.None, null, null, 0, null, null, []);

    public PermissionDecider? DecidedBy { get; init; }

    /// <summary>The last call that was counted in <see cref="Unanswered"/>, so that none counts twice.</summary>
    public DateTimeOffset? LastUnansweredAt { get; init; }

    /// <summary>Meta said that today's calls with this user are used up (138012), until then.</summary>
    public DateTimeOffset? CallsBarredUntil { get; init; }

    /// <summary>Meta said that this user was asked too often (138009), until then.</summary>
    public DateTimeOffset? RequestsBarredUntil { get; init; }
}
