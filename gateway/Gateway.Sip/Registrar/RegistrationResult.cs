namespace Gateway.Sip.Registrar;

/// <summary>What became of a REGISTER. A closed set: it is a metric label.</summary>
public enum RegistrationResult
{
    /// <summary>At least one contact is new.</summary>
    Registered,

    /// <summary>Contacts that were known stay longer.</summary>
    Refreshed,

    /// <summary>Contacts were taken back.</summary>
    Unregistered,

    /// <summary>The contacts were asked for, nothing else.</summary>
    Fetched,

    /// <summary>It had no credentials: 401.</summary>
    Challenged,

    /// <summary>Its nonce was too old, not ours, or used before: 401 with stale.</summary>
    Stale,

    /// <summary>Wrong password, or no such user: 403.</summary>
    WrongCredentials,

    /// <summary>Too many wrong credentials came from there lately: 403 without a look.</summary>
    LockedOut,

    /// <summary>The address that it binds is another user's: 403.</summary>
    NotTheUser,

    /// <summary>A Contact that cannot be rung, or names this gateway: 400, 403.</summary>
    BadContact,

    /// <summary>More Contact or Path values than a phone has: 400.</summary>
    TooManyValues,

    /// <summary>More contacts than a user may have: 403.</summary>
    TooManyContacts,

    /// <summary>It asked for too short a time: 423.</summary>
    IntervalTooBrief,

    /// <summary>A newer one of the same Call-ID was there already: 500 (RFC 3261 §10.3).</summary>
    OutOfOrder,

    /// <summary>It requires what we do not know, or a Path came in that the phone did not ask for: 420.</summary>
    BadExtension,

    /// <summary>Any other fault of the request, by the status that fits it.</summary>
    Malformed,

    /// <summary>The credentials could not be looked up, the table is full, or the gateway drains: 503.</summary>
    Unavailable,
}
