namespace Gateway.Calls.Permissions;

/// <summary>Meta's rules about asking and calling users, as configuration (`permissions`). The periods that counts refer to are fixed by their names.</summary>
public sealed record PermissionLimits
{
    /// <summary>Requests to one user in 24 hours since the last connected call (Meta: Calling API, "User call permissions"; 25 for test numbers).</summary>
    public int RequestsPerDay { get; init; } = 1;

    /// <summary>Requests to one user in 7 days since the last connected call (100 for test numbers).</summary>
    public int RequestsPerWeek { get; init; } = 2;

    /// <summary>How long a user's message, a user's call or an accepted call of ours keeps the conversation open for free-form messages.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How long a temporary permission counts whose end the webhook does not name.</summary>
    public TimeSpan TemporaryFor { get; init; } = TimeSpan.FromHours(72);

    /// <summary>From a user's refusal to the next request.</summary>
    public TimeSpan DeclinedWait { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Calls in a row that the user does not answer until Meta takes the permission away (10 for test numbers).</summary>
    public int UnansweredUntilRevoked { get; init; } = 4;

    /// <summary>How long after an agent's call a grant still rings that agent back: nobody wants to be rung about yesterday's call.</summary>
    public TimeSpan RingBackFor { get; init; } = TimeSpan.FromHours(8);
}
