namespace Gateway.WhatsApp.Graph;

/// <summary>A partial change of the calling settings: null members stay as they are. Meta's words are passed on as given.</summary>
public sealed record CallingSettingsUpdate
{
    /// <summary>ENABLED or DISABLED.</summary>
    public string? Status { get; init; }

    /// <summary>DEFAULT or DISABLE_ALL.</summary>
    public string? CallIconVisibility { get; init; }

    /// <summary>ENABLED: a user's call grants a temporary permission to call back.</summary>
    public string? CallbackPermissionStatus { get; init; }

    /// <summary>While ENABLED the Graph call actions answer 131055.</summary>
    public string? SipStatus { get; init; }

    /// <summary>DTLS or SDES.</summary>
    public string? SrtpKeyExchangeProtocol { get; init; }

    /// <summary>PCMA, PCMU, both or none, beside Opus.</summary>
    public IReadOnlyList<string>? AdditionalCodecs { get; init; }
}
