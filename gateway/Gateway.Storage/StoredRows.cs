using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gateway.Storage;

/// <summary>
/// Rows of a table as one JSON parameter, by the names of their columns: for jsonb_populate_recordset, which makes rows of them again. So a
/// statement takes any number of them.
/// </summary>
internal static class StoredRows
{
    private static readonly JsonSerializerOptions ByColumn = new()
    {
        PropertyNamingPolicy = new ColumnNames(),
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new StoredTime() },
    };

    public static string Json<T>(IEnumerable<T> rows) => JsonSerializer.Serialize(rows, ByColumn);

    /// <summary>Text that is JSON already, for a column of jsonb.</summary>
    internal sealed class Raw : JsonConverter<string>
    {
        public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using var value = JsonDocument.ParseValue(ref reader);
            return value.RootElement.GetRawText();
        }

        public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteRawValue(value);
    }

    private sealed class ColumnNames : JsonNamingPolicy
    {
        public override string ConvertName(string name) =>
            SnakeCaseLower.ConvertName(name.Replace("WhatsApp", "Whatsapp", StringComparison.Ordinal));
    }

    /// <summary>Times cut to microseconds as Npgsql cuts them, where text would be rounded: a call's start is part of its key.</summary>
    private sealed class StoredTime : JsonConverter<DateTime>
    {
        public override DateTime Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTime();

        public override void Write(Utf8JsonWriter writer, DateTime value, JsonSerializerOptions options)
        {
            Span<char> text = stackalloc char[27];
            value.TryFormat(text, out var length, "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
            writer.WriteStringValue(text[..length]);
        }
    }
}
