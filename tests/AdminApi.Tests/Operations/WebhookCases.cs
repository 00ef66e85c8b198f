using AdminApi.Platform;
using AdminApi.Tests.Kit;
using Dapper;
using Gateway.Storage.Events;

namespace AdminApi.Tests.Operations;

public sealed class WebhookCases : IOperationCases
{
    /// <summary>An address at which nothing listens.</summary>
    private const string Url = "http://127.0.0.1:9/hook";

    public void Describe(CaseTable cases)
    {
        cases.For("listWebhooks").Succeeds(200, api => api.Get("/v1/webhooks?limit=2"));
        cases.For("getWebhook")
            .Succeeds(200, async api => api.Get($"/v1/webhooks/{await IdAsync(api)}"))
            .Fails(Problems.NotFound, api => api.Get("/v1/webhooks/none"));
        cases.For("createWebhook")
            .Succeeds(201, api => api.Post("/v1/webhooks", new { url = Url, kinds = new[] { "call.missed" }, isEnabled = false }))
            .Fails(
                Problems.InvalidRequest, api => api.Post("/v1/webhooks", new { url = "https://10.0.0.1/", kinds = new[] { "call.mist" } }));
        cases.For("updateWebhook")
            .Succeeds(200, async api => api.Put($"/v1/webhooks/{await IdAsync(api)}", new { url = Url, isEnabled = false }, 1))
            .Fails(Problems.NotFound, api => api.Put("/v1/webhooks/none", new { url = Url }, 1));
        cases.For("deleteWebhook")
            .Succeeds(204, async api => api.Delete($"/v1/webhooks/{await IdAsync(api)}", 1))
            .Fails(Problems.NotFound, api => api.Delete("/v1/webhooks/none", 1));
        cases.For("rotateWebhookSecret")
            .Succeeds(200, async api => api.Post($"/v1/webhooks/{await IdAsync(api)}/rotate-secret", new { graceSeconds = 60 }, 1))
            .Fails(Problems.NotFound, api => api.Post("/v1/webhooks/none/rotate-secret", new { }, 1));
        cases.For("testWebhook")
            .Succeeds(200, async api => api.Post($"/v1/webhooks/{await IdAsync(api)}/test"))
            .Fails(Problems.NotFound, api => api.Post("/v1/webhooks/none/test"));
        cases.For("listDeliveries")
            .Succeeds(200, async api => api.Get($"/v1/webhooks/{(await DeliveryAsync(api)).Webhook}/deliveries?state=waiting"))
            .Fails(Problems.NotFound, api => api.Get("/v1/webhooks/none/deliveries"));
        cases.For("redeliver")
            .Succeeds(202, async api =>
            {
                var (webhook, happened) = await DeliveryAsync(api);
                return api.Post($"/v1/webhooks/{webhook}/deliveries/{happened}/redeliver");
            })
            .Fails(Problems.NotFound, api => api.Post("/v1/webhooks/none/deliveries/1/redeliver"));
        cases.For("redeliverAll")
            .Succeeds(202, async api => api.Post(
                $"/v1/webhooks/{(await DeliveryAsync(api)).Webhook}/deliveries/redeliver", new { since = "2020-01-01T00:00:00Z" }))
            .Fails(Problems.NotFound, api => api.Post("/v1/webhooks/none/deliveries/redeliver", new { since = "2020-01-01T00:00:00Z" }));
    }

    private static async Task<string> IdAsync(ApiFixture api)
    {
        var made = await api.ReadAsync(api.Post("/v1/webhooks", new { url = Url, isEnabled = false }));
        return made.GetProperty("webhook").GetProperty("id").GetString()!;
    }

    private static async Task<(string Webhook, long Happened)> DeliveryAsync(ApiFixture api)
    {
        var webhook = await IdAsync(api);
        await Samples.EventAsync(api, new NewEvent(EventKind.CallMissed, DateTimeOffset.UtcNow));
        await using var connection = await api.Database.OpenConnectionAsync();
        var happened = await connection.ExecuteScalarAsync<long>(
            "INSERT INTO webhook_deliveries (endpoint, event) SELECT @webhook, max(id) FROM events RETURNING event", new { webhook });
        return (webhook, happened);
    }
}
