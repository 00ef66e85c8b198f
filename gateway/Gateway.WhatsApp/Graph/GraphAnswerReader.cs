using System.Text.Json;
using Gateway.Calls.Channels;
using Gateway.WhatsApp.Meta;

namespace Gateway.WhatsApp.Graph;

/// <summary>Reads the bodies of successful Graph answers. Null means that the documented shape was absent.</summary>
internal static class GraphAnswerReader
{
    private const int MaxItems = 64, MaxCountries = 256;

    /// <summary><c>{"success":true}</c>; a missing member counts as success, since the HTTP status already reported it.</summary>
    public static Done? Success(JsonElement root) => root.Has("success") && !root.Flag("success") ? null : Done.Instance;

    public static string? CallId(JsonElement root) => FirstId(root, "calls");

    public static string? MessageId(JsonElement root) => FirstId(root, "messages");

    public static CallPermission? Permission(JsonElement root)
    {
        var permission = root.Child("permission");
        if (permission.Words("status", 64) is not { } word)
            return null;
        var calls = Action(root, "start_call");
        var requests = Action(root, "send_call_permission_request");
        return new CallPermission(
            word switch
            {
                "no_permission" => CallPermissionStatus.None,
                "temporary" => CallPermissionStatus.Temporary,
                "permanent" => CallPermissionStatus.Permanent,
                _ => CallPermissionStatus.Other,
            },
            // The sample says expiration_time, the field table expiration.
            permission.Time("expiration_time") ?? permission.Time("expiration"))
        {
            CanCall = calls.Flag("can_perform_action"),
            CanRequest = requests.Flag("can_perform_action"),
            CallLimits = Limits(calls),
            RequestLimits = Limits(requests),
        };
    }

    public static CallingSettings? Settings(JsonElement root)
    {
        var calling = root.Child("calling");
        if (calling.ValueKind != JsonValueKind.Object)
            return null;
        return new CallingSettings
        {
            Status = calling.Words("status", 64),
            CallIconVisibility = calling.Words("call_icon_visibility", 64),
            IconCountries = Texts(calling.Child("call_icons").Items("restrict_to_user_countries"), MaxCountries),
            CallHours = Hours(calling.Child("call_hours")),
            CallbackPermissionStatus = calling.Words("callback_permission_status", 64),
            SipStatus = calling.Child("sip").Words("status", 64),
            SrtpKeyExchangeProtocol = calling.Words("srtp_key_exchange_protocol", 64),
            AdditionalCodecs = Texts(calling.Child("audio").Items("additional_codecs"), MaxItems),
            Restrictions = [.. calling.Child("restrictions").Items("restrictions_list").Take(MaxItems)
                .Where(item => item.Words("type", 128) is not null)
                .Select(item => new CallingRestriction(item.Words("type", 128)!, item.Words("reason", 512), item.Time("expiration")))],
            Raw = calling.GetRawText(),
        };
    }

    private static CallHoursSetting? Hours(JsonElement hours) => hours.Words("status", 64) is not { } status
        ? null
        : new CallHoursSetting(status == "ENABLED", new CallHoursDocument(
            hours.Words("timezone_id", 64),
            [.. hours.Items("weekly_operating_hours").Take(MaxItems)
                .Select(entry => new WeeklyHours(
                    entry.Words("day_of_week", 16)?.ToLowerInvariant(), Clock(entry, "open_time"), Clock(entry, "close_time")))],
            // The samples say start and end, the field table open and close.
            [.. hours.Items("holiday_schedule").Take(MaxItems)
                .Select(entry => new HolidayHours(
                    entry.Words("date", 16), Clock(entry, "start_time") ?? Clock(entry, "open_time"),
                    Clock(entry, "end_time") ?? Clock(entry, "close_time")))]));

    /// <summary>"0930". The field table calls it an integer, which would lose its zeros.</summary>
    private static string? Clock(JsonElement entry, string name) => entry.Words(name, 8)?.PadLeft(4, '0');

    private static string[] Texts(IEnumerable<JsonElement> items, int max) =>
        [.. items.Take(max).Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)];

    private static string? FirstId(JsonElement root, string list)
    {
        foreach (var item in root.Items(list))
            return item.Text("id", 512);
        return null;
    }

    private static JsonElement Action(JsonElement root, string name)
    {
        foreach (var action in root.Items("actions").Take(MaxItems))
            if (action.Words("action_name", 64) == name)
                return action;
        return default;
    }

    private static PermissionLimit[] Limits(JsonElement action) =>
    [
        .. action.Items("limits").Take(MaxItems).Select(limit => new PermissionLimit(
            limit.Words("time_period", 16) ?? "", limit.Integer("max_allowed") ?? 0, limit.Integer("current_usage") ?? 0,
            limit.Time("limit_expiration_time"))),
    ];
}
