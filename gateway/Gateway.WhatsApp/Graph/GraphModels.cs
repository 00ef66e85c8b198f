using Gateway.Calls.Channels;

namespace Gateway.WhatsApp.Graph;

public enum CallPermissionStatus
{
    None,
    Temporary,
    Permanent,

    /// <summary>A word that Meta has not documented: do not call on the strength of it.</summary>
    Other,
}

/// <summary>One counter of an action. <paramref name="Period"/> as Meta writes it, "PT24H" or "P7D".</summary>
public sealed record PermissionLimit(string Period, int MaxAllowed, int CurrentUsage, DateTimeOffset? FreeAgainAt);

/// <summary>The answer to GET call_permissions: whether this user may be called and asked.</summary>
public sealed record CallPermission(CallPermissionStatus Status, DateTimeOffset? ExpiresAt)
{
    public bool CanCall { get; init; }

    public bool CanRequest { get; init; }

    public IReadOnlyList<PermissionLimit> CallLimits { get; init; } = [];

    public IReadOnlyList<PermissionLimit> RequestLimits { get; init; } = [];
}

/// <summary>The calling settings that the gateway uses; <see cref="Raw"/> is the whole <c>calling</c> object for an operator.</summary>
public sealed record CallingSettings
{
    public string? Status { get; init; }

    public string? CallIconVisibility { get; init; }

    /// <summary>Countries whose users see the icon; empty: all.</summary>
    public IReadOnlyList<string> IconCountries { get; init; } = [];

    /// <summary>Null where none were ever set.</summary>
    public CallHoursSetting? CallHours { get; init; }

    public string? CallbackPermissionStatus { get; init; }

    public string? SipStatus { get; init; }

    public string? SrtpKeyExchangeProtocol { get; init; }

    public IReadOnlyList<string> AdditionalCodecs { get; init; } = [];

    public IReadOnlyList<CallingRestriction> Restrictions { get; init; } = [];

    /// <summary>JSON text.</summary>
    public string Raw { get; init; } = "{}";

    /// <summary>The part of it that decides about calls.</summary>
    public MetaSettings ToMeta() => new()
    {
        Status = Status,
        SipStatus = SipStatus,
        IconVisibility = CallIconVisibility,
        IconCountries = IconCountries,
        CallbackPermissionStatus = CallbackPermissionStatus,
        CallHours = CallHours is { IsEnabled: true, Hours: var hours } ? hours : null,
    };
}

/// <summary>A current restriction of this number by Meta, with Meta's own words for type and reason.</summary>
public sealed record CallingRestriction(string Type, string? Reason, DateTimeOffset? Expires);
