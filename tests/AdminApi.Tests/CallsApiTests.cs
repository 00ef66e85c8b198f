using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Gateway.Calls;
using Gateway.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Testing;

namespace AdminApi.Tests;

/// <summary>The running API over real stores.</summary>
public sealed class CallsApiTests(Stores stores) : IClassFixture<Stores>, IAsyncLifetime
{
    private const string Key = "0123456789abcdef0123456789abcdef";

    private WebApplication _app = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        await using (var database = NpgsqlDataSource.Create(stores.Postgres))
            await Migrator.MigrateAsync(database, CancellationToken.None);
        _app = AdminApiHost.Build(
            ["--urls=http://127.0.0.1:0", $"--AdminApi:Key={Key}", $"--AdminApi:Postgres={stores.Postgres}", $"--AdminApi:Redis={stores.Redis}"]);
        await _app.StartAsync();
        _client = new HttpClient { BaseAddress = new Uri(_app.Urls.First()) };
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Bearer wrong")]
    [InlineData("Basic MDEyMzQ1")]
    public async Task A_request_without_the_key_is_refused(string? header)
    {
        using var client = new HttpClient { BaseAddress = _client.BaseAddress };
        if (header is not null)
            client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", header);
        var answer = await client.GetAsync("/v1/calls");
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/healthz")).StatusCode);
    }

    [Fact]
    public async Task Past_calls_are_listed_with_cause_and_quality()
    {
        var id = Guid.NewGuid().ToString("n");
        var start = DateTimeOffset.UnixEpoch.AddDays(30_000);
        await _app.Services.GetRequiredService<ICallStore>().CompleteAsync(
            new CallRecord
            {
                Id = new CallId(id),
                Direction = CallDirection.Outbound,
                Channel = new ChannelId("100"),
                User = new WhatsAppUser("15550001"),
                StartedAt = start,
                EndedAt = start.AddSeconds(5),
                Cause = HangupCause.NotPermitted,
                WhatsAppError = new WhatsAppError(138006, "No approved call permission"),
                Node = "n1",
            },
            CancellationToken.None);

        var page = await _client.GetFromJsonAsync<JsonElement>("/v1/calls?limit=5");
        var call = page.GetProperty("items").EnumerateArray().Single(c => c.GetProperty("id").GetString() == id);
        Assert.Equal("not_permitted", call.GetProperty("cause").GetString());
        Assert.Equal(138006, call.GetProperty("whatsAppError").GetProperty("code").GetInt32());

        var earlier = await _client.GetFromJsonAsync<JsonElement>($"/v1/calls?before={Uri.EscapeDataString(start.ToString("O"))}");
        Assert.DoesNotContain(earlier.GetProperty("items").EnumerateArray(), c => c.GetProperty("id").GetString() == id);
    }

    [Fact]
    public async Task Live_calls_of_every_node_are_listed()
    {
        var call = new LiveCall(
            new CallId(Guid.NewGuid().ToString("n")), new WhatsAppCallId("wacid.X"), CallDirection.Inbound, new ChannelId("100"), "…0001", "main", null,
            CallState.RingingPbx, DateTimeOffset.UnixEpoch.AddDays(20_000), null, "n2");
        var registry = _app.Services.GetRequiredService<ICallRegistry>();
        await registry.PublishAsync(call, CancellationToken.None);
        var page = await _client.GetFromJsonAsync<JsonElement>("/v1/calls/live");
        await registry.RemoveAsync(call.Id, CancellationToken.None);
        var view = page.GetProperty("items").EnumerateArray().Single(c => c.GetProperty("id").GetString() == call.Id.Value);
        Assert.Equal("ringing_pbx", view.GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_senseless_limit_is_a_problem_and_not_a_crash()
    {
        Assert.Equal(HttpStatusCode.BadRequest, (await _client.GetAsync("/v1/calls?limit=0")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await _client.GetAsync("/v1/calls?limit=x")).StatusCode);
    }

    [Fact]
    public async Task The_API_describes_itself()
    {
        var document = await _client.GetFromJsonAsync<JsonElement>("/openapi/v1.json");
        Assert.True(document.GetProperty("paths").TryGetProperty("/v1/calls/live", out _));
    }

    [Fact]
    public void A_short_key_and_missing_stores_are_refused_at_start_in_one_message()
    {
        var refusal = Assert.Throws<InvalidOperationException>(() => AdminApiHost.Build(["--AdminApi:Key=short"]));
        Assert.Contains("24 characters", refusal.Message);
        Assert.Contains("Redis", refusal.Message);
    }
}
