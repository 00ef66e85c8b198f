using Dapper;
using Gateway.Calls;
using Gateway.Storage.Channels;
using Npgsql;
using Testing;

namespace Gateway.Storage.Tests;

/// <summary>Features that depend on a session, through a pooler that gives each transaction another one, and directly.</summary>
public sealed class PgBouncerTests : IAsyncLifetime
{
    private readonly Stores _stores = new();
    private PgBouncer _pool = null!;
    private NpgsqlDataSource _database = null!;

    public async Task InitializeAsync()
    {
        _pool = await PgBouncer.StartAsync(_stores.Postgres);
        _database = Database.Open(_pool.Connection);
    }

    public async Task DisposeAsync()
    {
        await _database.DisposeAsync();
        await _pool.DisposeAsync();
        _stores.Dispose();
    }

    [Fact]
    public async Task Statements_are_prepared_on_a_direct_connection_and_not_through_a_pooler()
    {
        await using var direct = Database.Open(_stores.Postgres);
        Assert.True(await PreparesAsync(direct));
        Assert.False(await PreparesAsync(_database));
        await using var told = Database.Open(_stores.Postgres + ";Max Auto Prepare=0");
        Assert.False(await PreparesAsync(told));
    }

    [Fact]
    public async Task Migrators_wait_for_each_other_and_leave_no_lock_behind()
    {
        var names = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Migrator.MigrateAsync(_database, CancellationToken.None)));
        Assert.Equal(names.SelectMany(n => n).Distinct().Count(), names.Sum(n => n.Count));
        Assert.NotEmpty(names.SelectMany(n => n));
        Assert.Equal(0, await AdvisoryLocksAsync());
    }

    [Fact]
    public async Task Calls_are_admitted_and_settled_by_many_at_once_and_none_is_refused()
    {
        await Migrator.MigrateAsync(_database, CancellationToken.None);
        var billing = await BillingSetup.OpenAsync(_database, 1000);
        await billing.AddRateAsync("", 0.10m);
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ =>
        {
            for (var i = 0; i < 25; i++)
            {
                var request = billing.Request();
                var funding = await billing.FundAsync(request);
                await billing.Calls.CompleteAsync(BillingSetup.Record(request, funding, talkSeconds: 60), CancellationToken.None);
            }
        }));
        Assert.Equal((1000m - (16 * 25 * 0.10m), 0m), await billing.MoneyAsync());
    }

    [Fact]
    public async Task One_node_at_a_time_holds_a_channel_and_none_after_it_has_let_go()
    {
        await Migrator.MigrateAsync(_database, CancellationToken.None);
        var (store, id) = (new ChannelSyncStore(_database), new ChannelId("100"));
        for (var i = 0; i < 10; i++)
        {
            await using var hold = await store.TryLockAsync(id, CancellationToken.None);
            Assert.NotNull(hold);
            Assert.Null(await store.TryLockAsync(id, CancellationToken.None));
        }
        Assert.Equal(0, await AdvisoryLocksAsync());
    }

    /// <summary>PgBouncer prepares a client's statements at whatever server its transaction meets from 1.21 on.</summary>
    [Fact]
    public async Task Statements_may_be_prepared_through_a_pooler_that_follows_them_and_through_no_other()
    {
        var follows = PgBouncer.ReadVersion() >= new Version(1, 21);
        await using var pool = await PgBouncer.StartAsync(_stores.Postgres, settings: follows ? ["max_prepared_statements = 200"] : []);
        await using var database = Database.Open(pool.Connection + ";Max Auto Prepare=100;Auto Prepare Min Usages=2");
        var asked = Task.WhenAll(Enumerable.Range(0, 16).Select(async _ =>
        {
            for (var i = 0; i < 50; i++)
            {
                await using var command = database.CreateCommand("SELECT 4711");
                Assert.Equal(4711, await command.ExecuteScalarAsync());
            }
        }));
        if (follows)
            await asked;
        else // the statement is known by a name that belongs to somebody else at another server connection, or to nobody
            await Assert.ThrowsAnyAsync<PostgresException>(() => asked);
    }

    private async Task<long> AdvisoryLocksAsync()
    {
        await using var connection = await _database.OpenConnectionAsync();
        return await connection.QuerySingleAsync<long>(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = " +
                "current_database())");
    }

    /// <summary>True when a statement that was used several times is prepared in its session.</summary>
    private static async Task<bool> PreparesAsync(NpgsqlDataSource database)
    {
        await using var connection = await database.OpenConnectionAsync();
        for (var i = 0; i < 5; i++)
            await connection.QuerySingleAsync<int>("SELECT 4711");
        return await connection.QuerySingleAsync<long>("SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT 4711'") > 0;
    }
}
