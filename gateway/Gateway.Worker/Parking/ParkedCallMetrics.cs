using System.Diagnostics.Metrics;
using Gateway.Storage.Parking;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Parking;

/// <summary>The metrics of parked calls: each change is counted once, by the node that made it.</summary>
internal static class ParkedCallMetrics
{
    private static readonly Meter Meter = new("Gateway.Parking");

    private static readonly Counter<long> Changes = Meter.CreateCounter<long>(
        "gateway_parked_calls", "{call}", "Parked calls that this node brought to a state");

    public static void Became(ParkedCallState state) =>
        Changes.Add(1, new KeyValuePair<string, object?>("state", WireName.Of(state)));
}
