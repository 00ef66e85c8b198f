using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Storage;
using Gateway.Storage.Admin;
using Media.Protocols.Primitives;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Testing;

namespace AdminApi.Tests.Kit;

/// <summary>
/// The running admin API over real stores, with the least rights that its database role has, a key of every scope and an issuer of tokens.
/// Beside it run one that allows a single request a minute and one whose PostgreSQL is unavailable.
/// </summary>
public sealed class ApiFixture : IAsyncLifetime
{
    public const string ConfiguredKey = "0123456789abcdef0123456789abcdef";

    /// <summary>The number of attempts for a webhook.</summary>
    public const int WebhookAttempts = 4;

    private readonly List<WebApplication> _apps = [];

    public Stores Stores { get; } = new();

    public TokenIssuer Issuer { get; } = new();

    /// <summary>As the owner of the tables; the API itself has the rights of gateway_admin only.</summary>
    public NpgsqlDataSource Database { get; private set; } = null!;

    public WebApplication App { get; private set; } = null!;

    /// <summary>Sends any request; those of <see cref="Request"/> carry the admin key.</summary>
    public HttpClient Client { get; private set; } = null!;

    public HttpClient LimitedClient { get; private set; } = null!;

    public HttpClient StorelessClient { get; private set; } = null!;

    public string AdminKey { get; private set; } = "";

    /// <summary>The folder in which the nodes' recordings would be.</summary>
    public string Recordings { get; } = Directory.CreateTempSubdirectory("recordings-").FullName;

    public T Get<T>() where T : notnull => App.Services.GetRequiredService<T>();

    public async Task InitializeAsync()
    {
        Database = NpgsqlDataSource.Create(Stores.Postgres);
        await Migrator.MigrateAsync(Database, CancellationToken.None);
        await Issuer.StartAsync();
        (App, Client) = await StartAsync($"--AdminApi:RequestsPerMinute=1000000");
        AdminKey = await KeyAsync(Scope.Admin);
        (_, LimitedClient) = await StartAsync("--AdminApi:RequestsPerMinute=1");
        (_, StorelessClient) = await StartAsync("--AdminApi:Postgres=Host=127.0.0.1;Port=1;Username=x;Database=x;Timeout=1");
    }

    public async Task DisposeAsync()
    {
        foreach (var app in _apps)
            await app.DisposeAsync();
        await Issuer.DisposeAsync();
        await Database.DisposeAsync();
        Directory.Delete(Recordings, recursive: true);
        Stores.Dispose();
    }

    /// <summary>Another instance over the same stores, with the rights that an admin API has there and no more.</summary>
    public async Task<(WebApplication App, HttpClient Client)> StartAsync(params string[] arguments)
    {
        var app = AdminApiHost.Build(
        [
            "--urls=http://127.0.0.1:0", $"--AdminApi:Key={ConfiguredKey}",
            $"--AdminApi:Postgres={Stores.Postgres};Options=-c role=gateway_admin", $"--AdminApi:Redis={Stores.Redis}",
            $"--AdminApi:Oidc:Issuer={Issuer.Url}", "--AdminApi:Oidc:Audience=gateway", "--Logging:LogLevel:Default=Warning",
            $"--AdminApi:Recordings={Recordings}/", // as an operator may write it
            "--AdminApi:Webhooks:AllowedNetworks=127.0.0.0/8", "--AdminApi:Webhooks:FirstRetry=00:00:00.01",
            $"--AdminApi:Webhooks:MaxAttempts={WebhookAttempts}", .. arguments,
        ]);
        await app.StartAsync();
        _apps.Add(app);
        return (app, new HttpClient { BaseAddress = new Uri(app.Urls.First()) });
    }

    /// <summary>Makes a new key and returns its text.</summary>
    public Task<string> KeyAsync(params Scope[] scopes) => AgentKeyAsync(null, scopes);

    /// <summary>The same, for an agent.</summary>
    public async Task<string> AgentKeyAsync(string? agent, params Scope[] scopes)
    {
        var key = KeyText.New();
        await Get<KeyStore>()
            .CreateAsync(
                key.Id, key.Hash, "of a test", [.. scopes.Select(s => WireName.Of(s))], null, "test", CancellationToken.None, agent);
        return key.Text;
    }

    /// <summary>A request with the admin key, and a fresh Idempotency-Key where it is a POST.</summary>
    /// <param name="method">GET, POST …</param>
    /// <param name="path">With its query.</param>
    /// <param name="body">Becomes JSON; a text is sent as it is.</param>
    /// <param name="version">Becomes If-Match.</param>
    public HttpRequestMessage Request(HttpMethod method, string path, object? body = null, long? version = null)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", AdminKey);
        if (body is not null)
            request.Content = body is string text
                ? new StringContent(text, Encoding.UTF8, "application/json")
                : JsonContent.Create(body, options: JsonText.Options);
        if (version is { } number)
            request.Headers.TryAddWithoutValidation("If-Match", $"\"{number}\"");
        if (method == HttpMethod.Post)
            request.Headers.TryAddWithoutValidation(Idempotency.Header, Guid.NewGuid().ToString());
        return request;
    }

    public HttpRequestMessage Get(string path) => Request(HttpMethod.Get, path);

    public HttpRequestMessage Post(string path, object? body = null, long? version = null) => Request(HttpMethod.Post, path, body, version);

    public HttpRequestMessage Put(string path, object? body = null, long? version = null) => Request(HttpMethod.Put, path, body, version);

    public HttpRequestMessage Patch(string path, object? body = null, long? version = null) =>
        Request(HttpMethod.Patch, path, body, version);

    public HttpRequestMessage Delete(string path, long? version = null) => Request(HttpMethod.Delete, path, null, version);

    /// <summary>Sends a request that must succeed, and reads its JSON.</summary>
    public async Task<JsonElement> ReadAsync(HttpRequestMessage request)
    {
        var answer = await Client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{request.Method} {request.RequestUri}: {(int)answer.StatusCode} {text}");
        return text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text);
    }

    /// <summary>Status and code of a request that must fail.</summary>
    public async Task<(int Status, string Code)> FailAsync(HttpRequestMessage request)
    {
        var answer = await Client.SendAsync(request);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal((int)answer.StatusCode, problem.GetProperty("status").GetInt32());
        return ((int)answer.StatusCode, problem.GetProperty("code").GetString()!);
    }
}

[CollectionDefinition(Name)]
public sealed class ApiCollection : ICollectionFixture<ApiFixture>
{
    public const string Name = "the running API";
}
