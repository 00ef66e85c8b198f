using System.Diagnostics.Metrics;

namespace Gateway.Worker.Reload;

/// <summary>Counts reloads by their results, and shows when the configuration in force was applied.</summary>
internal static class ReloadMetrics
{
    private static readonly Meter Meter = new("Gateway.Configuration");

    private static readonly Counter<long> Reloads = Meter.CreateCounter<long>(
        "gateway_config_reloads", description: "Reloads of the configuration: applied, unchanged, refused");

    private static readonly Gauge<double> Applied = Meter.CreateGauge<double>(
        "gateway_config_applied_seconds", description: "When the configuration in force was applied, as Unix time");

    public static void Reloaded(string result) => Reloads.Add(1, new KeyValuePair<string, object?>("result", result));

    public static void AppliedAt(DateTimeOffset at) => Applied.Record(at.ToUnixTimeSeconds());
}
