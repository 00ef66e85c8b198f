using Dapper;
using Npgsql;

namespace Gateway.Storage.Admin;

/// <summary>An entry of the audit log.</summary>
public sealed record AuditRow
{
    public long Id { get; init; }
    public DateTimeOffset At { get; init; }
    public required string Actor { get; init; }
    public required string Action { get; init; }
    public required string Subject { get; init; }

    /// <summary>The state before, as JSON; null where there was none.</summary>
    public string? Before { get; init; }

    /// <summary>The state after, as JSON; null where there is none.</summary>
    public string? After { get; init; }
}

/// <summary>The filter of a list of entries. A null member does not filter.</summary>
public sealed record AuditQuery(
    string? Actor, string? Action, string? Subject, DateTimeOffset? From, DateTimeOffset? To, long? Before, int Limit);

/// <summary>The audit log itself: read in pages, and written for changes outside the database.</summary>
public sealed class AuditStore(NpgsqlDataSource database)
{
    private const string Page =
        """
        SELECT id, at, actor, action, subject, before::text AS Before, after::text AS After
        FROM audit_entries
        WHERE (@Before::bigint IS NULL OR id < @Before)
          AND (@Actor::text IS NULL OR actor = @Actor)
          AND (@Action::text IS NULL OR action = @Action)
          AND (@Subject::text IS NULL OR subject = @Subject)
          AND (@From::timestamptz IS NULL OR at >= @From)
          AND (@To::timestamptz IS NULL OR at < @To)
        ORDER BY id DESC
        LIMIT @Limit
        """;

    /// <summary>The newest first.</summary>
    public async Task<IReadOnlyList<AuditRow>> ListAsync(AuditQuery query, CancellationToken cancellation)
    {
        var parameters = new
        {
            query.Actor, query.Action, query.Subject, query.Before, query.Limit, From = query.From?.UtcDateTime, To = query.To?.UtcDateTime,
        };
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return [.. await connection.QueryAsync<AuditRow>(new CommandDefinition(Page, parameters, cancellationToken: cancellation))];
    }

    /// <summary>Writes an entry for what no transaction can cover, such as a command to a node:
    /// before it is sent, so that no change lacks its entry.</summary>
    public async Task WriteAsync(string actor, string action, string subject, object? before, object? after, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await AuditTrail.WriteAsync(transaction, actor, action, subject, before, after, cancellation);
        await transaction.CommitAsync(cancellation);
    }
}
