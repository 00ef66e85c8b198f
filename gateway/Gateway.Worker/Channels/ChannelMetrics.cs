using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Gateway.Calls;

namespace Gateway.Worker.Channels;

/// <summary>How this node's channels stand with Meta.</summary>
internal static class ChannelMetrics
{
    private static readonly Meter Meter = new("Gateway.Channels");

    private static readonly Counter<long> Syncs = Meter.CreateCounter<long>(
        "gateway_channels_syncs", "{sync}", "Readings of a channel's settings at Meta, with or without a push before, and failures");

    private static readonly ConcurrentDictionary<ChannelId, int> Drift = new();

    static ChannelMetrics() => Meter.CreateObservableGauge(
        "gateway_channels_drifting", () => Drift.Values.Count(settings => settings > 0), "{channel}", "Channels with a setting that Meta has otherwise than we want");

    public static void Synced(string result) => Syncs.Add(1, new KeyValuePair<string, object?>("result", result));

    public static void Drifts(ChannelId channel, int settings) => Drift[channel] = settings;
}
