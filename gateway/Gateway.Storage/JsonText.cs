using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Calls;
using Media.Protocols.Primitives;

namespace Gateway.Storage;

/// <summary>
/// The product's public JSON: camelCase names, closed sets by <see cref="WireName"/>, times in UTC, money as text with at least two
/// decimals and never rounded ("9.98"), names of agents, groups, flows and channels as plain text.
/// </summary>
public static class JsonText
{
    public static readonly JsonSerializerOptions Options = Configure(new JsonSerializerOptions(JsonSerializerDefaults.Web));

    /// <summary>Null stays null.</summary>
    public static string? Of(object? value) => value is null ? null : JsonSerializer.Serialize(value, value.GetType(), Options);

    /// <summary>Configures given options to write and read like <see cref="Options"/>.</summary>
    public static JsonSerializerOptions Configure(JsonSerializerOptions options)
    {
        options.NumberHandling = JsonNumberHandling.Strict;
        options.Converters.Add(new MoneyConverter());
        options.Converters.Add(new TimeConverter());
        options.Converters.Add(new WireNameConverterFactory());
        options.Converters.Add(new NameConverter<AgentId>(text => new(text), id => id.Value));
        options.Converters.Add(new NameConverter<GroupId>(text => new(text), id => id.Value));
        options.Converters.Add(new NameConverter<FlowId>(text => new(text), id => id.Value));
        options.Converters.Add(new NameConverter<ChannelId>(text => new(text), id => id.Value));
        options.AllowOutOfOrderMetadataProperties = true; // `kind` may stand anywhere in its object
        return options;
    }

    /// <summary>"10.00", "0.0070", "-3.50".</summary>
    public static string Money(decimal amount)
    {
        var text = (amount / 1.0000000000000000000000000000m).ToString(CultureInfo.InvariantCulture); // division drops trailing zeros
        var point = text.IndexOf('.', StringComparison.Ordinal);
        return point < 0 ? text + ".00" : text.PadRight(point + 3, '0');
    }

    private sealed class MoneyConverter : JsonConverter<decimal>
    {
        private const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;

        public override decimal Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String
                && decimal.TryParse(reader.GetString(), Style, CultureInfo.InvariantCulture, out var amount)
                ? amount
                : throw new JsonException("An amount is text such as \"10.00\".");

        public override void Write(Utf8JsonWriter writer, decimal value, JsonSerializerOptions options) =>
            writer.WriteStringValue(Money(value));
    }

    private sealed class TimeConverter : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String
                && TimeText.TryRead(reader.GetString(), out var time) ? time : throw new JsonException(TimeText.Rule);

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.UtcDateTime);
    }

    private sealed class NameConverter<T>(Func<string, T> of, Func<T, string> text) : JsonConverter<T> where T : struct
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String ? of(reader.GetString()!) : throw new JsonException("Must be text.");

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(text(value));
    }

    private sealed class WireNameConverterFactory : JsonConverterFactory
    {
        public override bool CanConvert(Type typeToConvert) => typeToConvert.IsEnum;

        public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
            (JsonConverter)Activator.CreateInstance(typeof(WireNameConverter<>).MakeGenericType(typeToConvert))!;
    }

    private sealed class WireNameConverter<T> : JsonConverter<T> where T : struct, Enum
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String && WireName.TryParse<T>(reader.GetString(), out var member)
                ? member
                : throw new JsonException($"Must be one of: {string.Join(", ", WireName.All<T>())}.");

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            writer.WriteStringValue(WireName.Of(value));
    }
}
