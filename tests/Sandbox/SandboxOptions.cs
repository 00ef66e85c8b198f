namespace Sandbox;

/// <summary>
/// The configuration of the emulated WhatsApp. Every default works on one machine; the knobs of misbehaviour are <see cref="Knobs"/>.
/// </summary>
public sealed record SandboxOptions
{
    /// <summary>The initial business numbers.</summary>
    public IReadOnlyList<NumberOptions> Numbers { get; init; } = [new()];

    public SandboxTimers Timers { get; init; } = new();

    /// <summary>The wider limits that Meta gives to test numbers instead of those of production.</summary>
    public bool TestNumberLimits { get; init; }

    /// <summary>Parallel calls of one number; 138002 beyond. Meta documents 1000, and 5000 in one place.</summary>
    public int MaxConcurrentCalls { get; init; } = 1000;

    /// <summary>Outbound attempts of one number in 24 hours; 138005 beyond.</summary>
    public int MaxInitiationsPerDay { get; init; } = 10_000;

    /// <summary>Reads of call_permissions in one second; 613 beyond.</summary>
    public int MaxPermissionReadsPerSecond { get; init; } = 100;

    /// <summary>Templates that request permission to call; any other template name answers 132001.</summary>
    public IReadOnlyList<string> PermissionTemplates { get; init; } = ["call_permission"];

    /// <summary>The address at which native handsets bind and are reached.</summary>
    public string MediaAddress { get; init; } = "127.0.0.1";

    /// <summary>Handset of calls that name none: native, browser or paper.</summary>
    public string DefaultHandset { get; init; } = "native";
}

/// <summary>One business number and the app that serves it.</summary>
public sealed record NumberOptions
{
    public string PhoneNumberId { get; init; } = "100200300400";

    public string DisplayNumber { get; init; } = "15550009000";

    public string AccountId { get; init; } = "5550001";

    public string AccessToken { get; init; } = "sandbox-token";

    public string AppSecret { get; init; } = "sandbox-app-secret";

    public string AppId { get; init; } = "700800900";

    /// <summary>Calling can be enabled only once the app has the webhook field calls and the account (138018), as at Meta.</summary>
    public bool NeedsSubscriptions { get; init; }

    /// <summary>The webhook address, or several with commas between, which take turns; null: webhooks are counted and dropped.</summary>
    public string? WebhookUrl { get; init; }

    public string CallingStatus { get; init; } = "ENABLED";
}

/// <summary>WhatsApp's clocks. Where Meta publishes a range or nothing at all, the value is a choice.</summary>
public sealed record SandboxTimers
{
    /// <summary>From the connect webhook to accept; Meta says 30 to 60 seconds.</summary>
    public TimeSpan AcceptWindow { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>An answered call without any media from the business ends after this (138021).</summary>
    public TimeSpan FirstMedia { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>An established call without RTP or RTCP from the business ends after this (138021).</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The time that a user's phone rings; not published by Meta.</summary>
    public TimeSpan Ring { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>From an outbound call's start to the user's phone ringing.</summary>
    public TimeSpan RingDelay { get; init; } = TimeSpan.FromMilliseconds(150);

    /// <summary>From ringing to the automatic answer or refusal of users set to it.</summary>
    public TimeSpan AutoDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The interval at which media timers check the handset.</summary>
    public TimeSpan MediaCheck { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The lifetime of a temporary permission.</summary>
    public TimeSpan TemporaryPermission { get; init; } = TimeSpan.FromDays(7);

    /// <summary>A webhook not answered in this time counts as failed.</summary>
    public TimeSpan WebhookTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>The back-off before a failed webhook is sent again; doubles each time.</summary>
    public TimeSpan WebhookRetry { get; init; } = TimeSpan.FromSeconds(1);

    public int WebhookAttempts { get; init; } = 8;
}
