using System.Globalization;
using Load.Processes;
using Npgsql;
using StackExchange.Redis;

namespace Load.Soaks;

/// <summary>What the gateway and its stores had used at one time; the difference of two is what the calls between them cost.</summary>
/// <param name="Calls">Completed records.</param>
/// <param name="Cpu">Of the gateway, in ms.</param>
/// <param name="Switches">Of the gateway's threads: how often one was put to sleep or another let go first.</param>
/// <param name="Threads">CPU of the gateway's threads by their kind, in ms.</param>
/// <param name="RedisCommands">Commands that Redis carried out, those of scripts included.</param>
/// <param name="RedisBytes">Received and sent by Redis.</param>
/// <param name="Transactions">Committed by PostgreSQL.</param>
internal sealed record Usage(
    long Calls, double Cpu, long Switches, IReadOnlyDictionary<string, double> Threads, long RedisCommands, long RedisBytes,
    long Transactions)
{
    public static async Task<Usage> ReadAsync(
        ProcessWatch gateway, NpgsqlDataSource postgres, ConnectionMultiplexer redis, CancellationToken stop)
    {
        await using var command = postgres.CreateCommand("""
            SELECT (SELECT count(*) FROM calls WHERE ended_at IS NOT NULL), sum(xact_commit)::bigint FROM pg_stat_database
            """);
        await using var reader = await command.ExecuteReaderAsync(stop);
        await reader.ReadAsync(stop);
        var stats = (await redis.GetServers()[0].InfoAsync("stats")).SelectMany(group => group)
            .ToDictionary(pair => pair.Key, pair => pair.Value);
        return new Usage(
            reader.GetInt64(0), gateway.CpuSeconds() * 1000, gateway.Switches(), gateway.ThreadCpu(), Of("total_commands_processed"),
            Of("total_net_input_bytes") + Of("total_net_output_bytes"), reader.GetInt64(1));

        long Of(string name) => long.Parse(stats[name], CultureInfo.InvariantCulture);
    }

    /// <summary>A line for people: everything a call.</summary>
    public string Since(Usage before)
    {
        double calls = Math.Max(1, Calls - before.Calls);
        var threads = Threads.Select(thread => (thread.Key, Cpu: (thread.Value - before.Threads.GetValueOrDefault(thread.Key)) / calls))
            .Where(thread => thread.Cpu >= 0.1).OrderByDescending(thread => thread.Cpu)
            .Select(thread => $"{thread.Key} {thread.Cpu.ToString("0.0", CultureInfo.InvariantCulture)}");
        var (commands, bytes) = ((RedisCommands - before.RedisCommands) / calls, (RedisBytes - before.RedisBytes) / calls / 1000);
        return string.Create(CultureInfo.InvariantCulture, $"""
            a call       {(Cpu - before.Cpu) / calls:0.0} ms of CPU ({string.Join(", ", threads)}),
                         {(Switches - before.Switches) / calls:0} switches, {commands:0.0} Redis commands ({bytes:0.0} kB),
                         {(Transactions - before.Transactions) / calls:0.0} transactions; {calls:0} calls
            """);
    }
}
