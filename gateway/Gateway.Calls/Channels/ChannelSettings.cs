namespace Gateway.Calls.Channels;

/// <summary>The settings of a channel (a WhatsApp business number) as its admin has made them. The defaults allow everything.</summary>
public sealed record ChannelSettings
{
    public required ChannelId Id { get; init; }

    /// <summary>Digits with country code.</summary>
    public required string Number { get; init; }

    public string Name { get; init; } = "";

    /// <summary>The paying account; null: its calls are not billed.</summary>
    public string? Account { get; init; }

    public bool CallingEnabled { get; init; } = true;

    /// <summary>True where contacts may call; false still lets us call them.</summary>
    public bool ContactsMayCall { get; init; } = true;

    public bool WeMayCall { get; init; } = true;

    /// <summary>A user's call permits a call back.</summary>
    public bool CallbackPermission { get; init; }

    public bool IconIsVisible { get; init; } = true;

    /// <summary>Countries (ISO 3166-1 alpha-2) whose users see the icon; empty: all.</summary>
    public IReadOnlyList<string> IconCountries { get; init; } = [];

    /// <summary>The hours in which users may call; null: always.</summary>
    public CallHours? CallHours { get; init; }

    /// <summary>An answered call ends after so many seconds; null: whenever somebody hangs up.</summary>
    public int? MaxCallSeconds { get; init; }

    /// <summary>An agent's call to a user who has not permitted it sends the user a request.</summary>
    public bool AsksPermission { get; init; }

    /// <summary>The text of the request, in an open conversation window.</summary>
    public string? PermissionText { get; init; }

    /// <summary>The template that is sent where no window is open.</summary>
    public PermissionTemplate? Template { get; init; }

    /// <summary>True once an admin has saved the settings: only then are they pushed to Meta.</summary>
    public bool IsManaged { get; init; }

    /// <summary>Incremented with each change.</summary>
    public long Version { get; init; } = 1;
}

/// <summary>An approved template at Meta that asks for permission to call.</summary>
public sealed record PermissionTemplate(string Name, string Language);
