using Dapper;
using Media.Protocols.Primitives;
using Npgsql;

namespace Gateway.Storage.Events;

/// <summary>The state of a delivery.</summary>
public enum DeliveryState
{
    Waiting,
    Delivered,

    /// <summary>Given up.</summary>
    Failed,
}

/// <summary>A delivery as it is listed.</summary>
public sealed record DeliveryRow
{
    public long Event { get; init; }
    public required string Kind { get; init; }
    public required string State { get; init; }
    public int Attempts { get; init; }
    public DateTimeOffset NextAt { get; init; }
    public int? LastStatus { get; init; }
    public string? LastError { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
}

/// <summary>A delivery leased to its taker.</summary>
public sealed record DueDelivery
{
    public long Delivery { get; init; }

    /// <summary>The number of attempts, this one included. It also distinguishes a taker whose lease is over from the next one.</summary>
    public int Attempts { get; init; }

    public required string Url { get; init; }
    public required string Secret { get; init; }
    public string? PreviousSecret { get; init; }
    public required EventRow Event { get; init; }
}

/// <summary>
/// The deliveries to be sent, until they are: events are added by position, taken by one instance at a time with a lease that outlives
/// every attempt, and retried after a crash. A message may arrive twice (with the same id), and is never dropped before it is given up.
/// </summary>
public sealed class WebhookOutbox(NpgsqlDataSource database)
{
    /// <summary>Longer than the longest attempt.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);

    private const string Spread =
        """
        WITH endpoint AS (
            SELECT id, kinds, last_position FROM webhook_endpoints
            WHERE is_enabled AND last_position < @head
            ORDER BY last_position LIMIT 1
            FOR UPDATE SKIP LOCKED
        ), batch AS (
            SELECT e.id, e.position, e.kind FROM events e, endpoint
            WHERE e.position > endpoint.last_position AND e.position <= @head
            ORDER BY e.position LIMIT 1000
        ), added AS (
            INSERT INTO webhook_deliveries (endpoint, event)
            SELECT endpoint.id, batch.id FROM batch, endpoint
            WHERE cardinality(endpoint.kinds) = 0 OR batch.kind = ANY (endpoint.kinds)
            ON CONFLICT DO NOTHING
        )
        UPDATE webhook_endpoints w
        SET last_position = (SELECT coalesce(max(position), @head) FROM batch)
        FROM endpoint
        WHERE w.id = endpoint.id
        RETURNING true
        """;

    private const string Due =
        """
        SELECT id FROM webhook_endpoints w
        WHERE is_enabled AND (paused_until IS NULL OR paused_until <= now())
            AND EXISTS (SELECT FROM webhook_deliveries d WHERE d.endpoint = w.id AND d.state = 'waiting' AND d.next_at <= now())
        """;

    private const string Take =
        $"""
        WITH due AS (
            SELECT id FROM webhook_deliveries
            WHERE endpoint = @endpoint AND state = 'waiting' AND next_at <= now()
                AND NOT EXISTS (SELECT FROM webhook_endpoints WHERE id = @endpoint AND paused_until > now())
            ORDER BY next_at, id LIMIT @limit
            FOR UPDATE SKIP LOCKED
        ), taken AS (
            UPDATE webhook_deliveries d SET attempts = d.attempts + 1, next_at = now() + @Lease
            FROM due WHERE d.id = due.id
            RETURNING d.id AS delivery, d.attempts, d.event AS event_id
        )
        SELECT taken.delivery, taken.attempts, w.url, w.secret, CASE WHEN w.previous_until > now()
            THEN w.previous_secret END AS PreviousSecret,
               happened.*
        FROM taken JOIN (SELECT {EventReader.Columns} FROM events) happened ON happened.id = taken.event_id JOIN webhook_endpoints w
            ON w.id = @endpoint
        WHERE w.is_enabled
        ORDER BY happened.position
        """;

    private const string Settle =
        """
        UPDATE webhook_deliveries
        SET state = @state, last_status = @status, last_error = @error, next_at = now() + @wait,
            ended_at = CASE WHEN @state <> 'waiting' THEN now() END
        WHERE id = @delivery AND attempts = @attempts AND state = 'waiting'
        """;

    private const string Pause = "UPDATE webhook_endpoints SET paused_until = greatest(paused_until, now() + @wait) WHERE id = @endpoint";

    private const string Disable =
        "UPDATE webhook_endpoints SET is_enabled = false, version = version + 1 WHERE id = @endpoint AND is_enabled";

    private const string Page =
        """
        SELECT d.event, e.kind, d.state, d.attempts, d.next_at AS NextAt, d.last_status AS LastStatus, d.last_error AS LastError,
        d.ended_at AS EndedAt
        FROM webhook_deliveries d JOIN events e ON e.id = d.event
        WHERE d.endpoint = @endpoint AND (@before::bigint IS NULL OR d.event < @before) AND (@state::text IS NULL OR d.state = @state)
        ORDER BY d.event DESC
        LIMIT @limit
        """;

    private const string Again =
        """
        UPDATE webhook_deliveries SET state = 'waiting', attempts = 0, next_at = now(), ended_at = NULL
        WHERE endpoint = @endpoint AND event = @happened
        """;

