using Dapper;
using Gateway.Calls;
using Gateway.Calls.Permissions;
using Gateway.Storage.Admin;
using Gateway.Storage.Contacts;
using Media.Protocols.Primitives;
using Npgsql;

namespace Gateway.Storage.Parking;

/// <summary>A call to park.</summary>
/// <param name="Channel">The business number that calls.</param>
/// <param name="User">The user to call, with a phone or a user id.</param>
/// <param name="Agent">Who talks to the user; null: an agent of <paramref name="Group"/>.</param>
/// <param name="Group">Exactly where <paramref name="Agent"/> is null.</param>
/// <param name="Asks">Ask the user for permission where it is missing.</param>
/// <param name="RingSeconds">How long the agent is rung; null: the node's timeout.</param>
/// <param name="Reference">The operator's own text.</param>
/// <param name="ExpiresAt">Until when it waits.</param>
public sealed record NewParkedCall(
    ChannelId Channel, WhatsAppUser User, AgentId? Agent, GroupId? Group, bool Asks, int? RingSeconds, string? Reference,
    DateTimeOffset ExpiresAt);

/// <summary>The filter of a list of parked calls. A null member does not filter.</summary>
public sealed record ParkedCallQuery(
    ParkedCallState? State, string? Group, string? Agent, long? Contact, DateTimeOffset? AfterTime, string? AfterId, int Limit);

/// <summary>The result of parking or cancelling.</summary>
/// <param name="Row">As it is now; null: there is none.</param>
/// <param name="IsDone">False: nothing was changed. The user has <paramref name="Row"/> already, or it does not wait any more.</param>
public readonly record struct ParkedCallChange(ParkedCallRow? Row, bool IsDone);

/// <summary>Parked calls as operators ask for them; what nodes do with them is in <see cref="ParkedPlacementStore"/>.</summary>
public sealed class ParkedCallStore(NpgsqlDataSource database)
{
    private const string OfContact =
        $"SELECT {ParkedCallRow.Columns} FROM parked_calls p WHERE p.contact = @contact AND p.ended_at IS NULL " +
            "ORDER BY p.created_at LIMIT 1";

    private const string Insert =
        $"""
        WITH changed AS (
            INSERT INTO parked_calls (id, channel, contact, agent, agent_group, asks, ask_at, ring_seconds, reference, state, next_at,
                created_at, created_by, expires_at)
            VALUES (@id, @channel, @contact, @agent, @group, @asks, @now, @ringSeconds, @reference, @state, @now, @now, @actor, @expiresAt)
            RETURNING *
        ), announced AS ({ParkedCallRow.Announce})
        SELECT {ParkedCallRow.Columns} FROM changed p
        """;

    private const string CancelOne =
        $"""
        WITH changed AS (
            UPDATE parked_calls SET state = 'cancelled', ended_at = @now
            WHERE id = @id AND state IN ('waiting_permission', 'waiting_agent')
            RETURNING *
        ), announced AS ({ParkedCallRow.Announce})
        SELECT {ParkedCallRow.Columns} FROM changed p
        """;

    private const string One = $"SELECT {ParkedCallRow.Columns} FROM parked_calls p WHERE p.id = @id";

    /// <summary>Parks a call, unless one to the same user is open: a user is called once, however often it is asked for.</summary>
    public Task<ParkedCallChange> ParkAsync(NewParkedCall call, string actor, DateTimeOffset now, CancellationToken cancellation) =>
        database.InTransactionAsync(
            async transaction =>
            {
                var contact = await PermissionRequestStore.LockContactAsync(transaction, call.Channel, call.User, cancellation);
                if (await ReadAsync(transaction, OfContact, new { contact = contact.Id }, cancellation) is { } open)
                    return new ParkedCallChange(open, IsDone: false);
                var state = PermissionRules.IsPermitted(contact.Permission, now)
                    ? ParkedCallState.WaitingAgent : ParkedCallState.WaitingPermission;
                var parked = await ReadAsync(
                    transaction, Insert,
                    new
                    {
                        id = Guid.NewGuid().ToString("n"), channel = call.Channel.Value, contact = contact.Id, agent = call.Agent?.Value,
                        group = call.Group?.Value, asks = call.Asks, now = now.UtcDateTime, ringSeconds = call.RingSeconds,
                        reference = call.Reference, state = WireName.Of(state), actor, expiresAt = call.ExpiresAt.UtcDateTime,
                    },
                    cancellation);
                await AuditTrail.WriteAsync(
                    transaction, actor, "parked_call.create", $"parked_call:{parked!.Id}", null, parked, cancellation);
                return new ParkedCallChange(parked, IsDone: true);
            },
            cancellation);

    /// <summary>Withdraws a parked call that still waits.</summary>
    public Task<ParkedCallChange> CancelAsync(string id, string actor, DateTimeOffset now, CancellationToken cancellation) =>
        database.InTransactionAsync(
            async transaction =>
            {
                if (await ReadAsync(transaction, CancelOne, new { id, now = now.UtcDateTime }, cancellation) is not { } cancelled)
                    return new ParkedCallChange(await ReadAsync(transaction, One, new { id }, cancellation), IsDone: false);
                await AuditTrail.WriteAsync(
                    transaction, actor, "parked_call.cancel", $"parked_call:{id}", null, cancelled, cancellation);
                return new ParkedCallChange(cancelled, IsDone: true);
            },
            cancellation);

    /// <summary>The newest first.</summary>
    public async Task<IReadOnlyList<ParkedCallRow>> ListAsync(ParkedCallQuery query, CancellationToken cancellation)
    {
        var parameters = new
        {
            State = query.State is { } state ? WireName.Of(state) : null, query.Group, query.Agent, query.Contact,
            AfterTime = query.AfterTime?.UtcDateTime, query.AfterId, query.Limit,
        };
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return [.. await connection.QueryAsync<ParkedCallRow>(
            new CommandDefinition(Page(query), parameters, cancellationToken: cancellation))];
    }

    /// <summary>Null: there is no such parked call.</summary>
    public async Task<ParkedCallRow?> FindAsync(string id, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleOrDefaultAsync<ParkedCallRow>(
            new CommandDefinition(One, new { id }, cancellationToken: cancellation));
    }

    /// <summary>Names only the filters that are set, so that each combination has a plan along the index that serves it.</summary>
    private static string Page(ParkedCallQuery query)
    {
        string?[] conditions =
        [
            "true",
            query.State is null ? null : "p.state = @State",
            query.Group is null ? null : "p.agent_group = @Group",
            query.Agent is null ? null : "p.agent = @Agent",
            query.Contact is null ? null : "p.contact = @Contact",
            query.AfterTime is null ? null : "p.created_at <= @AfterTime AND (p.created_at < @AfterTime OR p.id > @AfterId)",
        ];
        return $"SELECT {ParkedCallRow.Columns} FROM parked_calls p WHERE {string.Join(" AND ", conditions.OfType<string>())} " +
            "ORDER BY p.created_at DESC, p.id LIMIT @Limit";
    }

    private static Task<ParkedCallRow?> ReadAsync(
        NpgsqlTransaction transaction, string sql, object parameters, CancellationToken cancellation) =>
        transaction.Connection!.QuerySingleOrDefaultAsync<ParkedCallRow>(
            new CommandDefinition(sql, parameters, transaction, cancellationToken: cancellation));
}
