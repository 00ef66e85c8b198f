using Media.Protocols.Primitives;

namespace Media.Protocols.Ice;

/// <summary>
/// The choice of the pair that is used: regular nomination by the controlling side (RFC 8445 §8.1.1), obedience on the controlled one, and
/// the way off a path that has died. Consent on the selected path goes with it.
/// </summary>
internal sealed class IceSelection(
    IceAgentOptions options, IceRoles roles, IceChecklist checklist, IceConsent consent, Queue<IceEvent> events)
{
    private IcePair? _moved; // where the peer last checked from, other than the selected path
    private Instant _settleAt = Instant.Never;

    public IcePair? Selected { get; private set; }

    /// <summary>Its next check carries USE-CANDIDATE.</summary>
    public IcePair? Nominating { get; private set; }

    /// <summary>The time at which the best working pair is nominated, though a better one may still turn up.</summary>
    public Instant SettlesAt => MayNominate && checklist.BestValid(out _) is not null ? _settleAt : Instant.Never;

    /// <summary>The time at which the selected path counts as dead, which matters if there is another to go to.</summary>
    public Instant DiesAt => _moved is not null ? consent.FailsAt : Instant.Never;

    private bool MayNominate => roles.Current == IceRole.Controlling && Selected is null && Nominating is null;

    /// <summary>An authentic check of the peer's arrived on a pair other than the selected one.</summary>
    public void HandleCheckElsewhere(IcePair pair, Instant now)
    {
        _moved = pair;
        consent.Doubt(now);
    }

    /// <summary>A check of ours was answered, so the pair works.</summary>
    public void HandleSuccess(IcePair pair, IceTransaction transaction, Instant now)
    {
        _settleAt = Instant.Min(_settleAt, now + options.Settle);
        if (pair == Selected)
            consent.Renew(now);
        else if (roles.Current == IceRole.Controlling
            ? transaction is { UseCandidate: true, Role: IceRole.Controlling } : pair.IsNominatedByPeer || HasDied(now))
            Select(pair, now);
        Nominate(now);
    }

    public void HandleDeadline(Instant now)
    {
        Nominate(now);
        LeaveDeadPath(now);
    }

    /// <summary>
    /// The nominated pair. The controlling side nominates once and stays; the controlled side follows a peer that nominates upwards,
    /// as aggressive nomination did (RFC 5245 §8.1.1.2). Either side follows a peer that has left a dead path.
    /// </summary>
    public void Select(IcePair pair, Instant now)
    {
        if (Selected is not null
            && (pair == Selected || (!HasDied(now) && (roles.Current == IceRole.Controlling || pair.Priority <= Selected.Priority))))
            return;
        var kind = Selected is null ? IceEventKind.Connected : IceEventKind.PathChanged;
        Selected = pair;
        Nominating = _moved = null;
        checklist.StopChecks();
        consent.Start(now, asks: !options.Lite);
        events.Enqueue(new IceEvent(kind, pair.Path, IceFailure.None));
    }

    /// <summary>
    /// A check that cannot succeed. A pair that has worked stays (the selected one until consent ends), unless nominating it
    /// failed (RFC 8445 §8.1.1).
    /// </summary>
    public void Fail(IcePair pair)
    {
        if (pair.State == IcePairState.Succeeded && pair != Nominating)
            return;
        if (pair == Nominating)
            Nominating = null;
        pair.EndCheck();
        pair.TriggerOrder = 0;
        pair.State = IcePairState.Failed;
    }

    /// <summary>The role has changed: no nomination outlives it.</summary>
    public void SwitchRole()
    {
        Nominating = null;
        checklist.SwitchRole(roles.Current);
    }

    public void End()
    {
        Selected = null;
        consent.Stop();
    }

    /// <summary>The best working pair, once it is the best possible or better ones had their time.</summary>
    private void Nominate(Instant now)
    {
        if (!MayNominate || checklist.BestValid(out var isSettled) is not { } best || (!isSettled && now < _settleAt))
            return;
        Nominating = best;
        checklist.Trigger(best);
    }

    /// <summary>
    /// A NAT that forgot its mapping gives the peer another address in mid-call. RFC 8445 has an ICE restart for that, which Meta's
    /// signalling has not: once the selected path is dead, the one that the peer checks from is checked, and taken when it answers.
    /// </summary>
    private void LeaveDeadPath(Instant now)
    {
        if (_moved is not { } pair || !HasDied(now))
            return;
        _moved = null;
        if (roles.Current == IceRole.Controlling)
            Nominating = pair;
        checklist.Trigger(pair);
    }

    /// <summary>The selected path.</summary>
    private bool HasDied(Instant now) => consent.FailsAt <= now;
}
