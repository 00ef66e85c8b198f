namespace Gateway.Calls.Channels;

/// <summary>Everything that decides whether a channel may call or be called.</summary>
/// <param name="Settings">The settings its admin has made.</param>
/// <param name="Restrictions">Meta's restrictions, expired ones too.</param>
/// <param name="Country">Availability of calling for the country of its number; null: both directions, or a number of no country.</param>
/// <param name="Meta">The settings last seen at Meta; null: not read yet.</param>
public sealed record ChannelFacts(
    ChannelSettings Settings, IReadOnlyList<ChannelRestriction> Restrictions, CallingCountry? Country = null, MetaSettings? Meta = null);

/// <summary>A temporary restriction by Meta, mostly for the quality of a channel's calls
/// (Meta: Calling API, "Configure call settings").</summary>
/// <param name="Type">Meta's name, e.g. RESTRICTED_BUSINESS_INITIATED_CALLING.</param>
/// <param name="Reason">Meta's text, or null.</param>
/// <param name="Since">The time at which it became known here.</param>
/// <param name="ExpiresAt">Null: until Meta lifts it.</param>
public sealed record ChannelRestriction(string Type, string? Reason, DateTimeOffset Since, DateTimeOffset? ExpiresAt)
{
    public bool IsInForce(DateTimeOffset now) => ExpiresAt is null || ExpiresAt > now;

    /// <summary>False for the warnings that Meta sends before it restricts; they are
    /// listed with the restrictions and forbid nothing.</summary>
    public bool IsRestriction => Type.StartsWith("RESTRICTED_", StringComparison.Ordinal);

    /// <summary>True where a restriction of this type forbids calls of <paramref name="direction"/>.
    /// A hidden button and unknown types forbid none.</summary>
    public bool Forbids(CallDirection direction) => Type switch
    {
        "RESTRICTED_BUSINESS_INITIATED_CALLING" => direction == CallDirection.Outbound,
        "RESTRICTED_USER_INITIATED_CALLING" => direction == CallDirection.Inbound,
        "RESTRICTED_BIZ_INITIATED_AND_USER_INITIATED_CALLING" => true,
        _ => false,
    };
}

/// <summary>The availability of calling by the country of the business number.</summary>
/// <param name="Country">ISO 3166-1 alpha-2.</param>
/// <param name="Inbound">Users may call numbers of this country.</param>
/// <param name="Outbound">Numbers of this country may call users.</param>
/// <param name="Version">Incremented with each change.</param>
public sealed record CallingCountry(string Country, bool Inbound, bool Outbound, long Version = 1);
