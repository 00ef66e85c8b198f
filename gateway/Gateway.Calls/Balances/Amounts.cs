namespace Gateway.Calls.Balances;

/// <summary>The rules for an amount of money: exact, and of a plausible size.</summary>
public static class Amounts
{
    /// <summary>Upper bound of the absolute value of an amount, exclusive (`money_amount`).</summary>
    public const decimal Limit = 1_000_000_000_000m;

    /// <summary>The decimals that the ledger stores.</summary>
    public const int Decimals = 10;

    /// <summary>True for an amount below the limit with no digit that would be cut off.</summary>
    public static bool IsExact(decimal amount) => Math.Abs(amount) < Limit && decimal.Round(amount, Decimals) == amount;

    /// <summary>The amount without trailing zeros, which a database would count as decimals.</summary>
    public static decimal Trim(decimal amount) => amount / 1.0000000000000000000000000000m;

    /// <summary>The difference to the minimum; zero where the balance reaches it. Compared exactly: 9.98 lacks 0.02 to 10.</summary>
    public static decimal Shortfall(decimal balance, decimal minimum) => Math.Max(0, minimum - balance);
}
