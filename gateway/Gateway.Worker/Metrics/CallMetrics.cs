using System.Diagnostics.Metrics;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Records;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Metrics;

/// <summary>The metrics of calls for a NOC: their number, their causes, and the stages of set-up.</summary>
internal static class CallMetrics
{
    public const string MeterName = "Gateway.Calls";

    private static readonly Meter Meter = new(MeterName);

    private static readonly Counter<long> EndedCalls = Meter.CreateCounter<long>(
        "gateway_calls_ended", "{call}", "Call attempts that ended, by direction and cause");

    private static readonly UpDownCounter<long> LiveCalls = Meter.CreateUpDownCounter<long>(
        "gateway_calls_active", "{call}", "Calls in progress by direction");

    private static readonly Counter<long> ShedCalls = Meter.CreateCounter<long>(
        "gateway_calls_shed", "{call}", "INVITEs answered 503 without a record: too many attempts are in progress");

    private static readonly Histogram<double> SetUp = Meter.CreateHistogram<double>(
        "gateway_calls_setup_seconds", "s", "Time from the first message of a call to its answer");

    private static readonly Histogram<double> Talk = Meter.CreateHistogram<double>(
        "gateway_calls_talk_seconds", "s", "Time from answer to end");

    private static readonly Histogram<double> Stage = Meter.CreateHistogram<double>(
        "gateway_calls_stage_seconds", "s", "Time from the first message of a call until it entered a stage");

    private static readonly Counter<long> Webhooks = Meter.CreateCounter<long>(
        "gateway_calls_webhook_events", "{event}", "Call webhooks by outcome");

    public static void Started(CallDirection direction) =>
        LiveCalls.Add(1, new KeyValuePair<string, object?>("direction", WireName.Of(direction)));

    public static void Left(CallDirection direction) =>
        LiveCalls.Add(-1, new KeyValuePair<string, object?>("direction", WireName.Of(direction)));

    public static void Entered(Call call, Instant now)
    {
        if (call.State == CallState.Ending)
            return;
        Stage.Record(
            (now - call.StartedAt).TotalSeconds,
            new("direction", WireName.Of(call.Identity.Direction)), new KeyValuePair<string, object?>("stage", WireName.Of(call.State)));
    }

    /// <param name="record">Of a call that has ended.</param>
    /// <param name="trace">The trace id of its spans; null: they are not exported.</param>
    public static void Ended(CallRecord record, string? trace = null)
    {
        var direction = new KeyValuePair<string, object?>("direction", WireName.Of(record.Direction));
        EndedCalls.Add(1, direction, new KeyValuePair<string, object?>("cause", WireName.Of(record.Cause)));
        if (record.AnsweredAt is not { } answered)
            return;
        CallExemplar.Record(record.Id, trace, () => SetUp.Record((answered - record.StartedAt).TotalSeconds, direction));
        Talk.Record((record.EndedAt - answered).TotalSeconds, direction);
    }

    public static void Shed() => ShedCalls.Add(1);

    public static void Webhook(string outcome) => Webhooks.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
}
