using Dapper;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Storage;
using Gateway.Storage.Agents;
using Gateway.Storage.Calls;
using Gateway.Worker.Agents;
using Gateway.Worker.Tests.Calls.Bench;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using StackExchange.Redis;
using Testing;

namespace Gateway.Worker.Tests.Agents;

/// <summary>Two nodes over real stores: what happens to agents while PostgreSQL stands still, and the node that did it ends.</summary>
public sealed class AgentEventsTests : IDisposable
{
    private static readonly GroupId Sales = new("sales");
    private static readonly AgentId Ada = new("ada");

    private readonly Stores _stores = Stores.StartPrivate();
    private readonly IConnectionMultiplexer _redis;
    private readonly NpgsqlDataSource _database;

    public AgentEventsTests() =>
        (_redis, _database) = (RedisConnection.Open(_stores.Redis), NpgsqlDataSource.Create(_stores.Postgres));

    public void Dispose()
    {
        _database.Dispose();
        _redis.Dispose();
        _stores.Dispose();
    }

    [Fact]
    public async Task Each_change_is_one_event_though_PostgreSQL_was_away_and_the_node_that_made_it_is_gone()
    {
        await Migrator.MigrateAsync(_database, default);
        await using var survivor = await Node.StartAsync(_redis, _database, "n1");
        await survivor.Registry.DefineAsync(new Agent(Ada, "Ada", [new AgentMembership(Sales)], []), default);
        await survivor.Registry.SetPresenceAsync(Ada, AgentPresence.Available, null, default);
        await Eventually.SeeAsync(StatesAsync, states => states.Count == 1, "the first event", states => string.Join(", ", states));

        await using (var node = await Node.StartAsync(_redis, _database, "n2"))
        {
            _stores.Freeze(StoreServer.Postgres);
            var request = new TakeRequest(new CallId("c1"), "n2", Sales, [], AgentOrder.InOrder, 1, []);
            var taken = Assert.Single((await node.Registry.TakeAsync(request, default)).Agents);
            Assert.True(await node.Registry.AnswerAsync(Ada, taken.Token, default));
            Assert.True(await node.Registry.ReleaseAsync(Ada, taken.Token, TimeSpan.Zero, default));
            Assert.True(await node.Registry.SetPresenceAsync(Ada, AgentPresence.Away, "lunch", default));
        }
        _stores.Thaw(StoreServer.Postgres);

        await Eventually.SeeAsync(
            StatesAsync, states => states.SequenceEqual(["available", "ringing", "busy", "available", "away"]),
            "every change once, in order", states => string.Join(", ", states));
    }

    private async Task<IReadOnlyList<string>> StatesAsync()
    {
        await using var connection = await _database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<string>(
            "SELECT data->>'state' FROM events WHERE kind = 'agent.state_changed' ORDER BY id")];
    }

    private sealed class Node : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly AgentEvents _events;
        private readonly Task _listening;

        private Node(ResilientAgentRegistry registry, NpgsqlDataSource database)
        {
            Registry = registry;
            _events = new AgentEvents(registry, new AgentStateStore(database), TimeProvider.System, NullLogger<AgentEvents>.Instance);
            _listening = registry.ListenAsync(_stop.Token);
        }

        public ResilientAgentRegistry Registry { get; }

        public static async Task<Node> StartAsync(IConnectionMultiplexer redis, NpgsqlDataSource database, string name)
        {
            var node = new Node(
                new ResilientAgentRegistry(new RedisAgentRegistry(redis), name, TimeSpan.FromSeconds(20), TimeProvider.System,
                    NullLogger.Instance),
                database);
            await node._events.StartAsync(default);
            return node;
        }

        public async ValueTask DisposeAsync()
        {
            await _events.StopAsync(default);
            await _stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _listening);
            _events.Dispose();
            Registry.Dispose();
            _stop.Dispose();
        }
    }
}
