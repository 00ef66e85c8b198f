using System.Text.Json.Nodes;
using Sandbox.Calls;
using Sandbox.Numbers;
using Sandbox.Users;

namespace Sandbox.Webhooks;

/// <summary>Writes the elements of a webhook's <c>changes</c> in Meta's shapes, varied by the knobs.</summary>
public sealed class WebhookBodies(KnobBox knobs, TimeProvider time)
{
    public JsonObject Connect(SandboxCall call, string sdp)
    {
        var element = Call(call, "connect");
        if (knobs.Current.Legacy != LegacyConnection.Only)
            element["session"] = new JsonObject { ["sdp_type"] = call.Inbound ? "offer" : "answer", ["sdp"] = sdp };
        if (knobs.Current.Legacy != LegacyConnection.None)
            element["connection"] = new JsonObject { ["webrtc"] = new JsonObject { ["sdp"] = sdp } };
        return Change("calls", Value(call.Number, call.User, ("calls", new JsonArray(element))));
    }

    public JsonObject Status(SandboxCall call, string status)
    {
        var element =
            new JsonObject { ["id"] = call.Id, ["type"] = "call", ["status"] = Cased(status), ["timestamp"] = Time(time.GetUtcNow()) };
        if (!Hides(call.User))
            element["recipient_id"] = call.User.Phone;
        element["recipient_user_id"] = call.User.UserId;
        element["recipient_parent_user_id"] = call.User.ParentUserId;
        if (call.OpaqueData is { } data)
            element["biz_opaque_callback_data"] = data;
        return Change("calls", Value(call.Number, call.User, ("statuses", new JsonArray(element))));
    }

    public JsonObject Terminate(SandboxCall call)
    {
        var element = Call(call, "terminate");
        element["status"] = Cased(call.Outcome!);
        if (call.StartedAt is { } started && call.EndedAt is { } ended)
        {
            element["start_time"] = Time(started);
            element["end_time"] = Time(ended);
            element["duration"] = (int)(ended.ToUnixTimeSeconds() - started.ToUnixTimeSeconds());
        }
        var value = Value(call.Number, call.User, ("calls", new JsonArray(element)));
        if (call.ErrorCode is { } code)
        {
            if (knobs.Current.ErrorsIn is ErrorPlace.Call or ErrorPlace.Both)
                element["errors"] = new JsonArray(Error(code));
            if (knobs.Current.ErrorsIn is ErrorPlace.Value or ErrorPlace.Both)
                value["errors"] = new JsonArray(Error(code));
        }
        return Change("calls", value);
    }

    public JsonObject PermissionReply(
        BusinessNumber number, SandboxUser user, bool accepted, bool permanent, DateTimeOffset? expires, string source, string? context)
    {
        var reply = new JsonObject { ["response"] = accepted ? "accept" : "reject", ["response_source"] = source };
        if (accepted)
            reply["is_permanent"] = permanent;
        if (accepted && !permanent && expires is { } at)
            reply["expiration_timestamp"] = Time(at);
        var message = Message(user, "interactive");
        message["interactive"] = new JsonObject { ["type"] = "call_permission_reply", ["call_permission_reply"] = reply };
        if (context is not null)
            message["context"] = new JsonObject { ["from"] = number.DisplayNumber, ["id"] = context };
        return Change("messages", Value(number, user, ("messages", new JsonArray(message))));
    }

    public JsonObject Text(BusinessNumber number, SandboxUser user, string text)
    {
        var message = Message(user, "text");
        message["text"] = new JsonObject { ["body"] = text };
        return Change("messages", Value(number, user, ("messages", new JsonArray(message))));
    }

    public JsonObject NumberError(BusinessNumber number, int code, string title) => Change("calls", new JsonObject
    {
        ["messaging_product"] = "whatsapp",
        ["metadata"] = Metadata(number),
        ["errors"] = new JsonArray(new JsonObject { ["code"] = code, ["title"] = title, ["message"] = title }),
    });

    public JsonObject Settings(BusinessNumber number) => Change("account_settings_update", new JsonObject
    {
        ["messaging_product"] = "whatsapp",
        ["timestamp"] = Time(time.GetUtcNow()),
        ["type"] = "phone_number_settings",
        ["phone_number_settings"] = new JsonObject { ["phone_number_id"] = number.PhoneNumberId, ["calling"] = number.Settings() },
    });

