using Gateway.Sip.Messages;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Dialogs;

/// <summary>
/// The time at which and the method by which a session is refreshed again after a refusal. A refused refresh ends nothing (RFC 4028 §7.4):
/// it is repeated with back-off, or when the peer's Retry-After says, until the session's timer runs out.
/// </summary>
internal sealed class RefreshSchedule(SessionCore session)
{
    /// <summary>Doubled after each refusal that names no time.</summary>
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LongestBackOff = TimeSpan.FromMinutes(1);

    /// <summary>A peer that says "Retry-After: 0" is not asked in a tight loop.</summary>
    private static readonly TimeSpan ShortestDelay = TimeSpan.FromSeconds(1);

    private TimeSpan _backOff = FirstBackOff;
    private bool? _byUpdate;
    private bool _otherTried;

    /// <summary>UPDATE without a description where the profile and the peer want it, until one of the methods was refused.</summary>
    public bool ByUpdate =>
        session.LocalSdp is null || (_byUpdate ?? (session.Dialog!.AllowsUpdate == true && session.Trunk.RefreshesByUpdate));

    public void Stop() => session.Deadlines.Clear(SessionDeadline.RefreshRetry);

    /// <summary>The session was refreshed, by whichever side; the method that worked stays.</summary>
    public void Succeeded()
    {
        Stop();
        _backOff = FirstBackOff;
        _otherTried = false;
    }

    public void RetryAt(Instant at) => session.Deadlines[SessionDeadline.RefreshRetry] = at;

    /// <summary>
    /// Waits for <paramref name="retryAfter"/>, else for the back-off; a wait beyond the session's life is cut so that one more refresh can
    /// still be answered.
    /// </summary>
    public void RetryAfterRefusal(TimeSpan? retryAfter, Instant now)
    {
        var wait = retryAfter ?? _backOff;
        if (retryAfter is null)
            _backOff = _backOff * 2 < LongestBackOff ? _backOff * 2 : LongestBackOff;
        var lastChance = session.Timer.LastChance;
        RetryAt(now < lastChance ? Instant.Min(now + (wait > ShortestDelay ? wait : ShortestDelay), lastChance) : now + FirstBackOff);
        _otherTried = false;
    }

    /// <summary>
    /// True: refresh by the other method now. False: the peer has refused both, or announced that it does not take the other.
    /// </summary>
    public bool TryOtherMethod(SipMethod refused, int status)
    {
        var wasUpdate = refused == SipMethod.Update;
        if (wasUpdate && status is 405 or 501)
            session.Dialog!.ForgetUpdate();
        var mayUseOther = wasUpdate ? session.LocalSdp is not null : session.Dialog!.AllowsUpdate is not false;
        if (_otherTried || !mayUseOther)
            return false;
        _otherTried = true;
        _byUpdate = !wasUpdate;
        return true;
    }
}
