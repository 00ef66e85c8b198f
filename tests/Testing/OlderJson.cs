using System.Text;
using System.Text.Json.Nodes;

namespace Testing;

/// <summary>JSON as a version of the program wrote it that knew less.</summary>
public static class OlderJson
{
    /// <summary>The text without one of its properties, at any depth: for each of them in turn, with the path of what is missing.</summary>
    public static IEnumerable<(string Missing, byte[] Json)> Of(byte[] json)
    {
        var count = Properties(JsonNode.Parse(json)).Count();
        for (var i = 0; i < count; i++)
        {
            var root = JsonNode.Parse(json)!;
            var (owner, name) = Properties(root).ElementAt(i);
            var path = $"{owner.GetPath()}.{name}";
            owner.Remove(name);
            yield return (path, Encoding.UTF8.GetBytes(root.ToJsonString()));
        }
    }

    private static IEnumerable<(JsonObject Owner, string Name)> Properties(JsonNode? node) => node switch
    {
        JsonObject owner => owner.SelectMany(one => Properties(one.Value).Prepend((owner, one.Key))),
        JsonArray items => items.SelectMany(Properties),
        _ => [],
    };
}
