using Gateway.Calls.Permissions;
using Gateway.Calls.Records;
using Gateway.Calls.Rules;

namespace Gateway.Calls.Lifecycle;

/// <summary>Why a call ended, and what each side and the record are told of it.</summary>
internal sealed record CallEnding(HangupCause Cause)
{
    /// <summary>The sentence for the agent's phone instead of the cause's usual one.</summary>
    public string? Text { get; init; }

    /// <summary>The user's permission, where that is the reason.</summary>
    public PermissionState? Permission { get; init; }

    public MediaFault? Fault { get; init; }

    public MediaWarning? Warning { get; init; }

    public int? SipStatus { get; init; }

    public WhatsAppError? WhatsAppError { get; init; }

    public static CallEnding Of(WhatsAppError error) => Of(error, CauseTable.OfWhatsAppError(error).Cause);

    public static CallEnding Of(WhatsAppError error, HangupCause cause) => new(cause)
    {
        WhatsAppError = error,
        Permission = error.Code == WhatsAppErrorCodes.NoCallPermission ? PermissionState.Revoked : null,
    };

    public static CallEnding Of(CallInput.Refused refused) =>
        new(refused.Cause) { Text = refused.Text, Permission = refused.Permission };

    public static CallEnding Of(CallInput.MediaRefused refused) =>
        new(refused.Cause) { Fault = refused.Fault, Warning = refused.Warning };

    public static CallEnding Of(CallInput.PbxRefused refused) =>
        new(CauseTable.OfPbxRefusal(refused.Status, refused.Q850).Cause) { SipStatus = refused.Status };

    /// <summary>WhatsApp has ended the call.</summary>
    /// <param name="error">Meta's; null: somebody has hung up.</param>
    /// <param name="state">The call's.</param>
    /// <param name="isAnswered">It was picked up at WhatsApp.</param>
    /// <param name="direction">The call's.</param>
    /// <param name="whileWaiting">The cause where only the gateway has answered.</param>
    public static CallEnding OfTermination(
        WhatsAppError? error, CallState state, bool isAnswered, CallDirection direction, HangupCause whileWaiting) =>
        new((error, state) switch
        {
            ({ } known, _) => CauseTable.OfWhatsAppError(known).Cause,
            (_, CallState.Live) => HangupCause.WhatsAppHungUp,
            (_, CallState.Waiting) => whileWaiting,
            _ when isAnswered => HangupCause.WhatsAppHungUp,
            _ => direction == CallDirection.Inbound ? HangupCause.CallerGaveUp : HangupCause.NoAnswer,
        })
        {
            WhatsAppError = error,
        };

    /// <summary>The refusal of the PBX's unanswered INVITE.</summary>
    public PbxRefusal Refusal() => Usual() with { Cause = Cause, Permission = Permission, Warning = Warning };

    public CallRecord Explain(CallRecord record) =>
        record with { Cause = Cause, MediaFault = Fault, SipStatus = SipStatus, WhatsAppError = WhatsAppError };

    private PbxRefusal Usual()
    {
        if (WhatsAppError is { } error)
            return CauseTable.OfWhatsAppError(error).Refusal;
        var usual = CauseTable.Refusal(Cause);
        return (Text ?? Warning?.Text) is { } text ? usual with { Text = text } : usual;
    }
}
