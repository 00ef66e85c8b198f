using System.Diagnostics.Metrics;
using Gateway.Calls;
using Gateway.Calls.Admission;

namespace Gateway.Worker.Books;

/// <summary>What the books are asked for calls, and what they answer.</summary>
internal static class BookMetrics
{
    private static readonly Meter Meter = new("Gateway.Books");

    private static readonly Histogram<double> Admission = Meter.CreateHistogram<double>(
        "gateway_admission_seconds", "s", "From the question whether a call may begin to the answer, by outcome");

    private static readonly Counter<long> Refusals = Meter.CreateCounter<long>(
        "gateway_admission_refusals", "{call}", "Calls that were not admitted, by cause");

    private static readonly Counter<long> Extensions = Meter.CreateCounter<long>(
        "gateway_holds_extensions", "{question}", "Wishes of live calls to hold more money, by outcome");

    private static readonly Counter<long> Orphans = Meter.CreateCounter<long>(
        "gateway_orphans", "{thing}", "What dead nodes left open and this one closed, by kind");

    /// <summary>This node closed what dead ones left.</summary>
    public static void Swept(int calls, int holds)
    {
        Orphans.Add(calls, new KeyValuePair<string, object?>("kind", "call"));
        Orphans.Add(holds, new KeyValuePair<string, object?>("kind", "hold"));
    }

    /// <param name="seconds">How long it took.</param>
    /// <param name="refusal">Null: admitted.</param>
    public static void Asked(double seconds, HangupCause? refusal)
    {
        Admission.Record(seconds, new KeyValuePair<string, object?>("outcome", refusal is null ? "admitted" : "refused"));
        if (refusal is { } cause)
            Refusals.Add(1, new KeyValuePair<string, object?>("cause", WireName.Of(cause)));
    }

    public static void Extended(HoldOutcome outcome) => Extensions.Add(1, new KeyValuePair<string, object?>("outcome", WireName.Of(outcome)));

    /// <summary>The store did not answer.</summary>
    public static void NotExtended() => Extensions.Add(1, new KeyValuePair<string, object?>("outcome", "away"));
}
