using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sandbox.Webhooks;

namespace Sandbox.Graph;

/// <summary>GET and POST settings with the documented values; call_hours is replaced as a whole, the rest member by member.</summary>
public sealed class SettingsApi(WebhookBodies bodies, WebhookSender webhooks, TimeProvider time)
{
    private static readonly string[] OnOff = ["ENABLED", "DISABLED"];

    private static readonly string[] Days = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];

    /// <summary>Changes of these are told by account_settings_update.</summary>
    private static readonly string[] Announced = ["status", "call_icon_visibility", "callback_permission_status", "sip", "srtp_key_exchange_protocol"];

    public Task<GraphAnswer> Get(GraphRequest request)
    {
        var answer = new GraphAnswer(null, new JsonObject
        {
            ["calling"] = request.Number.Settings(),
            ["storage_configuration"] = new JsonObject { ["status"] = "DEFAULT" },
        });
        return Task.FromResult(answer);
    }

    public Task<GraphAnswer> Post(GraphRequest request) => Task.FromResult(Change(request));

    private GraphAnswer Change(GraphRequest request)
    {
        if (request.Body["calling"] is not JsonObject wish)
            return GraphFault.Invalid("calling is missing");
        var settings = request.Number.Settings();
        foreach (var (name, value) in wish)
        {
            if (Check(name, value) is { } reason)
                return GraphFault.Invalid(reason);
            settings[name] = value is JsonObject part && settings[name] is JsonObject old && name != "call_hours"
                ? Merge(old, part) : value!.DeepClone();
        }
        if (Word(Member(settings["sip"], "status")) == "ENABLED" && Member(settings["sip"], "servers") is not JsonArray { Count: > 0 })
            return GraphFault.Invalid("sip needs a server while it is enabled");
        request.Number.Replace(settings);
        if (wish.Any(member => Announced.Contains(member.Key)))
            webhooks.Send(request.Number, request.Number.PhoneNumberId, bodies.Settings(request.Number), null, "settings");
        return new GraphAnswer(null, new JsonObject { ["success"] = true });
    }

    private string? Check(string name, JsonNode? value) => name switch
    {
        "status" or "callback_permission_status" => OneOf(name, value, OnOff),
        "call_icon_visibility" => OneOf(name, value, "DEFAULT", "DISABLE_ALL"),
        "srtp_key_exchange_protocol" => OneOf(name, value, "DTLS", "SDES"),
        "call_icons" => ListOf(name, Member(value, "restrict_to_user_countries"), item => item.Length == 2 && item.All(char.IsAsciiLetterUpper)),
        "audio" => ListOf(name, Member(value, "additional_codecs"), item => item is "PCMA" or "PCMU"),
        "sip" => CheckSip(value),
        "call_hours" => CheckHours(value),
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
            JsonArray { Count: <= 1 } servers when servers.All(server => server is JsonObject one && Word(Member(one, "hostname")) is { Length: > 0 }) => null,
            _ => "sip.servers takes at most one server, with a hostname",
        };
    }

    private string? CheckHours(JsonNode? hours)
    {
        if (hours is not JsonObject || OneOf("call_hours.status", hours["status"], OnOff) is not null)
            return "call_hours.status must be ENABLED or DISABLED";
        if (Word(Member(hours, "timezone_id")) is not { } zone || !zone.Contains('/', StringComparison.Ordinal))
            return "call_hours.timezone_id must be an IANA name";
        if (hours["weekly_operating_hours"] is not JsonArray { Count: > 0 } week)
            return "call_hours.weekly_operating_hours must not be empty";
        return CheckWeek(week) ?? CheckHolidays(hours["holiday_schedule"]);
    }

    private static string? CheckWeek(JsonArray week)
    {
        List<(string Day, int Open, int Close)> entries = [];
        foreach (var item in week)
        {
            if (Word(Member(item, "day_of_week")) is not { } day || !Days.Contains(day))
                return "day_of_week must be MONDAY to SUNDAY";
            if (Clock(Member(item, "open_time")) is not { } open || Clock(Member(item, "close_time")) is not { } close || open >= close)
                return "open_time must lie before close_time, both as HHMM";
            if (entries.Count(entry => entry.Day == day) == 2)
                return "a day has at most two entries";
            if (entries.Any(entry => entry.Day == day && open < entry.Close && entry.Open < close))
                return "entries of a day must not overlap";
            entries.Add((day, open, close));
        }
        return null;
    }

    private string? CheckHolidays(JsonNode? schedule)
    {
        if (schedule is null)
            return null;
        if (schedule is not JsonArray { Count: <= 20 } days)
            return "holiday_schedule takes at most 20 entries";
        var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        return days.All(day => DateOnly.TryParseExact(Word(Member(day, "date")), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
                && date >= today && Clock(Member(day, "start_time")) is not null && Clock(Member(day, "end_time")) is not null)
            ? null : "holiday_schedule entries need a date from today on, start_time and end_time";
    }

    private static string? OneOf(string name, JsonNode? value, params string[] words) =>
        Word(value) is { } word && words.Contains(word) ? null : $"{name} must be one of {string.Join(", ", words)}";

    private static string? ListOf(string name, JsonNode? list, Func<string, bool> good) =>
        list is JsonArray items && items.All(item => Word(item) is { } word && good(word)) ? null : $"{name} holds an unknown value";

    private static string? Word(JsonNode? node) =>
        node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    private static JsonNode? Member(JsonNode? node, string name) => (node as JsonObject)?[name];

    private static int? Clock(JsonNode? node) =>
        Word(node) is { Length: 4 } text && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var time)
        && time / 100 < 24 && time % 100 < 60 ? time : null;

    private static JsonObject Merge(JsonObject old, JsonObject part)
    {
        var merged = (JsonObject)old.DeepClone();
        foreach (var (name, value) in part)
            merged[name] = value?.DeepClone();
        return merged;
    }
}
