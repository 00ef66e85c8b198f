using Dapper;
using Npgsql;

namespace Benchmarks.Billing;

/// <summary>Accounts, cards, channels and contacts as a busy operator has them, and a year of past calls.</summary>
internal static class BillingData
{
    public const int Accounts = 20, Channels = 50, Users = 200_000;

    public static string Channel(int i) => "10" + (i % Channels);

    public static string User(int i) => "4915" + (1_000_000 + i % Users);

    private const string Open =
        """
        INSERT INTO rate_cards (id, name, currency) VALUES ('main', 'main', 'EUR');
        INSERT INTO rates (card, direction, prefix, valid_from, price_per_minute, tiers)
        SELECT 'main', direction, prefix, '2020-01-01Z', 0.01, '[{"fromMinutes": 50000, "pricePerMinute": 0.007}]'
        FROM unnest('{inbound,outbound}'::text[]) direction,
             (SELECT '' UNION ALL SELECT i::text FROM generate_series(1, 99) i UNION ALL SELECT '49' || i
                 FROM generate_series(1, 9999) i) p (prefix);
        INSERT INTO accounts (id, name, currency, rate_card) SELECT 'a' || i, 'account', 'EUR', 'main' FROM generate_series(0, 19) i;
        WITH entries AS (
            INSERT INTO ledger_entries (account, kind, amount, balance_after, idempotency_key, actor)
            SELECT id, 'top_up', 1000000, 1000000, 'top_up:' || id, 'test' FROM accounts RETURNING account, amount)
        UPDATE accounts SET balance = entries.amount FROM entries WHERE id = account;
        INSERT INTO channels (id, number, account) SELECT '10' || i, '49301' || i, 'a' || i % 20 FROM generate_series(0, 49) i;
        INSERT INTO contacts (channel, phone, permission, permission_since)
        SELECT '10' || i % 50, '4915' || (1000000 + i), 'permanent', now() FROM generate_series(0, 199999) i;
        """;

    /// <summary>
    /// One month. Calls come evenly; users, channels and accounts are spread; of a thousand calls one has a rare cause. The partition is
    /// indexed when it is attached, which is faster than row by row with the same result.
    /// </summary>
    private static string FillMonth(DateTime month, int rows) =>
        $$"""
        CREATE TABLE calls_{{month:yyyy_MM}} (LIKE calls INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
        INSERT INTO calls_{{month:yyyy_MM}} (
            id, whatsapp_call_id, direction, channel, user_phone, user_name, trunk, agent, started_at, ringing_at, answered_at, ended_at,
            cause,
            whatsapp_quality, pbx_quality, node, node_start, account, currency, rate_id, rate_card, rate_prefix, price_per_minute,
            connection_fee,
            pulse_seconds, minimum_seconds, pulses, price)
        SELECT md5('calls_{{month:yyyy_MM}}' || i), 'wacid.' || md5('wcalls_{{month:yyyy_MM}}' || i), CASE WHEN i % 3 = 0 THEN 'outbound'
            ELSE 'inbound' END, '10' || i % 50,
            '4915' || (1000000 + (i::bigint * 7919) % 200000), 'User', 'main', '1' || i % 300, s, s + interval '1 s',
            CASE WHEN answered THEN s + interval '6 s' END, s + interval '66 s', cause,
            CASE WHEN answered THEN '{"packetsReceived":3000,"packetsLost":3,"jitterMs":4.2,"roundTripMs":80,"mos":4.3}'::jsonb END,
            CASE WHEN answered THEN '{"packetsReceived":3000,"packetsLost":0,"jitterMs":0.3,"roundTripMs":2,"mos":4.4}'::jsonb END,
            'node-' || i % 3, 'start', 'a' || i % 20, 'EUR', 1, 'main', '', 0.01, 0, 6, 0, CASE WHEN answered THEN 10 END, CASE
                WHEN answered THEN 0.01 END
        FROM (
            SELECT i, '{{month:yyyy-MM-dd}}Z'::timestamptz + i *
                ('{{month.AddMonths(1):yyyy-MM-dd}}Z'::timestamptz - '{{month:yyyy-MM-dd}}Z'::timestamptz) / {{rows}} AS s,
            i % 10 < 6 AS answered,
                CASE WHEN i % 1000 = 7 THEN 'balance_exhausted' WHEN i % 10 < 6 THEN 'whatsapp_hung_up' WHEN i % 10 < 8 THEN 'no_answer'
                    ELSE 'caller_gave_up' END AS cause
            FROM generate_series(0, {{rows}} - 1) i) x;
        ALTER TABLE calls ATTACH PARTITION calls_{{month:yyyy_MM}} FOR VALUES
            FROM ('{{month:yyyy-MM-dd}}Z') TO ('{{month.AddMonths(1):yyyy-MM-dd}}Z');
        """;

    public static async Task OpenAsync(NpgsqlDataSource database) => await ExecuteAsync(database, Open);

    public static async Task FillAsync(NpgsqlDataSource database, int rows)
    {
        var month = new DateTime(DateTime.UtcNow.Year, DateTime.UtcNow.Month, 1).AddMonths(-12);
        for (var i = 0; i < 12; i++, month = month.AddMonths(1))
        {
            await ExecuteAsync(database, FillMonth(month, rows / 12 + (i < rows % 12 ? 1 : 0)));
            Console.Write('.');
        }
        await ExecuteAsync(database, $"SELECT make_call_partition('{month:yyyy-MM-dd}')");
        await ExecuteAsync(database, "VACUUM ANALYZE");
        await ExecuteAsync(database, "CHECKPOINT;");
        Console.WriteLine();
    }

    public static async Task<long> SizeAsync(NpgsqlDataSource database)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleAsync<long>(
            "SELECT sum(pg_total_relation_size(inhrelid))::bigint FROM pg_inherits WHERE inhparent = 'calls'::regclass");
    }

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql)
    {
        await using var connection = await database.OpenConnectionAsync();
        await connection.ExecuteAsync(sql, commandTimeout: 3600);
    }
}
