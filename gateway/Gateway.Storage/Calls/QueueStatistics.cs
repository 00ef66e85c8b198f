using Dapper;
using Npgsql;

namespace Gateway.Storage.Calls;

/// <summary>What became of the calls that waited for the agents of one group, of one channel.</summary>
/// <param name="Group">The group; null: named agents without one.</param>
/// <param name="Channel">The business number that was called.</param>
/// <param name="Offered">Calls that waited for an agent.</param>
/// <param name="Answered">Those that got one.</param>
/// <param name="AnsweredInTime">Those that got one within the group's time.</param>
/// <param name="Abandoned">Those that ended without one.</param>
/// <param name="WaitSeconds">The time that all of them waited.</param>
/// <param name="HandlingSeconds">The time that agents talked.</param>
public sealed record QueueCounts(
    string? Group, string Channel, long Offered, long Answered, long AnsweredInTime, long Abandoned, double WaitSeconds,
    double HandlingSeconds);

/// <summary>Counts ended calls that waited for agents.</summary>
public sealed class QueueStatistics(NpgsqlDataSource database)
{
    private const string Count =
        """
        SELECT c.agent_group AS Group, c.channel AS Channel, count(*) AS Offered, count(c.agent_answered_at) AS Answered,
            count(*) FILTER (WHERE c.agent_answered_at - c.waited_from <= make_interval(secs => g.answer_within_seconds)) AS AnsweredInTime,
            count(*) - count(c.agent_answered_at) AS Abandoned,
            sum(greatest(extract(epoch FROM coalesce(c.agent_answered_at, c.ended_at) - c.waited_from), 0))::float8 AS WaitSeconds,
            coalesce(sum(extract(epoch FROM c.ended_at - c.agent_answered_at)), 0)::float8 AS HandlingSeconds
        FROM calls c LEFT JOIN agent_groups g ON g.id = c.agent_group
        WHERE c.started_at >= @from AND c.started_at < @to AND c.ended_at IS NOT NULL AND c.waited_from IS NOT NULL
        GROUP BY c.agent_group, c.channel ORDER BY c.agent_group, c.channel
        """;

    /// <summary>The calls that began in a period, by group and channel.</summary>
    public async Task<IReadOnlyList<QueueCounts>> CountAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return [.. await connection.QueryAsync<QueueCounts>(new CommandDefinition(
            Count, new { from = from.UtcDateTime, to = to.UtcDateTime }, cancellationToken: cancellation))];
    }
}
