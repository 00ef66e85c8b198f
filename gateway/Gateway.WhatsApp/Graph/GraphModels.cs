using Gateway.Calls.Channels;

namespace Gateway.WhatsApp.Graph;

public enum CallPermissionStatus
{
    None,
    Temporary,
    Permanent,

    /// <summary>A word Meta has not documented: do not call on it.</summary>
    Other,
}

/// <summary>One counter of an action. <paramref name="Period"/> as Meta writes it, "PT24H" or "P7D".</summary>
public sealed record PermissionLimit(string Period, int MaxAllowed, int CurrentUsage, DateTimeOffset? FreeAgainAt);

/// <summary>The answer to "may this user be called, may they be asked": GET call_permissions.</summary>
public sealed record CallPermission(CallPermissionStatus Status, DateTimeOffset? ExpiresAt)
{
    public bool CanCall { get; init; }

    public bool CanRequest { get; init; }

    public IReadOnlyList<PermissionLimit> CallLimits { get; init; } = [];

    public IReadOnlyList<PermissionLimit> RequestLimits { get; init; } = [];
}

/// <summary>The calling settings the gateway looks at; <see cref="Raw"/> is the whole <c>calling</c> object for an operator.</summary>
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

    /// <summary>What of it decides about calls.</summary>
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

/// <summary>What Meta forbids this number for now, with its own word for what and why.</summary>
public sealed record CallingRestriction(string Type, string? Reason, DateTimeOffset? Expires);
