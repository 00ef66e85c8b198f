using System.Diagnostics.Metrics;
using Gateway.Calls;
using Gateway.Calls.Admission;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Billing;

/// <summary>The metrics of admission, holds and orphans.</summary>
internal static class AdmissionMetrics
{
    private static readonly Meter Meter = new("Gateway.Admission");

    private static readonly Histogram<double> Admission = Meter.CreateHistogram<double>(
        "gateway_admission_seconds", "s", "Time to decide whether a call may begin, by outcome");

    private static readonly Counter<long> Refusals = Meter.CreateCounter<long>(
        "gateway_admission_refusals", "{call}", "Calls that were not admitted, by cause");

    private static readonly Counter<long> Extensions = Meter.CreateCounter<long>(
        "gateway_holds_extensions", "{question}", "Requests of calls in progress to extend their hold, by outcome");

    private static readonly Counter<long> Orphans = Meter.CreateCounter<long>(
        "gateway_orphans", "{thing}", "Calls and holds of lost nodes that this node closed, by kind");

    /// <summary>Counts what this node closed for lost ones.</summary>
    public static void Swept(int calls, int holds)
    {
        Orphans.Add(calls, new KeyValuePair<string, object?>("kind", "call"));
        Orphans.Add(holds, new KeyValuePair<string, object?>("kind", "hold"));
    }

    /// <param name="seconds">The time that it took.</param>
    /// <param name="refusal">Null: admitted.</param>
    public static void Asked(double seconds, HangupCause? refusal)
    {
        Admission.Record(seconds, new KeyValuePair<string, object?>("outcome", refusal is null ? "admitted" : "refused"));
        if (refusal is { } cause)
            Refusals.Add(1, new KeyValuePair<string, object?>("cause", WireName.Of(cause)));
    }

    public static void Extended(HoldOutcome outcome) =>
        Extensions.Add(1, new KeyValuePair<string, object?>("outcome", WireName.Of(outcome)));

    /// <summary>Counts an extension for which the store was unavailable.</summary>
    public static void NotExtended() => Extensions.Add(1, new KeyValuePair<string, object?>("outcome", "unavailable"));
}
