using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Records;
using Gateway.Worker.Metrics;
using Gateway.Worker.Tracing;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Calls;

/// <summary>
/// A call as it is seen from outside its loop: its state as it was shown last, in metrics, notes and the registry. Changed by the call's
/// loop alone.
/// </summary>
internal sealed class ShownCall(Call call, PublishedCall published, CallNotes notes, CallOfGroup group)
{
    private readonly TaskCompletionSource<HangupCause?> _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private (CallState State, string? Agent, ConsultationState Consultation) _shown = (CallState.New, null, ConsultationState.None);

    /// <summary>Null: the call is not traced.</summary>
    public CallTracer? Trace { get; init; }

    /// <summary>How far the call is.</summary>
    public CallState State => _shown.State;

    /// <summary>How far its agent is with asking somebody.</summary>
    public ConsultationState Consultation => _shown.Consultation;

    /// <summary>Null once a phone rings for this call; the cause where it ended before.</summary>
    public Task<HangupCause?> Begun => _begun.Task;

    public Instant NextDeadline => published.NextDeadline;

    public void HandleDeadline(Instant now)
    {
        if (now >= published.NextDeadline)
            published.HandleDeadline(now);
    }

    /// <summary>Shows what has changed, but for the end.</summary>
    public void Note(Instant now)
    {
        if (_shown == (call.State, call.Agent, call.Consultation) || call.State == CallState.Ended)
            return;
        if (call.State != _shown.State)
            CallMetrics.Entered(call, now);
        Trace?.Entered(call.State);
        group.Note(call);
        _shown = (call.State, call.Agent, call.Consultation);
        if (call.State is CallState.RingingPbx or CallState.RingingWhatsApp)
            _begun.TrySetResult(null);
        if (call is { State: CallState.Live, AgentId: { } agent })
            notes.AnsweredBy(agent, now);
        published.Note(now);
    }

    /// <summary>A phone rings: from now on its dialog can be ended by others.</summary>
    public void NoteRinging(Instant now) => published.NoteRinging(now);

    /// <summary>Shows a sample of its quality.</summary>
    public void Show(LiveQuality quality) => published.Show(quality);

    /// <summary>The call goes on from another node, which has counted and noted what was.</summary>
    public void Resume(Instant now)
    {
        group.Resume(call);
        _shown = (call.State, call.Agent, call.Consultation);
        published.Note(now);
    }

    public void End(CallRecord record)
    {
        Trace?.End(record);
        _begun.TrySetResult(record.Cause);
        CallMetrics.Ended(record, Trace?.ExportedTraceOf(record));
        group.Note(call);
        group.End(record);
    }
}
