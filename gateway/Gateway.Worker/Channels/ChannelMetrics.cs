using System.Diagnostics.Metrics;

namespace Gateway.Worker.Channels;

/// <summary>How this node's channels stand with Meta.</summary>
internal static class ChannelMetrics
{
    private static readonly Meter Meter = new("Gateway.Channels");

    private static readonly Counter<long> Syncs = Meter.CreateCounter<long>(
        "gateway_channels_syncs", "{sync}", "Readings of a channel's settings at Meta, with or without a push before, and failures");

    static ChannelMetrics() => Meter.CreateObservableGauge(
        "gateway_channels_drifting", () => Drifting, "{channel}", "Channels with a setting that Meta has otherwise than we want");

    /// <summary>How many of this node's channels do, when it last looked.</summary>
    public static int Drifting { get; set; }

    public static void Synced(string result) => Syncs.Add(1, new KeyValuePair<string, object?>("result", result));
}
