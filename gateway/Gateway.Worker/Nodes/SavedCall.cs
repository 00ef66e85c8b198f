using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Calls.Lifecycle;
using Gateway.Sip.Dialogs;
using Media.Engine;

namespace Gateway.Worker.Nodes;

/// <summary>An answered call as its owner leaves it for a node that goes on with it.</summary>
/// <param name="Call">The machine.</param>
/// <param name="Details">What Meta reported of an inbound call.</param>
/// <param name="Phone">The dialog of the conversation.</param>
/// <param name="Media">Both legs.</param>
/// <param name="At">
/// When it was so, by the call's clock (<see cref="Gateway.Calls.Lifecycle.Call.TimeOf"/>): its last sign of life.
/// </param>
internal sealed record SavedCall(
    CallSnapshot Call, InboundDetails? Details, SipSessionSnapshot Phone,
    [property: JsonConverter(typeof(MediaInJson))] MediaSnapshot Media, DateTimeOffset At)
{
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, SavedCallContext.Default.SavedCall);

    /// <summary>Null: another version's, of which this one does not know enough.</summary>
    public static SavedCall? Read(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, SavedCallContext.Default.SavedCall);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>Media's own form, within that of the call.</summary>
internal sealed class MediaInJson : JsonConverter<MediaSnapshot>
{
    public override MediaSnapshot Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        return MediaSnapshotJson.TryRead(Encoding.UTF8.GetBytes(document.RootElement.GetRawText()), out var media, out var error)
            ? media : throw new JsonException(error);
    }

    public override void Write(Utf8JsonWriter writer, MediaSnapshot value, JsonSerializerOptions options) =>
        writer.WriteRawValue(MediaSnapshotJson.Write(value), skipInputValidation: true);
}

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web, UseStringEnumConverter = true, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SavedCall))]
internal sealed partial class SavedCallContext : JsonSerializerContext;
