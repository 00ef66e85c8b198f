using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using AdminApi.Platform;
using AdminApi.Tests.Kit;
using Gateway.Storage;
using Microsoft.AspNetCore.Builder;
using Npgsql;
using Testing;

namespace AdminApi.Tests;

/// <summary>The program's start, what it exposes, and its behaviour while its stores are unavailable.</summary>
[Collection(ApiCollection.Name)]
public sealed class HostTests(ApiFixture api)
{
    private static readonly string[] Stores = ["--AdminApi:Postgres=Host=127.0.0.1", "--AdminApi:Redis=127.0.0.1"];

    [Fact]
    public void Everything_that_is_wrong_with_the_options_is_said_at_once()
    {
        var refusal = Assert.Throws<InvalidOperationException>(() => AdminApiHost.Build(
            ["--AdminApi:Key=short", "--AdminApi:TrustedProxies=nonsense", "--AdminApi:Oidc:Issuer=http://issuer.example",
                "--AdminApi:Webhooks:MaxAttempts=0"]));
        foreach (var word in new[] { "24 characters", "Postgres", "Redis", "nonsense", "https URL", "Audience", "MaxAttempts" })
            Assert.Contains(word, refusal.Message);
    }

    [Fact]
    public void A_misspelt_option_is_refused() =>
        Assert.Contains("TrustedProxy", Assert.Throws<InvalidOperationException>(
            () => AdminApiHost.Build(["--AdminApi:TrustedProxy=10.0.0.1", .. Stores])).Message);

    [Theory]
    [InlineData("--urls=http://0.0.0.0:0")]
    [InlineData("--urls=http://*:0")]
    [InlineData("--urls=http://[::]:0")]
    [InlineData("--urls=http://192.0.2.1:0")]
    [InlineData("--urls=http://127.0.0.1:0;http://gateway.example:0")]
    [InlineData("--Kestrel:Endpoints:Open:Url=http://0.0.0.0:0")]
    public void Plain_HTTP_is_not_opened_to_others(string binding)
    {
        var refusal = Assert.Throws<InvalidOperationException>(() => AdminApiHost.Build([binding, .. Stores]));
        Assert.Contains("TrustedProxies", refusal.Message);
    }

    [Theory]
    [InlineData("--urls=http://127.0.0.1:0", "")]
    [InlineData("--urls=http://localhost:0", "")]
    [InlineData("--urls=http://[::1]:0", "")]
    [InlineData("--urls=https://0.0.0.0:0", "")]
    [InlineData("--urls=http://0.0.0.0:0", "10.0.0.1,192.168.0.0/16")]
    public async Task Loopback_TLS_and_trusted_proxies_are_fine(string binding, string proxies) =>
        await AdminApiHost.Build([binding, $"--AdminApi:TrustedProxies={proxies}", .. Stores]).DisposeAsync();

    [Fact]
    public void The_document_lists_every_option()
    {
        var readme = File.ReadAllText(Repository.File("admin-api/README.md"));
        foreach (var option in Options(typeof(AdminApiOptions), "AdminApi__"))
            Assert.Matches($"`{option}(`|__)", readme);
    }

    private static IEnumerable<string> Options(Type type, string prefix) =>
        type.GetProperties().Where(p => p.SetMethod?.IsPublic ?? false).SelectMany(option =>
        option.PropertyType.Name.EndsWith("Options", StringComparison.Ordinal)
            ? Options(option.PropertyType, $"{prefix}{option.Name}__")
            : [prefix + option.Name]);

    [Fact]
    public async Task Every_answer_carries_the_security_headers()
    {
        foreach (var path in new[] { "/v1/calls/live", "/v1/nothing", "/healthz" })
        {
            var answer = await api.Client.SendAsync(api.Get(path));
            Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.True(answer.Headers.CacheControl!.NoStore);
            Assert.NotEmpty(answer.Headers.GetValues("X-Request-Id").Single());
            Assert.False(answer.Headers.Contains("Server"));
        }
    }

