using System.Diagnostics.Metrics;
using Gateway.Calls;
using Media.Protocols.Primitives;

namespace Gateway.WhatsApp.Webhooks;

/// <summary>The instruments of what Meta sends. Labels come from closed sets only.</summary>
public static class WebhookMetrics
{
    private static readonly Meter Meter = new("Gateway.WhatsApp");

    private static readonly Counter<long> Webhooks =
        Meter.CreateCounter<long>("gateway_whatsapp_webhooks", "{webhook}", "Webhook requests by result.");

    private static readonly Counter<long> Events =
        Meter.CreateCounter<long>("gateway_whatsapp_webhook_events", "{event}", "Events found in webhooks by kind.");

    private static readonly Counter<long> Skips =
        Meter.CreateCounter<long>("gateway_whatsapp_webhook_skips", "{element}", "Webhook elements left out, by reason.");

    private static readonly Histogram<double> Age =
        Meter.CreateHistogram<double>("gateway_whatsapp_webhook_age_seconds", "s", "Time from Meta's timestamp to receipt.",
            advice: new() { HistogramBucketBoundaries = [0.5, 1, 2, 5, 10, 30, 60, 300, 3600] });

    internal static void CountWebhook(string result) => Webhooks.Add(1, new KeyValuePair<string, object?>("result", result));

    internal static void CountBatch(WebhookBatch batch, DateTimeOffset now)
    {
        foreach (var found in batch.Events)
        {
            Events.Add(1, new KeyValuePair<string, object?>("kind", WireName.OfName(found.GetType().Name)));
            if (found.Timestamp is { } sent)
                Age.Record(Math.Max(0, (now - sent).TotalSeconds));
        }
        foreach (var reason in batch.Skipped)
            Skips.Add(1, new KeyValuePair<string, object?>("reason", WireName.Of(reason)));
    }
}
