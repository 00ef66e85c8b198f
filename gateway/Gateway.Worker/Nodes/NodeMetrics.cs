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

    private static readonly Counter<long> Lapses = Meter.CreateCounter<long>(
        "gateway_nodes_lease_lapses", "{lapse}", "Times that this process stood still for longer than its lease");

    private static readonly Counter<long> MissedBeats = Meter.CreateCounter<long>(
        "gateway_nodes_missed_heartbeats", "{heartbeat}", "Heartbeats that Redis did not take");

    private static readonly Counter<long> LetGo = Meter.CreateCounter<long>(
        "gateway_nodes_calls_let_go", "{call}", "Calls that another node has taken over from this one");

    private static readonly Counter<long> Taken = Meter.CreateCounter<long>(
        "gateway_nodes_calls_taken_over", "{call}", "Calls of lost nodes that this one has taken over, by what became of them");

    private static readonly Counter<long> Moved = Meter.CreateCounter<long>(
        "gateway_nodes_calls_moved", "{call}", "Calls that this node has moved to another one on purpose");

    private static readonly Histogram<double> Move = Meter.CreateHistogram<double>(
        "gateway_nodes_move_seconds", "s", "Time for which calls that were moved on purpose were between the two nodes",
        advice: new() { HistogramBucketBoundaries = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2.5] });

    public static void Lapsed() => Lapses.Add(1);

    public static void MissedBeat() => MissedBeats.Add(1);

    public static void CallLetGo() => LetGo.Add(1);

    public static void CallMoved(TimeSpan between)
    {
        Moved.Add(1);
        Move.Record(between.TotalSeconds);
    }

    public static void CallTaken(TakeOutcome outcome) =>
        Taken.Add(1, new KeyValuePair<string, object?>("outcome", WireName.Of(outcome)));

    public static void Forwarded(ForwardOutcome outcome) =>
        ForwardedEvents.Add(1, new KeyValuePair<string, object?>("outcome", WireName.Of(outcome)));

    public static void Received(TimeSpan delay) => Delay.Record(Math.Max(0, delay.TotalSeconds));
}
