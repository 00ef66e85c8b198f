using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Storage;
using Gateway.Storage.Agents;
using Gateway.Storage.Directory;
using Npgsql;
using StackExchange.Redis;

namespace Faults.Runs;

/// <summary>
/// Who answers: agents with an extension each, of whom two ring for a call, and a queue behind them. All calls are charged to one account.
/// </summary>
internal sealed class Centre(NpgsqlDataSource database, IConnectionMultiplexer redis, string trunk)
{
    private const int AtOnce = 2, RingSeconds = 8;

    private const string Money =
        """
        INSERT INTO rate_cards (id, name, currency) VALUES ('faults', 'faults', 'EUR');
        INSERT INTO rates (card, direction, prefix, valid_from, price_per_minute, connection_fee, pulse_seconds)
        VALUES ('faults', 'inbound', '', '2020-01-01Z', 0.017, 0.003, 1), ('faults', 'outbound', '', '2020-01-01Z', 0.017, 0.003, 1);
        INSERT INTO accounts (id, name, currency, rate_card) VALUES ('faults', 'faults', 'EUR', 'faults');
        INSERT INTO ledger_entries (account, kind, amount, balance_after, idempotency_key, actor)
        VALUES ('faults', 'top_up', 100000, 100000, 'faults', 'faults');
        UPDATE accounts SET balance = 100000 WHERE id = 'faults';
        """;

    private const string Channel =
        """
        INSERT INTO channels (id, number, account) VALUES ($1, $2, 'faults') ON CONFLICT (id) DO UPDATE SET account = 'faults'
        """;

    private static readonly GroupId Group = new("support");

    private readonly RedisAgentRegistry _registry = new(redis);

    /// <summary>Defines everything in an empty database, before the nodes start.</summary>
    public async Task DefineAsync(int agents, string channel, string number)
    {
        await Migrator.MigrateAsync(database, default);
        await using (var money = database.CreateCommand(Money))
            await money.ExecuteNonQueryAsync();
        await using (var charged = database.CreateCommand(Channel))
        {
            charged.Parameters.Add(new NpgsqlParameter { Value = channel });
            charged.Parameters.Add(new NpgsqlParameter { Value = number });
            await charged.ExecuteNonQueryAsync();
        }
        Check(await new GroupStore(database)
            .CreateAsync(new AgentGroup(Group, "Support", TimeSpan.Zero, TimeSpan.FromSeconds(20)), "faults", default));
        for (var i = 0; i < agents; i++)
            Check(await new AgentStore(database).CreateAsync(AgentAt(i), "faults", default));
        var ring = new AgentChoice(Group, null, RingStrategy.Waves) { Waves = [AtOnce] };
        var steps = new Dictionary<string, FlowStep>
        {
            ["ring"] = new FlowStep.Ring(ring, RingSeconds, Next: "wait"),
            ["wait"] = new FlowStep.Queue(Group) { LeaveWhenNobodyIsSignedIn = false },
        };
        Check(await new FlowStore(database).CreateAsync(new Flow(new FlowId("faults"), "Faults", "ring", steps), "faults", default));
        var routes = new FlowRouteStore(database);
        Check(await routes.ReplaceAsync(
            [new FlowRouteDocument(0, new FlowId("faults"))], (await routes.FindAsync(default)).Version, "faults", default));
    }

    /// <summary>All agents sign in, as they do at the beginning and after they see that they are signed out.</summary>
    public async Task SignInAsync(int agents)
    {
        var known = (await _registry.ListAsync(default)).ToDictionary(status => status.Agent);
        for (var i = 0; i < agents; i++)
        {
            if (known.GetValueOrDefault(AgentAt(i).Id)?.Presence == AgentPresence.Available)
                continue;
            await _registry.DefineAsync(AgentAt(i), default);
            await _registry.SetPresenceAsync(AgentAt(i).Id, AgentPresence.Available, null, default);
        }
    }

    /// <summary>Agents whom a call has.</summary>
    public async Task<IReadOnlyList<AgentStatus>> TakenAsync() =>
        [.. (await _registry.ListAsync(default)).Where(status => status.Activity is AgentActivity.Ringing or AgentActivity.Busy)];

    private Agent AgentAt(int place) => new(
        new AgentId($"a{place}"), $"Agent {place}", [new AgentMembership(Group)], [new AgentPhone.Extension(trunk, $"{1000 + place}")]);

    private static void Check<T>(Outcome<T> outcome) where T : class
    {
        if (outcome.Refusal is not null)
            throw new InvalidOperationException($"The stores refuse the set-up: {outcome.Refusal} {outcome.Detail}");
    }
}
