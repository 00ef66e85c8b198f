namespace Gateway.Calls.Channels;

/// <summary>A channel's calling settings at Meta, in Meta's words; null: not reported. The JSON of <c>channels.meta_settings</c>.</summary>
public sealed record MetaSettings
{
    public const string Enabled = "ENABLED", Disabled = "DISABLED", IconDefault = "DEFAULT", IconHidden = "DISABLE_ALL";

    public string? Status { get; init; }

    /// <summary>While ENABLED, calls go to Meta's SIP servers and Graph answers 131055.</summary>
    public string? SipStatus { get; init; }

    public string? IconVisibility { get; init; }

    public IReadOnlyList<string> IconCountries { get; init; } = [];

    public string? CallbackPermissionStatus { get; init; }

    /// <summary>Null: Meta has none, or they are switched off.</summary>
    public CallHoursDocument? CallHours { get; init; }
}
