using Dapper;
using Npgsql;

namespace Gateway.Storage.Nodes;

/// <summary>
/// Signs of life of nodes in PostgreSQL: the second witness beside their leases in Redis. A node that Redis does not hear gives them as
/// often as it would have renewed its lease, so that nobody takes the calls of one that is only cut off from Redis.
/// </summary>
public sealed class NodeSigns(NpgsqlDataSource database)
{
    private const string Give = "UPDATE nodes SET seen_at = clock_timestamp() WHERE node = @Id AND start = @Start";

    private const string Age =
        "SELECT extract(epoch FROM clock_timestamp() - seen_at)::float8 FROM nodes WHERE node = @Id AND start = @Start";

    public async Task GiveAsync(LeasedNode node, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(Give, node, cancellationToken: cancellation));
    }

    /// <summary>The time since the last one, by PostgreSQL's clock; null: there is none.</summary>
    public async Task<TimeSpan?> AgeAsync(LeasedNode node, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var seconds = await connection.ExecuteScalarAsync<double?>(new CommandDefinition(Age, node, cancellationToken: cancellation));
        return seconds is { } age ? TimeSpan.FromSeconds(age) : null;
    }
}
