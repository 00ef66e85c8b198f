using static Gateway.Calls.HangupCause;
using static Gateway.Calls.WhatsAppErrorCodes;

namespace Gateway.Calls.Rules;

/// <summary>
/// The one table between Meta and SIP: the meaning of every error of Meta's for the PBX, the meaning of every final response of the PBX for
/// the call, and the Q.850 cause for the Reason header (RFC 3326). Nothing else in the gateway maps one to the other.
/// </summary>
public static class CauseTable
{
    private static readonly TimeSpan SoonAgain = TimeSpan.FromSeconds(30);

    /// <summary>The cause of an error of Meta's, and the refusal of the agent's unanswered INVITE for it.</summary>
    public static (HangupCause Cause, PbxRefusal Refusal) OfWhatsAppError(WhatsAppError error) =>
        error.Code == InvalidParameter ? OfInvalidParameter(error) : OfWhatsAppError(error.Code);

    /// <summary>The same by the code alone.</summary>
    public static (HangupCause Cause, PbxRefusal Refusal) OfWhatsAppError(int code) => code switch
    {
        Unreachable => (WhatsAppFailed, new(503, "WhatsApp cannot be reached", SoonAgain)),
        DeadlineExceeded or ConnectionLost => (WhatsAppFailed, new(504, "WhatsApp did not answer in time")),
        MalformedAnswer => (WhatsAppFailed, new(502, "WhatsApp's answer could not be read")),
        AuthenticationFailed or AccessTokenExpired => (WhatsAppFailed, new(500, "WhatsApp does not accept the access token")),
        CapabilityMissing or PermissionDenied or AccessDenied or (>= 200 and <= 299) =>
            (ChannelDisabled, new(403, "The WhatsApp app lacks a permission")),
        TemporarilyBlockedForPolicy or AccountLocked or CountryRestricted =>
            (ChannelDisabled, new(403, "WhatsApp has restricted this account")),
        InvalidParameter => (WhatsAppFailed, new(500, "WhatsApp rejected a parameter")),
        InvalidSdp => (IncompatibleMedia, new(488, "WhatsApp refused the session description")),
        PermissionReadRate or RateLimit or TooManyRequests or AccountRateLimit or PairRateLimit or HeldBack =>
            (RateLimited, new(503, "WhatsApp's rate limit is reached", SoonAgain)),
        UnknownFault or ServiceFault or ServiceUnavailable or SomethingWentWrong or AccountInMaintenance =>
            (WhatsAppFailed, new(503, "WhatsApp has an internal fault", SoonAgain)),
        RequiredParameterMissing or TemplateParameterMismatch or TemplateMissing =>
            (WhatsAppFailed, new(500, "WhatsApp reports a missing parameter")),
        RecipientIsSender => (UserUnreachable, new(404, "A business cannot call itself")),
        ServiceWindowClosed => (NotPermitted, new(403, "The user has not written in the last 24 hours")),
        Unpublished138010 or Unpublished138011 or Unpublished138016 => (WhatsAppFailed, new(500, "WhatsApp gave an undocumented reason")),
        PaymentEligibility => (PaymentRequired, new(403, "WhatsApp asks for a payment method")),
        RecipientNotAllowed => (NotPermitted, new(403, "The test number may not call this user")),
        RecipientClientTooOld => (UserUnreachable, new(480, "The user's WhatsApp is too old for calls")),
        SipEnabled => (ChannelDisabled, new(500, "The number is set to SIP at Meta: turn that off to use the Graph API")),
        CallingNotEnabled or PrerequisitesMissing or CannotEnableCalling =>
            (ChannelDisabled, new(403, "Calling is not enabled for this number")),
        BusinessCallsUnavailable => (ChannelDisabled, new(403, "Calls by businesses are not offered for this number's country")),
        TemporarilyRestricted => (ChannelDisabled, new(403, "Meta has paused calls by this number for quality")),
        ReceiverUncallable => (UserUnreachable, new(480, "The user cannot be called on WhatsApp")),
        ConcurrentCallLimit => (RateLimited, new(503, "Too many calls at once on this number", SoonAgain)),
        InitiationRateExceeded => (RateLimited, new(503, "Too many calls in 24 hours from this number", TimeSpan.FromHours(1))),
        DuplicateCall => (Busy, new(486, "This user is already in a call with this number")),
        NoCallPermission => (NotPermitted, new(403, "The user has not permitted calls")),
        DailyConnectedLimit => (NotPermitted, new(403, "The daily number of calls with this user is used up")),
        PermissionRequestLimit => (NotPermitted, new(403, "The user was asked for permission too often")),
        PermissionAlreadyPermanent => (WhatsAppFailed, new(500, "The user has already permitted calls permanently")),
        ConnectTimeout or SetupFailed or RelayConnectFailed or MediaReceiveTimeout or MediaTransmitTimeout or AcceptedWithoutMedia =>
            (MediaFailed, new(504, "The audio connection failed")),
        ConnectionError => (WhatsAppFailed, new(500, "WhatsApp could not set up the call")),
        VoiceCallMessageUnsupported or NoSipServerOnNumber or NoSipServerOnApp =>
            (WhatsAppFailed, new(500, "WhatsApp is set up for another use")),
        _ => (WhatsAppFailed, new(500, "WhatsApp refused the call")),
    };

