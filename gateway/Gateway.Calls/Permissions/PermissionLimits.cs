namespace Gateway.Calls.Permissions;

/// <summary>Meta's limits on requests and calls to users, as configuration
/// (`permissions`). The names of the counts fix their periods.</summary>
public sealed record PermissionLimits
{
    /// <summary>Requests to one user in 24 hours since the last connected call (Meta: Calling API,
    /// "User call permissions"; 25 for test numbers).</summary>
    public int RequestsPerDay { get; init; } = 1;

    /// <summary>Requests to one user in 7 days since the last connected call (100 for test numbers).</summary>
    public int RequestsPerWeek { get; init; } = 2;

    /// <summary>The time for which a user's message, a user's call or an accepted call of ours
    /// opens the conversation for free-form messages.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromHours(24);

    /// <summary>The duration of a temporary permission whose end the webhook does not give.</summary>
    public TimeSpan TemporaryFor { get; init; } = TimeSpan.FromHours(72);

    /// <summary>From a user's refusal to the next request.</summary>
    public TimeSpan DeclinedWait { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Consecutive unanswered calls after which Meta revokes the permission (10 for test numbers).</summary>
    public int UnansweredUntilRevoked { get; init; } = 4;

    /// <summary>The time after an agent's call in which a grant still rings that agent: a return
    /// call for an older attempt would be unwelcome.</summary>
    public TimeSpan ReturnCallFor { get; init; } = TimeSpan.FromHours(8);
}
