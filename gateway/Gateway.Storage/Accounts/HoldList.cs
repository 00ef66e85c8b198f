using Dapper;
using Npgsql;

namespace Gateway.Storage.Accounts;

/// <summary>Money reserved for one call in progress.</summary>
public sealed record Hold
{
    public required string CallId { get; init; }
    public required decimal Amount { get; init; }

    /// <summary>The node that carries the call.</summary>
    public required string Node { get; init; }

    public required DateTime TakenAt { get; init; }
    public required DateTime ExtendedAt { get; init; }

    /// <summary>The rate of the call, as it was at its start.</summary>
    public required string RateCard { get; init; }

    public required string RatePrefix { get; init; }
    public required decimal PricePerMinute { get; init; }
}

/// <summary>The holds of calls in progress, for the administration of an account.</summary>
public sealed class HoldList(NpgsqlDataSource database)
{
    private const string Page =
        """
        SELECT call_id AS CallId, amount, node, taken_at AS TakenAt, extended_at AS ExtendedAt, rate_card AS RateCard,
        rate_prefix AS RatePrefix,
               price_per_minute AS PricePerMinute
        FROM holds WHERE account = @account AND (@after::text IS NULL OR call_id > @after)
        ORDER BY call_id LIMIT @rows
        """;

    /// <summary>Holds by call, after a given one.</summary>
    public async Task<IReadOnlyList<Hold>> ListAsync(string account, string? after, int rows, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return [.. await connection.QueryAsync<Hold>(
            new CommandDefinition(Page, new { account, after, rows }, cancellationToken: cancellation))];
    }
}
