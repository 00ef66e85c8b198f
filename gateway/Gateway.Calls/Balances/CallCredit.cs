using Media.Protocols.Primitives;

namespace Gateway.Calls.Balances;

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
    private readonly Instant _answeredAt;
    private Instant _paidUntil;
    private Instant _askAt;
    private Instant _warnAt = Instant.Never;
    private bool _isAsking;
    private bool _isLast;

    public CallCredit(Funding funding, CallOptions options, Instant answeredAt)
    {
        (Funding, _options, _answeredAt) = (funding, options, answeredAt);
        _paidUntil = PaidUntil(funding);
        _askAt = _paidUntil - options.HoldSlice / 2;
    }

    /// <summary>The funding, with the amount held so far.</summary>
    public Funding Funding { get; private set; }

    /// <summary>The time at which the money is used up and cannot be extended; <see cref="Instant.Never"/> while that is unknown.</summary>
    public Instant EndsAt { get; private set; } = Instant.Never;

    public Instant NextDeadline => _isAsking ? Instant.Never : _isLast ? Instant.Min(_warnAt, EndsAt) : _askAt;

    public bool IsOver(Instant now) => now >= EndsAt;

    /// <summary>Adds the decisions that are due now to <paramref name="decide"/>.</summary>
    public void HandleDeadline(Instant now, Action<CallDecision> decide)
    {
        if (!_isAsking && !_isLast && now >= _askAt)
        {
            _isAsking = true;
            var covered = Later(now, _paidUntil) - _answeredAt;
            decide(new CallDecision.ExtendHold(Credit.CostOf(Funding.Rate, covered + _options.HoldSlice)));
        }
        if (now < _warnAt || IsOver(now))
            return;
        _warnAt = Instant.Never;
        decide(new CallDecision.WarnOfBalance());
    }

    /// <summary>Handles the store's answer; nothing that comes after its final answer counts.</summary>
    public void HandleExtended(CallInput.HoldExtended extended, Instant now)
    {
        if (_isLast)
            return;
        (_isAsking, _isLast) = (false, extended.IsLast);
        Funding = Funding with { Held = extended.Held };
        _paidUntil = PaidUntil(Funding);
        _askAt = Later(_paidUntil, now + _options.HoldSlice) - _options.HoldSlice / 2; // never immediately, however little was added
        if (_isLast)
            (_warnAt, EndsAt) = (_paidUntil - _options.BalanceWarning, Later(_paidUntil, now));
    }

    public void HandleFailed(Instant now)
    {
        _isAsking = false;
        _askAt = now + _options.HoldRetry;
    }

    private Instant PaidUntil(Funding funding)
    {
        var paid = Credit.PaidTime(funding.Rate, funding.Held);
        return _answeredAt + (paid < Forever ? paid : Forever);
    }

    private static Instant Later(Instant one, Instant other) => one > other ? one : other;
}
