using Dapper;
using Gateway.Storage;
using Npgsql;
using Sandbox;

namespace Gateway.Worker.Tests.Calls.Bench;

/// <summary>
/// An account that pays for the bench's channel, with a card of one rate in pulses of one second: every call costs the same per second.
/// </summary>
internal sealed class Purse : IAsyncDisposable
{
    private readonly NpgsqlDataSource _database;
    private readonly string _channel;
    private readonly string _name = "t" + Guid.NewGuid().ToString("n")[..12];

    private Purse(NpgsqlDataSource database, string channel) => (_database, _channel) = (database, channel);

    private Purse(Purse other, string postgres) : this(NpgsqlDataSource.Create(postgres + ";Pooling=false"), other._channel) =>
        _name = other._name;

    /// <param name="postgres">Connection string. A gateway may have been started on it, or not yet.</param>
    /// <param name="balance">The balance of the account.</param>
    /// <param name="perSecond">The price; null: the card has no rate.</param>
    public static async Task<Purse> OpenAsync(string postgres, decimal balance, decimal? perSecond = 0.01m)
    {
        var number = new NumberOptions();
        var purse = new Purse(NpgsqlDataSource.Create(postgres + ";Pooling=false"), number.PhoneNumberId);
        await Migrator.MigrateAsync(purse._database, CancellationToken.None);
        await purse.ExecuteAsync(
            """
            INSERT INTO rate_cards (id, name, currency) VALUES (@_name, 'test', 'EUR');
            INSERT INTO rates (card, direction, prefix, valid_from, price_per_minute, pulse_seconds)
            SELECT @_name, direction, '44', '2020-01-01', @perMinute, 1 FROM unnest('{inbound,outbound}'::text[]) direction
                WHERE @perMinute IS NOT NULL;
            INSERT INTO accounts (id, name, currency, rate_card) VALUES (@_name, 'test', 'EUR', @_name);
            INSERT INTO channels (id, number, account) VALUES (@_channel, @DisplayNumber, @_name) ON CONFLICT (id) DO UPDATE
                SET account = excluded.account;
            """,
            new { purse._name, purse._channel, number.DisplayNumber, perMinute = perSecond * 60 });
        await purse.AdjustAsync(balance);
        return purse;
    }

    /// <summary>The same account on another server.</summary>
    public Purse At(string postgres) => new(this, postgres);

    public Task AdjustAsync(decimal amount) => ExecuteAsync(
        """
        WITH entry AS (
            INSERT INTO ledger_entries (account, kind, amount, balance_after, idempotency_key, actor)
            SELECT id, 'adjustment', @amount, balance + @amount, @key, 'test' FROM accounts WHERE id = @_name RETURNING amount)
        UPDATE accounts SET balance = balance + entry.amount FROM entry WHERE id = @_name
        """,
        new { amount, _name, key = Guid.NewGuid().ToString() });

    /// <summary>The account's balance, its holds, and every charge.</summary>
    public async Task<(decimal Balance, decimal Held, IReadOnlyList<decimal> Charges)> LookAsync()
    {
        await using var connection = await _database.OpenConnectionAsync();
        var (balance, held) = await connection.QuerySingleAsync<(decimal, decimal)>(
            "SELECT trim_scale(balance), trim_scale(held) FROM accounts WHERE id = @_name AND balance = (SELECT sum(amount) FROM " +
                "ledger_entries WHERE account = @_name) "
            + "AND held = (SELECT coalesce(sum(amount), 0) FROM holds WHERE account = @_name)", new { _name });
        var charges = await connection.QueryAsync<decimal>(
            "SELECT trim_scale(-amount) FROM ledger_entries WHERE account = @_name AND kind = 'charge' ORDER BY id", new { _name });
        return (balance, held, charges.AsList());
    }

    /// <summary>The talk time of the calls that were answered, as they were billed.</summary>
    public async Task<IReadOnlyList<TimeSpan>> TalkAsync()
    {
        await using var connection = await _database.OpenConnectionAsync();
        return (await connection.QueryAsync<TimeSpan>(
            "SELECT ended_at - answered_at FROM calls WHERE account = @_name AND answered_at IS NOT NULL ORDER BY started_at",
            new { _name })).AsList();
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await ExecuteAsync("UPDATE channels SET account = NULL WHERE id = @_channel", new { _channel });
        }
        catch (NpgsqlException)
        {
            // A test has failed and left its PostgreSQL dead: its own message counts.
        }
        await _database.DisposeAsync();
    }

    private async Task ExecuteAsync(string sql, object parameters)
    {
        await using var connection = await _database.OpenConnectionAsync();
        await connection.ExecuteAsync(sql, parameters);
    }
}