    /// <summary>What the endpoint was sent, and what it would have been sent of that period had it asked for it then.</summary>
    private const string AllAgain =
        """
        INSERT INTO webhook_deliveries (endpoint, event)
        SELECT w.id, e.id FROM webhook_endpoints w JOIN events e ON e.position <= w.last_position
        WHERE w.id = @endpoint AND e.at >= @since AND e.at < @until
            AND (cardinality(w.kinds) = 0 OR e.kind = ANY (w.kinds)) AND (NOT @failedOnly OR EXISTS (
                SELECT FROM webhook_deliveries d WHERE d.endpoint = w.id AND d.event = e.id AND d.state = 'failed'))
        ORDER BY e.position
        ON CONFLICT (endpoint, event) DO UPDATE SET state = 'waiting', attempts = 0, next_at = now(), ended_at = NULL
        WHERE webhook_deliveries.state <> 'waiting'
        """;

    private const string Purge =
        """
        DELETE FROM webhook_deliveries
        WHERE (state = 'delivered' AND ended_at < now() - interval '7 days') OR (state = 'failed' AND ended_at < now() - interval '30 days')
        """;

    /// <summary>Adds events up to a position to the outbox, for one endpoint that lacks some. False where none does.</summary>
    public async Task<bool> SpreadAsync(long head, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.ExecuteScalarAsync<bool>(new CommandDefinition(Spread, new { head }, cancellationToken: cancellation));
    }

    /// <summary>The endpoints with a delivery due now.</summary>
    public async Task<IReadOnlyList<string>> DueEndpointsAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return [.. await connection.QueryAsync<string>(new CommandDefinition(Due, cancellationToken: cancellation))];
    }

    /// <summary>Takes what is due at an endpoint, without what another instance has taken.</summary>
    public async Task<IReadOnlyList<DueDelivery>> TakeAsync(string endpoint, int limit, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return
        [
            .. await connection.QueryAsync<DueDelivery, EventRow, DueDelivery>(
                new CommandDefinition(Take, new { endpoint, limit, Lease }, cancellationToken: cancellation),
                (due, happened) => due with { Event = happened },
                splitOn: "id"),
        ];
    }

    /// <summary>Stores the result of an attempt. Without effect where the lease is over and another taker has begun the next one.</summary>
    /// <param name="delivery">As it was taken.</param>
    /// <param name="attempts">As it was taken.</param>
    /// <param name="state">Waiting: it is retried after <paramref name="wait"/>.</param>
    /// <param name="status">The HTTP status of the answer, where there was one.</param>
    /// <param name="error">The error.</param>
    /// <param name="wait">The time until the next attempt.</param>
    /// <param name="cancellation">The caller's token.</param>
    public async Task SettleAsync(
        long delivery, int attempts, DeliveryState state, int? status, string? error, TimeSpan wait, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var parameters = new { delivery, attempts, state = WireName.Of(state), status, error, wait };
        await connection.ExecuteAsync(new CommandDefinition(Settle, parameters, cancellationToken: cancellation));
    }

    /// <summary>Pauses deliveries to an endpoint for the time that the other side asked for.</summary>
    public async Task PauseAsync(string endpoint, TimeSpan wait, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(Pause, new { endpoint, wait }, cancellationToken: cancellation));
    }

    /// <summary>Disables an endpoint that answered that it is permanently gone.</summary>
    public async Task DisableAsync(string endpoint, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (await connection.ExecuteAsync(
            new CommandDefinition(Disable, new { endpoint }, transaction, cancellationToken: cancellation)) == 1)
            await Admin.AuditTrail.WriteAsync(
                transaction, "webhooks", "webhook.disable", $"webhook:{endpoint}", null, new { reason = "410 Gone" }, cancellation);
        await transaction.CommitAsync(cancellation);
    }

    /// <summary>The newest events first.</summary>
    public async Task<IReadOnlyList<DeliveryRow>> ListAsync(
        string endpoint, DeliveryState? state, long? before, int limit, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var parameters = new { endpoint, state = state is { } one ? WireName.Of(one) : null, before, limit };
        return [.. await connection.QueryAsync<DeliveryRow>(new CommandDefinition(Page, parameters, cancellationToken: cancellation))];
    }

    /// <summary>Sends an event again, as a new delivery. False where there never was one for this endpoint.</summary>
    public async Task<bool> SendAgainAsync(string endpoint, long happened, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.ExecuteAsync(
            new CommandDefinition(Again, new { endpoint, happened }, cancellationToken: cancellation)) == 1;
    }

    /// <summary>Sends the events of a period again, each as a new delivery; those that wait already stay as they are.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="period">Events that happened at its begin or later, and before its end.</param>
    /// <param name="failedOnly">Only those that were given up.</param>
    /// <param name="cancellation">The caller's token.</param>
    /// <returns>Their number.</returns>
    public async Task<int> SendAllAgainAsync(
        string endpoint, (DateTimeOffset Since, DateTimeOffset Until) period, bool failedOnly, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.ExecuteAsync(new CommandDefinition(
            AllAgain, new { endpoint, since = period.Since.UtcDateTime, until = period.Until.UtcDateTime, failedOnly },
            cancellationToken: cancellation));
    }

    /// <summary>Deletes deliveries that ended long ago.</summary>
    public async Task PurgeAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(Purge, cancellationToken: cancellation));
    }
}
