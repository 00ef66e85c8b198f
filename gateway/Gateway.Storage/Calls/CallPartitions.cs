using Dapper;
using Npgsql;

namespace Gateway.Storage.Calls;

/// <summary>
/// The monthly partitions of call records. Every node may maintain them at any time: one does it, and what is already done is left
/// alone. A month without a partition loses nothing: its calls wait in the default partition.
/// </summary>
public sealed class CallPartitions(NpgsqlDataSource database)
{
    /// <summary>Makes the partitions of this month and the next ones, and of every
    /// month whose calls are in the default partition.</summary>
    /// <returns>The number made.</returns>
    /// <exception cref="PostgresException">Calls kept the tables busy for too long: try again later.</exception>
    public async Task<int> MakeAsync(DateTimeOffset now, int monthsAhead, CancellationToken cancellation)
    {
        const string months =
            """
            SELECT month FROM generate_series(@first::timestamp, @first::timestamp + make_interval(months => @monthsAhead),
            interval '1 month') month
            UNION SELECT DISTINCT date_trunc('month', started_at AT TIME ZONE 'UTC') FROM calls_default
            ORDER BY 1
            """;
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var first = new DateTime(now.UtcDateTime.Year, now.UtcDateTime.Month, 1);
        var made = 0;
        foreach (var month in await connection.QueryAsync<DateTime>(
            new CommandDefinition(months, new { first, monthsAhead }, cancellationToken: cancellation)))
            made += await connection.QuerySingleAsync<bool>(new CommandDefinition(
                "SELECT make_call_partition(@month::date)", new { month }, cancellationToken: cancellation)) ? 1 : 0;
        return made;
    }

    /// <summary>Drops months whose last call began longer ago than <paramref name="retention"/>. The ledger and the events stay.</summary>
    /// <returns>The number dropped.</returns>
    /// <exception cref="PostgresException">Calls kept the tables busy for too long: try again later.</exception>
    public async Task<int> DropAsync(DateTimeOffset now, TimeSpan retention, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(retention, TimeSpan.Zero);
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleAsync<int>(new CommandDefinition(
            "SELECT drop_call_partitions(@endedBefore)", new { endedBefore = (now - retention).UtcDateTime },
            cancellationToken: cancellation));
    }
}
