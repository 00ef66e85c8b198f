using System.Text.RegularExpressions;

namespace Gateway.Storage.Tests;

/// <summary>Which statements of a migration only add, so that the version before goes on reading and writing what it knows.</summary>
internal static partial class MigrationRules
{
    private static readonly Regex[] Additions =
    [
        Of(@"CREATE TABLE (IF NOT EXISTS )?\w+"),
        Of(@"CREATE INDEX (IF NOT EXISTS )?\w+ ON"),
        Of("CREATE (OR REPLACE )?(FUNCTION|VIEW|PROCEDURE)"),
        Of("CREATE (TYPE|SEQUENCE|ROLE)"),
        Of("INSERT INTO"), Of("UPDATE"), Of("SELECT"), Of("GRANT"), Of("COMMENT ON"), Of("DO"),
    ];

    private static readonly Regex AddedColumn = Of(@"ADD COLUMN (IF NOT EXISTS )?\w+ ");

    /// <summary>What everybody may run by default: the version before knows no new function.</summary>
    private static readonly Regex KeptFromAll = Of(@"REVOKE EXECUTE ON FUNCTION \w+\([^)]*\) FROM PUBLIC$");

    /// <summary>Its body is not run by the migration.</summary>
    private static readonly Regex NewFunction = Of("CREATE (OR REPLACE )?FUNCTION");

    /// <summary>What no statement may do, even inside a block that runs at once.</summary>
    private static readonly Regex TakesAway = Of(@".*\b(DROP|RENAME|TRUNCATE|REVOKE|DELETE FROM|SET NOT NULL|ALTER COLUMN)\b");

    /// <summary>The statements of an expanding migration that do more than to add.</summary>
    public static IEnumerable<string> Faults(string sql) => StatementsOf(sql).Where(statement => !OnlyAdds(statement));

    private static bool OnlyAdds(string statement)
    {
        if (AlteredTable().Match(statement) is { Success: true } altered)
            return Actions().Split(statement[altered.Length..]).All(action => IsAddedColumn(action.Trim()));
        if (KeptFromAll.IsMatch(statement))
            return true;
        return Additions.Any(allowed => allowed.IsMatch(statement)) && (NewFunction.IsMatch(statement) || !TakesAway.IsMatch(statement));
    }

    /// <summary>Its value may be missing, or has a default: the version before writes rows without it.</summary>
    private static bool IsAddedColumn(string action) =>
        AddedColumn.IsMatch(action) && !TakesAway.IsMatch(action)
        && (!action.Contains("NOT NULL", StringComparison.OrdinalIgnoreCase)
            || action.Contains("DEFAULT", StringComparison.OrdinalIgnoreCase));

    /// <summary>Without comments, each on one line; a body between dollars belongs to its statement.</summary>
    private static IEnumerable<string> StatementsOf(string sql)
    {
        var plain = Spaces().Replace(Comments().Replace(sql, " "), " ");
        var bodies = plain.Split("$$");
        var start = "";
        for (var i = 0; i < bodies.Length; i++)
        {
            if (i % 2 == 1)
            {
                start += bodies[i];
                continue;
            }
            var parts = bodies[i].Split(';');
            for (var j = 0; j < parts.Length; j++)
            {
                start += parts[j];
                if (j == parts.Length - 1)
                    break;
                if (start.Trim() is { Length: > 0 } whole)
                    yield return whole;
                start = "";
            }
        }
        if (start.Trim() is { Length: > 0 } rest)
            yield return rest;
    }

    private static Regex Of(string pattern) => new("^" + pattern, RegexOptions.IgnoreCase | RegexOptions.Singleline);

    [GeneratedRegex("--[^\n]*|/\\*.*?\\*/", RegexOptions.Singleline)]
    private static partial Regex Comments();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"^ALTER TABLE (IF EXISTS )?(ONLY )?\w+ ", RegexOptions.IgnoreCase)]
    private static partial Regex AlteredTable();

    /// <summary>Commas outside of parentheses.</summary>
    [GeneratedRegex(@",(?![^(]*\))")]
    private static partial Regex Actions();
}