    /// <summary>A restriction of the account; the element is in entry "0" at Meta, which names the number beside it.</summary>
    public JsonObject Restriction(BusinessNumber number, Restriction restriction) =>
        Account(number, "ACCOUNT_RESTRICTION", "restriction_info", new JsonArray(new JsonObject
    {
        ["restriction_type"] = restriction.Type,
        ["expiration"] = restriction.Until.ToUnixTimeSeconds(),
    }));

    /// <summary>The warning that comes before a restriction.</summary>
    public JsonObject Violation(BusinessNumber number, string type) =>
        Account(number, "ACCOUNT_VIOLATION", "violation_info",
            new JsonObject { ["violation_type"] = type, ["remediation"] = "Call fewer people who do not want it." });

    private static JsonObject Account(BusinessNumber number, string happened, string name, JsonNode what) =>
        Change("account_update", new JsonObject { ["phone_number"] = number.DisplayNumber, ["event"] = happened, [name] = what });

    private static JsonObject Change(string field, JsonObject value) => new() { ["value"] = value, ["field"] = field };

    private JsonObject Value(BusinessNumber number, SandboxUser user, (string Name, JsonArray Items) list)
    {
        var value = new JsonObject { ["messaging_product"] = "whatsapp", ["metadata"] = Metadata(number) };
        if (!knobs.Current.OmitContacts)
            value["contacts"] = new JsonArray(Contact(user));
        value[list.Name] = list.Items;
        return value;
    }

    private static JsonObject Metadata(BusinessNumber number) =>
        new() { ["display_phone_number"] = number.DisplayNumber, ["phone_number_id"] = number.PhoneNumberId };

    private JsonObject Contact(SandboxUser user)
    {
        var contact = new JsonObject { ["profile"] = new JsonObject { ["name"] = user.Name, ["username"] = user.UserName } };
        if (!Hides(user))
            contact["wa_id"] = user.Phone;
        contact["user_id"] = user.UserId;
        contact["parent_user_id"] = user.ParentUserId;
        return contact;
    }

    private JsonObject Call(SandboxCall call, string name)
    {
        var element = new JsonObject { ["id"] = call.Id };
        var userIsFrom = call.Inbound || knobs.Current.SwapNumbers;
        var user = Hides(call.User) ? null : call.User.Phone;
        if ((userIsFrom ? user : call.Number.DisplayNumber) is { } from)
            element["from"] = from;
        if ((userIsFrom ? call.Number.DisplayNumber : user) is { } to)
            element["to"] = to;
        element[call.Inbound ? "from_user_id" : "to_user_id"] = call.User.UserId;
        element[call.Inbound ? "from_parent_user_id" : "to_parent_user_id"] = call.User.ParentUserId;
        element["event"] = name;
        element["timestamp"] = Time(time.GetUtcNow());
        element["direction"] = call.Inbound ? "USER_INITIATED" : "BUSINESS_INITIATED";
        if (call.CtaPayload is { } cta)
            element["cta_payload"] = cta;
        if (call.DeeplinkPayload is { } link)
            element["deeplink_payload"] = link;
        if (call.OpaqueData is { } data)
            element["biz_opaque_callback_data"] = data;
        return element;
    }

    private JsonObject Message(SandboxUser user, string type)
    {
        var message = new JsonObject();
        if (!Hides(user))
            message["from"] = user.Phone;
        message["from_user_id"] = user.UserId;
        message["id"] = CallIds.NewMessage(user.Phone);
        message["timestamp"] = Time(time.GetUtcNow());
        message["type"] = type;
        return message;
    }

    private static JsonObject Error(int code) => new()
    {
        ["code"] = code,
        ["title"] = "Call failed",
        ["message"] = "Call failed",
        ["error_data"] = new JsonObject
        {
            ["details"] = code == 138021 ? "The WhatsApp client received no media from the business" : "The call could not be set up",
        },
    };

    private bool Hides(SandboxUser user) => user.HidesPhone || knobs.Current.HidePhone;

    private JsonNode Time(DateTimeOffset at)
    {
        var seconds = at.AddSeconds(knobs.Current.ClockOffsetSeconds).ToUnixTimeSeconds();
        return knobs.Current.IntegerTimes ? seconds : seconds.ToString();
    }

    private string Cased(string word) => knobs.Current.StatusCase switch
    {
        LetterCase.Lower => word.ToLowerInvariant(),
        LetterCase.Title => word[..1] + word[1..].ToLowerInvariant(),
        _ => word,
    };
}
