using Gateway.Calls.Rating;

namespace Gateway.Calls.Balances;

/// <summary>What pays for a call. A call without it is not billed.</summary>
/// <param name="Account">Whose money.</param>
/// <param name="Currency">Of the account and of the rate's card: ISO 4217.</param>
/// <param name="Rate">In force at the start of the call; it rates the whole of it, whatever becomes of the card meanwhile.</param>
/// <param name="Held">How much of the account's money only this call may spend.</param>
public sealed record Funding(string Account, string Currency, Rate Rate, decimal Held);
