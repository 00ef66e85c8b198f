using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using AdminApi.Tests.Kit;

namespace AdminApi.Tests.Operations;

/// <summary>
/// Walks every operation of the OpenAPI document with invalid input, made from a request that it accepts: each is 400 as problem+json
/// and names no type of ours.
/// </summary>
[Collection(ApiCollection.Name)]
public sealed class BadInput(ApiFixture api)
{
    private static readonly string[] NoTypes = ["System.", "AdminApi.", "Gateway.", "Nullable", "IReadOnlyList", "LineNumber"];

    /// <summary>The invalid variants of a text, a number and a list.</summary>
    private static readonly string[] Texts = ["\"a\\u0000b\"", "\"\\ud800\"", "\"\\udc00x\"", "\"\uFFFF\\u0000\""],
    Numbers = ["1e400", "99999999999999999999", "1.5"], Lists = ["[null]", "[[[]]]"];

    private readonly List<string> _faults = [];
    private int _sent;

    [Fact]
    public async Task Is_refused_by_every_operation_and_never_a_defect()
    {
        var document = new ApiDocument(await api.ReadAsync(api.Get("/openapi/v1.json")));
        var table = CaseTable.OfThisAssembly();
        foreach (var operation in document.Operations)
        {
            var arrange = table.Operations[operation.Name].Any;
            await SpoilQueriesAsync(operation, arrange);
            if (operation.HasJsonBody)
                await SpoilBodiesAsync(operation, arrange);
        }
        Assert.True(_faults.Count == 0, $"{_sent} requests, {_faults.Count} faults:\n{string.Join('\n', _faults.Take(60))}");
        Assert.True(_sent > 300, $"{_sent} requests");
    }

    private async Task SpoilQueriesAsync(Operation operation, Arrange arrange)
    {
        if (!operation.Json.TryGetProperty("parameters", out var parameters))
            return;
        foreach (var parameter in parameters.EnumerateArray().Where(p => p.GetProperty("in").GetString() == "query"))
        {
            var schema = parameter.TryGetProperty("schema", out var found) ? found.ToString() : "";
            var name = parameter.GetProperty("name").GetString()!;
            await RefusedAsync(operation, arrange, r => r.RequestUri = With(r.RequestUri!, name, "a%00b"), $"{name}=a%00b");
            if (schema.Contains("\"integer\"", StringComparison.Ordinal))
                await RefusedAsync(
                    operation, arrange, r => r.RequestUri = With(r.RequestUri!, name, "99999999999999999999"), $"{name} too large");
            if (schema.Contains("date-time", StringComparison.Ordinal))
                await RefusedAsync(operation, arrange, r => r.RequestUri = With(r.RequestUri!, name, "01/02/2026"), $"{name} a local date");
        }
    }

    private async Task SpoilBodiesAsync(Operation operation, Arrange arrange)
    {
        var sample = JsonNode.Parse(await (await arrange(api)).Content!.ReadAsStringAsync())!;
        string[] bodies =
        [
            .. Spoiled(sample), "", "null", "[]", "{", "{}}", "\"\"", "[null]", new string('[', 5000),
            $"{{\"name\":{new string('[', 100)}{new string(']', 100)}}}", "{\"a\\u0000b\":1}", "\uFEFF\uFEFF{}",
        ];
        foreach (var body in bodies)
            await RefusedAsync(
                operation, arrange, r => r.Content = Json(Encoding.UTF8.GetBytes(body)), body.Length > 200 ? body[..200] : body);
        await RefusedAsync(operation, arrange, r =>
            r.Content = Json([(byte)'{', (byte)'"', 0xFF, 0xC0, (byte)'"', (byte)':', (byte)'1', (byte)'}']), "no UTF-8");
    }

    /// <summary>The sample repeatedly, each time with one value replaced by an invalid one.</summary>
    private static IEnumerable<string> Spoiled(JsonNode sample)
    {
        foreach (var path in Places(sample, []))
        {
            var value = At(sample, path)!;
            string[] instead = value.GetValueKind() switch
            {
                JsonValueKind.String => Texts,
                JsonValueKind.Number => Numbers,
                JsonValueKind.Array => Lists,
                _ => [],
            };
            foreach (var bad in instead)
            {
                var marked = sample.DeepClone();
                Set(marked, path, "\u2603");
                yield return marked.ToJsonString().Replace("\"\\u2603\"", bad, StringComparison.Ordinal);
            }
        }
    }

    private static IEnumerable<object[]> Places(JsonNode? node, object[] path)
    {
        if (path.Length > 0 && node is not null)
            yield return path;
        var inner = node switch
        {
            JsonObject members => members.Select(member => (Step: (object)member.Key, member.Value)),
            JsonArray items => items.Select((item, i) => (Step: (object)i, Value: item)),
            _ => [],
        };
        foreach (var place in inner.SelectMany(one => Places(one.Value, [.. path, one.Step])))
            yield return place;
    }

    private static JsonNode? At(JsonNode node, object[] path) =>
        path.Aggregate((JsonNode?)node, (at, step) => step is int i ? at![i] : at![(string)step]);

    private static void Set(JsonNode node, object[] path, string value)
    {
        var parent = At(node, path[..^1])!;
        if (path[^1] is int i)
            parent[i] = value;
        else
            parent[(string)path[^1]] = value;
    }

    private async Task RefusedAsync(Operation operation, Arrange arrange, Action<HttpRequestMessage> spoil, string what)
    {
        var request = await arrange(api);
        spoil(request);
        using var answer = await api.Client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        _sent++;
        if ((int)answer.StatusCode != 400 || answer.Content.Headers.ContentType?.MediaType != "application/problem+json")
            _faults.Add($"{operation.Name} {what}: {(int)answer.StatusCode} {text}");
        else if (NoTypes.FirstOrDefault(word => text.Contains(word, StringComparison.Ordinal)) is { } word)
            _faults.Add($"{operation.Name} {what}: says {word}: {text}");
    }

    private static ByteArrayContent Json(byte[] body)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    private static Uri With(Uri path, string name, string value)
    {
        var parts = path.OriginalString.Split('?', 2);
        var others = (parts.Length == 2 ? parts[1].Split('&') : []).Where(one => !one.StartsWith(name + "=", StringComparison.Ordinal));
        return new Uri($"{parts[0]}?{string.Join('&', others.Append($"{name}={value}"))}", UriKind.Relative);
    }
}
