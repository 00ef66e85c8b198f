using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Quality;
using Gateway.Calls.Records;
using Gateway.Sip.Dialogs;
using Gateway.Storage;
using Gateway.Storage.Calls;
using Gateway.Worker.Legs;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Calls;

/// <summary>What the stores are told of a call before its record, in order. Called by the call's loop alone.</summary>
/// <param name="call">Read while a method runs.</param>
/// <param name="services">What all calls share.</param>
/// <param name="dialogs">Those of the call's phones.</param>
/// <param name="onFailure">A store did not take a note.</param>
internal sealed class CallNotes(
    Call call, CallServices services, Func<Task<IReadOnlyList<SipDialogSnapshot>>> dialogs, Action<Exception> onFailure)
{
    /// <summary>The limit for a note. It may be missing: the finished record says it all.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    /// <summary>A process that dies within this time after a pick-up has not noted it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(20);

    /// <summary>Dialogs that came later are offered so often, and for so long.</summary>
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1), LongestRetry = TimeSpan.FromMinutes(1);

    private readonly OperationQueue _notes = new(onFailure);

    /// <summary>Completes when all noted so far is stored, or was given up.</summary>
    public Task Idle => _notes.Idle;

    private DateTimeOffset StartedAt => call.TimeOf(call.StartedAt);

    /// <summary>
    /// By way of the spool, unlike the beginning, which is written with the admission: a pick-up that is lost makes an uncharged missed
    /// call of an answered one.
    /// </summary>
    public void Answered()
    {
        var answer = new CallAnswer(
            call.Identity, StartedAt, call.TimeOf(call.AnsweredAt!.Value), call.Agent, call.Trunk, call.WhatsAppId);
        _notes.Add(async () =>
        {
            var phones = dialogs();
            try
            {
                answer = answer with { Dialogs = StoredDialogs.Write(await phones.WaitAsync(Patience, services.Time)) };
            }
            catch (TimeoutException) // The phones are busy with something else, and the pick-up is not to wait.
            {
                _ = KeepLaterAsync(answer, phones);
            }
            await services.Spool.AddAsync(answer);
        });
    }

    /// <summary>
    /// By its dialogs alone a phone is hung up where Redis has lost what it had: PostgreSQL is asked until it has the call's row, and takes
    /// them. Never throws.
    /// </summary>
    private async Task KeepLaterAsync(CallAnswer answer, Task<IReadOnlyList<SipDialogSnapshot>> phones)
    {
        Exception failure = new TimeoutException("The call's row did not come");
        for (var until = services.Clock.Now + LongestRetry; services.Clock.Now < until; await Task.Delay(Retry, services.Time))
        {
            try
            {
                if (StoredDialogs.Write(await phones) is not { } text || await services.Time.WithinAsync(
                    Timeout, timeout => services.Store.DialogsAsync(answer.Call.Id, answer.StartedAt, text, timeout)))
                    return;
            }
            catch (Exception e) // PostgreSQL.
            {
                failure = e;
            }
        }
        onFailure(failure);
    }

    /// <summary>An agent of ours has it.</summary>
    public void AnsweredBy(AgentId agent, Instant now)
    {
        var (id, startedAt, at) = (call.Identity.Id, StartedAt, call.TimeOf(now));
        Note(cancellation => services.Agents.Store.AnsweredAsync(id, startedAt, at, agent, cancellation));
    }

    public void Queued(CallDecision.JoinQueue join, Instant now)
    {
        if (call.Flow is not { } flow || call.Consultation != ConsultationState.None)
            return; // a transfer: the call was answered, or it is the agent who waits
        var queued = new QueuedCall(call.Identity.Id, StartedAt, call.TimeOf(now), join.Group, flow.Id, flow.Version, join.Priority);
        Note(cancellation => services.Agents.Store.QueuedAsync(queued, cancellation));
    }

    /// <summary>Phones begin to ring.</summary>
    /// <param name="agents">Whose; empty: a PBX knows, or it is the user's.</param>
    /// <param name="now">The time.</param>
    public void Ringing(IReadOnlyList<AgentId> agents, Instant now)
    {
        var ringing = new RingingCall(call.Identity.Id, StartedAt, call.TimeOf(now), agents, call.Group);
        Note(cancellation => services.Agents.Store.RingingAsync(ringing, cancellation));
    }

    public void Silent(CallLeg leg, Instant now)
    {
        var (id, startedAt, at) = (call.Identity.Id, StartedAt, call.TimeOf(now));
        Note(cancellation => services.Store.SilentAsync(id, startedAt, at, leg, cancellation));
    }

    public void Degraded(Degradation degradation, Instant now)
    {
        var (id, startedAt, at) = (call.Identity.Id, StartedAt, call.TimeOf(now));
        Note(cancellation => services.Store.DegradedAsync(id, startedAt, at, degradation, cancellation));
    }

    public void Recovered(Recovery recovery, Instant now)
    {
        var (id, startedAt, at) = (call.Identity.Id, StartedAt, call.TimeOf(now));
        Note(cancellation => services.Store.RecoveredAsync(id, startedAt, at, recovery, cancellation));
    }

    private void Note(Func<CancellationToken, Task> write) => _notes.Add(() => services.Time.WithinAsync(Timeout, write));
}
