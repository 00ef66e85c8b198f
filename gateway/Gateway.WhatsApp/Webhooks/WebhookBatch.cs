namespace Gateway.WhatsApp.Webhooks;

/// <summary>The reason why a whole body was refused.</summary>
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

/// <summary>The reason why one element of a good body was skipped.</summary>
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

    /// <summary>Beyond <see cref="WebhookBatch.MaxEvents"/>.</summary>
    TooMany,
}

/// <summary>The events of one webhook body, in its own order, and the elements that were skipped.</summary>
public sealed record WebhookBatch(IReadOnlyList<WebhookEvent> Events, IReadOnlyList<SkipReason> Skipped)
{
    /// <summary>The maximum number of events in one body: the documented 1000 updates, and room for lists inside an update.</summary>
    public const int MaxEvents = 4000;
}
