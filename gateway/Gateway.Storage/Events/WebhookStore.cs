using Dapper;
using Gateway.Storage.Admin;
using Npgsql;

namespace Gateway.Storage.Events;

/// <summary>A webhook endpoint, without its secret.</summary>
public sealed record WebhookRow
{
    public required string Id { get; init; }
    public required string Url { get; init; }

    /// <summary>Empty: all.</summary>
    public required string[] Kinds { get; init; }

    public bool IsEnabled { get; init; }
    public DateTimeOffset? PreviousUntil { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public long Version { get; init; }
}

/// <summary>The address of an endpoint, with its signing secrets.</summary>
/// <param name="Url">The URL of the other side.</param>
/// <param name="Secret">The signing secret.</param>
/// <param name="PreviousSecret">The replaced secret, which also signs for a while.</param>
public sealed record WebhookTarget(string Url, string Secret, string? PreviousSecret);

/// <summary>The endpoints that events are sent to.</summary>
public sealed class WebhookStore(NpgsqlDataSource database)
{
    private const string Columns =
        "id, url, kinds, is_enabled AS IsEnabled, previous_until AS PreviousUntil, created_at AS CreatedAt, version";

    /// <summary>A new endpoint receives events from now on.</summary>
    private const string Insert =
        $"""
        INSERT INTO webhook_endpoints (id, url, secret, kinds, is_enabled, last_position)
        VALUES (@id, @url, @secret, @kinds, @isEnabled, (SELECT coalesce(max(position), 0) FROM events))
        RETURNING {Columns}
        """;

    private const string Page =
        $"SELECT {Columns} FROM webhook_endpoints WHERE @after::text IS NULL OR id > @after ORDER BY id LIMIT @limit";

    private const string One = $"SELECT {Columns} FROM webhook_endpoints WHERE id = @id";

    private const string Lock = $"{One} FOR UPDATE";

    /// <summary>Events from the time it was disabled are not sent afterwards.</summary>
    private const string Save =
        $"""
        UPDATE webhook_endpoints
        SET url = @url, kinds = @kinds, is_enabled = @isEnabled, version = version + 1, paused_until = NULL,
            last_position = CASE WHEN @isEnabled AND NOT is_enabled THEN (SELECT coalesce(max(position), 0) FROM events)
                ELSE last_position END
        WHERE id = @id
        RETURNING {Columns}
        """;

    private const string Rotate =
        $"""
        UPDATE webhook_endpoints
        SET previous_secret = secret, previous_until = now() + @grace, secret = @secret, version = version + 1
        WHERE id = @id
        RETURNING {Columns}
        """;

    private const string Delete = "DELETE FROM webhook_endpoints WHERE id = @id";

    private const string Target =
        "SELECT url, secret, CASE WHEN previous_until > now() THEN previous_secret END AS PreviousSecret FROM webhook_endpoints WHERE id " +
            "= @id";

    public async Task<WebhookRow> CreateAsync(
        string id, string url, string secret, IReadOnlyList<string> kinds, bool isEnabled, string actor, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var row = await connection.QuerySingleAsync<WebhookRow>(new CommandDefinition(
            Insert, new { id, url, secret, kinds = kinds.ToArray(), isEnabled }, transaction, cancellationToken: cancellation));
        await AuditTrail.WriteAsync(transaction, actor, "webhook.create", $"webhook:{id}", null, row, cancellation);
        await transaction.CommitAsync(cancellation);
        return row;
    }

    public async Task<IReadOnlyList<WebhookRow>> ListAsync(string? after, int limit, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return [
            .. await connection.QueryAsync<WebhookRow>(new CommandDefinition(Page, new { after, limit }, cancellationToken: cancellation))];
    }

    public async Task<WebhookRow?> FindAsync(string id, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleOrDefaultAsync<WebhookRow>(
            new CommandDefinition(One, new { id }, cancellationToken: cancellation));
    }

    public async Task<WebhookTarget?> FindTargetAsync(string id, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleOrDefaultAsync<WebhookTarget>(
            new CommandDefinition(Target, new { id }, cancellationToken: cancellation));
    }

    public Task<Change<WebhookRow>> SaveAsync(
        string id, long version, string url, IReadOnlyList<string> kinds, bool isEnabled, string actor, CancellationToken cancellation) =>
        ChangeAsync(Save, "webhook.update", id, version, new { id, url, kinds = kinds.ToArray(), isEnabled }, actor, cancellation);

    /// <summary>Sets a new secret; the previous one also signs for <paramref name="grace"/> longer.</summary>
    public Task<Change<WebhookRow>> RotateAsync(
        string id, long version, string secret, TimeSpan grace, string actor, CancellationToken cancellation) =>
        ChangeAsync(Rotate, "webhook.rotate_secret", id, version, new { id, secret, grace }, actor, cancellation);

    /// <summary>Deletes an endpoint with its waiting deliveries. Returns its last state.</summary>
    public Task<Change<WebhookRow>> DeleteAsync(string id, long version, string actor, CancellationToken cancellation) =>
        ChangeAsync(Delete, "webhook.delete", id, version, new { id }, actor, cancellation);

    private async Task<Change<WebhookRow>> ChangeAsync(
        string sql, string action, string id, long version, object parameters, string actor, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var before = await connection.QuerySingleOrDefaultAsync<WebhookRow>(
            new CommandDefinition(Lock, new { id }, transaction, cancellationToken: cancellation));
        if (before is null || before.Version != version)
            return new Change<WebhookRow>(null, IsStale: before is not null);
        var after = await connection.QuerySingleOrDefaultAsync<WebhookRow>(
            new CommandDefinition(sql, parameters, transaction, cancellationToken: cancellation));
        await AuditTrail.WriteAsync(transaction, actor, action, $"webhook:{id}", before, after, cancellation);
        await transaction.CommitAsync(cancellation);
        return new Change<WebhookRow>(after ?? before, IsStale: false);
    }
}
