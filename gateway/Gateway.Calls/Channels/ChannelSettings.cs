namespace Gateway.Calls.Channels;

/// <summary>A channel (a WhatsApp business number) as its admin wants it. Where nobody said anything, everything is open.</summary>
public sealed record ChannelSettings
{
    public required ChannelId Id { get; init; }

    /// <summary>Digits with country code.</summary>
    public required string Number { get; init; }

    public string Name { get; init; } = "";

    /// <summary>Who pays; null: its calls are not billed.</summary>
    public string? Account { get; init; }

    public bool CallingEnabled { get; init; } = true;

    /// <summary>False still lets us call them.</summary>
    public bool ContactsMayCall { get; init; } = true;

    public bool WeMayCall { get; init; } = true;

    /// <summary>A user's call permits a call back.</summary>
    public bool CallbackPermission { get; init; }

    public bool IconIsVisible { get; init; } = true;

    /// <summary>Countries (ISO 3166-1 alpha-2) whose users see the icon; empty: all.</summary>
    public IReadOnlyList<string> IconCountries { get; init; } = [];

    /// <summary>When users may call; null: always.</summary>
    public CallHours? CallHours { get; init; }

    /// <summary>An agent's call to a user who has not permitted it sends the user a request.</summary>
    public bool AsksPermission { get; init; }

    /// <summary>What the request says, in an open conversation window.</summary>
    public string? PermissionText { get; init; }

    /// <summary>What is sent where no window is open.</summary>
    public PermissionTemplate? Template { get; init; }

    /// <summary>True once an admin has saved the settings: only then are they pushed to Meta.</summary>
    public bool IsManaged { get; init; }

    /// <summary>Grows with each change.</summary>
    public long Version { get; init; } = 1;
}

/// <summary>An approved template of Meta's that asks for permission to call.</summary>
public sealed record PermissionTemplate(string Name, string Language);
