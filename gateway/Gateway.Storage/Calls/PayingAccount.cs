namespace Gateway.Storage.Calls;

/// <summary>An account before a charge.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Balance">The sum of the ledger.</param>
/// <param name="Minimum">Below this, the event `balance.low` is published.</param>
internal sealed record PayingAccount(string Id, decimal Balance, decimal Minimum);
