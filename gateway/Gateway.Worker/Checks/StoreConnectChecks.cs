using Gateway.Storage;
using Gateway.Worker.Configuration;
using Npgsql;
using StackExchange.Redis;

namespace Gateway.Worker.Checks;

/// <summary>Asks the two stores what they are, and what this user may do there.</summary>
internal static class StoreConnectChecks
{
    private const int OldestPostgres = 15, OldestRedis = 6;

    /// <summary>Version, rights, whether the user is more than it needs to be, and the clock.</summary>
    private const string AskPostgres =
        """
        SELECT current_setting('server_version_num')::int / 10000, pg_is_in_recovery(),
               (SELECT rolsuper FROM pg_roles WHERE rolname = current_user), current_user::text,
               coalesce(has_table_privilege(to_regclass('calls'), 'INSERT'), false), to_regclass('schema_migrations') IS NOT NULL,
               extract(epoch FROM clock_timestamp())::float8
        """;

    public static async Task<IReadOnlyList<CheckLine>> PostgresAsync(
        StorageOptions storage, TimeProvider time, CancellationToken cancellation)
    {
        const string Subject = "PostgreSQL";
        try
        {
            await using var database = storage.OpenPostgresProbe();
            await using var command = database.CreateCommand(AskPostgres);
            await using var row = await command.ExecuteReaderAsync(cancellation);
            await row.ReadAsync(cancellation);
            var (version, isStandby, isSuper) = (row.GetInt32(0), row.GetBoolean(1), row.GetBoolean(2));
            var (user, mayWrite, isMigrated) = (row.GetString(3), row.GetBoolean(4), row.GetBoolean(5));
            var ahead = DateTimeOffset.FromUnixTimeMilliseconds((long)(row.GetDouble(6) * 1000)) - time.GetUtcNow();
            await row.DisposeAsync();
            var lines = new List<CheckLine>
            {
                version < OldestPostgres
                    ? CheckLine.Wrong(Subject, $"version {version}", $"use version {OldestPostgres} or later")
                    : isStandby
                        ? CheckLine.Wrong(Subject, "it is a standby, which cannot be written", "name the primary in storage.postgres")
                        : CheckLine.Ok(Subject, $"version {version}, as {user}"),
                await MigrationsAsync(database, isMigrated, mayWrite, user, cancellation),
            };
            if (isSuper)
                lines.Add(CheckLine.Warning(
                    Subject, $"{user} is a superuser", "log in as a member of gateway_worker (\"Least privilege\" in deploy/README.md)"));
            if (ahead.Duration() > TimeSpan.FromSeconds(2))
                lines.Add(CheckLine.Warning(
                    Subject, $"its clock is {ahead.TotalSeconds:0.0} s from this host's", "let NTP set both hosts"));
            return lines;
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or OperationCanceledException or ArgumentException
            or IOException or UnauthorizedAccessException)
        {
            return [CheckLine.Wrong(Subject, e.Message, "check storage.postgres, its password, pg_hba.conf and the way to the server")];
        }
    }

    private static async Task<CheckLine> MigrationsAsync(
        NpgsqlDataSource database, bool isMigrated, bool mayWrite, string user, CancellationToken cancellation)
    {
        const string Subject = "PostgreSQL's schema";
        try
        {
            var missing = isMigrated ? await Migrator.MissingAsync(database, cancellation) : null;
            if (missing is not { Count: 0 })
                return CheckLine.Warning(
                    Subject, missing is null ? "the database is empty" : $"{missing.Count} migrations are missing, the first {missing[0]}",
                    "run migrate as its owner; run does it too where its user may");
            return mayWrite
                ? CheckLine.Ok(Subject, "of this version")
                : CheckLine.Wrong(Subject, $"{user} may not write calls", $"GRANT gateway_worker TO \"{user}\"");
        }
        catch (InvalidOperationException e)
        {
            return CheckLine.Wrong(Subject, e.Message, "use the newer program");
        }
    }

    public static async Task<IReadOnlyList<CheckLine>> RedisAsync(StorageOptions storage, CancellationToken cancellation)
    {
        const string Subject = "Redis";
        try
        {
            var settings = storage.RedisOptions();
            (settings.AbortOnConnectFail, settings.ConnectTimeout, settings.ConnectRetry, settings.AllowAdmin) = (true, 3000, 1, true);
            await using var redis = await ConnectionMultiplexer.ConnectAsync(settings).WaitAsync(cancellation);
            var server = redis.GetServers().First(one => one.IsConnected && !one.IsReplica);
            List<CheckLine> lines =
            [
                server.Version.Major < OldestRedis
                    ? CheckLine.Wrong(Subject, $"version {server.Version}", $"use version {OldestRedis} or later")
                    : CheckLine.Ok(Subject, $"version {server.Version}"),
            ];
            var facts = (await server.InfoAsync()).SelectMany(section => section).DistinctBy(fact => fact.Key)
                .ToDictionary(fact => fact.Key, fact => fact.Value);
            if (facts.GetValueOrDefault("maxmemory_policy") is { } policy && policy != "noeviction")
                lines.Add(CheckLine.Wrong(
                    Subject, $"maxmemory-policy is {policy}: it forgets live calls when its memory is full",
                    "CONFIG SET maxmemory-policy noeviction, and in redis.conf"));
            if (facts.GetValueOrDefault("aof_enabled") == "0" && facts.GetValueOrDefault("rdb_last_save_time") is "0" or null)
                lines.Add(CheckLine.Warning(
                    Subject, "it keeps nothing over its own restart", "appendonly yes, unless a Sentinel or Cluster has replicas"));
            return lines;
        }
        catch (RedisServerException e)
        {
            return [CheckLine.Warning(
                Subject, $"it answers, but not all: {e.Message}", "let this user run INFO, or check maxmemory-policy by hand")];
        }
        catch (Exception e) when (e is RedisException or TimeoutException or OperationCanceledException or InvalidOperationException
            or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return [CheckLine.Wrong(
                Subject, e is RedisConnectionException ? "it cannot be reached, or refuses the password" : e.Message,
                "check storage.redis, its password and the way to the server")];
        }
    }
}
