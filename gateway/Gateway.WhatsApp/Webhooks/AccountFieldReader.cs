using System.Text.Json;
using Gateway.WhatsApp.Meta;

namespace Gateway.WhatsApp.Webhooks;

/// <summary>The <c>account_settings_update</c> and <c>account_update</c> fields.</summary>
internal static class AccountFieldReader
{
    private const int MaxRestrictions = 16;

    public static void ReadSettings(JsonElement value, BatchBuilder builder)
    {
        var settings = value.Child("phone_number_settings");
        var calling = settings.Child("calling");
        if (settings.Text("phone_number_id", 64) is not { } phoneNumberId)
        {
            builder.Skip(SkipReason.PhoneNumberIdMissing);
            return;
        }
        builder.Add(new WebhookEvent.AccountSettingsUpdate(phoneNumberId)
        {
            Number = new BusinessNumber(phoneNumberId, null),
            Timestamp = value.Time("timestamp"),
            CallingStatus = calling.Words("status", 64),
            CallIconVisibility = calling.Words("call_icon_visibility", 64),
            CallbackPermissionStatus = calling.Words("callback_permission_status", 64),
            SipStatus = calling.Child("sip").Words("status", 64),
            SrtpKeyExchangeProtocol = calling.Words("srtp_key_exchange_protocol", 64),
        });
    }

    public static void ReadUpdate(JsonElement value, DateTimeOffset? time, BatchBuilder builder)
    {
        if (value.Words("event", 64) is not { } name)
        {
            builder.Skip(SkipReason.EventMissing);
            return;
        }
        var violation = value.Child("violation_info");
        List<AccountRestriction> restrictions = [];
        builder.Each(value.Items("restriction_info").Take(MaxRestrictions), item =>
        {
            if (item.Words("restriction_type", 128) is { } type)
                restrictions.Add(
                    new AccountRestriction(type, item.Time("expiration"), item.Words("remediation", WhatsAppErrorReader.MaxText)));
        });
        builder.Add(new WebhookEvent.AccountUpdate(name)
        {
            Timestamp = time,
            PhoneNumber = value.Text("phone_number", 64),
            ViolationType = violation.Words("violation_type", 128),
            Remediation = violation.Words("remediation", WhatsAppErrorReader.MaxText),
            Restrictions = restrictions,
        });
    }
}
