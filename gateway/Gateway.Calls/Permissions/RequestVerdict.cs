namespace Gateway.Calls.Permissions;

/// <summary>The form in which a permission request is sent.</summary>
public enum RequestForm
{
    /// <summary>An interactive message: only within the conversation window.</summary>
    FreeForm,

    /// <summary>The channel's approved template: at any time.</summary>
    Template,
}

/// <summary>The rule that a permission request would break.</summary>
public enum RequestRule
{
    /// <summary>The user has permitted calls permanently: no request is needed (138017 at Meta).</summary>
    AlreadyPermanent,

    /// <summary>The user declined; another request is allowed some time later.</summary>
    DeclinedRecently,

    /// <summary>The requests of 24 hours are used up (138009 at Meta).</summary>
    DailyLimit,

    /// <summary>The requests of 7 days are used up (138009 at Meta).</summary>
    WeeklyLimit,

    /// <summary>Meta counts more requests than we do: it answered 138009.</summary>
    LimitAtMeta,

    /// <summary>The conversation window is closed, and the channel has no template that may be sent outside of it.</summary>
    TemplateNeeded,
}

/// <summary>The decision whether a user may be asked now. Either <paramref name="Form"/> is set, or <paramref name="Broken"/> and
/// <paramref name="Text"/> are.</summary>
/// <param name="Form">The form of the request.</param>
/// <param name="Broken">The rule that forbids it.</param>
/// <param name="FreeAt">The time at which that rule allows it again; null where time alone does not lift it.</param>
/// <param name="Text">A sentence for a person: the reason, and what to do or send first.</param>
public sealed record RequestVerdict(RequestForm? Form, RequestRule? Broken, DateTimeOffset? FreeAt, string? Text)
{
    public bool IsAllowed => Form is not null;
}
