using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Gateway.Worker.Configuration;

/// <summary>
/// Reads the configuration file: JSON with comments, unknown keys are errors, `${env:NAME}` and `${file:/path}` inside a text are replaced,
/// and every error is reported at once. Secrets therefore are in the environment or in files, never in the configuration itself.
/// </summary>
public static partial class GatewayOptionsReader
{
    private const int MaxErrors = 50;

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        WriteIndented = true,
        // What a placeholder stands for is a text, even where it is a number.
        NumberHandling = JsonNumberHandling.AllowReadingFromString,
        Converters = { new JsonStringEnumConverter(allowIntegerValues: false) },
    };

    /// <summary>The options of the file at <paramref name="path"/>, or all its errors in words for an operator.</summary>
    public static bool TryReadFile(string path, [NotNullWhen(true)] out GatewayOptions? options, out IReadOnlyList<string> errors)
    {
        options = null;
        try
        {
            return TryRead(File.ReadAllText(path), out options, out errors);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors = [$"{path}: {e.Message}"];
            return false;
        }
    }

    public static bool TryRead(string json, [NotNullWhen(true)] out GatewayOptions? options, out IReadOnlyList<string> errors)
    {
        options = null;
        JsonNode? root;
        try
        {
            root = JsonNode.Parse(
                json,
                new JsonNodeOptions { PropertyNameCaseInsensitive = true },
                new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        }
        catch (JsonException e)
        {
            errors = ["Not JSON: " + e.Message];
            return false;
        }
        var found = new List<string>();
        if (root is not JsonObject)
        {
            errors = ["The configuration must be one JSON object."];
            return false;
        }
        Substitute(root, found);
        options = Deserialize(root, found);
        if (options is not null)
            found.AddRange(GatewayOptionsRules.Check(options));
        errors = found;
        if (found.Count > 0)
            options = null;
        return options is not null;
    }

    /// <summary>The effective configuration, defaults included and secrets masked.</summary>
    public static string Print(GatewayOptions options) => JsonSerializer.Serialize(options, Format);

    /// <summary>Each element that does not fit is reported and removed, so that the next error is found too.</summary>
    private static GatewayOptions? Deserialize(JsonNode root, List<string> errors)
    {
        while (errors.Count < MaxErrors)
        {
            try
            {
                var options = root.Deserialize<GatewayOptions>(Format);
                return errors.Count == 0 ? options : null;
            }
            catch (JsonException e)
            {
                errors.Add($"{Where(e.Path)}: {Reason(e)}");
                if (IsMissing(e) || !Remove(root, e.Path))
                    return null;
            }
        }
        return null;
    }

    private static string Where(string? path) => path is null or "$" ? "configuration" : path.TrimStart('$').TrimStart('.');

    private static string Reason(JsonException e)
    {
        if (e.Message.Contains("could not be mapped to any .NET member", StringComparison.Ordinal))
            return "unknown key.";
        if (IsMissing(e))
            // the first is the type
            return "missing: " + string.Join(", ", QuotedName().Matches(e.Message).Skip(1).Select(m => m.Groups[1].Value)) + ".";
        return "the value does not fit here.";
    }

    private static bool IsMissing(JsonException e) => e.Message.Contains("missing required properties", StringComparison.Ordinal);

    private static bool Remove(JsonNode root, string? path)
    {
        var steps = PathStep().Matches(path ?? "").Select(m => m.Value.Trim('.', '[', ']', '\'')).ToArray();
        JsonNode? parent = root;
        for (var i = 0; i < steps.Length - 1 && parent is not null; i++)
            parent = parent is JsonArray array ? array[int.Parse(steps[i])] : parent[steps[i]];
        // an array's element stays: the others' indexes would move
        return steps.Length > 0 && parent is JsonObject holder && holder.Remove(steps[^1]);
    }

    private static void Substitute(JsonNode node, List<string> errors)
    {
        foreach (var (child, replace) in Children(node))
        {
            if (child is JsonValue value && value.TryGetValue<string>(out var text) && text.Contains("${", StringComparison.Ordinal))
                replace(Placeholder().Replace(text, match => Resolve(match, errors)));
            else if (child is JsonObject or JsonArray)
                Substitute(child, errors);
        }
    }

    private static IEnumerable<(JsonNode? Child, Action<string> Replace)> Children(JsonNode node) => node switch
    {
        JsonObject o => o.ToArray().Select(p => (p.Value, new Action<string>(text => o[p.Key] = text))),
        JsonArray a => a.ToArray().Select((item, i) => (item, new Action<string>(text => a[i] = text))),
        _ => [],
    };

    private static string Resolve(Match match, List<string> errors)
    {
        var (source, name) = (match.Groups[1].Value, match.Groups[2].Value);
        if (source == "env")
        {
            if (Environment.GetEnvironmentVariable(name) is { } value)
                return value;
            errors.Add($"The environment variable {name} is not set.");
            return "";
        }
        try
        {
            if (File.ReadAllText(name).Trim() is { Length: > 0 } text)
                return text;
            errors.Add($"The file {name} is empty."); // it is being written, or was forgotten
            return "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.Add($"The file {name} cannot be read: {e.Message}");
            return "";
        }
    }

    [GeneratedRegex(@"\$\{(env|file):([^}]+)\}")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"\.[^.\[]+|\['[^']+'\]|\[\d+\]")]
    private static partial Regex PathStep();

    [GeneratedRegex("'([^']+)'")]
    private static partial Regex QuotedName();
}
