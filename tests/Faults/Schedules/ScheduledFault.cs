using Faults.Facts;

namespace Faults.Schedules;

/// <summary>One fault of a run.</summary>
/// <param name="From">Since the beginning of the run.</param>
/// <param name="Length">How long it lasts; of <see cref="FaultKind.Roll"/>, how long each node is down.</param>
/// <param name="Kind">Which.</param>
/// <param name="Node">Which node, from 0; null: a store.</param>
public sealed record ScheduledFault(TimeSpan From, TimeSpan Length, FaultKind Kind, int? Node)
{
    public TimeSpan To => From + Length;

    public override string ToString() =>
        $"{From.TotalSeconds,6:0.0} s  {Kind}{(Node is { } node ? $" node{node + 1}" : "")} for {Length.TotalSeconds:0.0} s";
}
