namespace Gateway.Calls.Admission;

/// <summary>What became of a wish to extend a hold.</summary>
/// <param name="Outcome">How it went.</param>
/// <param name="Held">All that is held for the call now; <see cref="Balances.Credit.PaidTime"/> of it is how long the call may last.</param>
public readonly record struct HoldResult(HoldOutcome Outcome, decimal Held);

public enum HoldOutcome
{
    Extended,

    /// <summary>The account's money ends: what is held now are its last whole pulses.</summary>
    LastPulses,

    /// <summary>Nothing is held for this call any more: it was completed or released, perhaps by another node that believed this one dead.</summary>
    Gone,
}
