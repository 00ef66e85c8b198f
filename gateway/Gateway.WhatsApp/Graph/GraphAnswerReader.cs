using System.Text.Json;

namespace Gateway.WhatsApp.Graph;

/// <summary>Reads the bodies of successful Graph answers. Null means the documented shape was not there.</summary>
internal static class GraphAnswerReader
{
    private const int MaxItems = 64;

    /// <summary><c>{"success":true}</c>; absence of the member is taken as success, since the HTTP status already said so.</summary>
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
            CallbackPermissionStatus = calling.Words("callback_permission_status", 64),
            SipStatus = calling.Child("sip").Words("status", 64),
            SrtpKeyExchangeProtocol = calling.Words("srtp_key_exchange_protocol", 64),
            AdditionalCodecs = [.. calling.Child("audio").Items("additional_codecs").Take(MaxItems)
                .Where(codec => codec.ValueKind == JsonValueKind.String).Select(codec => codec.GetString()!)],
            Restrictions = [.. calling.Child("restrictions").Items("restrictions_list").Take(MaxItems)
                .Where(item => item.Words("type", 128) is not null)
                .Select(item => new CallingRestriction(item.Words("type", 128)!, item.Words("reason", 512), item.Time("expiration")))],
            Raw = calling.GetRawText(),
        };
    }

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
