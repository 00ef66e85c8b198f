using System.Diagnostics.Metrics;

namespace Gateway.WhatsApp.Graph;

/// <summary>The instruments of what is asked of Graph. Labels come from closed sets only.</summary>
public static class GraphMetrics
{
    public const string MeterName = "Gateway.WhatsApp";

    private static readonly Meter Meter = new(MeterName);

    private static readonly Histogram<double> GraphLatency =
        Meter.CreateHistogram<double>("gateway_whatsapp_graph_seconds", "s", "Time of one Graph action, retries included.",
            advice: new() { HistogramBucketBoundaries = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });

    private static readonly Counter<long> GraphErrors =
        Meter.CreateCounter<long>("gateway_whatsapp_graph_errors", "{error}", "Failed Graph actions by action and error name.");

    private static readonly Counter<long> GraphRetries =
        Meter.CreateCounter<long>("gateway_whatsapp_graph_retries", "{attempt}", "Repeated Graph attempts by action.");

    internal static void Record(string action, TimeSpan took, GraphError? error)
    {
        GraphLatency.Record(took.TotalSeconds, new("action", action), new("result", error is null ? "ok" : "error"));
        if (error is not null)
            GraphErrors.Add(1, new("action", action), new KeyValuePair<string, object?>("code", error.Name));
    }

    internal static void CountRetry(string action) => GraphRetries.Add(1, new KeyValuePair<string, object?>("action", action));
}
