using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Calls;
using Gateway.WhatsApp.Meta;

namespace Gateway.WhatsApp.Webhooks;

/// <summary>The <c>messages</c> field: permission replies, changed user ids, and whatever opens the service window.</summary>
internal static partial class MessagesFieldReader
{
    public static void Read(JsonElement value, BatchBuilder builder)
    {
        builder.Each(value.Items("messages"), message => ReadMessage(message, value, builder));
        builder.Each(value.Items("statuses"), status => ReadStatus(status, value, builder));
        if (!value.Has("messages") && !value.Has("statuses"))
            builder.Add(new WebhookEvent.Unknown("messages"));
    }

    private static void ReadMessage(JsonElement message, JsonElement value, BatchBuilder builder)
    {
        var sender = UserHandle.From(message.Text("from", 64), message.Text("from_user_id", UserHandle.MaxUserIdLength));
        var type = message.Words("type", 64);
        if (type == "system")
        {
            ReadSystem(message, sender, value, builder);
            return;
        }

        var user = ValueHeader.Complete(value, sender, message.Text("from_parent_user_id", UserHandle.MaxUserIdLength));
        if (!UserHandle.IsKnown(user))
        {
            builder.Skip(SkipReason.UserMissing);
            return;
        }
        var reply = message.Child("interactive").Child("call_permission_reply");
        if (reply.ValueKind == JsonValueKind.Object)
        {
            ReadPermissionReply(reply, message, user, value, builder);
            return;
        }
        builder.Add(new WebhookEvent.InboundMessage(user, message.Text("id", ValueHeader.MaxId))
        {
            Number = ValueHeader.Number(value),
            Timestamp = message.Time("timestamp"),
        });
    }

    private static void ReadPermissionReply(
        JsonElement reply, JsonElement message, WhatsAppUser user, JsonElement value, BatchBuilder builder)
    {
        bool? accepted = reply.Words("response", 16)?.ToUpperInvariant() switch
        {
            "ACCEPT" => true,
            "REJECT" => false,
            _ => null,
        };
        if (accepted is null)
        {
            builder.Add(new WebhookEvent.Unknown("call_permission_reply") { Number = ValueHeader.Number(value) });
            return;
        }
        builder.Add(new WebhookEvent.PermissionReply(user, accepted.Value, accepted.Value && reply.Flag("is_permanent"))
        {
            Number = ValueHeader.Number(value),
            Timestamp = message.Time("timestamp"),
            MessageId = message.Text("id", ValueHeader.MaxId),
            ContextId = message.Child("context").Text("id", ValueHeader.MaxId),
            ExpiresAt = reply.Time("expiration_timestamp"),
            Source = reply.Words("response_source", 32)?.ToUpperInvariant() switch
            {
                "USER_ACTION" => PermissionSource.User,
                "AUTOMATIC" => PermissionSource.Automatic,
                _ => PermissionSource.Other,
            },
        });
    }

    private static void ReadSystem(JsonElement message, WhatsAppUser sender, JsonElement value, BatchBuilder builder)
    {
        var system = message.Child("system");
        var kind = system.Words("type", 64) ?? "system";
        var isUserId = kind == "user_changed_user_id";
        if (!isUserId && kind is not ("user_changed_number" or "customer_changed_number"))
        {
            builder.Add(new WebhookEvent.Unknown(kind) { Number = ValueHeader.Number(value) });
            return;
        }

        var newId = system.Text("user_id", UserHandle.MaxUserIdLength);
        var newPhone = system.Text("new_wa_id", 64) ?? system.Text("wa_id", 64);
        WhatsAppUser previous;
        if (isUserId)
        {
            // The previous id is a member since August 2026; before that it was only in the sentence "User X changed from A to B".
            var old = system.Text("previous_user_id", UserHandle.MaxUserIdLength)
                ?? (sender.UserId is { } sent && sent != newId ? sent : PreviousIn(system.Words("body", 512)));
            previous = UserHandle.From(sender.Phone, old);
        }
        else
        {
            previous = sender;
        }
        var current = UserHandle.From(newPhone, newId);
        if (!UserHandle.IsKnown(previous) || !UserHandle.IsKnown(current))
        {
            builder.Skip(SkipReason.UserMissing);
            return;
        }
        builder.Add(new WebhookEvent.UserIdChanged(previous, current)
        {
            Number = ValueHeader.Number(value),
            Timestamp = message.Time("timestamp"),
        });
    }

    private static void ReadStatus(JsonElement status, JsonElement value, BatchBuilder builder)
    {
        if (!string.Equals(status.Words("status", 64), "failed", StringComparison.OrdinalIgnoreCase))
        {
            builder.Add(new WebhookEvent.Unknown("messages.status") { Number = ValueHeader.Number(value) });
            return;
        }
        if (status.Text("id", ValueHeader.MaxId) is not { } id)
        {
            builder.Skip(SkipReason.MessageIdMissing);
            return;
        }
        var user = UserHandle.From(status.Text("recipient_id", 64), status.Text("recipient_user_id", UserHandle.MaxUserIdLength));
        builder.Add(new WebhookEvent.MessageFailed(id, user, WhatsAppErrorReader.Merge(status, default))
        {
            Number = ValueHeader.Number(value),
            Timestamp = status.Time("timestamp"),
        });
    }

    private static string? PreviousIn(string? body) =>
        body is not null && ChangedFrom().Match(body) is { Success: true } match ? match.Groups[1].Value : null;

    [GeneratedRegex(@"changed from ([A-Za-z0-9._-]{3,128}) to ", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex ChangedFrom();
}
