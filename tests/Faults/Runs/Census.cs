using Dapper;
using Faults.Facts;
using Faults.Peers;
using Npgsql;
using StackExchange.Redis;

namespace Faults.Runs;

/// <summary>Looks at everything once all calls were ended: what is left of them, and what the stores say of them.</summary>
internal sealed class Census(NpgsqlDataSource database, IConnectionMultiplexer redis, Centre centre, Callers callers, TalkingPhones phones)
{
    private const string Records =
        """
        SELECT id AS "Id", user_phone AS "User", whatsapp_call_id AS "WhatsAppId", cause AS "Cause",
               extract(epoch FROM ended_at - answered_at) AS "Talk", pulses AS "Pulses", pulse_seconds AS "PulseSeconds",
               price_per_minute AS "PricePerMinute", connection_fee AS "ConnectionFee", price AS "Price"
        FROM calls
        """;

    private const string Entries = """SELECT call_id AS "CallId", kind AS "Kind", amount AS "Amount" FROM ledger_entries""";

    private const string Account = """SELECT balance AS "Balance", held AS "Held" FROM accounts WHERE id = 'faults'""";

    private const string Open = "SELECT id FROM calls WHERE ended_at IS NULL UNION ALL SELECT call_id FROM holds";

    /// <summary>What is still there; empty: all calls are over everywhere.</summary>
    public async Task<IReadOnlyList<(string Where, string What)>> RemainsAsync()
    {
        var found = new List<(string, string)>();
        found.AddRange(callers.Live().Select(call => ("whatsapp", call)));
        found.AddRange(phones.Live().Select(leg => ("phone", $"{leg.Phone} in the call of {leg.User}")));
        found.AddRange((await centre.TakenAsync()).Select(agent => ("redis", $"{agent.Agent} is {agent.Activity} for {agent.Call}")));
        foreach (var key in redis.GetServers().First(server => server is { IsConnected: true, IsReplica: false })
            .Keys(pattern: "wa:*", pageSize: 1000).Select(key => (string)key!))
            if (key.EndsWith(":live", StringComparison.Ordinal) || key.EndsWith(":owner", StringComparison.Ordinal)
                || key.EndsWith(":dialog", StringComparison.Ordinal))
                found.Add(("redis", key));
        await using var connection = await database.OpenConnectionAsync();
        found.AddRange((await connection.QueryAsync<string>(Open)).Select(id => ("postgres", id)));
        return found;
    }

    /// <summary>Notes records, ledger and account.</summary>
    public async Task TellAsync(HistoryLog history)
    {
        var now = DateTimeOffset.UtcNow;
        await using var connection = await database.OpenConnectionAsync();
        foreach (var row in await connection.QueryAsync<Row>(Records))
            history.Add(new Fact.Recorded(
                now, row.Id, row.User ?? "", row.WhatsAppId, row.Cause,
                row.Talk is { } talk ? TimeSpan.FromTicks((long)(talk * 10_000_000)) : null,
                row.Price is { } price
                    ? new CallBill(row.Pulses!.Value, row.PulseSeconds!.Value, row.PricePerMinute!.Value, row.ConnectionFee!.Value, price)
                    : null));
        foreach (var (call, kind, amount) in await connection.QueryAsync<(string?, string, decimal)>(Entries))
            history.Add(new Fact.Entered(now, call, kind, amount));
        var (balance, held) = await connection.QuerySingleAsync<(decimal, decimal)>(Account);
        history.Add(new Fact.Balanced(now, balance, held));
    }

    /// <summary>A row of calls.</summary>
    private sealed record Row
    {
        public required string Id { get; init; }

        public string? User { get; init; }

        public string? WhatsAppId { get; init; }

        public string? Cause { get; init; }

        /// <summary>Seconds.</summary>
        public decimal? Talk { get; init; }

        public int? Pulses { get; init; }

        public int? PulseSeconds { get; init; }

        public decimal? PricePerMinute { get; init; }

        public decimal? ConnectionFee { get; init; }

        public decimal? Price { get; init; }
    }
}
