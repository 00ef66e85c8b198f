namespace Gateway.WhatsApp.Webhooks;

/// <summary>Why a whole body was refused.</summary>
public enum WebhookError
{
    None,
    Empty,
    TooLarge,

    /// <summary>Not JSON, or nested deeper than <see cref="WebhookReader.MaxDepth"/>.</summary>
    NotJson,

    /// <summary>JSON, but not an object (or list of objects) with an <c>entry</c> list.</summary>
    NotAnEnvelope,
}

/// <summary>Why one element of a good body was left out.</summary>
public enum SkipReason
{
    NotAnObject,
    CallIdMissing,
    EventMissing,
    SdpMissing,
    SdpTooLong,
    SdpTypeUnknown,
    UserMissing,
    MessageIdMissing,
    PhoneNumberIdMissing,

    /// <summary>A string that is not valid Unicode.</summary>
    InvalidText,

    /// <summary>Beyond <see cref="WebhookReader.MaxEvents"/>.</summary>
    TooMany,
}

/// <summary>What one webhook body said, in its own order, and what of it could not be used.</summary>
public sealed record WebhookBatch(IReadOnlyList<WebhookEvent> Events, IReadOnlyList<SkipReason> Skipped);
