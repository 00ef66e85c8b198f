using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using AdminApi.Platform;
using AdminApi.Tests.Kit;
using Dapper;

namespace AdminApi.Tests.Operations;

/// <summary>
/// Walks every operation of the OpenAPI document against the running API: each documented success and error is provoked, and an operation
/// or a documented status without a case is a failure. The cases are in the classes that are <see cref="IOperationCases"/>.
/// </summary>
[Collection(ApiCollection.Name)]
public sealed class EveryOperation(ApiFixture api)
{
    private readonly List<string> _faults = [];

    [Fact]
    public async Task Is_described_in_full_and_answers_as_it_is_described()
    {
        var document = new ApiDocument(await api.ReadAsync(api.Get("/openapi/v1.json")));
        Assert.StartsWith("3.1", document.Root.GetProperty("openapi").GetString());
        var table = CaseTable.OfThisAssembly();
        var schemas = new SchemaCheck(document.Root);
        _faults.AddRange(SchemaCheck.ListsOfAnything(document.Root.GetProperty("components"), ""));
        foreach (var operation in document.Operations)
        {
            _faults.AddRange(operation.Gaps().Select(gap => $"{operation.Name}: {gap}"));
            if (!table.Operations.TryGetValue(operation.Name, out var cases) || cases.Successes.Count + cases.Failures.Count == 0)
                _faults.Add($"{operation.Name}: has no case (see {nameof(IOperationCases)})");
            else
                await ProveAsync(operation, cases, schemas);
        }
        _faults.AddRange(table.Operations.Keys.Except(document.Operations.Select(o => o.Name))
            .Select(name => $"{name}: has cases but is not in the document"));
        Assert.True(_faults.Count == 0, $"{document.Operations.Count} operations, faults:\n{string.Join('\n', _faults)}");
    }

    private async Task ProveAsync(Operation operation, OperationCases cases, SchemaCheck schemas)
    {
        foreach (var status in operation.Successes.Except(cases.Successes.Select(c => c.Status)))
            _faults.Add($"{operation.Name}: no case for {status}");
        foreach (var (status, arrange) in cases.Successes)
            await SucceedAsync(operation, status, arrange, schemas);

        var proved = new HashSet<string>();
        foreach (var (code, send) in Common(operation, cases.Any))
        {
            proved.Add(code);
            await FailAsync(operation, operation.Failures.FirstOrDefault(f => f.Code == code), send);
        }
        foreach (var (kind, arrange) in cases.Failures)
        {
            proved.Add(kind.Code);
            if (!operation.Failures.Contains((kind.Status, kind.Code)))
                _faults.Add($"{operation.Name}: {kind.Code} has a case but is not documented");
            await FailAsync(operation, (kind.Status, kind.Code), async () => await api.Client.SendAsync(await arrange(api)));
        }
        foreach (var failure in operation.Failures.Where(f => !proved.Contains(f.Code)))
            _faults.Add($"{operation.Name}: no case for {failure.Status} {failure.Code}");
    }

    private async Task SucceedAsync(Operation operation, int status, Arrange arrange, SchemaCheck schemas)
    {
        using var answer = await api.Client.SendAsync(await arrange(api), HttpCompletionOption.ResponseHeadersRead);
        if ((int)answer.StatusCode != status)
        {
            _faults.Add($"{operation.Name}: {status} expected, got {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
            return;
        }
        if (answer.Content.Headers.ContentType?.MediaType != "application/json")
            return;
        var body = JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync());
        var schema = operation.Json.GetProperty("responses").GetProperty(status.ToString()).GetProperty("content")
            .GetProperty("application/json").GetProperty("schema");
        _faults.AddRange(schemas.Faults(schema, body, "$").Select(fault => $"{operation.Name}: {status} {fault}"));
    }

    private async Task FailAsync(Operation operation, (int Status, string Code) expected, Func<Task<HttpResponseMessage>> send)
    {
        using var answer = await send();
        var text = await answer.Content.ReadAsStringAsync();
        if (answer.Content.Headers.ContentType?.MediaType != "application/problem+json")
        {
            _faults.Add($"{operation.Name}: {expected.Code} expected, got {(int)answer.StatusCode} {text}");
            return;
        }
        var problem = JsonSerializer.Deserialize<JsonElement>(text);
        var got = ((int)answer.StatusCode, problem.GetProperty("code").GetString()!);
        if (got != expected || problem.GetProperty("status").GetInt32() != expected.Status)
            _faults.Add($"{operation.Name}: {expected} expected, got {got}: {problem.GetProperty("detail")}");
    }

