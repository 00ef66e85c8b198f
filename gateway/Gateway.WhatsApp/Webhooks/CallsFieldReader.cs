using System.Text.Json;
using Gateway.Calls;
using Gateway.WhatsApp.Meta;

namespace Gateway.WhatsApp.Webhooks;

/// <summary>The <c>calls</c> field: connect, terminate, and the states of our own calls under <c>statuses</c>.</summary>
internal static class CallsFieldReader
{
    /// <summary>The maximum length of SDP, in characters. Meta's own have about 1100.</summary>
    public const int MaxSdp = 32 * 1024;

    public static void Read(JsonElement value, BatchBuilder builder)
    {
        builder.Each(value.Items("calls"), call => ReadCall(call, value, builder));
        builder.Each(value.Items("statuses"), status => ReadStatus(status, value, builder));
        if (!value.Has("calls") && !value.Has("statuses"))
            ReadBareErrors(value, builder);
    }

    private static void ReadBareErrors(JsonElement value, BatchBuilder builder)
    {
        var errors = WhatsAppErrorReader.Merge(default, value);
        builder.Add(errors.Count > 0
            ? new WebhookEvent.NumberErrors(errors) { Number = ValueHeader.Number(value), Timestamp = value.Time("timestamp") }
            : new WebhookEvent.Unknown("calls"));
    }

    private static void ReadCall(JsonElement call, JsonElement value, BatchBuilder builder)
    {
        if (call.Text("id", ValueHeader.MaxId) is not { } callId)
        {
            builder.Skip(SkipReason.CallIdMissing);
            return;
        }
        switch (call.Words("event", 64))
        {
            case { } name when name.Equals("connect", StringComparison.OrdinalIgnoreCase):
                ReadConnect(callId, call, value, builder);
                break;
            case { } name when name.Equals("terminate", StringComparison.OrdinalIgnoreCase):
                builder.Add(ReadTerminate(callId, call, value));
                break;
            case { } name:
                builder.Add(new WebhookEvent.Unknown(name) { Number = ValueHeader.Number(value), Timestamp = call.Time("timestamp") });
                break;
            default:
                builder.Skip(SkipReason.EventMissing);
                break;
        }
    }

    private static void ReadConnect(string callId, JsonElement call, JsonElement value, BatchBuilder builder)
    {
        var session = call.Child("session");
        // Older samples carry the SDP under connection.webrtc, beside or instead of session.
        var sdp = session.Text("sdp", int.MaxValue) ?? call.Child("connection").Child("webrtc").Text("sdp", int.MaxValue);
        if (sdp is null || sdp.Length > MaxSdp)
        {
            builder.Skip(sdp is null ? SkipReason.SdpMissing : SkipReason.SdpTooLong);
            return;
        }
        var told = Direction(call);
        if (SdpKind(session) is not { } kind)
        {
            // The legacy object does not give the type; the direction does. An unknown type is not guessed at.
            if (told is null || session.Has("sdp_type"))
            {
                builder.Skip(SkipReason.SdpTypeUnknown);
                return;
            }
            kind = told == CallDirection.Inbound ? SdpType.Offer : SdpType.Answer;
        }

        var direction = told ?? (kind == SdpType.Offer ? CallDirection.Inbound : CallDirection.Outbound);
        var number = ValueHeader.Number(value);
        var (user, business) = Parties(call, direction, number.DisplayNumber);
        var parent = call.Text("from_parent_user_id", UserHandle.MaxUserIdLength)
            ?? call.Text("to_parent_user_id", UserHandle.MaxUserIdLength);
        builder.Add(new WebhookEvent.CallConnect(callId, direction, ValueHeader.Complete(value, user, parent), kind, sdp)
        {
            Number = number,
            Timestamp = call.Time("timestamp"),
            BusinessPhone = business,
            CtaPayload = call.Words("cta_payload", ValueHeader.MaxPayload),
            DeeplinkPayload = call.Words("deeplink_payload", ValueHeader.MaxPayload),
            OpaqueData = call.Words("biz_opaque_callback_data", ValueHeader.MaxPayload),
        });
    }

