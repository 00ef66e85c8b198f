using Npgsql;
using StackExchange.Redis;
using Testing;

namespace Load.Nodes;

/// <summary>What the stores were asked for so far.</summary>
/// <param name="At">When.</param>
/// <param name="Commands">Of Redis; a script's own commands count too.</param>
/// <param name="Bytes">To and from Redis.</param>
/// <param name="Transactions">Of PostgreSQL.</param>
internal sealed record StoreCounters(TimeSpan At, double Commands, double Bytes, double Transactions)
{
    /// <summary>PostgreSQL's sessions report what they did a second late.</summary>
    private static readonly TimeSpan Reported = TimeSpan.FromSeconds(1.5);

    public static async Task<StoreCounters> ReadAsync(Stores stores, CancellationToken stop)
    {
        var at = TimeSpan.FromMilliseconds(Environment.TickCount64);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(stores.Redis + ",allowAdmin=true");
        var stats = (await redis.GetServers()[0].InfoAsync("stats")).SelectMany(group => group)
            .ToDictionary(pair => pair.Key, pair => pair.Value);
        await Task.Delay(Reported, stop);
        await using var database = NpgsqlDataSource.Create(stores.Postgres);
        await using var command = database.CreateCommand("SELECT sum(xact_commit + xact_rollback)::float8 FROM pg_stat_database");
        return new StoreCounters(
            at, double.Parse(stats["total_commands_processed"]),
            double.Parse(stats["total_net_input_bytes"]) + double.Parse(stats["total_net_output_bytes"]),
            (double)(await command.ExecuteScalarAsync(stop))!);
    }

    public static StoreCounters operator -(StoreCounters later, StoreCounters earlier) => new(
        later.At - earlier.At, later.Commands - earlier.Commands, later.Bytes - earlier.Bytes, later.Transactions - earlier.Transactions);

    /// <summary>Without what is asked for anyway, whether there are calls or not.</summary>
    public StoreCounters Beyond(StoreCounters idle)
    {
        var share = At / idle.At;
        return new StoreCounters(
            At, Commands - idle.Commands * share, Bytes - idle.Bytes * share, Transactions - idle.Transactions * share);
    }
}
