using Dapper;
using Npgsql;

namespace Gateway.Storage.Accounts;

/// <summary>What moved an account's money in a month, in one kind and, of charges, one direction and country.</summary>
/// <param name="Kind">charge, top_up, adjustment or rerating.</param>
/// <param name="Direction">Of charges; null: their entries are of a program that did not note it.</param>
/// <param name="Country">The users' (ISO 3166-1 alpha-2), of charges; null: not known.</param>
/// <param name="Entries">The number of movements.</param>
/// <param name="BilledSeconds">The sum, of charges.</param>
/// <param name="Amount">The sum; negative where the account paid.</param>
public sealed record StatementLine(
    string Kind, string? Direction, string? Country, long Entries, long BilledSeconds, decimal Amount);

/// <summary>An account's money in a calendar month, in UTC. Opening and lines sum up to closing, to the last digit.</summary>
/// <param name="Opening">The balance before the month's first movement.</param>
/// <param name="Closing">The balance after its last; of a month that is not over, the balance now.</param>
/// <param name="Lines">In the order of kind, direction and country.</param>
public sealed record AccountStatement(decimal Opening, decimal Closing, IReadOnlyList<StatementLine> Lines);

/// <summary>Monthly statements, read from the ledger alone. A month that is over does not change: the ledger only grows.</summary>
public sealed class StatementStore(NpgsqlDataSource database)
{
    /// <summary>One statement, so that balance and movements are those of one moment. Later months are taken off the balance.</summary>
    private const string Read =
        """
        SELECT kind, direction, country, count(*) AS Entries, coalesce(sum(billed_seconds), 0)::bigint AS BilledSeconds,
            trim_scale(sum(amount)) AS Amount, created_at >= @to AS IsLater
        FROM ledger_entries WHERE account = @account AND created_at >= @from
        GROUP BY kind, direction, country, created_at >= @to
        UNION ALL
        SELECT 'balance', NULL, NULL, 0, 0, balance, false FROM accounts WHERE id = @account
        ORDER BY 1, 2, 3
        """;

    /// <summary>The statement; null: there is no such account.</summary>
    public async Task<AccountStatement?> FindAsync(string account, DateOnly month, CancellationToken cancellation)
    {
        var from = month.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc);
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = (await connection.QueryAsync<Row>(
            new CommandDefinition(Read, new { account, from, to = from.AddMonths(1) }, cancellationToken: cancellation))).AsList();
        if (rows.Find(row => row.Kind == "balance") is not { } balance)
            return null;
        StatementLine[] lines =
        [
            .. rows.Where(row => row is { IsLater: false, Kind: not "balance" }).Select(row => new StatementLine(
                row.Kind, row.Direction, row.Country, row.Entries, row.BilledSeconds, row.Amount)),
        ];
        var closing = balance.Amount - rows.Where(row => row.IsLater).Sum(row => row.Amount);
        return new AccountStatement(closing - lines.Sum(line => line.Amount), closing, lines);
    }

    private sealed record Row
    {
        public required string Kind { get; init; }
        public string? Direction { get; init; }
        public string? Country { get; init; }
        public long Entries { get; init; }
        public long BilledSeconds { get; init; }
        public decimal Amount { get; init; }
        public bool IsLater { get; init; }
    }
}
