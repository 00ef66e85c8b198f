using System.Diagnostics.Metrics;
using System.Text.Json;
using Gateway.Calls;
using Gateway.WhatsApp.Graph;
using Gateway.WhatsApp.Webhooks;

namespace Gateway.WhatsApp;

/// <summary>The instruments of this project. Labels come from closed sets only.</summary>
public static class WhatsAppMetrics
{
    public const string MeterName = "Gateway.WhatsApp";

    private static readonly Meter Meter = new(MeterName);

    private static readonly Counter<long> Webhooks =
        Meter.CreateCounter<long>("gateway_whatsapp_webhooks", "{webhook}", "Webhook requests by result.");

    private static readonly Counter<long> Events =
        Meter.CreateCounter<long>("gateway_whatsapp_webhook_events", "{event}", "Events found in webhooks by kind.");

    private static readonly Counter<long> Skips =
        Meter.CreateCounter<long>("gateway_whatsapp_webhook_skips", "{element}", "Webhook elements left out, by reason.");

    private static readonly Histogram<double> Age =
        Meter.CreateHistogram<double>("gateway_whatsapp_webhook_age_seconds", "s", "Time from Meta's timestamp to receipt.",
            advice: new() { HistogramBucketBoundaries = [0.5, 1, 2, 5, 10, 30, 60, 300, 3600] });

    private static readonly Histogram<double> GraphLatency =
        Meter.CreateHistogram<double>("gateway_whatsapp_graph_seconds", "s", "Time of one Graph action, retries included.",
            advice: new() { HistogramBucketBoundaries = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });

    private static readonly Counter<long> GraphErrors =
        Meter.CreateCounter<long>("gateway_whatsapp_graph_errors", "{error}", "Failed Graph actions by action and error name.");

    private static readonly Counter<long> GraphRetries =
        Meter.CreateCounter<long>("gateway_whatsapp_graph_retries", "{attempt}", "Repeated Graph attempts by action.");

    internal static void CountWebhook(string result) => Webhooks.Add(1, new KeyValuePair<string, object?>("result", result));

    internal static void CountBatch(WebhookBatch batch, DateTimeOffset now)
    {
        foreach (var found in batch.Events)
        {
            Events.Add(1, new KeyValuePair<string, object?>("kind", JsonNamingPolicy.SnakeCaseLower.ConvertName(found.GetType().Name)));
            if (found.Timestamp is { } sent)
                Age.Record(Math.Max(0, (now - sent).TotalSeconds));
        }
        foreach (var reason in batch.Skipped)
            Skips.Add(1, new KeyValuePair<string, object?>("reason", WireName.Of(reason)));
    }

    internal static void RecordGraph(string action, TimeSpan took, GraphError? error)
    {
        GraphLatency.Record(took.TotalSeconds, new("action", action), new("result", error is null ? "ok" : "error"));
        if (error is not null)
            GraphErrors.Add(1, new("action", action), new KeyValuePair<string, object?>("code", error.Name));
    }

    internal static void CountRetry(string action) => GraphRetries.Add(1, new KeyValuePair<string, object?>("action", action));
}
