using Dapper;
using Npgsql;

namespace Gateway.Storage.Nodes;

/// <summary>
/// Signs of life of nodes in PostgreSQL: the second witness beside their leases in Redis. A node that Redis does not hear gives them as
/// often as it would have renewed its lease, so that nobody takes the calls of one that is only cut off from Redis.
/// </summary>
public sealed class NodeSigns(NpgsqlDataSource database)
{
    private const string Give =
        "UPDATE nodes SET seen_at = clock_timestamp(), unheard_at = clock_timestamp() WHERE node = @Id AND start = @Start";

    private const string Age =
        "SELECT extract(epoch FROM clock_timestamp() - seen_at)::float8 FROM nodes WHERE node = @Id AND start = @Start";

    private const string Unheard =
        """
        SELECT NOT EXISTS (
            SELECT FROM (
                SELECT DISTINCT ON (node) seen_at, unheard_at FROM nodes WHERE node = ANY (@nodes) ORDER BY node, seen_at DESC) latest
            WHERE seen_at > clock_timestamp() - @lost AND coalesce(unheard_at, '-infinity') < clock_timestamp() - @lease)
        """;

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

    /// <summary>True: none of these nodes is heard by Redis, as they say themselves, or they are dead.</summary>
    /// <param name="nodes">Their ids; of each the latest start counts.</param>
    /// <param name="lease">So old a sign may be.</param>
    /// <param name="lost">A node that was not seen for so long is dead.</param>
    /// <param name="cancellation">Ends the question.</param>
    public async Task<bool> AreUnheardAsync(
        IReadOnlyCollection<string> nodes, TimeSpan lease, TimeSpan lost, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            Unheard, new { nodes = nodes.ToArray(), lease, lost }, cancellationToken: cancellation));
    }
}
