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

    /// <summary>May be set while running: the gateway under test tells where it listens.</summary>
    public string? WebhookUrl { get; set; } = options.WebhookUrl;

    /// <summary>138014: what a quality restriction does to outbound calls and permission requests.</summary>
    public bool OutboundRestricted { get; set; }

    /// <summary>138013: Meta offers no outbound calls for numbers of this country.</summary>
    public bool OutboundUnavailable { get; set; }

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
