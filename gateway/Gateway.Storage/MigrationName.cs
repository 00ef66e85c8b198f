using System.Text.RegularExpressions;

namespace Gateway.Storage;

/// <summary>
/// The name of a migration: `9001_words`, which only adds, or `9002_contract_9001_words`, which takes away what programs that know 9001
/// read no longer.
/// </summary>
public static partial class MigrationName
{
    /// <summary>Its place in the order.</summary>
    public static int NumberOf(string name) => int.Parse(name.AsSpan(0, 4));

    /// <summary>The migration that a program has to know to run on what this one leaves; 0: any program does.</summary>
    public static int ContractOf(string name) => Contract().Match(name) is { Success: true } match ? int.Parse(match.Groups[1].Value) : 0;

    [GeneratedRegex("^[0-9]{4}_contract_([0-9]{4})_")]
    private static partial Regex Contract();
}
