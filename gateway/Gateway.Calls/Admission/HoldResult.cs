namespace Gateway.Calls.Admission;

/// <summary>The result of a request to extend a hold.</summary>
/// <param name="Outcome">Its kind.</param>
/// <param name="Held">The total now held for the call;
/// <see cref="Balances.Credit.PaidTime"/> of it is the longest the call may last.</param>
public readonly record struct HoldResult(HoldOutcome Outcome, decimal Held);

public enum HoldOutcome
{
    Extended,

    /// <summary>The account has no more money: the amount held covers its last whole pulses.</summary>
    LastPulses,

    /// <summary>Nothing is held for this call any more: it was completed or released, perhaps
    /// by another node that took this one for lost.</summary>
    Gone,
}
