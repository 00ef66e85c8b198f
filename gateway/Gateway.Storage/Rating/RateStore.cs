using Dapper;
using Gateway.Calls;
using Gateway.Calls.Rating;
using Gateway.Storage.Admin;
using Media.Protocols.Primitives;
using Npgsql;

namespace Gateway.Storage.Rating;

/// <summary>
/// The rates of cards. A rate that was in force stays unchanged: it is closed, or replaced, from a future moment on, and deleted only where
/// no call can have been rated by it, as with a card that no account has. Terms are checked before (<see cref="RateTerms.Errors"/>).
/// </summary>
public sealed class RateStore(NpgsqlDataSource database)
{
    private const string CloseRate = "UPDATE rates SET valid_until = @until, version = version + 1 WHERE id = @id";

    private const string DeleteRate = "DELETE FROM rates WHERE id = @id";

    /// <summary>Rates by id, after a given one; filtered by direction, prefix or moment where given.</summary>
    public async Task<IReadOnlyList<CardRate>> ListAsync(
        string card, CallDirection? direction, string? prefix, DateTimeOffset? validAt, long? after, int rows,
        CancellationToken cancellation)
    {
        var sql =
            $"""
            {RateSql.Select}
            WHERE r.card = @card AND (@direction::text IS NULL OR r.direction = @direction)
                AND (@prefix::text IS NULL OR r.prefix = @prefix)
              AND (@at::timestamptz IS NULL OR (r.valid_from <= @at AND (r.valid_until IS NULL OR r.valid_until > @at)))
              AND (@after::bigint IS NULL OR r.id > @after)
            ORDER BY r.id LIMIT @rows
            """;
        var direct = direction is { } one ? WireName.Of(one) : null;
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var found = await connection.QueryAsync<RateRow>(new CommandDefinition(
            sql, new { card, direction = direct, prefix, at = validAt?.UtcDateTime, after, rows }, cancellationToken: cancellation));
        return [.. found.Select(row => row.ToRate())];
    }

    /// <summary>The rates that a call may be rated by that begins now or later: by id, after a given one.</summary>
    public async Task<IReadOnlyList<CardRate>> ListFromAsync(
        string card, DateTimeOffset now, long? after, int rows, CancellationToken cancellation)
    {
        var sql =
            $"""
            {RateSql.Select}
            WHERE r.card = @card AND (r.valid_until IS NULL OR r.valid_until > @now) AND (@after::bigint IS NULL OR r.id > @after)
            ORDER BY r.id LIMIT @rows
            """;
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var found = await connection.QueryAsync<RateRow>(
            new CommandDefinition(sql, new { card, now = now.UtcDateTime, after, rows }, cancellationToken: cancellation));
        return [.. found.Select(row => row.ToRate())];
    }

    public async Task<CardRate?> FindAsync(string card, long id, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await FindAsync(connection, null, card, id, cancellation);
    }

    /// <summary>The rate of a call with this user that begins at this moment, by the longest prefix; or null.</summary>
    public async Task<CardRate?> FindForCallAsync(
        string card, CallDirection direction, WhatsAppUser user, DateTimeOffset at, CancellationToken cancellation)
    {
        var sql =
            $"""
            {RateSql.Select}
            WHERE r.card = @card AND r.direction = @direction AND r.prefix = ANY(@prefixes)
              AND r.valid_from <= @at AND (r.valid_until IS NULL OR r.valid_until > @at)
            ORDER BY length(r.prefix) DESC LIMIT 1
            """;
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var found = await connection.QuerySingleOrDefaultAsync<RateRow?>(new CommandDefinition(
            sql, new { card, direction = WireName.Of(direction), prefixes = CallingCodes.PrefixesOf(user), at = at.UtcDateTime },
            cancellationToken: cancellation));
        return found?.ToRate();
    }

    /// <summary>Refused: <see cref="StoreRefusal.UnknownRateCard"/>, <see cref="StoreRefusal.OverlappingRates"/>.</summary>
    public Task<Outcome<CardRate>> AddAsync(string card, RateTerms terms, string actor, CancellationToken cancellation) =>
        InCardAsync(card, async (connection, transaction) =>
        {
            var id = await InsertAsync(connection, transaction, card, terms, cancellation);
            return await AuditedAsync(connection, transaction, actor, "rate.create", card, null, id, cancellation);
        }, cancellation);

    /// <summary>
    /// Ends a rate: calls that begin at <paramref name="until"/> or later are not rated by it; null removes the end. Refused:
    /// <see cref="StoreRefusal.NotFound"/>, <see cref="StoreRefusal.StaleVersion"/>, <see cref="StoreRefusal.RateWasInForce"/> where that
    /// moment, or the old end, has passed, and <see cref="StoreRefusal.OverlappingRates"/>.
    /// </summary>
    public Task<Outcome<CardRate>> CloseAsync(
        string card, long id, long version, DateTimeOffset? until, string actor, DateTimeOffset now, CancellationToken cancellation) =>
        ChangeAsync(card, id, version, async (connection, transaction, before, mayChangePast) =>
        {
            if (until <= before.ValidFrom)
                return (StoreRefusal.RateWasInForce, "The end would be before its start: delete the rate instead, while it has not begun.");
            if (!mayChangePast && (until < now || before.ValidUntil < now))
                return (StoreRefusal.RateWasInForce,
                    "Calls may have been rated by it: its end must be in the future, before and after the change.");
            await connection.ExecuteAsync(
                new CommandDefinition(CloseRate, new { id, until = until?.UtcDateTime }, transaction, cancellationToken: cancellation));
            return await AuditedAsync(connection, transaction, actor, "rate.close", card, before, id, cancellation);
        }, cancellation);

