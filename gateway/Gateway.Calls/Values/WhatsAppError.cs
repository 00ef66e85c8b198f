namespace Gateway.Calls;

/// <summary>An error that Meta answered or reported: its numeric code, and its text verbatim for the record.</summary>
/// <param name="Code">Meta's error code, or one of the negative codes of
/// <see cref="WhatsAppErrorCodes"/> for requests without an answer.</param>
/// <param name="Message">Meta's `message` or `title`.</param>
/// <param name="Details">Meta's `error_data.details`, or null.</param>
public sealed record WhatsAppError(int Code, string Message, string? Details = null)
{
    /// <summary>Subcode of 100: the object does not exist, or not for this token (Meta: Graph API, "Error handling").</summary>
    public const int HiddenObject = 33;

    /// <summary>Subcode beside 138008: the session description is not valid.</summary>
    public const int UnusableSdp = 2593093;

    /// <summary>Meta's `error_subcode`: officially removed in v16, still sent with 100, 138006 and 138008.</summary>
    public int? Subcode { get; init; }

    /// <summary>True where the same request may succeed a moment later: throttling, Meta's own
    /// faults, and requests without a usable answer.</summary>
    public bool IsTransient => Code is WhatsAppErrorCodes.Unreachable or WhatsAppErrorCodes.DeadlineExceeded
        or WhatsAppErrorCodes.MalformedAnswer or WhatsAppErrorCodes.ConnectionLost or WhatsAppErrorCodes.HeldBack
            or WhatsAppErrorCodes.UnknownFault or WhatsAppErrorCodes.ServiceFault
        or WhatsAppErrorCodes.SomethingWentWrong or WhatsAppErrorCodes.ServiceUnavailable or WhatsAppErrorCodes.ConnectionError
            || IsThrottling;

    /// <summary>True where Meta refused only because of the request rate, so nothing was carried out.
    /// 138002 and 138005 limit calls, not requests.</summary>
    public bool IsThrottling =>
        Code is WhatsAppErrorCodes.TooManyRequests or WhatsAppErrorCodes.AccountRateLimit or WhatsAppErrorCodes.RateLimit
        or WhatsAppErrorCodes.PairRateLimit or WhatsAppErrorCodes.PermissionReadRate;
}

/// <summary>
/// Every error that Meta documents for calls, by name (Meta: Calling API "Troubleshooting", June 2026, and "Error codes"). Negative codes
/// are the gateway's own, for requests without an answer.
/// </summary>
public static class WhatsAppErrorCodes
{
    /// <summary>The connection was never made: the request certainly had no effect.</summary>
    public const int Unreachable = -1;

    /// <summary>No answer in time. The request may have taken effect, as with the next two.</summary>
    public const int DeadlineExceeded = -2;
    public const int MalformedAnswer = -3;
    public const int ConnectionLost = -4;

    /// <summary>Not sent, because Meta asked for a pause on this number.</summary>
    public const int HeldBack = -5;

    public const int AuthenticationFailed = 0;
    public const int UnknownFault = 1;
    public const int ServiceFault = 2;
    public const int CapabilityMissing = 3;
    public const int TooManyRequests = 4;
    public const int PermissionDenied = 10;
    public const int InvalidParameter = 100;
    public const int AccessTokenExpired = 190;
    public const int TemporarilyBlockedForPolicy = 368;
    public const int PermissionReadRate = 613;
    public const int AccountRateLimit = 80007;
    public const int RateLimit = 130429;
    public const int CountryRestricted = 130497;
    public const int SomethingWentWrong = 131000;
    public const int AccessDenied = 131005;
    public const int RequiredParameterMissing = 131008;
    public const int VoiceCallMessageUnsupported = 131009;
    public const int ServiceUnavailable = 131016;
    public const int RecipientIsSender = 131021;
    public const int RecipientClientTooOld = 131026;
    public const int RecipientNotAllowed = 131030;
    public const int AccountLocked = 131031;
    public const int PaymentEligibility = 131044;
    public const int ServiceWindowClosed = 131047;
    public const int SipEnabled = 131055;
    public const int PairRateLimit = 131056;
    public const int AccountInMaintenance = 131057;
    public const int TemplateParameterMismatch = 132000;
    public const int TemplateMissing = 132001;
    public const int CallingNotEnabled = 138000;
    public const int ReceiverUncallable = 138001;
    public const int ConcurrentCallLimit = 138002;
    public const int DuplicateCall = 138003;
    public const int ConnectionError = 138004;
    public const int InitiationRateExceeded = 138005;
    public const int NoCallPermission = 138006;
    public const int ConnectTimeout = 138007;
    public const int InvalidSdp = 138008;
    public const int PermissionRequestLimit = 138009;

    /// <summary>138010, 138011 and 138016 exist; Meta has not published what they mean.</summary>
    public const int Unpublished138010 = 138010;
    public const int Unpublished138011 = 138011;
    public const int DailyConnectedLimit = 138012;
    public const int BusinessCallsUnavailable = 138013;
    public const int TemporarilyRestricted = 138014;
    public const int CannotEnableCalling = 138015;
    public const int Unpublished138016 = 138016;
    public const int PermissionAlreadyPermanent = 138017;
    public const int PrerequisitesMissing = 138018;
    public const int SetupFailed = 138019;
    public const int RelayConnectFailed = 138020;
    public const int MediaReceiveTimeout = 138021;
    public const int MediaTransmitTimeout = 138022;
    public const int AcceptedWithoutMedia = 138023;
    public const int NoSipServerOnNumber = 138024;
    public const int NoSipServerOnApp = 138025;
}
