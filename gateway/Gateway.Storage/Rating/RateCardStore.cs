using Dapper;
using Gateway.Calls.Rating;
using Gateway.Storage.Admin;
using Npgsql;

namespace Gateway.Storage.Rating;

/// <summary>A price list in one currency.</summary>
public sealed record RateCard
{
    public required string Id { get; init; }
    public required string Name { get; init; }

    /// <summary>ISO 4217; never changes.</summary>
    public required string Currency { get; init; }

    public long Version { get; init; } = 1;
    public DateTime CreatedAt { get; init; }

    /// <summary>The number of its rates, past and future ones included.</summary>
    public int Rates { get; init; }

    /// <summary>The number of accounts rated by it.</summary>
    public int Accounts { get; init; }
}

/// <summary>Rate cards. Every change is audited in its own transaction.</summary>
public sealed class RateCardStore(NpgsqlDataSource database)
{
    private const string Columns =
        """
        c.id AS Id, c.name AS Name, c.currency AS Currency, c.version AS Version, c.created_at AS CreatedAt,
        (SELECT count(*)::int FROM rates WHERE card = c.id) AS Rates,
        (SELECT count(*)::int FROM accounts WHERE rate_card = c.id) AS Accounts
        """;

    /// <summary>Cards by id, after a given one.</summary>
    public async Task<IReadOnlyList<RateCard>> ListAsync(string? after, int rows, CancellationToken cancellation)
    {
        const string sql = $"SELECT {Columns} FROM rate_cards c WHERE @after::text IS NULL OR c.id > @after ORDER BY c.id LIMIT @rows";
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return [.. await connection.QueryAsync<RateCard>(new CommandDefinition(sql, new { after, rows }, cancellationToken: cancellation))];
    }

    public async Task<RateCard?> FindAsync(string id, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await FindAsync(connection, null, id, cancellation);
    }

    /// <summary>Refused: <see cref="StoreRefusal.UnknownCurrency"/>, <see cref="StoreRefusal.AlreadyExists"/>.</summary>
    public async Task<Outcome<RateCard>> CreateAsync(string id, string name, string currency, string actor, CancellationToken cancellation)
    {
        const string sql = "INSERT INTO rate_cards (id, name, currency) VALUES (@id, @name, @currency) ON CONFLICT (id) DO NOTHING";
        if (!Currencies.IsKnown(currency))
            return (StoreRefusal.UnknownCurrency, $"'{currency}' is not an ISO 4217 currency.");
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (await connection.ExecuteAsync(
            new CommandDefinition(sql, new { id, name, currency }, transaction, cancellationToken: cancellation)) == 0)
            return (StoreRefusal.AlreadyExists, $"There is already a rate card '{id}'.");
        var card = (await FindAsync(connection, transaction, id, cancellation))!;
        await AuditTrail.WriteAsync(transaction, actor, "rate_card.create", Subject(id), null, card, cancellation);
        await transaction.CommitAsync(cancellation);
        return card;
    }

    /// <summary>Refused: <see cref="StoreRefusal.UnknownRateCard"/>, <see cref="StoreRefusal.StaleVersion"/>.</summary>
    public Task<Outcome<RateCard>> RenameAsync(string id, string name, long version, string actor, CancellationToken cancellation) =>
        ChangeAsync(
        id, version, "rate_card.update", "UPDATE rate_cards SET name = @name, version = version + 1 WHERE id = @id", new { id, name },
        actor, cancellation);

    /// <summary>Deletes a card with all its rates. Refused also: <see cref="StoreRefusal.RateCardInUse"/>.</summary>
    public Task<Outcome<RateCard>> DeleteAsync(string id, long version, string actor, CancellationToken cancellation) => ChangeAsync(
        id, version, "rate_card.delete", "DELETE FROM rate_cards WHERE id = @id", new { id }, actor, cancellation);

    internal static string Subject(string card) => "rate_card:" + card;

    /// <summary>Returns the card as it is afterwards, or its last state where it was deleted.</summary>
    private async Task<Outcome<RateCard>> ChangeAsync(
        string id, long version, string action, string sql, object parameters, string actor, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await LockAsync(connection, transaction, id, cancellation);
        if (await FindAsync(connection, transaction, id, cancellation) is not { } before)
            return (StoreRefusal.UnknownRateCard, $"There is no rate card '{id}'.");
        if (before.Version != version)
            return (StoreRefusal.StaleVersion, $"The rate card is at version {before.Version}.");
        try
        {
            await connection.ExecuteAsync(new CommandDefinition(sql, parameters, transaction, cancellationToken: cancellation));
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.ForeignKeyViolation)
        {
            return (StoreRefusal.RateCardInUse, $"Accounts are rated by '{id}', or a period was rated anew by it.");
        }
        var after = await FindAsync(connection, transaction, id, cancellation);
        await AuditTrail.WriteAsync(transaction, actor, action, Subject(id), before, after, cancellation);
        await transaction.CommitAsync(cancellation);
        return after ?? before;
    }

    /// <summary>Locks a card, so that changes of it and of its rates wait for each other. False where there is none.</summary>
    internal static async Task<bool> LockAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string id, CancellationToken cancellation) =>
        await connection.QuerySingleOrDefaultAsync<int>(new CommandDefinition(
            "SELECT 1 FROM rate_cards WHERE id = @id FOR UPDATE", new { id }, transaction, cancellationToken: cancellation)) == 1;

    internal static Task<RateCard?> FindAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, string id, CancellationToken cancellation) =>
        connection.QuerySingleOrDefaultAsync<RateCard?>(new CommandDefinition(
            $"SELECT {Columns} FROM rate_cards c WHERE c.id = @id", new { id }, transaction, cancellationToken: cancellation));
}
