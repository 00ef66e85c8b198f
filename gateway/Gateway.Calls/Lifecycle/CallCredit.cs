using Gateway.Calls.Balances;
using Media.Protocols.Primitives;

namespace Gateway.Calls.Lifecycle;

/// <summary>
/// The money of one answered call: the talk time that the hold covers, the times to extend it, to warn the agent and to end the call.
/// While the store is unavailable, the call goes on and the request is retried; once the store has reported that no money is left, the call
/// ends on time.
/// </summary>
/// <remarks>
/// Paid time is counted in whole pulses from the answer. A call that ends exactly then costs what is held, so the account is not overdrawn.
/// </remarks>
internal sealed class CallCredit
{
    /// <summary>Longer than any call, and small enough to calculate with.</summary>
    private static readonly TimeSpan Forever = TimeSpan.FromDays(3650);

    private readonly CallOptions _options;
    private readonly DeadlineTable<CallDeadline> _deadlines;
    private readonly Instant _answeredAt;
    private Instant _paidUntil;

    /// <param name="funding">What pays.</param>
    /// <param name="options">How far ahead it holds and warns.</param>
    /// <param name="deadlines">The call's: what concerns money is kept here.</param>
    /// <param name="answeredAt">When the talk began.</param>
    public CallCredit(Funding funding, CallOptions options, DeadlineTable<CallDeadline> deadlines, Instant answeredAt)
    {
        (Funding, _options, _deadlines, _answeredAt) = (funding, options, deadlines, answeredAt);
        _paidUntil = PaidUntil(funding);
        _deadlines[CallDeadline.HoldExtension] = _paidUntil - options.HoldSlice / 2;
    }

    /// <summary>That of a call of another process, whose deadlines are set. What that one asked the store for last may have had no answer.
    /// </summary>
    public static CallCredit Resume(
        Funding funding, CallOptions options, DeadlineTable<CallDeadline> deadlines, Instant answeredAt, bool isLast, Instant now)
    {
        var extension = deadlines[CallDeadline.HoldExtension];
        var credit = new CallCredit(funding, options, deadlines, answeredAt) { IsLast = isLast };
        deadlines[CallDeadline.HoldExtension] = !isLast && extension == Instant.Never ? now : extension;
        return credit;
    }

    /// <summary>The store has said that there is no more than <see cref="Funding"/> holds.</summary>
    public bool IsLast { get; private set; }

    /// <summary>The funding, with the amount held so far.</summary>
    public Funding Funding { get; private set; }

    /// <summary>The time at which the money is used up and cannot be extended; <see cref="Instant.Never"/> while that is unknown.</summary>
    public Instant EndsAt => _deadlines[CallDeadline.BalanceEnd];

    public bool IsOver(Instant now) => now >= EndsAt;

    /// <summary>Adds the decisions that are due now to <paramref name="decide"/>.</summary>
    public void HandleDeadline(Instant now, Action<CallDecision> decide)
    {
        if (_deadlines.TryTakeDue(CallDeadline.HoldExtension, now))
        {
            var covered = Later(now, _paidUntil) - _answeredAt;
            decide(new CallDecision.ExtendHold(Credit.CostOf(Funding.Rate, covered + _options.HoldSlice)));
        }
        if (_deadlines.TryTakeDue(CallDeadline.BalanceWarning, now) && !IsOver(now))
            decide(new CallDecision.Warn(WarnReason.Balance));
    }

    /// <summary>Handles the store's answer; nothing that comes after its final answer counts.</summary>
    public void HandleExtended(CallInput.HoldExtended extended, Instant now)
    {
        if (IsLast)
            return;
        IsLast = extended.IsLast;
        Funding = Funding with { Held = extended.Held };
        _paidUntil = PaidUntil(Funding);
        if (!IsLast)
        {
            // never immediately, however little was added
            _deadlines[CallDeadline.HoldExtension] = Later(_paidUntil, now + _options.HoldSlice) - _options.HoldSlice / 2;
            return;
        }
        _deadlines.Clear(CallDeadline.HoldExtension);
        _deadlines[CallDeadline.BalanceWarning] = _paidUntil - _options.BalanceWarning;
        _deadlines[CallDeadline.BalanceEnd] = Later(_paidUntil, now);
    }

    public void HandleFailed(Instant now)
    {
        if (!IsLast)
            _deadlines[CallDeadline.HoldExtension] = now + _options.HoldRetry;
    }

    private Instant PaidUntil(Funding funding)
    {
        var paid = Credit.PaidTime(funding.Rate, funding.Held);
        return _answeredAt + (paid < Forever ? paid : Forever);
    }

    private static Instant Later(Instant one, Instant other) => one > other ? one : other;
}
