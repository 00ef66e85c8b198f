using Dapper;
using Media.Protocols.Primitives;
using Npgsql;

namespace Gateway.Storage.Statistics;

/// <summary>A row of statistics in one currency: sums, of which rates and averages are made. Members of no part that was asked for are
/// null.</summary>
public sealed record StatisticsRow : CallSums
{
    public DateTime? At { get; init; }
    public string? Channel { get; init; }
    public string? Direction { get; init; }

    /// <summary>The group, agent, country or account.</summary>
    public string? Key { get; init; }

    /// <summary>Empty: calls without a price.</summary>
    public string Currency { get; init; } = "";
}

/// <summary>Reads statistics of calls from their summaries, whatever the number of calls.</summary>
public sealed class CallStatistics(NpgsqlDataSource database)
{
    private const string Sums =
        """
        currency, sum(calls)::bigint AS Calls, sum(answered)::bigint AS Answered, sum(missed)::bigint AS Missed,
        sum(refused)::bigint AS Refused, sum(talk_seconds) AS TalkSeconds, sum(waited)::bigint AS Waited,
        sum(agent_answered)::bigint AS AgentAnswered, sum(in_time)::bigint AS InTime, sum(wait_seconds) AS WaitSeconds,
        sum(handling_seconds) AS HandlingSeconds, sum(whatsapp_scored)::bigint AS WhatsAppScored, sum(whatsapp_mos) AS WhatsAppMos,
        sum(pbx_scored)::bigint AS PbxScored, sum(pbx_mos) AS PbxMos, sum(whatsapp_packets)::bigint AS WhatsAppPackets,
        sum(whatsapp_lost)::bigint AS WhatsAppLost, sum(pbx_packets)::bigint AS PbxPackets, sum(pbx_lost)::bigint AS PbxLost,
        sum(cost) AS Cost
        """;

    /// <summary>The rows in the order of their parts. Rows of one place and several currencies follow each other.</summary>
    /// <exception cref="ArgumentException">No one kind of summaries answers the question.</exception>
    public async Task<IReadOnlyList<StatisticsRow>> ReadAsync(StatisticsQuery query, int limit, CancellationToken cancellation)
    {
        if (query.Dimension is not { } dimension)
            throw new ArgumentException("The parts do not go together.", nameof(query));
        var (expression, order) = Places(query.Parts);
        var parameters = new DynamicParameters(new
        {
            channel = query.Channel?.Value,
            direction = query.Direction is { } direction ? WireName.Of(direction) : null,
            key = query.Key?.Value,
            limit,
        });
        var sources = StatisticsSource.Of(query, dimension).Select((source, i) =>
        {
            parameters.AddDynamicParams(new Dictionary<string, object>
            {
                [$"dimension{i}"] = source.Dimension, [$"from{i}"] = source.From, [$"to{i}"] = source.To,
            });
            return $"SELECT * FROM {source.Table} WHERE dimension = @dimension{i} AND at >= @from{i} AND at < @to{i} {Filter(query)}";
        });
        var sql =
            $"""
            SELECT {expression} {Sums} FROM ({string.Join(" UNION ALL ", sources)}) summed
            GROUP BY {order} currency ORDER BY {order} currency LIMIT @limit
            """;
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return [.. await connection.QueryAsync<StatisticsRow>(new CommandDefinition(sql, parameters, cancellationToken: cancellation))];
    }

    /// <summary>The filters that are set, so that each combination has a plan of its own.</summary>
    private static string Filter(StatisticsQuery query) => (query.Channel is null ? "" : " AND channel = @channel")
        + (query.Direction is null ? "" : " AND direction = @direction") + (query.Key is null ? "" : " AND key = @key");

    /// <summary>The columns that name a row's place, and the same by their numbers, each with its comma.</summary>
    private static (string Expressions, string Numbers) Places(IReadOnlyList<StatisticsPart> parts)
    {
        string[] columns =
        [
            .. parts.Select(part => part switch
            {
                StatisticsPart.Hour => "at AS At",
                StatisticsPart.Day => "date_trunc('day', at, 'UTC') AS At",
                StatisticsPart.Month => "date_trunc('month', at, 'UTC') AS At",
                StatisticsPart.Channel => "channel AS Channel",
                StatisticsPart.Direction => "direction AS Direction",
                _ => "key AS Key",
            }),
        ];
        return (string.Concat(columns.Select(column => column + ", ")), string.Concat(columns.Select((_, i) => $"{i + 1}, ")));
    }
}
