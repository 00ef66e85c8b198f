using Dapper;
using Gateway.Calls.Balances;
using Gateway.Calls.Rating;
using Gateway.Storage.Admin;
using Npgsql;

namespace Gateway.Storage.Accounts;

/// <summary>Accounts and their terms. Every change is audited in its own transaction; money moves in <see cref="LedgerStore"/>.</summary>
public sealed class AccountStore(NpgsqlDataSource database)
{
    internal const string Columns =
        """
        id, name, currency, rate_card AS RateCard, balance, held, minimum_inbound AS MinimumInbound, minimum_outbound AS MinimumOutbound,
        low_balance AS LowBalance,
        is_closed AS IsClosed, version, created_at AS CreatedAt
        """;

    /// <summary>Accounts by id, after a given one.</summary>
    /// <param name="after">The last one of the previous page.</param>
    /// <param name="needTopUp">True: only those whose balance is below a minimum; false: only the others; null: all.</param>
    /// <param name="rows">The maximum number returned.</param>
    /// <param name="cancellation">The caller's token.</param>
    public async Task<IReadOnlyList<Account>> ListAsync(string? after, bool? needTopUp, int rows, CancellationToken cancellation)
    {
        const string sql =
            $"""
            SELECT {Columns} FROM accounts
            WHERE (@after::text IS NULL OR id > @after)
                AND (@needTopUp::boolean IS NULL OR (balance < greatest(minimum_inbound, minimum_outbound)) = @needTopUp)
            ORDER BY id LIMIT @rows
            """;
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return [.. await connection.QueryAsync<Account>(
            new CommandDefinition(sql, new { after, needTopUp, rows }, cancellationToken: cancellation))];
    }

    public async Task<Account?> FindAsync(string id, CancellationToken cancellation)
    {
        const string sql = $"SELECT {Columns} FROM accounts WHERE id = @id";
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleOrDefaultAsync<Account>(new CommandDefinition(sql, new { id }, cancellationToken: cancellation));
    }

    /// <summary>
    /// Refused: <see cref="StoreRefusal.UnknownCurrency"/>, <see cref="StoreRefusal.InvalidAmount"/>,
    /// <see cref="StoreRefusal.UnknownRateCard"/>, <see cref="StoreRefusal.CurrencyMismatch"/>, <see cref="StoreRefusal.AlreadyExists"/>.
    /// </summary>
    public async Task<Outcome<Account>> CreateAsync(
        string id, string currency, AccountTerms terms, string actor, CancellationToken cancellation)
    {
        const string sql =
            $"""
            INSERT INTO accounts (id, name, currency, rate_card, minimum_inbound, minimum_outbound, low_balance, is_closed)
            VALUES (@id, @Name, @currency, @RateCard, @MinimumInbound, @MinimumOutbound, @LowBalance, @IsClosed)
            ON CONFLICT (id) DO NOTHING
            RETURNING {Columns}
            """;
        if (!Currencies.IsKnown(currency))
            return (StoreRefusal.UnknownCurrency, $"'{currency}' is not an ISO 4217 currency.");
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (await RefusalAsync(transaction, currency, terms, cancellation) is { } refusal)
            return refusal;
        var account = await connection.QuerySingleOrDefaultAsync<Account>(
            new CommandDefinition(sql, Parameters(id, currency, terms), transaction, cancellationToken: cancellation));
        if (account is null)
            return (StoreRefusal.AlreadyExists, $"There is already an account '{id}'.");
        await AuditTrail.WriteAsync(transaction, actor, "account.create", Subject(id), null, account, cancellation);
        await transaction.CommitAsync(cancellation);
        return account;
    }

    /// <summary>
    /// Refused: <see cref="StoreRefusal.UnknownAccount"/>, <see cref="StoreRefusal.StaleVersion"/>,
    /// <see cref="StoreRefusal.InvalidAmount"/>, <see cref="StoreRefusal.UnknownRateCard"/>, <see cref="StoreRefusal.CurrencyMismatch"/>;
    /// to close it while money is held: <see cref="StoreRefusal.AccountInUse"/>.
    /// </summary>
    public async Task<Outcome<Account>> ChangeAsync(
        string id, AccountTerms terms, long version, string actor, CancellationToken cancellation)
    {
        const string sql =
            $"""
            UPDATE accounts SET name = @Name, rate_card = @RateCard, minimum_inbound = @MinimumInbound, minimum_outbound = @MinimumOutbound,
                low_balance = @LowBalance, is_closed = @IsClosed, version = version + 1
            WHERE id = @id
            RETURNING {Columns}
            """;
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (await LockAsync(transaction, id, cancellation) is not { } before)
            return (StoreRefusal.UnknownAccount, $"There is no account '{id}'.");
        if (before.Version != version)
            return (StoreRefusal.StaleVersion, $"The account is at version {before.Version}.");
        if (terms.IsClosed && before.Held > 0)
            return (StoreRefusal.AccountInUse, "Calls in progress hold money of this account.");
        if (await RefusalAsync(transaction, before.Currency, terms, cancellation) is { } refusal)
            return refusal;
        var after = await connection.QuerySingleAsync<Account>(
            new CommandDefinition(sql, Parameters(id, before.Currency, terms), transaction, cancellationToken: cancellation));
        await AuditTrail.WriteAsync(transaction, actor, "account.update", Subject(id), before, after, cancellation);
        await transaction.CommitAsync(cancellation);
        return after;
    }

    internal static string Subject(string account) => "account:" + account;

    /// <summary>The account, locked until the transaction ends.</summary>
    internal static Task<Account?> LockAsync(NpgsqlTransaction transaction, string id, CancellationToken cancellation) =>
        transaction.Connection!.QuerySingleOrDefaultAsync<Account?>(new CommandDefinition(
            $"SELECT {Columns} FROM accounts WHERE id = @id FOR NO KEY UPDATE", new { id }, transaction, cancellationToken: cancellation));

    private static async Task<(StoreRefusal Why, string Detail)?> RefusalAsync(
        NpgsqlTransaction transaction, string currency, AccountTerms terms, CancellationToken cancellation)
    {
        if (!IsMinimum(terms.MinimumInbound) || !IsMinimum(terms.MinimumOutbound)
            || terms.LowBalance is { } low && !IsMinimum(low))
            return (StoreRefusal.InvalidAmount,
                $"A minimum balance must be at least zero, below {Amounts.Limit} and have at most {Amounts.Decimals} decimals.");
        if (terms.RateCard is not { } card)
            return null;
        return await transaction.Connection!.QuerySingleOrDefaultAsync<string>(new CommandDefinition(
            "SELECT currency FROM rate_cards WHERE id = @card FOR SHARE", new { card }, transaction,
            cancellationToken: cancellation)) switch
        {
            null => (StoreRefusal.UnknownRateCard, $"There is no rate card '{card}'."),
            { } other when other != currency => (StoreRefusal.CurrencyMismatch, $"The rate card is in {other}, the account in {currency}."),
            _ => null,
        };
    }

    private static bool IsMinimum(decimal amount) => amount >= 0 && Amounts.IsExact(amount);

    private static object Parameters(string id, string currency, AccountTerms terms) => new
    {
        id,
        currency,
        terms.Name,
        terms.RateCard,
        MinimumInbound = Amounts.Trim(terms.MinimumInbound),
        MinimumOutbound = Amounts.Trim(terms.MinimumOutbound),
        LowBalance = terms.LowBalance is { } low ? Amounts.Trim(low) : (decimal?)null,
        terms.IsClosed,
    };
}
