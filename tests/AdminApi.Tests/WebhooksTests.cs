using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AdminApi.Platform;
using AdminApi.Tests.Kit;
using AdminApi.Webhooks;
using Dapper;
using Gateway.Storage.Events;

namespace AdminApi.Tests;

[Collection(ApiCollection.Name)]
public sealed class WebhooksTests(ApiFixture api) : IAsyncLifetime
{
    private readonly string _channel = "c" + Guid.NewGuid().ToString("n");

    private WebhookReceiver _receiver = null!;

    public async Task InitializeAsync() => _receiver = await WebhookReceiver.StartAsync();

    public async Task DisposeAsync()
    {
        await using var connection = await api.Database.OpenConnectionAsync();
        await connection.ExecuteAsync("DELETE FROM webhook_endpoints");
        await _receiver.DisposeAsync();
    }

    [Fact]
    public async Task An_event_is_sent_with_a_signature_that_its_secret_proves()
    {
        var (id, secret, _) = await CreateAsync();
        await HappenAsync(1);
        var got = await _receiver.NextAsync();
        Assert.Equal("call.missed", got.Json.GetProperty("type").GetString());
        var happened = got.Json.GetProperty("data");
        Assert.Equal(1, happened.GetProperty("data").GetProperty("number").GetInt32());
        Assert.Equal($"evt_{happened.GetProperty("id").GetInt64()}_{id}", got.Id);
        Assert.InRange(got.Timestamp, DateTimeOffset.UtcNow.AddMinutes(-1).ToUnixTimeSeconds(), DateTimeOffset.UtcNow.AddMinutes(1)
            .ToUnixTimeSeconds());
        Assert.Equal("v1," + Signature(secret, got), got.Signature);
    }

