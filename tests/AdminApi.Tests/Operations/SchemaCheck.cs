using System.Text.Json;

namespace AdminApi.Tests.Operations;

/// <summary>
/// Checks JSON against the document's schemas: types, required members, members that no schema names, closed sets, references.
/// </summary>
public sealed class SchemaCheck(JsonElement document)
{
    public IEnumerable<string> Faults(JsonElement schema, JsonElement value, string path)
    {
        if (schema.TryGetProperty("$ref", out var reference))
            return Faults(
                document.GetProperty("components").GetProperty("schemas").GetProperty(reference.GetString()!.Split('/')[^1]), value, path);
        if (schema.TryGetProperty("oneOf", out var choices))
            return choices.EnumerateArray().Count(choice => !Faults(choice, value, path).Any()) == 1
                ? []
                : [$"{path}: does not match exactly one of the choices: {value}"];
        if (schema.TryGetProperty("anyOf", out choices))
            return choices.EnumerateArray().Any(choice => !Faults(choice, value, path).Any())
                ? []
                : [$"{path}: matches none of the choices: {value}"];
        if (schema.TryGetProperty("type", out var type) && !Types(type).Contains(Kind(value))
            && !(Kind(value) == "integer" && Types(type).Contains("number")))
            return [$"{path}: {Kind(value)} is not {type}"];
        if (schema.TryGetProperty("enum", out var members) && value.ValueKind == JsonValueKind.String
            && !members.EnumerateArray().Any(m => m.ValueEquals(value.GetString())))
            return [$"{path}: {value} is not in {members}"];
        return value.ValueKind switch
        {
            JsonValueKind.Object => OfObject(schema, value, path),
            JsonValueKind.Array when schema.TryGetProperty("items", out var items) =>
                value.EnumerateArray().SelectMany((item, i) => Faults(items, item, $"{path}[{i}]")),
            _ => [],
        };
    }

    /// <summary>Every list in the document without a type for its items.</summary>
    public static IEnumerable<string> ListsOfAnything(JsonElement node, string path) => node.ValueKind switch
    {
        JsonValueKind.Object => node.EnumerateObject().SelectMany(member => ListsOfAnything(member.Value, $"{path}/{member.Name}"))
            .Concat(node.TryGetProperty("type", out var type)
                && type.ToString().Contains("array", StringComparison.Ordinal)
                && !node.TryGetProperty("items", out _) ? [$"{path}: a list without items"] : Array.Empty<string>()),
        JsonValueKind.Array => node.EnumerateArray().SelectMany((item, i) => ListsOfAnything(item, $"{path}/{i}")),
        _ => [],
    };

    private IEnumerable<string> OfObject(JsonElement schema, JsonElement value, string path)
    {
        var known = schema.TryGetProperty("properties", out var properties)
            ? properties.EnumerateObject().ToDictionary(p => p.Name, p => p.Value)
            : [];
        if (schema.TryGetProperty("required", out var required))
        {
            foreach (var name in required.EnumerateArray().Select(r => r.GetString()!).Where(name => !value.TryGetProperty(name, out _)))
                yield return $"{path}.{name}: is missing";
        }
        foreach (var member in value.EnumerateObject())
        {
            if (known.TryGetValue(member.Name, out var inner))
            {
                foreach (var fault in Faults(inner, member.Value, $"{path}.{member.Name}"))
                    yield return fault;
            }
            else if (known.Count > 0)
            {
                yield return $"{path}.{member.Name}: is not documented";
            }
        }
    }

    private static string[] Types(JsonElement type) =>
        type.ValueKind == JsonValueKind.Array ? [.. type.EnumerateArray().Select(t => t.GetString()!)] : [type.GetString()!];

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "null",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Number => value.TryGetInt64(out _) ? "integer" : "number",
        JsonValueKind.String => "string",
        JsonValueKind.Array => "array",
        _ => "object",
    };
}
