using System.Text.Json;
using System.Text.Json.Nodes;
using Sandbox.Numbers;
using Sandbox.Webhooks;

namespace Sandbox.Graph;

/// <summary>GET and POST settings with the documented values; call_hours is replaced as a whole, the rest member by member.</summary>
public sealed class SettingsApi(WebhookBodies bodies, WebhookSender webhooks, TimeProvider time)
{
    private static readonly string[] OnOff = ["ENABLED", "DISABLED"];

    /// <summary>Changes of these are announced by account_settings_update.</summary>
    private static readonly string[] Announced =
        ["status", "call_icon_visibility", "callback_permission_status", "sip", "srtp_key_exchange_protocol"];

    public Task<GraphAnswer> Get(GraphRequest request)
    {
        var answer = new GraphAnswer(null, new JsonObject
        {
            ["calling"] = request.Number.SettingsWithRestrictions(time.GetUtcNow()),
            ["storage_configuration"] = new JsonObject { ["status"] = "DEFAULT" },
        });
        return Task.FromResult(answer);
    }

    public Task<GraphAnswer> Post(GraphRequest request) => Task.FromResult(Change(request.Number, request.Body));

    /// <summary>Applies a change by the business or in Meta's own tools. The webhook announces either.</summary>
    public GraphAnswer Change(BusinessNumber number, JsonObject body)
    {
        if (body["calling"] is not JsonObject request)
            return GraphFault.Invalid("calling is missing");
        var settings = number.Settings();
        foreach (var (name, value) in request)
        {
            if (Check(name, value) is { } reason)
                return GraphFault.Invalid(reason);
            settings[name] = value is JsonObject part && settings[name] is JsonObject old && name != "call_hours"
                ? Merge(old, part) : value!.DeepClone();
        }
        if (Word(Member(settings["sip"], "status")) == "ENABLED" && Member(settings["sip"], "servers") is not JsonArray { Count: > 0 })
            return GraphFault.Invalid("sip needs a server while it is enabled");
        if (Word(settings["status"]) == "ENABLED" && !number.CallingEnabled && number.EnablingFault is { } code)
            return code == GraphFault.CannotEnable.Code ? GraphFault.CannotEnable : GraphFault.PrerequisitesMissing;
        number.Replace(settings);
        if (request.Any(member => Announced.Contains(member.Key)))
            webhooks.Send(number, number.PhoneNumberId, bodies.Settings(number), null, "settings");
        return new GraphAnswer(null, new JsonObject { ["success"] = true });
    }

    private string? Check(string name, JsonNode? value) => name switch
    {
        "status" or "callback_permission_status" => OneOf(name, value, OnOff),
        "call_icon_visibility" => OneOf(name, value, "DEFAULT", "DISABLE_ALL"),
        "srtp_key_exchange_protocol" => OneOf(name, value, "DTLS", "SDES"),
        "call_icons" =>
            ListOf(name, Member(value, "restrict_to_user_countries"), item => item.Length == 2 && item.All(char.IsAsciiLetterUpper)),
        "audio" => ListOf(name, Member(value, "additional_codecs"), item => item is "PCMA" or "PCMU"),
        "sip" => CheckSip(value),
        "call_hours" => CallHours.Check(value, time.GetUtcNow()),
        "voicemail" => value is JsonObject ? null : "voicemail must be an object",
        _ => $"calling.{name} is not known",
    };

    private static string? CheckSip(JsonNode? sip)
    {
        if (sip is not JsonObject)
            return "sip must be an object";
        if (sip["status"] is { } status && OneOf("sip.status", status, OnOff) is { } reason)
            return reason;
        if (sip["webhook_delivery"] is { } delivery && OneOf("sip.webhook_delivery", delivery, OnOff) is { } fault)
            return fault;
        return sip["servers"] switch
        {
            null => null,
            JsonArray { Count: <= 1 } servers when servers.All(
                server => server is JsonObject one && Word(Member(one, "hostname")) is { Length: > 0 }) => null,
            _ => "sip.servers takes at most one server, with a hostname",
        };
    }

    private static string? OneOf(string name, JsonNode? value, params string[] words) =>
        Word(value) is { } word && words.Contains(word) ? null : $"{name} must be one of {string.Join(", ", words)}";

    private static string? ListOf(string name, JsonNode? list, Func<string, bool> good) =>
        list is JsonArray items && items.All(item => Word(item) is { } word && good(word)) ? null : $"{name} holds an unknown value";

    private static string? Word(JsonNode? node) =>
        node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    private static JsonNode? Member(JsonNode? node, string name) => (node as JsonObject)?[name];

    private static JsonObject Merge(JsonObject old, JsonObject part)
    {
        var merged = (JsonObject)old.DeepClone();
        foreach (var (name, value) in part)
            merged[name] = value?.DeepClone();
        return merged;
    }
}
