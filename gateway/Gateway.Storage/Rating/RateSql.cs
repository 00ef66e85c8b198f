using Dapper;
using Gateway.Calls.Rating;

namespace Gateway.Storage.Rating;

/// <summary>Reads and writes the table `rates`, by <see cref="RateColumns"/>.</summary>
internal static class RateSql
{
    /// <summary>A query of <see cref="RateRow"/>, up to its condition; r is the rate and c its card.</summary>
    public static readonly string Select =
        $"""
        SELECT r.id AS Id, r.card AS Card, c.currency AS Currency, r.version AS Version,
               {List(column => $"r.{column.Name} AS {column.Property}")}
        FROM rates r JOIN rate_cards c ON c.id = r.card
        """;

    /// <summary>Inserts the rates of <see cref="Parameters"/>, in their order; returns their ids.</summary>
    public static readonly string Insert =
        $"""
        INSERT INTO rates (card, {List(column => column.Name)})
        SELECT @card, {List(column => "l." + column.Name)}
        FROM unnest({List(column => "@" + column.Property)}) WITH ORDINALITY AS l({List(column => column.Name)}, position)
        ORDER BY l.position
        RETURNING id
        """;

    /// <summary>The card, and each column as an array under its property's name.</summary>
    public static DynamicParameters Parameters(string card, IEnumerable<RateTerms> terms)
    {
        var rows = terms.Select(RateRow.Of).ToArray();
        var parameters = new DynamicParameters(new { card });
        foreach (var column in RateColumns.OfTable)
            parameters.Add(column.Property, column.Values(rows));
        return parameters;
    }

    private static string List(Func<RateColumn, string> part) => string.Join(", ", RateColumns.OfTable.Select(part));
}
