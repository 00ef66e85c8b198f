using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.WhatsApp.Webhooks;

namespace Gateway.WhatsApp;

/// <summary>The one place where Meta's events become <see cref="CallInput"/>s.</summary>
public static class WebhookMapping
{
    /// <summary>The call that an event is about; null: none.</summary>
    public static WhatsAppCallId? CallOf(WebhookEvent happened) => happened switch
    {
        WebhookEvent.CallConnect connect => new WhatsAppCallId(connect.CallId),
        WebhookEvent.CallStatus status => new WhatsAppCallId(status.CallId),
        WebhookEvent.CallTerminate terminate => new WhatsAppCallId(terminate.CallId),
        _ => null,
    };

    /// <summary>
    /// False for events that belong to no call, and for impossible ones: an offer in an outbound call or an answer in an inbound one.
    /// </summary>
    public static bool TryMap(WebhookEvent from, out WhatsAppCallId callId, out CallInput input)
    {
        (callId, input) = from switch
        {
            WebhookEvent.CallConnect { Direction: CallDirection.Inbound, SdpType: SdpType.Offer } call =>
                (new WhatsAppCallId(call.CallId), new CallInput.WhatsAppOffered(new WhatsAppCallId(call.CallId), call.Sdp)),
            WebhookEvent.CallConnect { Direction: CallDirection.Outbound, SdpType: SdpType.Answer } call =>
                (new WhatsAppCallId(call.CallId), new CallInput.WhatsAppAnswered(call.Sdp)),
            WebhookEvent.CallStatus status => (new WhatsAppCallId(status.CallId), Map(status.State)),
            WebhookEvent.CallTerminate end =>
                (new WhatsAppCallId(end.CallId),
                    new CallInput.WhatsAppTerminated(end.Errors.Count > 0 ? end.Errors[0] : null)
                    {
                        Talk = end.Duration ?? (end.EndedAt - end.StartedAt),
                    }),
            _ => default((WhatsAppCallId, CallInput)),
        };
        return input is not null;
    }

    private static CallInput Map(RemoteCallState state) => state switch
    {
        RemoteCallState.Ringing => new CallInput.WhatsAppRinging(),
        RemoteCallState.Accepted => new CallInput.WhatsAppPickedUp(),
        _ => new CallInput.WhatsAppDeclined(),
    };
}
