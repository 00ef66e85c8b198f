using System.Text.Json.Serialization;
using Gateway.Calls;

namespace Gateway.WhatsApp.Webhooks;

/// <summary>The business number of an event. Either part may be missing in account-wide events.</summary>
public readonly record struct BusinessNumber(string? PhoneNumberId, string? DisplayNumber);

public enum SdpType
{
    Offer,
    Answer,
}

public enum RemoteCallState
{
    Ringing,
    Accepted,
    Rejected,
}

public enum TerminateOutcome
{
    Completed,
    Failed,

    /// <summary>A status that Meta has not documented; the call has ended all the same.</summary>
    Other,
}

public enum PermissionSource
{
    /// <summary>The user answered a request or changed the setting in the business profile.</summary>
    User,

    /// <summary>Granted by calling us, or revoked by Meta after unanswered calls.</summary>
    Automatic,

    Other,
}

/// <summary>
/// One event from Meta. A closed family: every element of a webhook becomes one of these or a counted skip. Times are Meta's,
/// in whole seconds, null where absent or unreadable. Events repeat and arrive in any order: the receiver deduplicates by call id and kind.
/// </summary>
/// <remarks>Those of a call are also written as JSON, from node to node.</remarks>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(CallConnect), "connect")]
[JsonDerivedType(typeof(CallStatus), "status")]
[JsonDerivedType(typeof(CallTerminate), "terminate")]
public abstract record WebhookEvent
{
    private WebhookEvent()
    {
    }

    public BusinessNumber Number { get; init; }

    public DateTimeOffset? Timestamp { get; init; }

    /// <summary>The kind only: events contain phone numbers and SDP, which are never logged.</summary>
    public sealed override string ToString() => GetType().Name;

    /// <summary>
    /// <c>calls[].event = "connect"</c>: an offer of a user's call, or the answer to ours. The answer is not a pick-up.
    /// <paramref name="User"/> is the WhatsApp side in either direction; all its members are null when Meta gave none.
    /// </summary>
    public sealed record CallConnect(string CallId, CallDirection Direction, WhatsAppUser User, SdpType SdpType, string Sdp) : WebhookEvent
    {
        /// <summary>The business number in the spelling of the call element; the configured identity is
        /// <see cref="WebhookEvent.Number"/>.</summary>
        public string? BusinessPhone { get; init; }

        /// <summary>Payload of the call button that was tapped.</summary>
        public string? CtaPayload { get; init; }

        /// <summary>Payload of the wa.me/call link that was followed.</summary>
        public string? DeeplinkPayload { get; init; }

        /// <summary>The data that we passed with the call, returned by Meta.</summary>
        public string? OpaqueData { get; init; }
    }

    /// <summary><c>statuses[].type = "call"</c>: the state of our call at the user's phone.</summary>
    public sealed record CallStatus(string CallId, RemoteCallState State, WhatsAppUser User) : WebhookEvent
    {
        public string? OpaqueData { get; init; }
    }

    /// <summary><c>calls[].event = "terminate"</c>: the call is over, on either side's action.
    /// May arrive before the connect it belongs to.</summary>
    public sealed record CallTerminate(string CallId, TerminateOutcome Outcome, WhatsAppUser User) : WebhookEvent
    {
        /// <summary>Null when Meta gave none.</summary>
        public CallDirection? Direction { get; init; }

        /// <summary>Meta's own word.</summary>
        public string? Status { get; init; }

        /// <summary>Present only when the call was picked up.</summary>
        public DateTimeOffset? StartedAt { get; init; }

        public DateTimeOffset? EndedAt { get; init; }

        /// <summary>Present only when the call was picked up; whole seconds.</summary>
        public TimeSpan? Duration { get; init; }

        /// <summary>Meta's failure reasons; the same error given in two places is listed once.</summary>
        public IReadOnlyList<WhatsAppError> Errors { get; init; } = [];

        public string? OpaqueData { get; init; }
    }

    /// <summary>A user's decision about being called, on the <c>messages</c> field.</summary>
    public sealed record PermissionReply(WhatsAppUser User, bool Accepted, bool IsPermanent) : WebhookEvent
    {
        public string? MessageId { get; init; }

        /// <summary>The request (wamid) or the call (wacid) that it answers; null when Meta revoked on its own.</summary>
        public string? ContextId { get; init; }

        /// <summary>End of a temporary permission.</summary>
        public DateTimeOffset? ExpiresAt { get; init; }

        public PermissionSource Source { get; init; }
    }

    /// <summary>A user wrote to us: this opens or renews the 24-hour service window. The content is not read.</summary>
    public sealed record InboundMessage(WhatsAppUser User, string? MessageId) : WebhookEvent;

    /// <summary>A message of ours failed, e.g. 131026: the client is too old for a permission request.</summary>
    public sealed record MessageFailed(string MessageId, WhatsAppUser User, IReadOnlyList<WhatsAppError> Errors) : WebhookEvent;

    /// <summary>A user's number or business-scoped id changed: data stored under <paramref name="Previous"/> belongs to
    /// <paramref name="Current"/>.</summary>
    public sealed record UserIdChanged(WhatsAppUser Previous, WhatsAppUser Current) : WebhookEvent;

    /// <summary>The current calling settings; null members were not in the update.</summary>
    public sealed record AccountSettingsUpdate(string PhoneNumberId) : WebhookEvent
    {
        public string? CallingStatus { get; init; }

        public string? CallIconVisibility { get; init; }

        public string? CallbackPermissionStatus { get; init; }

        public string? SipStatus { get; init; }

        public string? SrtpKeyExchangeProtocol { get; init; }
    }

    /// <summary>A warning or a restriction of the account, e.g. <c>ACCOUNT_RESTRICTION</c>.</summary>
    public sealed record AccountUpdate(string Event) : WebhookEvent
    {
        public string? PhoneNumber { get; init; }

        public string? ViolationType { get; init; }

        public string? Remediation { get; init; }

        public IReadOnlyList<AccountRestriction> Restrictions { get; init; } = [];
    }

    /// <summary>Errors that belong to no call or message, e.g. 131044: a user's call was
    /// refused because no payment method is set up.</summary>
    public sealed record NumberErrors(IReadOnlyList<WhatsAppError> Errors) : WebhookEvent;

    /// <summary>A well-formed event that the gateway does not use. <paramref name="What"/>
    /// is Meta's word for it, at most 64 characters.</summary>
    public sealed record Unknown(string What) : WebhookEvent;
}

/// <summary>One <c>restriction_info</c> element of an account update.</summary>
public sealed record AccountRestriction(string Type, DateTimeOffset? Expires, string? Remediation);
