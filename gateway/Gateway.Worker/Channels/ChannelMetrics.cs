using System.Diagnostics.Metrics;

namespace Gateway.Worker.Channels;

/// <summary>The metrics of the synchronisation of this node's channels with Meta.</summary>
internal static class ChannelMetrics
{
    private static readonly Meter Meter = new("Gateway.Channels");

    private static readonly Counter<long> Syncs = Meter.CreateCounter<long>(
        "gateway_channels_syncs", "{sync}", "Reads of a channel's settings at Meta, with or without a push before, and failures");

    static ChannelMetrics() => Meter.CreateObservableGauge(
        "gateway_channels_drifting", () => Drifting, "{channel}", "Channels with a setting that differs at Meta");

    /// <summary>The number of this node's channels with drift, as of the last poll.</summary>
    public static int Drifting { get; set; }

    public static void Synced(string result) => Syncs.Add(1, new KeyValuePair<string, object?>("result", result));
}
