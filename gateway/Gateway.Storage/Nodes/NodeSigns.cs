using Dapper;
using Npgsql;

namespace Gateway.Storage.Nodes;

/// <summary>
/// Signs of life of nodes in PostgreSQL: the second witness beside their leases in Redis. A node that Redis does not hear gives them as
/// often as it would have renewed its lease, so that nobody takes the calls of one that is only cut off from Redis.
/// </summary>
/// <remarks>A cancelled question returns at once: the driver first waits for a server that stands still to take its cancellation.</remarks>
public sealed class NodeSigns(NpgsqlDataSource database)
{
    private const string Give =
        """
        UPDATE nodes SET seen_at = clock_timestamp(), unheard_at = clock_timestamp(), heard_at = clock_timestamp() - @silence::interval
        WHERE node = @Id AND start = @Start
        """;

    private const string Age =
        "SELECT extract(epoch FROM clock_timestamp() - seen_at)::float8 FROM nodes WHERE node = @Id AND start = @Start";

    private const string List =
        """
        SELECT DISTINCT ON (node) node, extract(epoch FROM clock_timestamp() - seen_at)::float8 AS seen,
            extract(epoch FROM clock_timestamp() - unheard_at)::float8 AS unheard,
            extract(epoch FROM clock_timestamp() - heard_at)::float8 AS heard
        FROM nodes WHERE node = ANY (@nodes) ORDER BY node, seen_at DESC
        """;

    private const string Living = "SELECT DISTINCT node FROM nodes WHERE seen_at > clock_timestamp() - @within";

    /// <summary>The nodes that have given one within this time.</summary>
    public async Task<IReadOnlyList<string>> LivingAsync(TimeSpan within, CancellationToken cancellation) =>
        [.. await AskAsync(
            connection => connection.QueryAsync<string>(new CommandDefinition(Living, new { within }, cancellationToken: cancellation)),
            cancellation)];

    /// <summary>Gives one, of a node that Redis does not hear.</summary>
    /// <param name="node">Itself.</param>
    /// <param name="silence">The time since Redis last answered it; null: never.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    public Task GiveAsync(LeasedNode node, TimeSpan? silence, CancellationToken cancellation) => AskAsync(
        connection => connection.ExecuteAsync(
            new CommandDefinition(Give, new { node.Id, node.Start, silence }, cancellationToken: cancellation)),
        cancellation);

    /// <summary>The time since the last one, by PostgreSQL's clock; null: there is none.</summary>
    public async Task<TimeSpan?> AgeAsync(LeasedNode node, CancellationToken cancellation)
    {
        var seconds = await AskAsync(
            connection => connection.ExecuteScalarAsync<double?>(new CommandDefinition(Age, node, cancellationToken: cancellation)),
            cancellation);
        return seconds is { } age ? TimeSpan.FromSeconds(age) : null;
    }

    /// <summary>The last signs of these nodes, of each that of its latest start; none of one that is unknown.</summary>
    public async Task<IReadOnlyList<NodeSign>> ListAsync(IReadOnlyCollection<string> nodes, CancellationToken cancellation)
    {
        var rows = await AskAsync(
            connection => connection.QueryAsync<(string Node, double Seen, double? Unheard, double? Heard)>(
                new CommandDefinition(List, new { nodes = nodes.ToArray() }, cancellationToken: cancellation)),
            cancellation);
        return [.. rows.Select(row => new NodeSign(row.Node, TimeSpan.FromSeconds(row.Seen), Age(row.Unheard), Age(row.Heard)))];

        static TimeSpan? Age(double? seconds) => seconds is { } age ? TimeSpan.FromSeconds(age) : null;
    }

    private async Task<T> AskAsync<T>(Func<NpgsqlConnection, Task<T>> askAsync, CancellationToken cancellation)
    {
        return await AnswerAsync().WaitAsync(cancellation);

        async Task<T> AnswerAsync()
        {
            await using var connection = await database.OpenConnectionAsync(cancellation);
            return await askAsync(connection);
        }
    }
}

/// <summary>What a node last said of itself in PostgreSQL: the time since then, by PostgreSQL's clock.</summary>
/// <param name="Node">Its id.</param>
/// <param name="Seen">Since any sign.</param>
/// <param name="Unheard">Since it said that Redis does not hear it; null: never.</param>
/// <param name="Heard">Since Redis answered it, as it said then; null: never.</param>
public sealed record NodeSign(string Node, TimeSpan Seen, TimeSpan? Unheard, TimeSpan? Heard);