    /// <summary>
    /// Replaces a rate from the start of <paramref name="terms"/> on, until its end or theirs. Refused like <see cref="CloseAsync"/>. The
    /// result is the new rate.
    /// </summary>
    public Task<Outcome<CardRate>> ReplaceAsync(
        string card, long id, long version, RateTerms terms, string actor, DateTimeOffset now, CancellationToken cancellation) =>
        ChangeAsync(card, id, version, async (connection, transaction, before, mayChangePast) =>
        {
            if (terms.Direction != before.Rate.Direction || terms.Prefix != before.Rate.Prefix)
                return (StoreRefusal.OverlappingRates, "A replacement must have the direction and prefix of the rate it replaces.");
            if (terms.ValidFrom < before.ValidFrom || before.ValidUntil <= terms.ValidFrom)
                return (StoreRefusal.OverlappingRates, "A replacement must begin while the rate it replaces is valid.");
            if (!mayChangePast && terms.ValidFrom < now)
                return (StoreRefusal.RateWasInForce, "Calls may have been rated by it: a replacement must begin now or later.");
            await connection.ExecuteAsync(new CommandDefinition(
                terms.ValidFrom == before.ValidFrom ? DeleteRate : CloseRate, new { id, until = terms.ValidFrom.UtcDateTime }, transaction,
                cancellationToken: cancellation));
            var replacement = await InsertAsync(connection, transaction, card, terms, cancellation);
            return await AuditedAsync(connection, transaction, actor, "rate.replace", card, before, replacement, cancellation);
        }, cancellation);

    /// <summary>Returns what was deleted. Refused: <see cref="StoreRefusal.NotFound"/>, <see cref="StoreRefusal.StaleVersion"/>,
    /// <see cref="StoreRefusal.RateWasInForce"/>.</summary>
    public Task<Outcome<CardRate>> DeleteAsync(
        string card, long id, long version, string actor, DateTimeOffset now, CancellationToken cancellation) =>
        ChangeAsync(card, id, version, async (connection, transaction, before, mayChangePast) =>
        {
            if (!mayChangePast && before.ValidFrom <= now)
                return (StoreRefusal.RateWasInForce, "Calls may have been rated by it: close it instead.");
            await connection.ExecuteAsync(new CommandDefinition(DeleteRate, new { id }, transaction, cancellationToken: cancellation));
            await AuditTrail.WriteAsync(transaction, actor, "rate.delete", RateCardStore.Subject(card), before, null, cancellation);
            return before;
        }, cancellation);

    /// <summary>Changes one rate of this version. The last argument is true where no
    /// account has the card, so that no past is changed.</summary>
    private Task<Outcome<CardRate>> ChangeAsync(
        string card, long id, long version, Func<NpgsqlConnection, NpgsqlTransaction, CardRate, bool, Task<Outcome<CardRate>>> change,
        CancellationToken cancellation) =>
        InCardAsync(card, async (connection, transaction) =>
        {
            if (await FindAsync(connection, transaction, card, id, cancellation) is not { } before)
                return (StoreRefusal.NotFound, $"The rate card has no rate {id}.");
            if (before.Version != version)
                return (StoreRefusal.StaleVersion, $"The rate is at version {before.Version}.");
            var isUnused = (await RateCardStore.FindAsync(connection, transaction, card, cancellation))!.Accounts == 0;
            return await change(connection, transaction, before, isUnused);
        }, cancellation);

    /// <summary>One transaction on a locked card; rolled back unless there is a result.</summary>
    private async Task<Outcome<CardRate>> InCardAsync(
        string card, Func<NpgsqlConnection, NpgsqlTransaction, Task<Outcome<CardRate>>> change, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (!await RateCardStore.LockAsync(connection, transaction, card, cancellation))
            return (StoreRefusal.UnknownRateCard, $"There is no rate card '{card}'.");
        try
        {
            var outcome = await change(connection, transaction);
            if (outcome.Refusal is null)
                await transaction.CommitAsync(cancellation);
            return outcome;
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.ExclusionViolation)
        {
            return (
                StoreRefusal.OverlappingRates, "Another rate of the card for this direction and prefix is valid during part of that time.");
        }
    }

    private static Task<long> InsertAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string card, RateTerms terms, CancellationToken cancellation) =>
        connection.QuerySingleAsync<long>(
            new CommandDefinition(RateSql.Insert, RateSql.Parameters(card, [terms]), transaction, cancellationToken: cancellation));

    private static async Task<Outcome<CardRate>> AuditedAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string actor, string action, string card, CardRate? before, long id,
        CancellationToken cancellation)
    {
        var after = (await FindAsync(connection, transaction, card, id, cancellation))!;
        await AuditTrail.WriteAsync(transaction, actor, action, RateCardStore.Subject(card), before, after, cancellation);
        return after;
    }

    private static async Task<CardRate?> FindAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, string card, long id, CancellationToken cancellation)
    {
        var sql = $"{RateSql.Select} WHERE r.card = @card AND r.id = @id";
        return (await connection.QuerySingleOrDefaultAsync<RateRow?>(
            new CommandDefinition(sql, new { card, id }, transaction, cancellationToken: cancellation)))?.ToRate();
    }
}
