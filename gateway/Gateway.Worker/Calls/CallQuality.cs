using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Quality;
using Gateway.Worker.Metrics;
using Gateway.Worker.Tracing;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Calls;

/// <summary>
/// The quality of one call while it lasts: samples of its media are judged, counted, traced and shown; what is too bad is logged
/// and becomes an event. Called by the call's loop alone.
/// </summary>
internal sealed partial class CallQuality(Call call, CallServices services, CallNotes notes, ShownCall shown, CallTracer? trace)
{
    private readonly QualityWatch _watch = new(services.Limits);
    private readonly ILogger _logger = services.Logger;

    /// <summary>A sample of a conversation; those of a call that only the gateway has answered say nothing.</summary>
    public void Handle(CallInput.MediaSampled sampled, Instant now)
    {
        if (call.State != CallState.Live)
            return;
        var changes = _watch.Handle(sampled.Sample, sampled.Host, now);
        foreach (var degradation in changes.Begun)
        {
            LogDegraded(call.Identity.Id, degradation.Leg, degradation.Fault, degradation.Cause, call.Trunk, degradation.Sample.Mos);
            notes.Degraded(degradation, now);
        }
        foreach (var recovery in changes.Over)
        {
            LogRecovered(call.Identity.Id, recovery.Leg, recovery.Fault, recovery.Lasted.TotalSeconds, recovery.Sample.Mos);
            notes.Recovered(recovery, now);
        }
        QualityMetrics.Record(sampled.Sample, changes.Begun);
        trace?.Quality(sampled.Sample, changes);
        shown.Show(new LiveQuality(call.TimeOf(now), sampled.Sample));
    }

    /// <summary>Nothing came from a leg for the configured time.</summary>
    public void Silent(CallLeg leg, Instant now)
    {
        LogSilent(call.Identity.Id, leg, call.Trunk);
        notes.Silent(leg, now);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Call {CallId}: the quality of {Leg} is too bad ({Fault}), which seems to be of " +
        "{Cause}; trunk {Trunk}, MOS {Mos:F1}")]
    private partial void LogDegraded(
        CallId callId, WireText<CallLeg> leg, WireText<QualityFault> fault, WireText<SuspectedCause> cause, string? trunk, double? mos);

    [LoggerMessage(Level = LogLevel.Information, Message = "Call {CallId}: the quality of {Leg} is good again ({Fault}) after " +
        "{Seconds:F0} s, MOS {Mos:F1}")]
    private partial void LogRecovered(CallId callId, WireText<CallLeg> leg, WireText<QualityFault> fault, double seconds, double? mos);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Call {CallId}: no media from {Leg} for media.mediaTimeout. On trunk {Trunk} " +
        "check firewalls, and whether media comes from the address that SDP names (gateway_media_drops_total); a peer may also have " +
        "stopped sending on purpose")]
    private partial void LogSilent(CallId callId, WireText<CallLeg> leg, string? trunk);
}
