using System.Text.Json;

namespace AdminApi.Tests.Operations;

/// <summary>Reads the OpenAPI document for tests.</summary>
public sealed class ApiDocument(JsonElement root)
{
    public JsonElement Root => root;

    public IReadOnlyList<Operation> Operations { get; } =
    [
        .. from path in root.GetProperty("paths").EnumerateObject()
           from method in path.Value.EnumerateObject()
           select new Operation(path.Name, method.Name, method.Value),
    ];
}

/// <summary>One operation as documented.</summary>
public sealed class Operation(string path, string method, JsonElement json)
{
    public string Name { get; } = json.TryGetProperty("operationId", out var id) ? id.GetString()! : $"{method} {path}";

    public JsonElement Json => json;

    public string Scope { get; } = json.GetProperty("x-scope").GetString()!;

    public bool HasBody { get; } = json.TryGetProperty("requestBody", out _);

    public bool HasJsonBody { get; } = json.TryGetProperty("requestBody", out var body)
        && body.GetProperty("content").TryGetProperty("application/json", out _);

    public IReadOnlyList<int> Successes { get; } =
        [.. json.GetProperty("responses").EnumerateObject().Select(response => int.Parse(response.Name)).Where(status => status < 300)];

    public IReadOnlyList<(int Status, string Code)> Failures { get; } =
    [
        .. from response in json.GetProperty("responses").EnumerateObject()
           where int.Parse(response.Name) >= 300
           from code in response.Value.GetProperty("x-codes").EnumerateArray()
           select (int.Parse(response.Name), code.GetString()!),
    ];

    public bool HasCode(string code) => Failures.Any(failure => failure.Code == code);

    /// <summary>A request that reaches this operation and is otherwise invalid.</summary>
    public HttpRequestMessage Bare() => new(HttpMethod.Parse(method), System.Text.RegularExpressions.Regex.Replace(path, "{[^}]*}", "1"));

    /// <summary>The required documentation that this operation lacks.</summary>
    public IEnumerable<string> Gaps()
    {
        if (!json.TryGetProperty("operationId", out _))
            yield return "no operationId";
        if (!json.TryGetProperty("summary", out var summary) || summary.GetString() is null or "")
            yield return "no summary";
        if (!json.TryGetProperty("tags", out var tags) || tags.GetArrayLength() == 0)
            yield return "no tags";
        if (!json.TryGetProperty("security", out var security) || security.GetArrayLength() == 0)
            yield return "no security";
        if (Successes.Count == 0 && summary.GetString() != "Always refused: recording is not supported yet")
            yield return "no success";
        foreach (
            var response in json.GetProperty("responses").EnumerateObject().Where(r => r.Name is not "204" and not "202" and not "304"))
        {
            if (!response.Value.TryGetProperty("content", out _))
                yield return $"{response.Name} without content";
        }
        if (!json.TryGetProperty("parameters", out var parameters))
            yield break;
        foreach (var parameter in parameters.EnumerateArray()
            .Where(p => !p.TryGetProperty("description", out var text) || text.GetString() is null or ""))
            yield return $"parameter {parameter.GetProperty("name")} without description";
        foreach (var parameter in parameters.EnumerateArray()
            .Where(p => p.GetProperty("in").GetString() == "query" && char.IsUpper(p.GetProperty("name").GetString()![0])))
            yield return $"parameter {parameter.GetProperty("name")} is not in camelCase";
    }
}
