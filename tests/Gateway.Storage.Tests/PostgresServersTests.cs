using Dapper;
using Npgsql;
using Testing;

namespace Gateway.Storage.Tests;

/// <summary>Several hosts of which one is the primary, and a password that changes while connections are open.</summary>
public sealed class PostgresServersTests : IDisposable
{
    private readonly Stores _stores = Stores.StartPrivate();

    public void Dispose() => _stores.Dispose();

    [Fact]
    public async Task The_primary_is_written_whichever_host_it_is()
    {
        await using var standby = await PostgresStandby.StartAsync(_stores);
        await using var database = Database.Open(standby.Both + ";Host Recheck Seconds=1");
        await Migrator.MigrateAsync(database, CancellationToken.None);
        var billing = await BillingSetup.OpenAsync(database, 100);
        await standby.CaughtUpAsync();
        Assert.Equal(0, await ReadOnlyAsync(database));

        _stores.Kill(StoreServer.Postgres);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => billing.AdjustAsync(1));
        await standby.PromoteAsync();
        await EventuallyAsync(() => billing.AdjustAsync(1));
        Assert.Equal(0, await ReadOnlyAsync(database));
        Assert.Equal(101m, (await billing.MoneyAsync()).Balance);

        await using var started = Database.Open(standby.Both); // while the first host is down
        Assert.Equal(101m, (await billing.With(started).MoneyAsync()).Balance);
    }

    [Fact]
    public void A_host_that_can_only_be_read_is_not_asked_for() => Assert.Throws<ArgumentException>(
        () => Database.OpenProbe("Host=a,b;Target Session Attributes=prefer-standby"));

    [Fact]
    public async Task A_password_may_change_while_the_node_runs()
    {
        await using var owner = NpgsqlDataSource.Create(_stores.Postgres);
        await PostgresPasswords.RequireAsync(owner, "gw1", "first");
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "first\n");
            var settings = new NpgsqlConnectionStringBuilder(_stores.Postgres) { Username = "gw1" };
            await using var database = Database.Open(settings.ConnectionString, new PasswordFile(file));
            Assert.Equal("gw1", await UserAsync(database));
            await using var wrong = Database.OpenProbe(settings.ConnectionString + ";Password=wrong");
            await Assert.ThrowsAsync<PostgresException>(() => UserAsync(wrong));

            await PostgresPasswords.ChangeAsync(owner, "gw1", "second");
            Assert.Equal("gw1", await UserAsync(database)); // by the connection that is open
            await PostgresPasswords.EndSessionsAsync(owner, "gw1");
            await Assert.ThrowsAnyAsync<NpgsqlException>(() => UserAsync(database)); // it was open when it was taken
            await Assert.ThrowsAsync<PostgresException>(() => UserAsync(database));
            await File.WriteAllTextAsync(file, "second\n");
            Assert.Equal("gw1", await UserAsync(database));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task<int> ReadOnlyAsync(NpgsqlDataSource database)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleAsync<int>("SELECT pg_is_in_recovery()::int");
    }

    private static async Task<string> UserAsync(NpgsqlDataSource database)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleAsync<string>("SELECT current_user");
    }

    private static async Task EventuallyAsync(Func<Task> operation)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                await operation();
                return;
            }
            catch (NpgsqlException) when (tries < 200)
            {
                await Task.Delay(50);
            }
        }
    }
}