    /// <summary>The sample of the Standard Webhooks specification's reference implementations.</summary>
    [Fact]
    public void The_signature_is_that_of_the_standard() => Assert.Equal(
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        StandardWebhookSignature.Header(
            ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], "msg_p5jXN8AQM9LWM0D4loKWxJek", DateTimeOffset.FromUnixTimeSeconds(1_614_265_330),
            "{\"test\": 2432232314}"));

    [Fact]
    public async Task What_fails_is_tried_again_under_the_same_id_until_it_is_taken()
    {
        var (id, _, _) = await CreateAsync();
        _receiver.AnswerNext(500);
        _receiver.AnswerNext(context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        await HappenAsync(1);
        var ids =
            new HashSet<string> { (await _receiver.NextAsync()).Id, (await _receiver.NextAsync()).Id, (await _receiver.NextAsync()).Id };
        Assert.Single(ids);
        var delivery = await EndedAsync(id);
        Assert.Equal("delivered", delivery.GetProperty("state").GetString());
        Assert.Equal(3, delivery.GetProperty("attempts").GetInt32());
    }

    [Theory]
    [InlineData("1", 0.9)]
    [InlineData("date", 0.9)]
    [InlineData("-5", 0)]
    [InlineData("soon", 0)]
    public async Task Who_asks_to_be_left_alone_gets_nothing_for_so_long(string retryAfter, double least)
    {
        await CreateAsync();
        var asked = 0L;
        _receiver.AnswerNext(context =>
        {
            asked = System.Diagnostics.Stopwatch.GetTimestamp();
            context.Response.StatusCode = 429;
            context.Response.Headers.Date = DateTimeOffset.UtcNow.AddHours(-1).ToString("R"); // relative to the receiver's clock
            context.Response.Headers.RetryAfter = retryAfter == "date"
                ? DateTimeOffset.UtcNow.AddHours(-1).AddSeconds(2).ToString("R")
                : retryAfter;
            return Task.CompletedTask;
        });
        await HappenAsync(1);
        await _receiver.NextAsync();
        await HappenAsync(2); // nor another event
        await _receiver.NextAsync();
        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(asked).TotalSeconds >= least);
    }

    [Fact]
    public async Task Nobody_is_left_alone_for_longer_than_the_longest_wait()
    {
        var (id, _, _) = await CreateAsync();
        _receiver.AnswerNext(context =>
        {
            context.Response.StatusCode = 503;
            context.Response.Headers.RetryAfter = "31536000";
            return Task.CompletedTask;
        });
        await HappenAsync(1);
        await _receiver.NextAsync();
        await using var connection = await api.Database.OpenConnectionAsync();
        DateTime? until = null;
        for (var i = 0; until is null && i < 400; i++, await Task.Delay(50))
            until = await connection.QuerySingleAsync<DateTime?>("SELECT paused_until FROM webhook_endpoints WHERE id = @id", new { id });
        Assert.InRange(until!.Value, DateTime.UtcNow.AddHours(7), DateTime.UtcNow.AddHours(8.1));
    }

    [Fact]
    public async Task What_fails_for_good_is_given_up_and_can_be_sent_again()
    {
        var (id, _, _) = await CreateAsync();
        for (var i = 0; i < ApiFixture.WebhookAttempts; i++)
            _receiver.AnswerNext(503);
        await HappenAsync(1);
        for (var i = 0; i < ApiFixture.WebhookAttempts; i++)
            await _receiver.NextAsync();
        var failed = await EndedAsync(id);
        Assert.Equal("failed", failed.GetProperty("state").GetString());
        Assert.Equal(503, failed.GetProperty("lastStatus").GetInt32());

        await api.ReadAsync(api.Post($"/v1/webhooks/{id}/deliveries/{failed.GetProperty("eventId")}/redeliver"));
        await _receiver.NextAsync();
        Assert.Equal("delivered", (await EndedAsync(id)).GetProperty("state").GetString());
    }

    [Fact]
    public async Task An_endpoint_that_says_it_is_gone_is_disabled()
    {
        var (id, _, _) = await CreateAsync();
        _receiver.AnswerNext(410);
        await HappenAsync(1);
        await _receiver.NextAsync();
        await EndedAsync(id);
        await EventuallyAsync(async () => !(await api.ReadAsync(api.Get($"/v1/webhooks/{id}"))).GetProperty("isEnabled").GetBoolean());
    }

    [Fact]
    public async Task Two_instances_send_each_event_once()
    {
        await CreateAsync();
        var (other, _) = await api.StartAsync();
        const int count = 60;
        for (var i = 0; i < count; i++)
            await HappenAsync(i);
        var numbers = new List<int>();
        for (var i = 0; i < count; i++)
            numbers.Add((await _receiver.NextAsync()).Json.GetProperty("data").GetProperty("data").GetProperty("number").GetInt32());
        Assert.Equal(Enumerable.Range(0, count), numbers.Order());
        await other.StopAsync();
        Assert.Equal(0, _receiver.Waiting);
    }

    [Fact]
    public async Task What_a_crashed_instance_had_taken_is_sent_by_another_when_its_lease_is_over()
    {
        var (id, _, version) = await CreateAsync();
        // so that the running sender does not claim it
        await api.ReadAsync(api.Put($"/v1/webhooks/{id}", new { url = _receiver.Url, isEnabled = false }, version));
        await using var connection = await api.Database.OpenConnectionAsync();
        await connection.ExecuteAsync("UPDATE webhook_endpoints SET kinds = '{webhook.tested}' WHERE id = @id", new { id });
        await HappenAsync(7);
        await connection.ExecuteAsync(
            """
            INSERT INTO webhook_deliveries (endpoint, event, attempts, next_at) SELECT @id, max(id), 1, now() + interval '1 minute'
                FROM events WHERE channel = @_channel;
            UPDATE webhook_endpoints SET is_enabled = true WHERE id = @id;
            """,
            new { id, _channel });
        Assert.Empty(await api.Get<WebhookOutbox>().TakeAsync(id, 8, CancellationToken.None)); // claimed by the sender that crashed
        await connection.ExecuteAsync("UPDATE webhook_deliveries SET next_at = now() WHERE endpoint = @id", new { id });
        Assert.Equal(7, (await _receiver.NextAsync()).Json.GetProperty("data").GetProperty("data").GetProperty("number").GetInt32());
        Assert.Equal(2, (await EndedAsync(id)).GetProperty("attempts").GetInt32());
    }

    [Fact]
    public async Task Only_the_kinds_that_were_asked_for_are_sent()
    {
        await CreateAsync(["call.missed"]);
        await Samples.EventAsync(api, new NewEvent(EventKind.CallEnded, DateTimeOffset.UtcNow, Channel: _channel));
        await HappenAsync(2);
        Assert.Equal("call.missed", (await _receiver.NextAsync()).Json.GetProperty("type").GetString());
        Assert.Equal(0, _receiver.Waiting);
    }

    [Fact]
    public async Task While_a_secret_is_rotated_both_sign()
    {
        var (id, first, version) = await CreateAsync();
        var second = (await api.ReadAsync(api.Post($"/v1/webhooks/{id}/rotate-secret", new { graceSeconds = 60 }, version)))
            .GetProperty("secret").GetString()!;
        await HappenAsync(1);
        var got = await _receiver.NextAsync();
        Assert.Equal($"v1,{Signature(second, got)} v1,{Signature(first, got)}", got.Signature);
    }

    [Fact]
    public async Task A_test_tells_what_the_other_side_said()
    {
        var (id, _, _) = await CreateAsync();
        Assert.True((await api.ReadAsync(api.Post($"/v1/webhooks/{id}/test"))).GetProperty("delivered").GetBoolean());
        Assert.Equal("webhook.tested", (await _receiver.NextAsync()).Json.GetProperty("type").GetString());
        _receiver.AnswerNext(404);
        var refused = await api.ReadAsync(api.Post($"/v1/webhooks/{id}/test"));
        Assert.Equal(404, refused.GetProperty("status").GetInt32());
    }

    [Theory]
    [InlineData("http://example.com/")]
    [InlineData("https://10.1.2.3/")]
    [InlineData("https://[::1]/")]
    [InlineData("https://[::ffff:10.0.0.1]/")]
    [InlineData("https://169.254.169.254/latest/meta-data")]
    [InlineData("https://user:password@example.com/")]
    [InlineData("ftp://example.com/")]
    [InlineData("/hook")]
    public void Targets_within_the_network_are_refused_unless_they_are_allowed(string url) =>
        Assert.NotNull(new WebhookNetwork(new AdminApiOptions()).Fault(url));

    [Fact]
    public async Task A_name_that_leads_into_the_network_is_refused_when_the_connection_is_made()
    {
        using var http = new HttpClient(new WebhookNetwork(new AdminApiOptions()).CreateHandler());
        var refusal = await Assert.ThrowsAsync<HttpRequestException>(
            () => http.GetAsync(new UriBuilder(_receiver.Url) { Scheme = "https", Host = "localhost" }.Uri));
        Assert.Contains("no address to which webhooks may be sent", refusal.ToString());
    }

    /// <summary>An endpoint gets the events whose positions are given after it was made: those of other tests have theirs before.</summary>
    private async Task<(string Id, string Secret, long Version)> CreateAsync(string[]? kinds = null)
    {
        await using var connection = await api.Database.OpenConnectionAsync();
        await EventuallyAsync(() => connection.QuerySingleAsync<bool>("SELECT NOT EXISTS (SELECT FROM events WHERE position IS NULL)"));
        var made = await api.ReadAsync(api.Post("/v1/webhooks", new { url = _receiver.Url, kinds = kinds ?? [] }));
        var webhook = made.GetProperty("webhook");
        return (webhook.GetProperty("id").GetString()!, made.GetProperty("secret").GetString()!, webhook.GetProperty("version").GetInt64());
    }

    private Task HappenAsync(int number) =>
        Samples.EventAsync(api, new NewEvent(EventKind.CallMissed, DateTimeOffset.UtcNow, Channel: _channel, Data: new { number }));

    /// <summary>The endpoint's newest delivery, once it has ended.</summary>
    private async Task<JsonElement> EndedAsync(string id)
    {
        JsonElement delivery = default;
        await EventuallyAsync(async () =>
        {
            var page = await api.ReadAsync(api.Get($"/v1/webhooks/{id}/deliveries?limit=1"));
            delivery = page.GetProperty("items").EnumerateArray().FirstOrDefault();
            return delivery.ValueKind == JsonValueKind.Object && delivery.GetProperty("state").GetString() != "waiting";
        });
        return delivery;
    }

    private static async Task EventuallyAsync(Func<Task<bool>> holds)
    {
        var timeout = DateTime.UtcNow.AddSeconds(20);
        while (!await holds())
        {
            Assert.True(DateTime.UtcNow < timeout, "The condition was not reached in time.");
            await Task.Yield();
        }
    }

    private static string Signature(string secret, ReceivedWebhook got) => Convert.ToBase64String(HMACSHA256.HashData(
        Convert.FromBase64String(secret["whsec_".Length..]), Encoding.UTF8.GetBytes($"{got.Id}.{got.Timestamp}.{got.Body}")));
}
