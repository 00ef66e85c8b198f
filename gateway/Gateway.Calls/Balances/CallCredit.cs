using Media.Protocols.Primitives;

namespace Gateway.Calls.Balances;

/// <summary>
/// The money of one answered call: how long what is held pays for, when more is to be held, when the agent is warned, and when it is over.
/// While the store does not answer, the call goes on and asks again; once the store has said that no more is to be had, it ends on time.
/// </summary>
/// <remarks>
/// Paid time is whole pulses from the answer. A call that ends exactly then costs what is held, so the account is not overdrawn.
/// </remarks>
internal sealed class CallCredit
{
    /// <summary>Far beyond any call, and near enough to calculate with.</summary>
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

    /// <summary>What pays, with what is held by now.</summary>
    public Funding Funding { get; private set; }

    /// <summary>When the money is over and no more is to be had; <see cref="Instant.Never"/> while that is not known.</summary>
    public Instant EndsAt { get; private set; } = Instant.Never;

    public Instant NextDeadline => _isAsking ? Instant.Never : _isLast ? Instant.Min(_warnAt, EndsAt) : _askAt;

    public bool IsOver(Instant now) => now >= EndsAt;

    /// <summary>Adds what is due now to <paramref name="decide"/>.</summary>
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

    /// <summary>The store answered; nothing counts after its last word.</summary>
    public void HandleExtended(CallInput.HoldExtended extended, Instant now)
    {
        if (_isLast)
            return;
        (_isAsking, _isLast) = (false, extended.IsLast);
        Funding = Funding with { Held = extended.Held };
        _paidUntil = PaidUntil(Funding);
        _askAt = Later(_paidUntil, now + _options.HoldSlice) - _options.HoldSlice / 2; // not at once again, however little was added
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
