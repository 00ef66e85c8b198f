using Dapper;
using Npgsql;

namespace Gateway.Storage.Admin;

/// <summary>Who changed what.</summary>
public sealed record AuditRow
{
    public long Id { get; init; }
    public DateTimeOffset At { get; init; }
    public required string Actor { get; init; }
    public required string Action { get; init; }
    public required string Subject { get; init; }

    /// <summary>JSON; null where nothing was.</summary>
    public string? Before { get; init; }

    /// <summary>JSON; null where nothing is.</summary>
    public string? After { get; init; }
}

/// <summary>Which entries to list. What is null does not filter.</summary>
public sealed record AuditQuery(string? Actor, string? Action, string? Subject, DateTimeOffset? From, DateTimeOffset? To, long? Before, int Limit);

/// <summary>The audit log by itself: read in pages, and written for what changes something outside the database.</summary>
public sealed class AuditLog(NpgsqlDataSource database)
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

    /// <summary>For what no transaction can hold, such as a command to a node: written before it is given, so that no change lacks its entry.</summary>
    public async Task WriteAsync(string actor, string action, string subject, object? before, object? after, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await AuditBook.WriteAsync(transaction, actor, action, subject, before, after, cancellation);
        await transaction.CommitAsync(cancellation);
    }
}
