using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Sip;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Trunks;
using Gateway.WhatsApp.Graph;
using Gateway.Worker.Calls;
using Gateway.Worker.Configuration;
using Gateway.Worker.Metrics;
using Media.Protocols.Primitives;
using Prometheus;

namespace Gateway.Worker.Health;

/// <summary>/healthz: the process lives. /readyz: new calls are accepted here, otherwise the obstacles. /metrics: Prometheus.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this WebApplication app)
    {
        app.MapGet("/healthz", () => Results.Text("ok\n"));
        app.MapGet("/readyz", CheckAsync);
        // OpenMetrics for who asks for it, as Prometheus does: it alone has exemplars. It writes `le="1.0"` for `le="1"`.
        app.MapMetrics(settings => settings.Registry = app.Services.GetRequiredService<MetricsExporter>().Registry);
    }

    private static async Task<IResult> CheckAsync(
        NodeCapacity capacity, NodeDrain drain, LiveOptions live, SipEndpoint sip, StoreProbes stores, GraphClient graph,
        ClockWatch clock)
    {
        var (postgres, cache) = (stores.PostgresAsync(), stores.RedisAsync());
        var options = live.Options;
        var trunks = options.Sip.AllTrunks().ToDictionary(t => t.Name, t => sip.GetTrunkHealth(t.Name));
        var checks = new Dictionary<string, string>
        {
            ["gateway"] = drain.View is not null ? "draining" : capacity.IsReady ? "ok" : "not accepting calls",
            ["postgres"] = await postgres,
            ["redis"] = await cache,
            ["descriptors"] = capacity.Budget.Shortage() ?? "ok",
            ["sip"] = sip.Fault ?? "ok",
            // A trunk that is down concerns the NOC, but another one may carry the calls: only all of them down makes the node unready.
            ["trunks"] = trunks.Count > 0 && trunks.Values.All(t => t?.State == TrunkState.Down) ? "all down" : "ok",
        };
        // Without Redis calls go on, and a node out of rotation would not receive their webhooks. Without PostgreSQL they go on where the
        // policy allows.
        var admits = options.Calls.WhenStoreIsUnavailable == OutagePolicy.Admit;
        var ready = checks.All(check => check.Value == "ok" || check.Key == "redis" || (check.Key == "postgres" && admits));
        return Results.Json(
            new
            {
                ready,
                drain = drain.View,
                checks,
                trunks = trunks.ToDictionary(t => t.Key, t => Describe(t.Value)),
                // Shown but not counted: another node has the same token, and would fare no better with the webhooks.
                channels = options.Channels.ToDictionary(
                    c => c.PhoneNumberId,
                    c => graph.RefusedTokens.TryGetValue(c.PhoneNumberId, out var error) ? "access token refused: " + error : "ok"),
                clock = clock.State,
                configuration = new { hash = live.Snapshot.Hash, appliedAt = live.Snapshot.AppliedAt },
            },
            statusCode: ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    /// <summary>"up", or the state with the peer's text: "up, not registered: REGISTER answered 403 Forbidden".</summary>
    private static string Describe(TrunkHealth? health)
    {
        var state = WireName.Of(health?.State ?? TrunkState.Unknown);
        if (health is { Registered: false })
            state += ", not registered";
        return health?.Cause is { } cause ? $"{state}: {cause}" : state;
    }
}
