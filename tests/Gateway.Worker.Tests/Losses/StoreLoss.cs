using Gateway.Calls.Lifecycle;
using Gateway.Storage;
using Gateway.Worker.Configuration;
using Npgsql;
using Testing;

namespace Gateway.Worker.Tests.Losses;

/// <summary>Private stores, what is to happen to them, and how they are whole again.</summary>
internal sealed class StoreLoss : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _servers = [];

    private StoreLoss(Stores stores) => Stores = stores;

    public Stores Stores { get; }

    /// <summary>What this node is configured with in place of the one PostgreSQL and the one Redis.</summary>
    public Func<StorageOptions, StorageOptions> Configure { get; private set; } = same => same;

    public OutagePolicy Policy { get; private set; } = OutagePolicy.Refuse;

    public Func<Task> Break { get; private set; } = () => Task.CompletedTask;

    public Func<Task> Repair { get; private set; } = () => Task.CompletedTask;

    /// <summary>The database as an onlooker reaches it before.</summary>
    public string Before => Stores.Postgres + ";Timeout=2";

    /// <summary>The same afterwards.</summary>
    public string After { get; private set; } = "";

    public static async Task<StoreLoss> PrepareAsync(string lost)
    {
        var loss = new StoreLoss(Stores.StartPrivate());
        loss.After = loss.Before;
        try
        {
            await loss.ArrangeAsync(lost);
            return loss;
        }
        catch
        {
            await loss.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
        Stores.Dispose();
    }

    private Task ArrangeAsync(string lost)
    {
        switch (lost)
        {
            case "PostgreSQL ends":
                Fails(StoreServer.Postgres, dead: true);
                return Task.CompletedTask;
            case "PostgreSQL stops answering":
                Fails(StoreServer.Postgres, dead: false);
                return Task.CompletedTask;
            case "PostgreSQL ends, with `calls.whenStoreIsUnavailable` Admit":
                Policy = OutagePolicy.Admit;
                Fails(StoreServer.Postgres, dead: true);
                return Task.CompletedTask;
            case "PostgreSQL's primary ends, until a standby is promoted":
                return StandbyAsync(dead: true);
            case "PostgreSQL's primary stops answering, until a standby is promoted":
                return StandbyAsync(dead: false);
            case "PostgreSQL's PgBouncer ends":
                return PgBouncerAsync();
            case "PostgreSQL's password changes":
                return PostgresPasswordAsync();
            case "PostgreSQL and Redis end":
                Fails(StoreServer.Postgres, dead: true);
                var (kill, revive) = (Break, Repair);
                Fails(StoreServer.Redis, dead: true);
                (Break, Repair) = (Both(kill, Break), Both(revive, Repair));
                return Task.CompletedTask;
            case "Redis ends":
                Fails(StoreServer.Redis, dead: true);
                return Task.CompletedTask;
            case "Redis stops answering":
                Fails(StoreServer.Redis, dead: false);
                return Task.CompletedTask;
            case "Redis restarts, empty":
                Break = Sync(() =>
                {
                    Stores.Kill(StoreServer.Redis);
                    Stores.Revive(StoreServer.Redis);
                });
                return Task.CompletedTask;
            default:
                return RedisAsync(lost);
        }
    }

    private void Fails(StoreServer server, bool dead) => (Break, Repair) = dead
        ? (Sync(() => Stores.Kill(server)), Sync(() => Stores.Revive(server)))
        : (Sync(() => Stores.Freeze(server)), Sync(() => Stores.Thaw(server)));

    private async Task StandbyAsync(bool dead)
    {
        await using (var owner = NpgsqlDataSource.Create(Stores.Postgres))
            await Migrator.MigrateAsync(owner, CancellationToken.None);
        var standby = Keep(await PostgresStandby.StartAsync(Stores));
        After = standby.Connection;
        Configure = storage => storage with { Postgres = new Secret(standby.Both) };
        Fails(StoreServer.Postgres, dead);
        (Break, Repair) = (Both(standby.CaughtUpAsync, Break), standby.PromoteAsync);
    }

    private async Task PgBouncerAsync()
    {
        var pool = Keep(await PgBouncer.StartAsync(Stores.Postgres, poolSize: 5));
        Configure = storage => storage with { Postgres = new Secret(pool.Connection) };
        (Break, Repair) = (pool.KillAsync, pool.ReviveAsync);
    }

    private async Task PostgresPasswordAsync()
    {
        var owner = NpgsqlDataSource.Create(Stores.Postgres);
        _servers.Add(owner);
        await Migrator.MigrateAsync(owner, CancellationToken.None);
        await PostgresPasswords.RequireAsync(owner, "gw1", "first", "gateway_worker");
        var file = Written("first");
        Configure = storage => storage with
        {
            Postgres = new Secret(new NpgsqlConnectionStringBuilder(Stores.Postgres) { Username = "gw1" }.ConnectionString),
            PostgresPasswordFile = file,
        };
        Break = async () =>
        {
            await File.WriteAllTextAsync(file, "second");
            await PostgresPasswords.ChangeAsync(owner, "gw1", "second");
            await PostgresPasswords.EndSessionsAsync(owner, "gw1");
        };
    }

    private async Task RedisAsync(string lost)
    {
        switch (lost)
        {
            case "Redis' primary ends, Sentinels make a replica the primary":
                Use(await RedisServers.StartSentinelAsync(), servers => (servers.KillPrimaryAsync, Nothing));
                break;
            case "Redis' Sentinels end":
                Use(await RedisServers.StartSentinelAsync(), servers => (servers.KillSentinelAsync, Nothing));
                break;
            case "Redis' Cluster loses a server that has a replica":
                Use(await RedisServers.StartClusterAsync(hasReplica: true), servers => (servers.KillPrimaryAsync, Nothing));
                break;
            case "Redis' Cluster loses a server that has none":
                Use(await RedisServers.StartClusterAsync(), servers => (servers.KillPrimaryAsync, servers.ReviveAsync));
                break;
            case "Redis' password changes":
                var file = Written("first");
                var guarded = await RedisServers.StartWithUserAsync("gateway", "first");
                Use(guarded, servers => (
                    async () =>
                    {
                        await File.WriteAllTextAsync(file, "second");
                        servers.ChangePassword("gateway", "second");
                    },
                    Nothing));
                Configure = storage => storage with
                {
                    Redis = new Secret(guarded.Configuration.Replace(":first@", "@", StringComparison.Ordinal)), RedisPasswordFile = file,
                };
                break;
            default:
                throw new InvalidOperationException($"No test loses this: {lost}");
        }
    }

    private void Use(RedisServers servers, Func<RedisServers, (Func<Task> Break, Func<Task> Repair)> what)
    {
        Keep(servers);
        Configure = storage => storage with { Redis = new Secret(servers.Configuration) };
        (Break, Repair) = what(servers);
    }

    private string Written(string password)
    {
        var folder = new TemporaryFolder();
        _servers.Add(folder);
        var path = Path.Combine(folder.Path, "password");
        File.WriteAllText(path, password);
        return path;
    }

    private T Keep<T>(T server) where T : IAsyncDisposable
    {
        _servers.Add(server);
        return server;
    }

    private static Task Nothing() => Task.CompletedTask;

    private static Func<Task> Both(Func<Task> first, Func<Task> second) => async () =>
    {
        await first();
        await second();
    };

    private static Func<Task> Sync(Action action) => () =>
    {
        action();
        return Task.CompletedTask;
    };

    private sealed class TemporaryFolder : IAsyncDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("gateway-password-").FullName;

        public ValueTask DisposeAsync()
        {
            Directory.Delete(Path, recursive: true);
            return ValueTask.CompletedTask;
        }
    }
}
