using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Demo;

/// <summary>The operator at the admin API.</summary>
internal sealed class AdminClient(HttpClient http)
{
    public async Task<JsonElement> GetAsync(string path, CancellationToken cancellation) =>
        await http.GetFromJsonAsync<JsonElement>(path, cancellation);

    /// <summary>Creates a resource; false where it exists already.</summary>
    public async Task<bool> CreateAsync(string path, object body, CancellationToken cancellation) =>
        await SendAsync(HttpMethod.Post, path, body, null, cancellation) != HttpStatusCode.Conflict;

    /// <summary>The address of a log-in at the console, for one use; of an agent, that of the phone.</summary>
    public async Task<string> ConsoleLinkAsync(CancellationToken cancellation, string? agent = null)
    {
        var query = agent is null ? "" : "?agent=" + agent;
        using var answer = await http.PostAsync(new Uri("/v1/console/links" + query, UriKind.Relative), null, cancellation);
        answer.EnsureSuccessStatusCode();
        var path = (await answer.Content.ReadFromJsonAsync<JsonElement>(cancellation)).GetProperty("path").GetString()!;
        return http.BaseAddress!.GetLeftPart(UriPartial.Authority)
            + (agent is null ? path : path.Replace("/#", "/phone#", StringComparison.Ordinal));
    }

    /// <summary>Replaces a resource, whose version is that of <paramref name="versionOf"/>; null: its own.</summary>
    public async Task ReplaceAsync(string path, object body, CancellationToken cancellation, string? versionOf = null)
    {
        using var known = await http.GetAsync(versionOf ?? path, cancellation);
        await SendAsync(HttpMethod.Put, path, body, known.Headers.ETag, cancellation);
    }

    private async Task<HttpStatusCode> SendAsync(
        HttpMethod method, string path, object body, EntityTagHeaderValue? version, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(body) };
        request.Headers.Add("Idempotency-Key", $"demo{path}");
        if (version is not null)
            request.Headers.IfMatch.Add(version);
        using var answer = await http.SendAsync(request, cancellation);
        return answer.IsSuccessStatusCode || answer.StatusCode == HttpStatusCode.Conflict ? answer.StatusCode
            : throw new DemoException(
                $"The admin API answered {method} {path} with {(int)answer.StatusCode}: " +
                $"{await answer.Content.ReadAsStringAsync(cancellation)}");
    }
}
