namespace Gateway.Calls.Channels;

/// <summary>Everything that decides whether a channel may call or be called.</summary>
/// <param name="Settings">What its admin wants.</param>
/// <param name="Restrictions">What Meta forbids it, expired ones too.</param>
/// <param name="Country">Where calling is offered, for the country of its number; null: both directions, or a number of no country.</param>
/// <param name="Meta">What Meta was last seen to have; null: not read yet.</param>
public sealed record ChannelFacts(
    ChannelSettings Settings, IReadOnlyList<ChannelRestriction> Restrictions, CallingCountry? Country = null, MetaSettings? Meta = null);

/// <summary>What Meta forbids a channel for a time, mostly for the quality of its calls (Meta: Calling API, "Configure call settings").</summary>
/// <param name="Type">Meta's word, e.g. RESTRICTED_BUSINESS_INITIATED_CALLING.</param>
/// <param name="Reason">Meta's words, or null.</param>
/// <param name="Since">When we learned of it.</param>
/// <param name="ExpiresAt">Null: until Meta takes it back.</param>
public sealed record ChannelRestriction(string Type, string? Reason, DateTimeOffset Since, DateTimeOffset? ExpiresAt)
{
    public bool IsInForce(DateTimeOffset now) => ExpiresAt is null || ExpiresAt > now;

    /// <summary>False for the warnings that Meta sends before it restricts; they stand beside restrictions and forbid nothing.</summary>
    public bool IsRestriction => Type.StartsWith("RESTRICTED_", StringComparison.Ordinal);

    /// <summary>True where a restriction of this type forbids calls of <paramref name="direction"/>. A hidden button, and what we do not know, forbid none.</summary>
    public bool Forbids(CallDirection direction) => Type switch
    {
        "RESTRICTED_BUSINESS_INITIATED_CALLING" => direction == CallDirection.Outbound,
        "RESTRICTED_USER_INITIATED_CALLING" => direction == CallDirection.Inbound,
        "RESTRICTED_BIZ_INITIATED_AND_USER_INITIATED_CALLING" => true,
        _ => false,
    };
}

/// <summary>Where calling is offered, by the country of the business number.</summary>
/// <param name="Country">ISO 3166-1 alpha-2.</param>
/// <param name="Inbound">Users may call numbers of this country.</param>
/// <param name="Outbound">Numbers of this country may call users.</param>
/// <param name="Version">Grows with each change.</param>
public sealed record CallingCountry(string Country, bool Inbound, bool Outbound, long Version = 1);
