using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using AdminApi;
using Microsoft.AspNetCore.Builder;
using Testing;

namespace Interop.Bench;

/// <summary>The admin API over the bench's stores, and an operator in front of it.</summary>
public sealed class AdminClient : IAsyncDisposable
{
    private const string Key = "interop-admin-key-0123456789abcdef";

    private readonly WebApplication _app;
    private readonly HttpClient _http;

    private AdminClient(WebApplication app)
    {
        _app = app;
        _http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
    }

    public string Url => _app.Urls.Single();

    /// <param name="stores">What it works on.</param>
    /// <param name="more">Its further settings.</param>
    public static async Task<AdminClient> StartAsync(Stores stores, params IReadOnlyList<string> more)
    {
        var app = AdminApiHost.Build(
            ["--urls=http://127.0.0.1:0", $"--AdminApi:Key={Key}", $"--AdminApi:Postgres={stores.Postgres}",
                $"--AdminApi:Redis={stores.Redis}", "--Logging:LogLevel:Default=Warning", .. more]);
        await app.StartAsync();
        return new AdminClient(app);
    }

    public Task<JsonElement> GetAsync(string path) => _http.GetFromJsonAsync<JsonElement>("/v1/" + path);

    /// <summary>Sends a request without a version: creates, tops up, requests.</summary>
    public async Task<JsonElement> PostAsync(string path, object body)
    {
        var (status, answer) = await TryPostAsync(path, body);
        return (int)status < 300 ? answer : throw new InvalidOperationException($"POST {path}: {(int)status} {answer}");
    }

    public async Task<(HttpStatusCode Status, JsonElement Body)> TryPostAsync(string path, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/" + path) { Content = JsonContent.Create(body) };
        request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
        using var answer = await _http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return (answer.StatusCode, text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text));
    }

    /// <summary>Changes a versioned resource, by its current version.</summary>
    public async Task<JsonElement> ChangeAsync(HttpMethod method, string path, object body, string? versionOf = null)
    {
        using var known = await _http.GetAsync("/v1/" + (versionOf ?? path));
        using var request = new HttpRequestMessage(method, "/v1/" + path) { Content = JsonContent.Create(body) };
        request.Headers.IfMatch.Add(known.Headers.ETag!);
        using var answer = await _http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode
            ? JsonSerializer.Deserialize<JsonElement>(text)
            : throw new InvalidOperationException($"{method} {path}: {text}");
    }

    /// <summary>An account with money, a card with one price a second in each direction, and the channel that they serve.</summary>
    public async Task OpenAccountAsync(string name, BenchChannel channel, string money, string minimum, string pricePerMinute)
    {
        await PostAsync("rate-cards", new { id = name, name, currency = "USD" });
        foreach (var direction in new[] { "inbound", "outbound" })
            await PostAsync($"rate-cards/{name}/rates", new { direction, prefix = "", pricePerMinute, pulseSeconds = 1 });
        await PostAsync(
            "accounts", new { id = name, name, currency = "USD", rateCard = name, minimumInbound = minimum, minimumOutbound = minimum });
        await TopUpAsync(name, money);
        await ChangeAsync(
            HttpMethod.Put, $"channels/{channel.PhoneNumberId}/account", new { account = name }, $"channels/{channel.PhoneNumberId}");
    }

    public Task TopUpAsync(string account, string amount) => PostAsync($"accounts/{account}/top-ups", new { amount, currency = "USD" });

    /// <summary>Follows the event stream until an event of this kind comes for which <paramref name="wanted"/> holds.</summary>
    public async Task<JsonElement> FollowAsync(
        string kind, Func<JsonElement, bool> wanted, TaskCompletionSource connected, CancellationToken cancellation)
    {
        using var answer = await _http.GetAsync("/v1/events/stream?kinds=" + kind, HttpCompletionOption.ResponseHeadersRead, cancellation);
        answer.EnsureSuccessStatusCode();
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(cancellation));
        while (await reader.ReadLineAsync(cancellation) is { } line)
        {
            connected.TrySetResult();
            if (line.StartsWith("data: ", StringComparison.Ordinal) && JsonSerializer.Deserialize<JsonElement>(line[6..]) is var happened
                && wanted(happened))
                return happened;
        }
        throw new InvalidOperationException("The event stream ended.");
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
