namespace Gateway.Calls.Permissions;

/// <summary>What a user permits a channel. The first five are stored; the last two follow from them and the time.</summary>
public enum PermissionState
{
    /// <summary>Never decided.</summary>
    None,

    /// <summary>Granted until a moment.</summary>
    Temporary,

    Permanent,

    /// <summary>The user answered a request with no.</summary>
    Declined,

    /// <summary>Granted once and taken back: by the user, by Meta after unanswered calls, by an operator, or found gone at Meta.</summary>
    Revoked,

    /// <summary>Derived: not granted, and a request awaits its answer.</summary>
    Requested,

    /// <summary>Derived: a temporary permission whose time is over.</summary>
    Expired,
}

/// <summary>Who decided what a permission is.</summary>
public enum PermissionDecider
{
    User,

    /// <summary>Granted by the user's call to us, revoked after unanswered calls.</summary>
    Automatic,

    /// <summary>Found at Meta where our own books said something else.</summary>
    Meta,

    Operator,
}
