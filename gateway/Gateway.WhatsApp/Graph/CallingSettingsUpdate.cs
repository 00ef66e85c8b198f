using Gateway.Calls.Channels;

namespace Gateway.WhatsApp.Graph;

/// <summary>A partial change of the calling settings: null members stay unchanged. Meta's words are passed on as given.</summary>
public sealed record CallingSettingsUpdate
{
    /// <summary>ENABLED or DISABLED.</summary>
    public string? Status { get; init; }

    /// <summary>DEFAULT or DISABLE_ALL.</summary>
    public string? CallIconVisibility { get; init; }

    /// <summary>Countries (ISO 3166-1 alpha-2, of the user's number) that see the icon; empty: all.</summary>
    public IReadOnlyList<string>? IconCountries { get; init; }

    /// <summary>Replaced as a whole, holidays included.</summary>
    public CallHoursSetting? CallHours { get; init; }

    /// <summary>ENABLED: a user's call grants a temporary permission to call back.</summary>
    public string? CallbackPermissionStatus { get; init; }

    /// <summary>While ENABLED the Graph call actions answer 131055.</summary>
    public string? SipStatus { get; init; }

    /// <summary>DTLS or SDES.</summary>
    public string? SrtpKeyExchangeProtocol { get; init; }

    /// <summary>PCMA, PCMU, both or none, in addition to Opus.</summary>
    public IReadOnlyList<string>? AdditionalCodecs { get; init; }
}

/// <summary>Call hours, and whether they apply. Meta requires a time zone and a week even where they do not.</summary>
public sealed record CallHoursSetting(bool IsEnabled, CallHoursDocument Hours);
