using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Gateway.Worker.Configuration;

/// <summary>Names the keys in which two configurations differ. Secrets are compared by their hashes and never shown.</summary>
internal static class ConfigurationDiff
{
    private const int HashDigits = 12;

    /// <summary>The members by which the elements of a list are known.</summary>
    private static readonly string[] Identities = ["name", "phoneNumberId", "user"];

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        Converters = { new HashedSecret(), new JsonStringEnumConverter() },
    };

    /// <summary>"node.maxCalls", "sip.trunks['main'].password", "sip.trunks['new']"; in the order of the configuration.</summary>
    public static IReadOnlyList<string> Between<T>(T before, T after)
    {
        var found = new List<string>();
        Compare("", Node(before), Node(after), found);
        return found;
    }

    /// <summary>The same options have the same hash, secrets included.</summary>
    public static string HashOf<T>(T options) =>
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(options, Format)))[..HashDigits];

    private static JsonNode? Node<T>(T options) => JsonSerializer.SerializeToNode(options, Format);

    private static void Compare(string path, JsonNode? before, JsonNode? after, List<string> found)
    {
        if (JsonNode.DeepEquals(before, after))
            return;
        if (before is JsonObject one && after is JsonObject other)
        {
            foreach (var (key, value) in one)
                Compare(path.Length == 0 ? key : $"{path}.{key}", value, other[key], found);
        }
        else if (before is JsonArray list && after is JsonArray next && Named(list) is { } old && Named(next) is { } present)
        {
            foreach (var (name, element) in old)
                Compare($"{path}['{name}']", element, present.GetValueOrDefault(name), found);
            found.AddRange(present.Keys.Except(old.Keys).Select(name => $"{path}['{name}']"));
            if (old.Keys.Intersect(present.Keys).SequenceEqual(present.Keys.Intersect(old.Keys)) is false)
                found.Add($"{path} (order)");
        }
        else
            found.Add(path);
    }

    /// <summary>Null: the elements have no names.</summary>
    private static Dictionary<string, JsonNode>? Named(JsonArray list)
    {
        var named = new Dictionary<string, JsonNode>();
        foreach (var element in list)
        {
            var name = element is JsonObject item
                ? Identities.Select(key => (string?)item[key]).FirstOrDefault(text => text is not null) : null;
            if (name is null || !named.TryAdd(name, element!))
                return null;
        }
        return named;
    }

    private sealed class HashedSecret : JsonConverter<Secret>
    {
        public override Secret Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("A hash is no secret.");

        public override void Write(Utf8JsonWriter writer, Secret value, JsonSerializerOptions options) =>
            writer.WriteStringValue(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(value.Reveal()))));
    }
}
