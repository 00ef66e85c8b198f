using Gateway.Calls.Rating;

namespace Gateway.Calls.Balances;

/// <summary>The account, rate and hold that pay for a call. A call without funding is not billed.</summary>
/// <param name="Account">The paying account.</param>
/// <param name="Currency">The currency of the account and of the rate's card: ISO 4217.</param>
/// <param name="Rate">The rate in force at the start of the call; it applies to the whole call, even if the card changes meanwhile.</param>
/// <param name="Held">The part of the account's money that is reserved for this call.</param>
public sealed record Funding(string Account, string Currency, Rate Rate, decimal Held);
