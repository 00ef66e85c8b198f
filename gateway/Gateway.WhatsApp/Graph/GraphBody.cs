using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Calls;

namespace Gateway.WhatsApp.Graph;

/// <summary>Writes the request bodies. Peer text enters only through the JSON writer, which escapes it.</summary>
internal static class GraphBody
{
    private const int InitialRoom = 16 * 1024;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    // The relaxed encoder leaves "+" and "/" of SDP unescaped; the body never reaches HTML.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Connect(WhatsAppUser user, string sdp, string? opaqueData) => Write(json =>
    {
        Recipient(json, user);
        json.WriteString("action", "connect");
        Session(json, "offer", sdp);
        Opaque(json, opaqueData);
    });

    /// <summary>pre_accept and accept. The type is "answer", although Meta's field table says "offer".</summary>
    public static byte[] Answer(string action, string callId, string sdp, string? opaqueData) => Write(json =>
    {
        json.WriteString("call_id", callId);
        json.WriteString("action", action);
        Session(json, "answer", sdp);
        Opaque(json, opaqueData);
    });

    public static byte[] End(string action, string callId) => Write(json =>
    {
        json.WriteString("call_id", callId);
        json.WriteString("action", action);
    });

    public static byte[] PermissionRequest(WhatsAppUser user, string? text) => Write(json =>
    {
        json.WriteString("recipient_type", "individual");
        Recipient(json, user);
        json.WriteString("type", "interactive");
        json.WriteStartObject("interactive");
        json.WriteString("type", "call_permission_request");
        json.WriteStartObject("action");
        json.WriteString("name", "call_permission_request");
        json.WriteEndObject();
        if (!string.IsNullOrEmpty(text))
        {
            json.WriteStartObject("body");
            json.WriteString("text", text);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    });

    public static byte[] Template(WhatsAppUser user, string name, string language, IReadOnlyList<string> bodyParameters) => Write(json =>
    {
        json.WriteString("recipient_type", "individual");
        Recipient(json, user);
        json.WriteString("type", "template");
        json.WriteStartObject("template");
        json.WriteString("name", name);
        json.WriteStartObject("language");
        json.WriteString("code", language);
        json.WriteEndObject();
        if (bodyParameters.Count > 0)
        {
            json.WriteStartArray("components");
            json.WriteStartObject();
            json.WriteString("type", "body");
            json.WriteStartArray("parameters");
            foreach (var parameter in bodyParameters)
            {
                json.WriteStartObject();
                json.WriteString("type", "text");
                json.WriteString("text", parameter);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
        }
        json.WriteEndObject();
    });

    public static byte[] Settings(CallingSettingsUpdate update) => WriteRaw(json =>
    {
        json.WriteStartObject("calling");
        Member(json, "status", update.Status);
        Member(json, "call_icon_visibility", update.CallIconVisibility);
        Member(json, "callback_permission_status", update.CallbackPermissionStatus);
        Member(json, "srtp_key_exchange_protocol", update.SrtpKeyExchangeProtocol);
        if (update.IconCountries is { } countries)
        {
            json.WriteStartObject("call_icons");
            Texts(json, "restrict_to_user_countries", countries);
            json.WriteEndObject();
        }
        if (update.CallHours is { } hours)
            Hours(json, hours);
        if (update.SipStatus is { } sip)
        {
            json.WriteStartObject("sip");
            json.WriteString("status", sip);
            json.WriteEndObject();
        }
        if (update.AdditionalCodecs is { } codecs)
        {
            json.WriteStartObject("audio");
            Texts(json, "additional_codecs", codecs);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    });

    private static void Hours(Utf8JsonWriter json, CallHoursSetting setting)
    {
        json.WriteStartObject("call_hours");
        json.WriteString("status", setting.IsEnabled ? "ENABLED" : "DISABLED");
        json.WriteString("timezone_id", setting.Hours.TimeZone);
        json.WriteStartArray("weekly_operating_hours");
        foreach (var entry in setting.Hours.Week ?? [])
        {
            json.WriteStartObject();
            json.WriteString("day_of_week", entry.Day?.ToUpperInvariant());
            json.WriteString("open_time", entry.Open);
            json.WriteString("close_time", entry.Close);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("holiday_schedule");
        foreach (var holiday in setting.Hours.Holidays ?? [])
        {
            json.WriteStartObject();
            json.WriteString("date", holiday.Date);
            json.WriteString("start_time", holiday.Open);
            json.WriteString("end_time", holiday.Close);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Texts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }

    private static byte[] Write(Action<Utf8JsonWriter> members) => WriteRaw(json =>
    {
        json.WriteString("messaging_product", "whatsapp");
        members(json);
    });

    /// <summary>SDP that is to be escaped asks for three times its length of room, so that the room is kept for the next body.</summary>
    private static byte[] WriteRaw(Action<Utf8JsonWriter> members)
    {
        var buffer = _buffer ??= new ArrayBufferWriter<byte>(InitialRoom);
        buffer.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The phone number where there is one: Meta prefers it to the user id.</summary>
    private static void Recipient(Utf8JsonWriter json, WhatsAppUser user)
    {
        if (user.Phone is { } phone)
            json.WriteString("to", phone);
        else
            json.WriteString("recipient", user.UserId);
    }

    private static void Session(Utf8JsonWriter json, string type, string sdp)
    {
        json.WriteStartObject("session");
        json.WriteString("sdp_type", type);
        json.WriteString("sdp", sdp);
        json.WriteEndObject();
    }

    private static void Opaque(Utf8JsonWriter json, string? data) => Member(json, "biz_opaque_callback_data", data);

    private static void Member(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
            json.WriteString(name, value);
    }
}