    [Fact]
    public async Task An_unknown_path_and_an_unknown_method_are_problems_too()
    {
        Assert.Equal((404, "not_found"), await api.FailAsync(api.Get("/v1/nothing")));
        Assert.Equal((405, "method_not_allowed"), await api.FailAsync(api.Delete("/v1/calls", 1)));
    }

    [Theory]
    [InlineData("{\"name\":\"x\",\"scopes\":[\"read\"],\"admin\":true}")]
    [InlineData("{\"name\":\"x\",\"name\":\"y\",\"scopes\":[\"read\"]}")]
    [InlineData("{\"name\":null,\"scopes\":[\"read\"]}")]
    [InlineData("{\"scopes\":[\"read\"]}")]
    [InlineData("{\"name\":1,\"scopes\":[\"read\"]}")]
    [InlineData("{\"name\":\"x\",\"scopes\":[0]}")]
    [InlineData("{\"name\":\"x\",\"scopes\":[null]}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("")]
    [InlineData("{")]
    public async Task A_body_that_is_not_exactly_right_is_refused(string body) =>
        Assert.Equal((400, "invalid_request"), await api.FailAsync(api.Post("/v1/keys", body)));

    [Theory]
    [InlineData("08006", true)]
    [InlineData("25006", true)]
    [InlineData("40001", true)]
    [InlineData("40P01", true)]
    [InlineData("42P01", true)]
    [InlineData("53100", true)]
    [InlineData("53300", true)]
    [InlineData("55P03", true)]
    [InlineData("57014", true)]
    [InlineData("57P01", true)]
    [InlineData("23505", false)]
    [InlineData("42501", false)]
    [InlineData("XX000", false)]
    public void What_passes_by_itself_is_an_outage_and_no_defect(string state, bool isUnavailable) =>
        Assert.Equal(isUnavailable, ErrorEdge.IsStoreUnavailable(new PostgresException("", "ERROR", "ERROR", state)));

    [Fact]
    public async Task Without_PostgreSQL_requests_are_refused_as_unavailable_and_work_again_when_it_is_back()
    {
        using var stores = Testing.Stores.StartPrivate();
        await using (var database = NpgsqlDataSource.Create(stores.Postgres))
            await Migrator.MigrateAsync(database, CancellationToken.None);
        await using var app = AdminApiHost.Build(
        [
            "--urls=http://127.0.0.1:0", $"--AdminApi:Key={ApiFixture.ConfiguredKey}", $"--AdminApi:Postgres={stores.Postgres};Timeout=2",
            $"--AdminApi:Redis={stores.Redis}",
            "--Logging:LogLevel:Default=None",
        ]);
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ApiFixture.ConfiguredKey);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/v1/calls")).StatusCode);

        stores.Kill(StoreServer.Postgres);
        var unavailable = await client.GetAsync("/v1/calls");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, unavailable.StatusCode);
        var problem = JsonSerializer.Deserialize<JsonElement>(await unavailable.Content.ReadAsStringAsync());
        Assert.Equal("unavailable", problem.GetProperty("code").GetString());
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/healthz")).StatusCode);

        stores.Revive(StoreServer.Postgres);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/v1/calls")).StatusCode);
        using var stream = await EventStreamReader.OpenAsync(client, new HttpRequestMessage(HttpMethod.Get, "/v1/events/stream"));
        await using var connection = new NpgsqlConnection(stores.Postgres);
        await connection.OpenAsync();
        await Gateway.Storage.Events.EventOutbox.AppendAsync(
            connection, null, new(Gateway.Storage.Events.EventKind.CallEnded, DateTimeOffset.UtcNow), CancellationToken.None);
        Assert.Equal("call.ended", (await stream.NextAsync()).Kind); // the feed recovered by itself

        stores.Kill(StoreServer.Redis);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync("/v1/calls/live")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/v1/calls")).StatusCode);
    }
}
