using Dapper;
using Gateway.Calls;
using Media.Protocols.Primitives;
using Npgsql;

namespace Gateway.Storage.Admin;

/// <summary>The progress of work on a missed call.</summary>
public enum MissedCallState
{
    Open,
    Assigned,
    Closed,
}

/// <summary>The calls of a user that were not answered, as a work item: the newest of them, with the number of all.</summary>
public sealed record MissedCallRow
{
    public required string CallId { get; init; }
    public required string Channel { get; init; }
    public long? Contact { get; init; }

    /// <summary>Phone number in digits, or business-scoped id.</summary>
    public required string UserHandle { get; init; }

    public string? UserName { get; init; }
    public DateTimeOffset MissedAt { get; init; }
    public required string Cause { get; init; }
    public required string State { get; init; }
    public string? Assignee { get; init; }
    public string? Note { get; init; }
    public DateTimeOffset? ClosedAt { get; init; }

    /// <summary>The group that the call waited for.</summary>
    public string? AgentGroup { get; init; }

    /// <summary>When it began to wait for an agent; null: it never did.</summary>
    public DateTimeOffset? WaitedFrom { get; init; }

    /// <summary>How often the user called in vain since the last entry was closed.</summary>
    public int Calls { get; init; }

    /// <summary>When the first of them was missed.</summary>
    public DateTimeOffset FirstMissedAt { get; init; }

    /// <summary>The later call of the user that counts this one, which is closed then.</summary>
    public string? MergedInto { get; init; }

    public long Version { get; init; }
}

/// <summary>The filter of a list of missed calls. A null member does not filter; the handles are the spellings of one user's number, or an
/// id.</summary>
public sealed record MissedCallQuery(
    MissedCallState? State, string? Assignee, string? Channel, DateTimeOffset? From, DateTimeOffset? To, DateTimeOffset? AfterTime,
    string? AfterId, int Limit, string? Group = null, IReadOnlyList<string>? Handles = null);

/// <summary>The work list of missed calls.</summary>
public sealed class MissedCallStore(NpgsqlDataSource database)
{
    private const string Columns =
        """
        call_id AS CallId, channel, contact, user_handle AS UserHandle, user_name AS UserName, missed_at AS MissedAt, cause, state,
        assignee, note,
        closed_at AS ClosedAt, agent_group AS AgentGroup, waited_from AS WaitedFrom, calls,
        coalesce(first_missed_at, missed_at) AS FirstMissedAt, merged_into AS MergedInto, version
        """;

    private const string Page =
        $"""
        SELECT {Columns} FROM missed_calls
        WHERE merged_into IS NULL
          AND (@AfterTime::timestamptz IS NULL OR (missed_at <= @AfterTime AND (missed_at < @AfterTime OR call_id > @AfterId)))
          AND (@State::text IS NULL OR state = @State)
          AND (@Assignee::text IS NULL OR assignee = @Assignee)
          AND (@Channel::text IS NULL OR channel = @Channel)
          AND (@Group::text IS NULL OR agent_group = @Group)
          AND (@Handles::text[] IS NULL OR user_handle = ANY(@Handles))
          AND (@From::timestamptz IS NULL OR missed_at >= @From)
          AND (@To::timestamptz IS NULL OR missed_at < @To)
        ORDER BY missed_at DESC, call_id
        LIMIT @Limit
        """;

    private const string One = $"SELECT {Columns} FROM missed_calls WHERE call_id = @callId";

    private const string Lock = $"{One} FOR UPDATE";

    private const string Save =
        $"""
        UPDATE missed_calls
        SET state = @state, assignee = @assignee, note = @note, version = version + 1,
            closed_at = CASE WHEN @state = 'closed' THEN coalesce(closed_at, now()) END,
            merged_into = CASE WHEN @state = 'closed' THEN merged_into END
        WHERE call_id = @callId
        RETURNING {Columns}
        """;

    /// <summary>The newest first.</summary>
    public async Task<IReadOnlyList<MissedCallRow>> ListAsync(MissedCallQuery query, CancellationToken cancellation)
    {
        var parameters = new
        {
            State = query.State is { } state ? WireName.Of(state) : null, query.Assignee, query.Channel, From = query.From?.UtcDateTime,
            To = query.To?.UtcDateTime, AfterTime = query.AfterTime?.UtcDateTime, query.AfterId, query.Limit,
            query.Group, Handles = query.Handles?.ToArray(),
        };
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return [.. await connection.QueryAsync<MissedCallRow>(new CommandDefinition(Page, parameters, cancellationToken: cancellation))];
    }

    public async Task<MissedCallRow?> FindAsync(string callId, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleOrDefaultAsync<MissedCallRow>(
            new CommandDefinition(One, new { callId }, cancellationToken: cancellation));
    }

    /// <summary>Changes the state of the work item.</summary>
    public async Task<Change<MissedCallRow>> SaveAsync(
        string callId, long version, MissedCallState state, string? assignee, string? note, string actor, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var before = await connection.QuerySingleOrDefaultAsync<MissedCallRow>(
            new CommandDefinition(Lock, new { callId }, transaction, cancellationToken: cancellation));
        if (before is null || before.Version != version)
            return new Change<MissedCallRow>(null, IsStale: before is not null);
        var after = await connection.QuerySingleAsync<MissedCallRow>(new CommandDefinition(
            Save, new { callId, state = WireName.Of(state), assignee, note }, transaction, cancellationToken: cancellation));
        await AuditTrail.WriteAsync(transaction, actor, "missed_call.update", $"missed_call:{callId}", before, after, cancellation);
        await transaction.CommitAsync(cancellation);
        return new Change<MissedCallRow>(after, IsStale: false);
    }
}
