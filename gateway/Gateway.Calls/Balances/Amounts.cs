namespace Gateway.Calls.Balances;

/// <summary>What an amount of money may be: exact, and of a size that somebody can have meant.</summary>
public static class Amounts
{
    /// <summary>Amounts are below this, either way (`money_amount`).</summary>
    public const decimal Limit = 1_000_000_000_000m;

    /// <summary>What the ledger keeps.</summary>
    public const int Decimals = 10;

    /// <summary>Below the limit and with no digit that would be lost.</summary>
    public static bool IsExact(decimal amount) => Math.Abs(amount) < Limit && decimal.Round(amount, Decimals) == amount;

    /// <summary>How much is missing to the minimum; zero where nothing is. Compared exactly: 9.98 lacks 0.02 to 10.</summary>
    public static decimal Shortfall(decimal balance, decimal minimum) => Math.Max(0, minimum - balance);
}
