using System.Text.Json;
using System.Text.Json.Serialization;

namespace Faults.Facts;

/// <summary>A history as lines of JSON, one fact a line.</summary>
public static class HistoryFile
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static string Write(Fact fact) => JsonSerializer.Serialize(fact, Json);

    /// <exception cref="JsonException">A line is no fact.</exception>
    public static IReadOnlyList<Fact> Read(IEnumerable<string> lines) =>
        [.. lines.Where(line => line.Length > 0).Select(line => JsonSerializer.Deserialize<Fact>(line, Json)!)];
}