    private static WebhookEvent.CallTerminate ReadTerminate(string callId, JsonElement call, JsonElement value)
    {
        var number = ValueHeader.Number(value);
        var direction = Direction(call);
        var (user, _) = Parties(call, direction ?? CallDirection.Inbound, number.DisplayNumber);
        var status = call.Words("status", 64);
        return new WebhookEvent.CallTerminate(callId, Outcome(status), ValueHeader.Complete(value, user))
        {
            Number = number,
            Timestamp = call.Time("timestamp"),
            Direction = direction,
            Status = status,
            StartedAt = call.Time("start_time"),
            EndedAt = call.Time("end_time"),
            Duration = call.Integer("duration") is >= 0 and var seconds ? TimeSpan.FromSeconds(seconds) : null,
            Errors = WhatsAppErrorReader.Merge(call, value),
            OpaqueData = call.Words("biz_opaque_callback_data", ValueHeader.MaxPayload),
        };
    }

    private static void ReadStatus(JsonElement status, JsonElement value, BatchBuilder builder)
    {
        if (status.Text("id", ValueHeader.MaxId) is not { } callId)
        {
            builder.Skip(SkipReason.CallIdMissing);
            return;
        }
        RemoteCallState? state = status.Words("status", 64)?.ToUpperInvariant() switch
        {
            "RINGING" => RemoteCallState.Ringing,
            "ACCEPTED" => RemoteCallState.Accepted,
            "REJECTED" => RemoteCallState.Rejected,
            _ => null,
        };
        if (state is null)
        {
            builder.Add(new WebhookEvent.Unknown(status.Words("status", 64) ?? "calls.status") { Number = ValueHeader.Number(value) });
            return;
        }
        var user = UserHandle.From(status.Text("recipient_id", 64), status.Text("recipient_user_id", UserHandle.MaxUserIdLength));
        builder.Add(new WebhookEvent.CallStatus(callId, state.Value, ValueHeader.Complete(value, user))
        {
            Number = ValueHeader.Number(value),
            Timestamp = status.Time("timestamp"),
            OpaqueData = status.Words("biz_opaque_callback_data", ValueHeader.MaxPayload),
        });
    }

    private static CallDirection? Direction(JsonElement call) => call.Words("direction", 64)?.ToUpperInvariant() switch
    {
        "USER_INITIATED" => CallDirection.Inbound,
        "BUSINESS_INITIATED" => CallDirection.Outbound,
        _ => null,
    };

    private static SdpType? SdpKind(JsonElement session) => session.Words("sdp_type", 16)?.ToUpperInvariant() switch
    {
        "OFFER" => SdpType.Offer,
        "ANSWER" => SdpType.Answer,
        _ => null,
    };

    private static TerminateOutcome Outcome(string? status) => status?.ToUpperInvariant() switch
    {
        "COMPLETED" => TerminateOutcome.Completed,
        "FAILED" => TerminateOutcome.Failed,
        _ => TerminateOutcome.Other,
    };

    /// <summary>
    /// The user and the business. Samples of outbound calls swap <c>from</c> and <c>to</c>, so our own number decides where known.
    /// </summary>
    private static (WhatsAppUser User, string? Business) Parties(JsonElement call, CallDirection direction, string? ownNumber)
    {
        var from = call.Text("from", 64);
        var to = call.Text("to", 64);
        var userCalls = WaId.SameNumber(to, ownNumber) || (!WaId.SameNumber(from, ownNumber) && direction == CallDirection.Inbound);
        var userId = call.Text("from_user_id", UserHandle.MaxUserIdLength) ?? call.Text("to_user_id", UserHandle.MaxUserIdLength);
        return userCalls ? (UserHandle.From(from, userId), to) : (UserHandle.From(to, userId), from);
    }
}
