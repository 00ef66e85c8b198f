using Dapper;
using Gateway.Calls.Balances;
using Gateway.Storage.Admin;
using Gateway.Storage.Events;
using Npgsql;

namespace Gateway.Storage.Accounts;

/// <summary>A requested movement of money.</summary>
/// <param name="Account">The account.</param>
/// <param name="Amount">In <paramref name="Currency"/>; positive for a top-up.</param>
/// <param name="Currency">Must be the account's.</param>
/// <param name="Key">The idempotency key: the same movement again changes nothing.</param>
/// <param name="Note">A note for readers of the ledger.</param>
public sealed record Movement(string Account, decimal Amount, string Currency, string Key, string? Note);

/// <summary>
/// The append-only ledger. A movement is one transaction: the account locked, the entry written, the balance changed, the event added.
/// Charges of calls are written by their settlement.
/// </summary>
public sealed class LedgerStore(NpgsqlDataSource database)
{
    private const string Columns =
        "id, account, kind, amount, balance_after AS BalanceAfter, call_id AS CallId, actor, note, created_at AS CreatedAt";

    private const string Append =
        $"""
        WITH moved AS (UPDATE accounts SET balance = balance + @Amount WHERE id = @Account RETURNING balance)
        INSERT INTO ledger_entries (account, kind, amount, balance_after, idempotency_key, actor, note)
        SELECT @Account, @kind, @Amount, balance, @key, @actor, @Note FROM moved
        RETURNING {Columns}
        """;

    /// <summary>
    /// Adds money. Refused: <see cref="StoreRefusal.InvalidAmount"/>, <see cref="StoreRefusal.UnknownAccount"/>,
    /// <see cref="StoreRefusal.CurrencyMismatch"/>, <see cref="StoreRefusal.AccountClosed"/>,
    /// <see cref="StoreRefusal.IdempotencyKeyReused"/>.
    /// </summary>
    public Task<Outcome<LedgerEntry>> TopUpAsync(Movement movement, string actor, CancellationToken cancellation) => movement.Amount > 0
        ? MoveAsync("top_up", movement, actor, cancellation)
        : Task.FromResult<Outcome<LedgerEntry>>((StoreRefusal.InvalidAmount, "A top-up must be above zero."));

    /// <summary>Corrects the balance either way, below zero too. Refused like <see cref="TopUpAsync"/>.</summary>
    public Task<Outcome<LedgerEntry>> AdjustAsync(Movement movement, string actor, CancellationToken cancellation) => movement.Amount != 0
        ? MoveAsync("adjustment", movement, actor, cancellation)
        : Task.FromResult<Outcome<LedgerEntry>>((StoreRefusal.InvalidAmount, "An adjustment must not be zero."));

    /// <summary>The newest entries first.</summary>
    /// <param name="account">The account.</param>
    /// <param name="period">Only entries made at its begin or later, and before its end; null: without a limit.</param>
    /// <param name="before">Only entries older than this one: the last one of the previous page.</param>
    /// <param name="rows">The maximum number returned.</param>
    /// <param name="cancellation">The caller's token.</param>
    public async Task<IReadOnlyList<LedgerEntry>> ListAsync(
        string account, (DateTimeOffset? From, DateTimeOffset? To) period, long? before, int rows, CancellationToken cancellation)
    {
        const string sql =
            $"""
            SELECT {Columns} FROM ledger_entries
            WHERE account = @account AND id < @before
                AND created_at >= coalesce(@from::timestamptz, '-infinity') AND created_at < coalesce(@to::timestamptz, 'infinity')
            ORDER BY id DESC LIMIT @rows
            """;
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return [.. await connection.QueryAsync<LedgerEntry>(
            new CommandDefinition(
                sql, new { account, from = period.From?.UtcDateTime, to = period.To?.UtcDateTime, before = before ?? long.MaxValue, rows },
                cancellationToken: cancellation))];
    }

    private Task<Outcome<LedgerEntry>> MoveAsync(string kind, Movement movement, string actor, CancellationToken cancellation)
    {
        if (!Amounts.IsExact(movement.Amount))
            return Task.FromResult<Outcome<LedgerEntry>>(
                (StoreRefusal.InvalidAmount, $"An amount must be below {Amounts.Limit} and have at most {Amounts.Decimals} decimals."));
        return Repeating.OnConflictAsync(
            () => MoveOnceAsync(kind, movement with { Amount = Amounts.Trim(movement.Amount) }, actor, cancellation), cancellation);
    }

    private async Task<Outcome<LedgerEntry>> MoveOnceAsync(string kind, Movement movement, string actor, CancellationToken cancellation)
    {
        var key = $"{kind}:{movement.Key}";
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (await AccountStore.LockAsync(transaction, movement.Account, cancellation) is not { } account)
            return (StoreRefusal.UnknownAccount, $"There is no account '{movement.Account}'.");
        if (await FindAsync(transaction, key, cancellation) is { } earlier)
            return (earlier.Account, earlier.Amount, earlier.Note) == (movement.Account, movement.Amount, movement.Note)
                ? earlier : (StoreRefusal.IdempotencyKeyReused, "This key was already used for another movement.");
        if (account.Currency != movement.Currency)
            return (StoreRefusal.CurrencyMismatch, $"The account is in {account.Currency}.");
        if (account.IsClosed)
            return (StoreRefusal.AccountClosed, "The account is closed.");
        if (!Amounts.IsExact(account.Balance + movement.Amount))
            return (StoreRefusal.InvalidAmount, $"The balance would reach {Amounts.Limit}.");

        var entry = await connection.QuerySingleAsync<LedgerEntry>(new CommandDefinition(
            Append, new { movement.Account, movement.Amount, movement.Note, kind, key, actor }, transaction,
            cancellationToken: cancellation));
        await AuditTrail.WriteAsync(transaction, actor, "account." + kind, AccountStore.Subject(account.Id), null, entry, cancellation);
        if (movement.Amount > 0)
            await EventOutbox.AppendAsync(connection, transaction, ToppedUp(entry, account), cancellation);
        await transaction.CommitAsync(cancellation);
        return entry;
    }

    private static NewEvent ToppedUp(LedgerEntry entry, Account account) => new(
        EventKind.BalanceToppedUp, entry.CreatedAt, Account: account.Id,
        Data: new BalanceToppedUpData(entry.Amount, entry.BalanceAfter, account.Currency, entry.Kind));

    private static Task<LedgerEntry?> FindAsync(NpgsqlTransaction transaction, string key, CancellationToken cancellation) =>
        transaction.Connection!.QuerySingleOrDefaultAsync<LedgerEntry?>(new CommandDefinition(
            $"SELECT {Columns} FROM ledger_entries WHERE idempotency_key = @key", new { key }, transaction,
            cancellationToken: cancellation));
}
