using System.Diagnostics.Metrics;

namespace Gateway.Worker.Reload;

/// <summary>Counts reloads by their results, and shows when the configuration in force was applied, and that a wrong one waits.</summary>
internal static class ReloadMetrics
{
    public const string Refused = "refused";

    private static readonly Meter Meter = new("Gateway.Configuration");

    private static readonly Counter<long> Reloads = Meter.CreateCounter<long>(
        "gateway_config_reloads", description: "Reloads of the configuration: applied, unchanged, refused");

    private static readonly Gauge<double> Applied = Meter.CreateGauge<double>(
        "gateway_config_applied_seconds", description: "When the configuration in force was applied, as Unix time");

    private static readonly Gauge<int> Successful = Meter.CreateGauge<int>(
        "gateway_config_last_reload_successful",
        description: "0: the last reload was refused, and what is in force is not what the file says");

    /// <summary>The configuration of the start. Once the metrics are listened to: a gauge keeps nothing for who comes later.</summary>
    public static void Started(DateTimeOffset at)
    {
        Applied.Record(at.ToUnixTimeSeconds());
        Successful.Record(1);
    }

    public static void Reloaded(string result, DateTimeOffset appliedAt)
    {
        Reloads.Add(1, new KeyValuePair<string, object?>("result", result));
        Applied.Record(appliedAt.ToUnixTimeSeconds());
        Successful.Record(result == Refused ? 0 : 1);
    }
}
