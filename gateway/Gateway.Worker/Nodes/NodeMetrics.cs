using System.Diagnostics.Metrics;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Nodes;

/// <summary>The metrics of nodes among each other: what they hand over.</summary>
internal static class NodeMetrics
{
    public const string MeterName = "Gateway.Nodes";

    private static readonly Meter Meter = new(MeterName);

    private static readonly Counter<long> ForwardedEvents = Meter.CreateCounter<long>(
        "gateway_nodes_forwarded_events", "{event}", "Events of calls that this node does not have, by what became of them");

    private static readonly Histogram<double> Delay = Meter.CreateHistogram<double>(
        "gateway_nodes_forward_seconds", "s", "Time that events took from the node that received them to this one, by the hosts' clocks");

    public static void Forwarded(ForwardOutcome outcome) =>
        ForwardedEvents.Add(1, new KeyValuePair<string, object?>("outcome", WireName.Of(outcome)));

    public static void Received(TimeSpan delay) => Delay.Record(Math.Max(0, delay.TotalSeconds));
}