    /// <summary>The errors that follow from an operation's shape, with a request that provokes each.</summary>
    private IEnumerable<(string Code, Func<Task<HttpResponseMessage>> Send)> Common(Operation operation, Arrange arrange)
    {
        yield return ("unauthorized", () => SendAsync(arrange, r => r.Headers.Authorization = null));
        yield return ("forbidden_scope", () =>
            SendAsync(arrange, r => r.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Powerless(operation.Scope))));
        yield return ("rate_limited", async () =>
        {
            await api.LimitedClient.SendAsync(api.Get("/v1/calls/live")); // whatever this uses up
            var answer = await api.LimitedClient.SendAsync(WithKey(operation.Bare()));
            Assert.NotNull(answer.Headers.RetryAfter);
            return answer;
        });
        yield return ("unavailable", () => api.StorelessClient.SendAsync(WithKey(operation.Bare())));
        yield return ("invalid_request", () => SendAsync(arrange, r => r.RequestUri = WithQuery(r.RequestUri!, "noSuchParameter=1")));
        if (operation.HasJsonBody)
            yield return (
                "invalid_request", () => SendAsync(arrange, r => r.Content = OfSameType(r.Content!, "{\"noSuchMember\":1}"u8.ToArray())));
        if (operation.HasBody)
        {
            yield return ("too_large", () => SendAsync(arrange, r =>
            {
                r.Content = OfSameType(r.Content!, new byte[17 * 1024 * 1024]);
                r.Headers.ExpectContinue = true; // otherwise the server answers while the body is still being sent
            }));
            yield return ("unsupported_media_type", () =>
                SendAsync(arrange, r => r.Content = new StringContent("?", Encoding.UTF8, "image/x-unknown")));
        }
        if (operation.HasCode("precondition_required"))
        {
            yield return ("invalid_request", () => SendAsync(arrange, r => SetIfMatch(r, "*")));
            yield return ("precondition_required", () => SendAsync(arrange, r => r.Headers.Remove("If-Match")));
            yield return ("stale_version", () => SendAsync(arrange, r => SetIfMatch(r, "\"987654321\"")));
        }
        if (operation.HasCode("idempotency_key_required"))
        {
            yield return ("idempotency_key_required", () => SendAsync(arrange, r => r.Headers.Remove(Idempotency.Header)));
            yield return ("idempotency_key_reused", () => RepeatAsync(arrange, isOther: true));
            yield return ("request_in_progress", () => RepeatAsync(arrange, isOther: false));
        }
    }

    private async Task<HttpResponseMessage> SendAsync(Arrange arrange, Action<HttpRequestMessage> spoil)
    {
        var request = await arrange(api);
        spoil(request);
        return await api.Client.SendAsync(request);
    }

    /// <summary>The second answer to the same Idempotency-Key: with another request, or while the first one is in progress.</summary>
    private async Task<HttpResponseMessage> RepeatAsync(Arrange arrange, bool isOther)
    {
        var first = await arrange(api);
        var again = await CopyAsync(first);
        if (isOther)
            again.RequestUri = WithQuery(again.RequestUri!, "other=1");
        using (await api.Client.SendAsync(first))
        {
        }
        await using (var connection = await api.Database.OpenConnectionAsync())
        {
            if (!isOther)
                await connection.ExecuteAsync("UPDATE idempotent_requests SET status = NULL WHERE key = @key",
                    new { key = first.Headers.GetValues(Idempotency.Header).Single() });
        }
        return await api.Client.SendAsync(again);
    }

    private static Uri WithQuery(Uri path, string query) =>
        new($"{path}{(path.OriginalString.Contains('?') ? '&' : '?')}{query}", UriKind.Relative);

    private static async Task<HttpRequestMessage> CopyAsync(HttpRequestMessage request)
    {
        var copy = new HttpRequestMessage(request.Method, request.RequestUri);
        foreach (var header in request.Headers)
            copy.Headers.TryAddWithoutValidation(header.Key, header.Value);
        if (request.Content is not null)
            copy.Content = OfSameType(request.Content, await request.Content.ReadAsByteArrayAsync());
        return copy;
    }

    private static ByteArrayContent OfSameType(HttpContent like, byte[] body)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = like.Headers.ContentType;
        return content;
    }

    private HttpRequestMessage WithKey(HttpRequestMessage request)
    {
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", api.AdminKey);
        return request;
    }

    private static void SetIfMatch(HttpRequestMessage request, string value)
    {
        request.Headers.Remove("If-Match");
        request.Headers.TryAddWithoutValidation("If-Match", value);
    }

    /// <summary>A token with every scope that does not imply this one.</summary>
    private string Powerless(string scope) => api.Issuer.Token(scope switch
    {
        "read" => "openid",
        "operate" => "gateway:read gateway:billing",
        "billing" => "gateway:read gateway:operate",
        _ => "gateway:read gateway:operate gateway:billing",
    });
}
