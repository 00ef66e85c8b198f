using Dapper;
using Gateway.Calls;
using Gateway.Storage.Admin;
using Gateway.Storage.Events;
using Npgsql;

namespace Gateway.Storage.Calls;

/// <summary>A message that a caller left, as its node stores it.</summary>
/// <param name="Id">32 hexadecimal digits, chosen by the node: a repetition adds nothing.</param>
/// <param name="Call">The call.</param>
/// <param name="Channel">The business number that was called.</param>
/// <param name="User">Who left it.</param>
/// <param name="Group">Whose message it is; null: nobody's in particular.</param>
/// <param name="Node">The node that has the file.</param>
/// <param name="Path">The file below the node's folder of recordings.</param>
/// <param name="Duration">Of the message.</param>
/// <param name="LeftAt">When it was complete.</param>
public sealed record Voicemail(
    string Id, CallId Call, ChannelId Channel, WhatsAppUser User, GroupId? Group, string Node, string Path, TimeSpan Duration,
    DateTimeOffset LeftAt);

/// <summary>A message as it is listed.</summary>
public sealed record VoicemailRow
{
    public required string Id { get; init; }
    public required string CallId { get; init; }
    public required string Channel { get; init; }
    public long? Contact { get; init; }

    /// <summary>Phone number in digits, or business-scoped id.</summary>
    public required string UserHandle { get; init; }

    public string? UserName { get; init; }
    public string? AgentGroup { get; init; }
    public required string Node { get; init; }
    public required string Path { get; init; }
    public int DurationMs { get; init; }
    public DateTimeOffset LeftAt { get; init; }
    public DateTimeOffset? HeardAt { get; init; }
    public string? HeardBy { get; init; }
    public DateTimeOffset? ClosedAt { get; init; }
    public string? ClosedBy { get; init; }
    public long Version { get; init; }
}

/// <summary>The filter of a list of messages. A null member does not filter.</summary>
public sealed record VoicemailQuery(
    string? Group, string? Channel, bool? IsHeard, bool? IsClosed, DateTimeOffset? AfterTime, string? AfterId, int Limit);

/// <summary>The messages that callers left: rows here, audio in files of the nodes.</summary>
public sealed class VoicemailStore(NpgsqlDataSource database)
{
    private const string Columns =
        """
        id, call_id AS CallId, channel, contact, user_handle AS UserHandle, user_name AS UserName, agent_group AS AgentGroup, node, path,
        duration_ms AS DurationMs, left_at AS LeftAt, heard_at AS HeardAt, heard_by AS HeardBy, closed_at AS ClosedAt,
        closed_by AS ClosedBy, version
        """;

    private const string Insert =
        """
        WITH message AS (
            INSERT INTO voicemails (id, call_id, channel, contact, user_handle, user_name, agent_group, node, path, duration_ms, left_at)
            VALUES (@Id, @CallId, @Channel,
                (SELECT c.id FROM contacts c WHERE c.channel = @Channel AND (c.phone = ANY(@Phones) OR c.user_id = @UserId)
                 ORDER BY c.user_id = @UserId DESC NULLS LAST LIMIT 1),
                @UserHandle, @UserName, @Group, @Node, @Path, @DurationMs, @LeftAt)
            ON CONFLICT (id) DO NOTHING RETURNING *
        )
        INSERT INTO events (kind, at, channel, contact, call_id, data)
        SELECT @Kind, left_at, channel, contact, call_id, jsonb_build_object(
            'voicemail', id, 'user', user_handle, 'group', agent_group, 'durationMs', duration_ms)
        FROM message
        """;

    private const string Page =
        $"""
        SELECT {Columns} FROM voicemails
        WHERE (@AfterTime::timestamptz IS NULL OR (left_at <= @AfterTime AND (left_at < @AfterTime OR id > @AfterId)))
          AND (@Group::text IS NULL OR agent_group = @Group)
          AND (@Channel::text IS NULL OR channel = @Channel)
          AND (@IsHeard::boolean IS NULL OR (heard_at IS NOT NULL) = @IsHeard)
          AND (@IsClosed::boolean IS NULL OR (closed_at IS NOT NULL) = @IsClosed)
        ORDER BY left_at DESC, id
        LIMIT @Limit
        """;

    private const string One = $"SELECT {Columns} FROM voicemails WHERE id = @id";

    private const string Lock = $"{One} FOR UPDATE";

    private const string Save =
        $"""
        UPDATE voicemails
        SET heard_at = CASE WHEN @isHeard THEN coalesce(heard_at, now()) END,
            heard_by = CASE WHEN @isHeard THEN coalesce(heard_by, @actor) END,
            closed_at = CASE WHEN @isClosed THEN coalesce(closed_at, now()) END,
            closed_by = CASE WHEN @isClosed THEN coalesce(closed_by, @actor) END, version = version + 1
        WHERE id = @id
        RETURNING {Columns}
        """;

    /// <summary>Stores a message and its event `voicemail.left`, once.</summary>
    public async Task LeaveAsync(Voicemail message, CancellationToken cancellation)
    {
        var parameters = new
        {
            message.Id, CallId = message.Call.Value, Channel = message.Channel.Value, UserHandle = CallRow.Clean(message.User.Handle),
            UserName = CallRow.Clean(message.User.Name), UserId = CallRow.Clean(message.User.UserId),
            Phones = message.User.Phone is { } phone ? NumberSpelling.Of(phone).ToArray() : [],
            Group = message.Group?.Value, message.Node, message.Path, DurationMs = (int)message.Duration.TotalMilliseconds,
            LeftAt = message.LeftAt.UtcDateTime, Kind = EventKinds.NameOf(EventKind.VoicemailLeft),
        };
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(Insert, parameters, cancellationToken: cancellation));
    }

    /// <summary>The newest first.</summary>
    public async Task<IReadOnlyList<VoicemailRow>> ListAsync(VoicemailQuery query, CancellationToken cancellation)
    {
        var parameters = new
        {
            query.Group, query.Channel, query.IsHeard, query.IsClosed, AfterTime = query.AfterTime?.UtcDateTime, query.AfterId, query.Limit,
        };
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return [.. await connection.QueryAsync<VoicemailRow>(new CommandDefinition(Page, parameters, cancellationToken: cancellation))];
    }

    /// <summary>Null: there is no such message.</summary>
    public async Task<VoicemailRow?> FindAsync(string id, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleOrDefaultAsync<VoicemailRow>(
            new CommandDefinition(One, new { id }, cancellationToken: cancellation));
    }

    /// <summary>Marks a message as heard, as closed, or as neither.</summary>
    public async Task<Change<VoicemailRow>> MarkAsync(
        string id, long version, bool isHeard, bool isClosed, string actor, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var before = await connection.QuerySingleOrDefaultAsync<VoicemailRow>(
            new CommandDefinition(Lock, new { id }, transaction, cancellationToken: cancellation));
        if (before is null || before.Version != version)
            return new Change<VoicemailRow>(null, IsStale: before is not null);
        var after = await connection.QuerySingleAsync<VoicemailRow>(
            new CommandDefinition(Save, new { id, isHeard, isClosed, actor }, transaction, cancellationToken: cancellation));
        await AuditTrail.WriteAsync(transaction, actor, "voicemail.update", $"voicemail:{id}", before, after, cancellation);
        await transaction.CommitAsync(cancellation);
        return new Change<VoicemailRow>(after, IsStale: false);
    }
}
