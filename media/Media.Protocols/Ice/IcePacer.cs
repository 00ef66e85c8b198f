using Media.Protocols.Primitives;
using Media.Protocols.Stun;

namespace Media.Protocols.Ice;

/// <summary>The schedule of checks: new ones Ta apart (RFC 8445 §14.2), repeated ones when they are due.</summary>
internal sealed class IcePacer(IceChecklist checklist, TimeSpan pacing, bool nominatesAll, IEntropy entropy)
{
    private Instant _nextCheckAt;

    /// <summary>The time of the next transmission; with <paramref name="triggeredOnly"/> ordinary checks are over.</summary>
    public Instant NextDueAt(bool triggeredOnly)
    {
        var next = checklist.NextToCheck(triggeredOnly) is null ? Instant.Never : _nextCheckAt;
        foreach (var pair in checklist.Pairs)
            next = Instant.Min(next, pair.NextSendAt);
        return next;
    }

    /// <summary>Starts or repeats the check that is due first, if one is.</summary>
    /// <param name="nominating">The pair whose check carries USE-CANDIDATE, if any.</param>
    /// <param name="triggeredOnly">Ordinary checks are over.</param>
    /// <param name="now">The time.</param>
    /// <param name="pair">The pair to send on.</param>
    /// <param name="transaction">The transaction to send.</param>
    public bool TryBegin(IcePair? nominating, bool triggeredOnly, Instant now, out IcePair pair, out IceTransaction transaction)
    {
        foreach (var started in checklist.Pairs)
        {
            if (started.NextSendAt > now || !started.HasSendsLeft)
                continue;
            pair = started;
            transaction = pair.RepeatCheck(now);
            return true;
        }
        pair = checklist.NextToCheck(triggeredOnly)!;
        transaction = default;
        if (pair is null || now < _nextCheckAt)
            return false;
        _nextCheckAt = now + pacing;
        transaction = pair.BeginCheck(
            StunTransactionId.Next(entropy), checklist.Role, pair == nominating || nominatesAll && checklist.Role == IceRole.Controlling,
            checklist.CheckTimeout(pacing), now);
        return true;
    }
}
