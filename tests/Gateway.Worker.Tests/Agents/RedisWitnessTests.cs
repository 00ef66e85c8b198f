using Dapper;
using Gateway.Storage;
using Gateway.Storage.Calls;
using Gateway.Storage.Nodes;
using Gateway.Worker.Agents;
using Gateway.Worker.Configuration;
using Npgsql;
using Testing;

namespace Gateway.Worker.Tests.Agents;

/// <summary>What nodes that Redis does not answer learn from PostgreSQL of each other.</summary>
public sealed class RedisWitnessTests : IAsyncLifetime
{
    private const string Own = "n1", Other = "n2";

    private static readonly TimeSpan LongAgo = TimeSpan.FromMinutes(5);

    private readonly Stores _stores = Stores.StartPrivate();
    private readonly NpgsqlDataSource _database;
    private readonly NodeSigns _signs;
    private readonly RedisWitness _witness;

    public RedisWitnessTests()
    {
        _database = Database.Open(_stores.Postgres);
        _signs = new NodeSigns(_database);
        // Signs are as old as the machine is slow.
        _witness = new RedisWitness(new NodeOptions { Id = Own, Lease = TimeSpan.FromMinutes(1) }, _signs, TimeProvider.System);
    }

    public async Task InitializeAsync()
    {
        await Migrator.MigrateAsync(_database, default);
        foreach (var node in (string[])[Own, Other])
            await new OrphanSweeper(_database, (_, _) => Task.CompletedTask, node, "start", TimeSpan.FromMinutes(1)).BeatAsync(default);
    }

    public async Task DisposeAsync()
    {
        await _database.DisposeAsync();
        _stores.Dispose();
    }

    [Fact]
    public async Task Redis_is_away_for_all_when_each_says_so_and_it_answered_none_after_this_one()
    {
        Assert.True(await _witness.IsAwayForAllAsync([]));
        await SayAsync(Own, LongAgo);
        Assert.False(await _witness.IsAwayForAllAsync([Other])); // the other has said nothing
        await SayAsync(Other, LongAgo / 2);
        Assert.False(await _witness.IsAwayForAllAsync([Other])); // it was answered for longer
        await SayAsync(Other, null);
        Assert.True(await _witness.IsAwayForAllAsync([Other])); // never: it has taken nobody
        await SayAsync(Other, LongAgo * 2);
        Assert.True(await _witness.IsAwayForAllAsync([Other]));
        await SayAsync(Own, null);
        Assert.False(await _witness.IsAwayForAllAsync([Other])); // this one has just started, and knows nothing
        await SayAsync(Other, null);
        Assert.True(await _witness.IsAwayForAllAsync([Other]));
    }

    [Fact]
    public async Task Those_who_live_have_shown_themselves_lately()
    {
        Assert.Equal([Own, Other], (await _witness.LivingAsync()).Order());
        await using (var connection = await _database.OpenConnectionAsync())
            await connection.ExecuteAsync("UPDATE nodes SET seen_at = seen_at - interval '1 hour' WHERE node = @Other", new { Other });
        Assert.Equal([Own], await _witness.LivingAsync());
        _stores.Kill(StoreServer.Postgres);
        Assert.Empty(await _witness.LivingAsync());
    }

    [Fact]
    public async Task What_the_dead_last_said_does_not_count()
    {
        await SayAsync(Own, LongAgo);
        await using (var connection = await _database.OpenConnectionAsync())
            await connection.ExecuteAsync("UPDATE nodes SET seen_at = seen_at - interval '1 hour' WHERE node = @Other", new { Other });
        Assert.True(await _witness.IsAwayForAllAsync([Other]));
        Assert.False(await _witness.IsAwayForAnyAsync([Other]));
    }

    [Fact]
    public async Task Redis_is_away_for_any_while_one_says_so()
    {
        Assert.False(await _witness.IsAwayForAnyAsync([]));
        await SayAsync(Own, LongAgo);
        Assert.False(await _witness.IsAwayForAnyAsync([Other]));
        await SayAsync(Other, LongAgo);
        Assert.True(await _witness.IsAwayForAnyAsync([Other]));
    }

    [Fact]
    public async Task Where_PostgreSQL_is_away_too_both_are_for_all_unless_it_has_just_denied_it()
    {
        _stores.Freeze(StoreServer.Postgres);
        Assert.True(await _witness.IsAwayForAllAsync([Other]));
        Assert.True(await _witness.IsAwayForAnyAsync([Other]));
        _stores.Thaw(StoreServer.Postgres);
        await SayAsync(Own, LongAgo);
        await _witness.LookAsync([Other]);
        _stores.Freeze(StoreServer.Postgres);
        Assert.False(await _witness.IsAwayForAllAsync([Other]));
        _stores.Thaw(StoreServer.Postgres);
        await SayAsync(Other, LongAgo * 2);
        await _witness.LookAsync([Other]);
        _stores.Freeze(StoreServer.Postgres);
        Assert.True(await _witness.IsAwayForAllAsync([Other]));
        _stores.Thaw(StoreServer.Postgres);
    }

    private Task SayAsync(string node, TimeSpan? silence) => _signs.GiveAsync(new LeasedNode(node, "start"), silence, default);
}
