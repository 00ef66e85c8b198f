namespace Gateway.Calls.Permissions;

/// <summary>The state of a user's permission to be called by a channel. The first five are
/// stored; the last two follow from them and the time.</summary>
public enum PermissionState
{
    /// <summary>Never decided.</summary>
    None,

    /// <summary>Granted until a moment.</summary>
    Temporary,

    Permanent,

    /// <summary>The user refused a request.</summary>
    Declined,

    /// <summary>Granted once and revoked: by the user, by Meta after unanswered calls, by an operator, or found absent at Meta.</summary>
    Revoked,

    /// <summary>Derived: not granted, and a request awaits its answer.</summary>
    Requested,

    /// <summary>Derived: a temporary permission past its end.</summary>
    Expired,
}

/// <summary>The party that decided the state of a permission.</summary>
public enum PermissionDecider
{
    User,

    /// <summary>Granted by the user's call to us, revoked after unanswered calls.</summary>
    Automatic,

    /// <summary>Found at Meta where our store had another state.</summary>
    Meta,

    Operator,
}