    /// <summary>The cause of error 100, which covers any parameter: the subcode or, without one, Meta's own text identifies it.</summary>
    private static (HangupCause Cause, PbxRefusal Refusal) OfInvalidParameter(WhatsAppError error) => error switch
    {
        { Subcode: WhatsAppError.HiddenObject } =>
            (WhatsAppFailed, new(500, "WhatsApp does not show this number to the access token")),
        { Subcode: WhatsAppError.UnusableSdp } => OfWhatsAppError(InvalidSdp),
        _ when Says(error, "sdp") || Says(error, "session") => OfWhatsAppError(InvalidSdp),
        _ when Says(error, "call_id") || Says(error, "call id") => (CallerGaveUp, new(487, "WhatsApp does not know this call any more")),
        // The user hung up while the action was on its way; the terminate event follows.
        _ when Says(error, "completed") || Says(error, "terminated") => (CallerGaveUp, new(487, "The user has hung up")),
        _ when Says(error, "recipient") || Says(error, "phone number") || Says(error, "wa_id") =>
            (UserUnreachable, new(404, "WhatsApp does not know this user")),
        _ => OfWhatsAppError(InvalidParameter),
    };

    private static bool Says(WhatsAppError error, string word) =>
        error.Message.Contains(word, StringComparison.OrdinalIgnoreCase)
            || error.Details?.Contains(word, StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>The cause of the PBX's final response, and true where the next trunk of the route should be tried.</summary>
    /// <remarks>Only a failure of the trunk moves on to the next one; a refusal by the agent ends the call (RFC 3261 §21.4–21.6).</remarks>
    public static (HangupCause Cause, bool TryNextTrunk) OfSipStatus(int status) => status switch
    {
        >= 300 and <= 399 => (PbxRedirected, true),
        486 or 600 => (Busy, false),
        603 or 607 or 608 => (Declined, false),
        430 or 480 or 487 => (NoAnswer, false),
        404 or 410 or 484 or 604 => (NoRoute, false),
        488 or 606 or 415 => (IncompatibleMedia, false),
        408 => (PbxUnreachable, true),
        401 or 403 or 407 => (PbxFailed, true),
        502 or 503 or 504 => (PbxUnreachable, true),
        >= 500 and <= 599 => (PbxFailed, true),
        _ => (PbxFailed, false),
    };

    /// <summary>The same with the Q.850 cause of the refusal's Reason header, where the PBX sent one.</summary>
    /// <remarks>A PBX reports an agent's action with a status of its own choice: Asterisk makes 403 of an agent's 603. The cause
    /// beside it (RFC 3326) is the original, so for actions of a called party it takes precedence over the status.</remarks>
    public static (HangupCause Cause, bool TryNextTrunk) OfPbxRefusal(int status, int? q850) => q850 switch
    {
        17 => (Busy, false),
        18 or 19 or 20 => (NoAnswer, false),
        21 => (Declined, false),
        1 or 3 or 22 or 28 => (NoRoute, false),
        _ => OfSipStatus(status),
    };

    /// <summary>The refusal of the agent's unanswered INVITE when it was not an error of Meta's that ended the call.</summary>
    public static PbxRefusal Refusal(HangupCause cause) => cause switch
    {
        Declined => new(603, "The user declined"),
        Busy => new(486, "The user is busy"),
        CallerGaveUp => new(487, "Cancelled"),
        NoAnswer => new(480, "The user did not answer"),
        UserUnreachable => new(480, "The user cannot be reached on WhatsApp"),
        NotPermitted => new(403, "The user has not permitted calls"),
        ChannelDisabled => new(403, "Calling is turned off for this number"),
        OutsideCallHours => new(480, "Outside the call hours of this number"),
        CountryNotServed => new(403, "Calls are not offered for this number's country"),
        BalanceTooLow => new(402, "The account's balance is too low"),
        BalanceExhausted => new(480, "The account's balance is used up"),
        NoRate => new(403, "No price for this destination"),
        PaymentRequired => new(403, "WhatsApp asks for a payment method"),
        NoRoute => new(404, "No WhatsApp number is routed here"),
        PstnForbidden => new(403, "WhatsApp calls must not meet the telephone network"),
        RateLimited => new(503, "WhatsApp's rate limit is reached", SoonAgain),
        NoCapacity => new(503, "The gateway is full", SoonAgain),
        Draining => new(503, "The gateway is stopping", SoonAgain),
        StorageUnavailable => new(503, "The gateway's store is unavailable", SoonAgain),
        IncompatibleMedia => new(488, "No common audio format"),
        MediaFailed => new(504, "The audio connection failed"),
        OperatorHungUp => new(480, "Ended by an operator"),
        WhatsAppHungUp or PbxHungUp or SessionExpired or MaxLengthReached => new(480, "The call ended"),
        AnsweredElsewhere => new(480, "Answered elsewhere"),
        WhatsAppFailed => new(502, "WhatsApp could not set up the call"),
        OfferedTooLate => new(480, "The call was offered too late"),
        NodeLost => new(500, "The gateway was restarted"),
        _ => new(500, "The gateway failed"),
    };

    /// <summary>The Q.850 cause value for the Reason header of a BYE, CANCEL or refusal (ITU-T Q.850 table 1).</summary>
    public static int Q850(HangupCause cause) => cause switch
    {
        WhatsAppHungUp or PbxHungUp or CallerGaveUp or OperatorHungUp or MaxLengthReached => 16,
        Busy => 17,
        NoAnswer => 19,
        UserUnreachable => 20,
        Declined or NotPermitted or ChannelDisabled or OutsideCallHours or CountryNotServed or PstnForbidden => 21,
        AnsweredElsewhere => 26,
        NoRoute => 3,
        PbxUnreachable or Draining or StorageUnavailable or WhatsAppFailed or NodeLost or InternalError => 41,
        RateLimited or NoCapacity => 42,
        PaymentRequired or BalanceTooLow or BalanceExhausted or NoRate => 50,
        IncompatibleMedia => 88,
        MediaFailed or OfferedTooLate or SessionExpired => 102,
        _ => 31,
    };
}
