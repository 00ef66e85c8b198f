using System.Diagnostics;
using Dapper;
using Gateway.Calls;
using Gateway.Storage;
using Gateway.Storage.Statistics;
using Npgsql;
using Testing;

namespace Benchmarks.Billing;

/// <summary>
/// What statistics of a year cost, out of the summaries that so many calls leave: 50 channels, 20 accounts, 30 groups, 300 agents and users
/// of 60 countries. Every question that the console asks of a year, and those with filters.
/// </summary>
internal static class StatisticsCost
{
    private const int Repetitions = 20;

    /// <summary>Calls spread over the year; five channels share groups and agents, and most users are of few countries.</summary>
    private const string Calls =
        """
        CREATE TEMPORARY TABLE drawn AS
        SELECT date_trunc('hour', now() - interval '1 year' + (i::float8 / @calls) * interval '1 year') AS at,
            '10' || i % 50 AS channel, CASE WHEN i % 3 = 0 THEN 'outbound' ELSE 'inbound' END AS direction,
            'sales-' || (i % 50) / 5 * 3 + floor(random() * 3)::int AS agent_group,
            'agent-' || (i % 50) / 5 * 30 + floor(random() * 30)::int AS agent,
            'C' || (60 * random() * random() * random())::int AS country, 'a' || i % 20 AS account, random() < 0.8 AS answered,
            60 + 120 * random() AS talk
        FROM generate_series(1, @calls) i
        """;

    private const string Sums =
        """
        'EUR', count(*), count(*) FILTER (WHERE answered), count(*) FILTER (WHERE NOT answered), 0, sum(talk), count(*),
        count(*) FILTER (WHERE answered), count(*) FILTER (WHERE talk < 160), sum(talk / 10), sum(talk), count(*), 4.1 * count(*), count(*),
        4.3 * count(*), 50 * sum(talk)::bigint, count(*), 50 * sum(talk)::bigint, count(*), sum((talk / 6000)::numeric(12, 4))
        """;

    public static async Task MeasureAsync(int calls)
    {
        using var stores = Stores.StartDurable();
        await using var database = Database.Open(stores.Postgres);
        await Migrator.MigrateAsync(database, CancellationToken.None);
        await FillAsync(database, calls);
        var to = new DateTimeOffset(DateTimeOffset.UtcNow.UtcDateTime.Date.AddDays(1), TimeSpan.Zero);
        var year = new StatisticsQuery([], to.AddDays(-365), to, null, null, null);
        (string Name, StatisticsQuery Query)[] questions =
        [
            ("one sum", year),
            ("by day", year with { Parts = [StatisticsPart.Day] }),
            ("by month and channel", year with { Parts = [StatisticsPart.Month, StatisticsPart.Channel] }),
            ("by country", year with { Parts = [StatisticsPart.Country] }),
            ("by group", year with { Parts = [StatisticsPart.Group] }),
            ("by agent", year with { Parts = [StatisticsPart.Agent] }),
            ("by account", year with { Parts = [StatisticsPart.Account] }),
            ("by channel and agent", year with { Parts = [StatisticsPart.Channel, StatisticsPart.Agent] }),
            ("by agent, inbound", year with { Parts = [StatisticsPart.Agent], Direction = CallDirection.Inbound }),
            ("by month and country", year with { Parts = [StatisticsPart.Month, StatisticsPart.Country] }),
            ("by day, of one channel", year with { Parts = [StatisticsPart.Day], Channel = new ChannelId("107") }),
            ("by day, of one agent", year with { Parts = [StatisticsPart.Day], Key = (StatisticsPart.Agent, "agent-7") }),
            ("by country, of a week", year with { Parts = [StatisticsPart.Country], From = to.AddDays(-7) }),
        ];
        var statistics = new CallStatistics(database);
        foreach (var (name, query) in questions)
        {
            var (times, rows) = (new List<TimeSpan>(), 0);
            for (var i = 0; i < Repetitions; i++)
            {
                var started = Stopwatch.GetTimestamp();
                rows = (await statistics.ReadAsync(query, 20_000, CancellationToken.None)).Count;
                times.Add(Stopwatch.GetElapsedTime(started));
            }
            Console.WriteLine($"a year {name}: {BillingCost.Percentiles(times)} ({rows} rows)");
        }
    }

    private static async Task FillAsync(NpgsqlDataSource database, int calls)
    {
        var clock = Stopwatch.StartNew();
        await using var connection = await database.OpenConnectionAsync();
        async Task RunAsync(string sql) => await connection.ExecuteAsync(sql, new { calls }, commandTimeout: 3600);
        await RunAsync(Calls);
        await RunAsync($"INSERT INTO call_summaries SELECT 'hour', at, channel, direction, '', {Sums} FROM drawn GROUP BY 2, 3, 4");
        foreach (var (dimension, key) in new[]
            { ("group", "agent_group"), ("agent", "agent"), ("country", "country"), ("account", "account") })
            await RunAsync(
                $"INSERT INTO call_summaries SELECT '{dimension}', date_trunc('day', at, 'UTC'), channel, direction, {key}, {Sums} "
                + "FROM drawn GROUP BY 2, 3, 4, 5");
        await RunAsync("DROP TABLE drawn");
        var filled = clock.Elapsed;
        await new CallSummaries(database).AdvanceAsync(CancellationToken.None);
        var summedUp = clock.Elapsed - filled;
        await RunAsync("VACUUM ANALYZE");
        var (rows, totals) = await connection.QuerySingleAsync<(long, long)>(
            """
            SELECT (SELECT count(*) FROM call_summaries), (SELECT count(*) FROM call_totals)
                + (SELECT count(*) FROM call_key_days) + (SELECT count(*) FROM call_key_months)
            """);
        Console.WriteLine($"{calls:N0} calls of a year are {rows:N0} rows of summaries, filled in {filled.TotalSeconds:F0} s, and "
            + $"{totals:N0} of totals, made of them in {summedUp.TotalSeconds:F0} s");
    }
}
