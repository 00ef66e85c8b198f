using Media.Protocols.Primitives;

namespace Gateway.Calls.Lifecycle;

/// <summary>The end of the whatsapp leg: reject or terminate, as its state requires, again where Graph fails in passing.</summary>
internal sealed class WhatsAppRelease(CallOptions options, DeadlineTable<CallDeadline> deadlines, Action<CallDecision> decide)
{
    private int _tries;

    public WhatsAppLegState State { get; set; }

    /// <summary>Meta's id of the call, once known.</summary>
    public WhatsAppCallId? Id { get; set; }

    /// <summary>Begins, or tries again.</summary>
    public void Release()
    {
        switch (State)
        {
            case WhatsAppLegState.None:
                State = WhatsAppLegState.Released;
                return;
            case WhatsAppLegState.Offered:
                decide(new CallDecision.Reject(Id!.Value));
                break;
            case WhatsAppLegState.Engaged or WhatsAppLegState.Releasing:
                decide(new CallDecision.Terminate(Id!.Value));
                break;
            default:
                return; // Asked and Unknown: the id is on its way. Released: nothing to do.
        }
        _tries++;
        State = WhatsAppLegState.Releasing;
    }

    /// <summary>The id of a call that was asked for came, or the reason why there is none.</summary>
    public void Name(WhatsAppCallId? id)
    {
        Id = id;
        State = id is null ? WhatsAppLegState.Released : WhatsAppLegState.Engaged;
        Release();
    }

    /// <summary>Graph has answered the release.</summary>
    /// <param name="error">Null: it is done.</param>
    /// <param name="now">The time.</param>
    /// <param name="mayHaveTalked">
    /// The user may have picked up, and the webhook be on its way: Meta's report of the end is waited for, which says for how long they
    /// talked. A call that was answered is charged, by Meta too.
    /// </param>
    public void HandleReleased(WhatsAppError? error, Instant now, bool mayHaveTalked)
    {
        if (error is { IsTransient: true } && _tries < options.ReleaseTries)
        {
            deadlines[CallDeadline.ReleaseRetry] = now + options.ReleaseRetry * (1 << (_tries - 1));
            return;
        }
        if (mayHaveTalked && State == WhatsAppLegState.Releasing)
        {
            State = WhatsAppLegState.Reporting;
            deadlines[CallDeadline.State] = Instant.Min(deadlines[CallDeadline.State], now + options.HangUpNotice);
            return;
        }
        HandleTerminated();
    }

    public void HandleTerminated()
    {
        State = WhatsAppLegState.Released;
        deadlines.Clear(CallDeadline.ReleaseRetry);
    }
}
