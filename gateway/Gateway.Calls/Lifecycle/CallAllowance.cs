using Gateway.Calls.Balances;
using Gateway.Calls.Rules;
using Media.Protocols.Primitives;

namespace Gateway.Calls.Lifecycle;

/// <summary>How long an answered call may last: by its money, and by the longest call of its channel.</summary>
internal sealed class CallAllowance(CallOptions options, DeadlineTable<CallDeadline> deadlines)
{
    private Funding? _funding;
    private TimeSpan? _longest;
    private CallCredit? _credit;

    /// <summary>What pays for the call, with the amount held so far; null: it is not billed.</summary>
    public Funding? Funding => _credit?.Funding ?? _funding;

    /// <summary>When the call may last no longer; <see cref="Instant.Never"/>: nothing says so.</summary>
    public Instant EndsAt => Instant.Min(CreditEnd, deadlines[CallDeadline.MaxLength]);

    public HangupCause CauseOfEnd =>
        CreditEnd <= deadlines[CallDeadline.MaxLength] ? HangupCause.BalanceExhausted : HangupCause.MaxLengthReached;

    /// <summary>The store has said that there is no more money than what is held.</summary>
    public bool IsLast => _credit is { IsLast: true };

    private Instant CreditEnd => _credit?.EndsAt ?? Instant.Never;

    public void Take(CallInput.Admitted admitted) => (_funding, _longest) = (admitted.Funding, admitted.MaxLength);

    /// <summary>The call is answered.</summary>
    public void Begin(Instant now)
    {
        CallLength.Begin(deadlines, _longest, now);
        if (_funding is { } funding)
            _credit = new CallCredit(funding, options, deadlines, now);
    }

    /// <summary>The answered call goes on in another process, with the deadlines that it had.</summary>
    public void Resume(CallSnapshot saved, Instant answeredAt, Instant now)
    {
        _funding = saved.Funding;
        if (_funding is { } funding)
            _credit = CallCredit.Resume(funding, options, deadlines, answeredAt, saved.IsLastMoney, now);
    }

    public void HandleDeadline(Instant now, Action<CallDecision> decide)
    {
        _credit?.HandleDeadline(now, decide);
        CallLength.HandleDeadline(deadlines, now, decide);
    }

    /// <summary>The store's answer about the hold. False: nothing is held for this call, or the input is another.</summary>
    public bool Handle(CallInput input, Instant now)
    {
        if (_credit is not { } credit)
            return false;
        if (input is CallInput.HoldExtended extended)
            credit.HandleExtended(extended, now);
        else if (input is CallInput.HoldFailed)
            credit.HandleFailed(now);
        return input is CallInput.HoldExtended or CallInput.HoldFailed;
    }

    /// <summary>The call is over: only <see cref="Funding"/> matters still.</summary>
    public void Close() => (_funding, _credit) = (Funding, null);
}
