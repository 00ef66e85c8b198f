using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gateway.Worker.Configuration;

/// <summary>A configured text that never prints itself: logs, exceptions and print-config show stars.</summary>
[JsonConverter(typeof(Converter))]
public sealed class Secret(string value)
{
    public string Reveal() => value;

    public override string ToString() => "***";

    private sealed class Converter : JsonConverter<Secret>
    {
        public override Secret Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(reader.GetString() ?? "");

        public override void Write(Utf8JsonWriter writer, Secret value, JsonSerializerOptions options) => writer.WriteStringValue("***");
    }
}
