using System.Text.Json.Nodes;

namespace Sandbox.Numbers;

/// <summary>A business number with its calling settings, as GET settings shows them.</summary>
public sealed class BusinessNumber(NumberOptions options)
{
    private readonly Lock _gate = new();
    private JsonObject _calling = new()
    {
        ["status"] = options.CallingStatus,
        ["call_icon_visibility"] = "DEFAULT",
        ["callback_permission_status"] = "DISABLED",
    };

    public string PhoneNumberId { get; } = options.PhoneNumberId;

    public string DisplayNumber { get; } = options.DisplayNumber;

    public string AccountId { get; } = options.AccountId;

    public string AccessToken { get; } = options.AccessToken;

    public string AppSecret { get; } = options.AppSecret;

    public string AppId { get; } = options.AppId;

    /// <summary>The webhook fields that the app has asked for; null: it has never set a webhook.</summary>
    public IReadOnlyList<string>? Fields { get; set; }

    /// <summary>The app gets the account's webhooks.</summary>
    public bool IsAppSubscribed { get; set; }

    /// <summary>The webhook address; may change while running, since the gateway under test sets its own.</summary>
    public string? WebhookUrl { get; set; } = options.WebhookUrl;

    /// <summary>138014: the effect of a quality restriction on outbound calls and permission requests.</summary>
    public bool OutboundRestricted { get; set; }

    /// <summary>The restrictions of this number, as the settings list them.</summary>
    public IReadOnlyList<Restriction> Restrictions { get; set; } = [];

    /// <summary>138015 or 138018, when calling is to be switched on; null: it can be.</summary>
    public int? EnablingFault
    {
        get => field ?? (options.NeedsSubscriptions && !(IsAppSubscribed && Fields?.Contains("calls") == true) ? 138018 : null);
        set;
    }

    /// <summary>138013: Meta offers no outbound calls for numbers of this country.</summary>
    public bool OutboundUnavailable { get; set; }

    /// <summary>GREEN, YELLOW, RED.</summary>
    public string Quality { get; set; } = "GREEN";

    /// <summary>Of the business portfolio: TIER_250, TIER_2K, TIER_UNLIMITED.</summary>
    public string MessagingLimit { get; set; } = "TIER_2K";

    /// <summary>What the access token may do.</summary>
    public IReadOnlyList<string> Scopes { get; set; } = ["whatsapp_business_messaging", "whatsapp_business_management"];

    /// <summary>The end of the access token; null: it has none.</summary>
    public DateTimeOffset? TokenExpiresAt { get; set; }

    /// <summary>131044 for calls in either direction.</summary>
    public bool PaymentMissing { get; set; }

    public bool CallingEnabled => Setting("status") == "ENABLED";

    public bool CallbackPermission => Setting("callback_permission_status") == "ENABLED";

    /// <summary>PCMA and PCMU, where the settings add them to Opus.</summary>
    public IReadOnlyCollection<string> AdditionalCodecs
    {
        get
        {
            lock (_gate)
                return _calling["audio"]?["additional_codecs"] is JsonArray codecs ? [.. codecs.Select(codec => (string)codec!)] : [];
        }
    }

    public bool SipEnabled
    {
        get
        {
            lock (_gate)
                return (string?)_calling["sip"]?["status"] == "ENABLED";
        }
    }

    public JsonObject Settings()
    {
        lock (_gate)
            return (JsonObject)_calling.DeepClone();
    }

    /// <summary>As GET settings shows them.</summary>
    public JsonObject SettingsWithRestrictions(DateTimeOffset now)
    {
        var settings = Settings();
        JsonNode[] listed = [.. Restrictions.Where(one => one.Until > now).Select(one => new JsonObject
        {
            ["type"] = one.Type,
            ["reason"] = "Low quality of calls",
            ["expiration"] = one.Until.ToUnixTimeSeconds(),
        })];
        if (listed.Length > 0)
            settings["restrictions"] = new JsonObject { ["restrictions_list"] = new JsonArray(listed) };
        return settings;
    }

    public bool IsOutboundRestricted(DateTimeOffset now) => OutboundRestricted || Restrictions.Any(one =>
        one.Until > now && one.Type is "RESTRICTED_BUSINESS_INITIATED_CALLING" or "RESTRICTED_BIZ_INITIATED_AND_USER_INITIATED_CALLING");

    /// <summary>The reason a user's WhatsApp lets no call to this number begin; null where it does.</summary>
    /// <param name="now">The moment of the tap.</param>
    /// <param name="byButton">By a button or link in a message, which stays when the icon is hidden.</param>
    public string? InboundRefusal(DateTimeOffset now, bool byButton)
    {
        if (!CallingEnabled)
            return "calling is disabled on this number";
        if (SipEnabled)
            return "calls of this number go to SIP servers";
        if (Restrictions.Any(one => one.Until > now && one.Type.Contains("USER_INITIATED_CALLING", StringComparison.Ordinal)
            && !one.Type.EndsWith("HIDDEN", StringComparison.Ordinal)))
            return "calls to this number are restricted";
        if (Setting("call_icon_visibility") != "DEFAULT" && !byButton)
            return "there is no call icon";
        return CallHours.AreOpen(Settings()["call_hours"] as JsonObject, now) ? null : "outside the call hours";
    }

    public void Replace(JsonObject calling)
    {
        lock (_gate)
            _calling = calling;
    }

    private string? Setting(string name)
    {
        lock (_gate)
            return (string?)_calling[name];
    }
}

/// <summary>A restriction of Meta's, e.g. RESTRICTED_BUSINESS_INITIATED_CALLING.</summary>
public sealed record Restriction(string Type, DateTimeOffset Until);
