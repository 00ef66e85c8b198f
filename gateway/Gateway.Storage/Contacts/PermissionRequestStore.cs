using Dapper;
using Gateway.Calls;
using Gateway.Calls.Permissions;
using Gateway.Storage.Events;
using Media.Protocols.Primitives;
using Npgsql;

namespace Gateway.Storage.Contacts;

/// <summary>A return call to an agent, now that the user has permitted calls.</summary>
public sealed record ReturnCall(string? Trunk, string Agent);

/// <summary>The state of a request.</summary>
public enum PermissionRequestState
{
    /// <summary>In transit to Meta, or lost on the way: it counts, because Meta may have it.</summary>
    Sending,
    Sent,

    /// <summary>Certainly not delivered: it does not count.</summary>
    Failed,
    Accepted,
    Declined,
}

/// <summary>One permission request to a user.</summary>
public sealed record PermissionRequest(
    long Id, DateTimeOffset RequestedAt, string RequestedBy, PermissionRequestState State, string? Agent, int? ErrorCode, string? ErrorText,
    DateTimeOffset? AnsweredAt, DateTimeOffset? RungBackAt);

/// <summary>
/// The requests sent to users. Each is written before it is sent, under the lock of the user's row, so that of two nodes that ask at once
/// only one sends.
/// </summary>
/// <param name="database">PostgreSQL.</param>
/// <param name="limits">Those in force.</param>
public sealed class PermissionRequestStore(NpgsqlDataSource database, Func<PermissionLimits> limits)
{
    /// <summary>More rows than any limit counts.</summary>
    private const string Recent =
        "SELECT requested_at FROM permission_requests WHERE contact = @contact AND state <> 'failed' ORDER BY requested_at DESC LIMIT 200";

    private const string RecentOfAll =
        "SELECT contact, requested_at FROM permission_requests WHERE contact = ANY(@contacts) AND state <> 'failed' AND requested_at > " +
            "@since";

    private const string Insert =
        """
        INSERT INTO permission_requests (contact, requested_at, requested_by, state, trunk, agent)
        VALUES (@contact, @now, @by, 'sending', @trunk, @agent) RETURNING id
        """;

    private const string Sent =
        """
        UPDATE permission_requests SET message_id = @messageId, state = CASE state WHEN 'sending' THEN 'sent' ELSE state END
        WHERE id = @id
        """;

    private const string Failed =
        """
        UPDATE permission_requests SET error_code = @code, error_text = @text, state = CASE WHEN @isSure AND state IN ('sending', 'sent')
            THEN 'failed' ELSE state END
        WHERE id = @id
        """;

    private const string FailedMessage =
        "UPDATE permission_requests SET error_code = @code, error_text = @text, state = 'failed' WHERE message_id = @messageId AND state " +
            "IN ('sending', 'sent')";

    private const string Answered =
        """
        UPDATE permission_requests SET state = @state, answered_at = @at
        WHERE id = (SELECT id FROM permission_requests
                    WHERE contact = @contact AND state IN ('sending', 'sent')
                      AND (message_id = @messageId OR (message_id IS NULL AND requested_at <= @at + interval '2 seconds'))
                    ORDER BY requested_at DESC LIMIT 1)
        """;

    private const string Waiting =
        """
        UPDATE permission_requests SET rung_back_at = @now
        WHERE contact = @contact AND agent IS NOT NULL AND rung_back_at IS NULL AND state IN ('sending', 'sent', 'accepted')
            AND requested_at > @since
        RETURNING trunk, agent, requested_at AS At
        """;

    private const string Wait =
        """
        UPDATE permission_requests SET trunk = @trunk, agent = @agent
        WHERE id = (SELECT id FROM permission_requests WHERE contact = @contact AND state IN ('sending', 'sent')
            ORDER BY requested_at DESC LIMIT 1)
        """;

    private const string History =
        """
        SELECT id, requested_at AS RequestedAt, requested_by AS RequestedBy, state, agent, error_code AS ErrorCode, error_text AS ErrorText,
               answered_at AS AnsweredAt, rung_back_at AS RungBackAt
        FROM permission_requests WHERE contact = @contact ORDER BY requested_at DESC LIMIT @limit
        """;

    /// <summary>With limits that stay.</summary>
    public PermissionRequestStore(NpgsqlDataSource database, PermissionLimits limits) : this(database, () => limits)
    {
    }

    /// <summary>
    /// Evaluates the rules and, where they allow it, stores a request about to be sent: from here on it counts. The id is null where it
    /// must not be sent.
    /// </summary>
    /// <param name="ask">The user to ask, and the requester.</param>
    /// <param name="hasTemplate">The channel has a template for requests.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellation">The caller's token.</param>
    public Task<(RequestVerdict Verdict, long? Id)> BeginAsync(
        PermissionAsk ask, bool hasTemplate, DateTimeOffset now, CancellationToken cancellation) =>
        database.InTransactionAsync(
            async transaction =>
            {
                var contact = await LockContactAsync(transaction, ask.Channel, ask.User, cancellation);
                var verdict = PermissionRules.MayRequest(contact.Permission, limits(), hasTemplate, now);
                var request =
                    new { contact = contact.Id, now = now.UtcDateTime, by = ask.RequestedBy, trunk = ask.Trunk, agent = ask.Agent };
                var id = verdict.IsAllowed
                    ? await transaction.Connection!.ExecuteScalarAsync<long>(
                        new CommandDefinition(Insert, request, transaction, cancellationToken: cancellation))
                    : (long?)null;
                return (verdict, id);
            },
            cancellation);

    /// <summary>Meta accepted the request.</summary>
    public Task SentAsync(long id, PermissionAsk ask, string messageId, DateTimeOffset now, CancellationToken cancellation) =>
        database.InTransactionAsync(
        async transaction =>
        {
            var contact = await LockContactAsync(transaction, ask.Channel, ask.User, cancellation);
            await transaction.Connection!.ExecuteAsync(
                new CommandDefinition(Sent, new { id, messageId }, transaction, cancellationToken: cancellation));
            var happened = new NewEvent(
                EventKind.PermissionRequested, now, ask.Channel.Value, contact.Id,
                Data: new PermissionRequestedData(ask.RequestedBy, messageId, ask.Agent));
            await EventOutbox.AppendAsync(transaction.Connection!, transaction, happened, cancellation);
            return contact;
        },
        cancellation);

    /// <summary>Meta did not accept the request.</summary>
    /// <param name="id">The request.</param>
    /// <param name="error">Meta's reason.</param>
    /// <param name="isSure">False where the answer was lost: Meta may have it, so it goes on counting.</param>
    /// <param name="cancellation">The caller's token.</param>
    public Task FailedAsync(long id, WhatsAppError error, bool isSure, CancellationToken cancellation) =>
        ExecuteAsync(Failed, new { id, code = error.Code, text = error.Message, isSure }, cancellation);

    /// <summary>A message that Meta had accepted was not delivered. Does nothing where it was no request.</summary>
    public Task FailedAsync(string messageId, WhatsAppError? error, CancellationToken cancellation) =>
        ExecuteAsync(FailedMessage, new { messageId, code = error?.Code, text = error?.Message }, cancellation);

    /// <summary>Registers the agent who dialled a user with an open request for a return call. False where none is open.</summary>
    public async Task<bool> WaitAsync(long contact, string trunk, string agent, CancellationToken cancellation) =>
        await ExecuteAsync(Wait, new { contact, trunk, agent }, cancellation) > 0;

    /// <summary>The newest first.</summary>
    public async Task<IReadOnlyList<PermissionRequest>> ListAsync(long contact, int limit, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = await connection.QueryAsync<RequestRow>(
            new CommandDefinition(History, new { contact, limit }, cancellationToken: cancellation));
        return [.. rows.Select(row => row.ToRequest())];
    }

    /// <summary>The user's row, created where missing, locked until the transaction ends, with the requests as of then.</summary>
    internal static async Task<Contact> LockContactAsync(
        NpgsqlTransaction transaction, ChannelId channel, WhatsAppUser user, CancellationToken cancellation)
    {
        var row = await ContactIdentity.FindOrCreateAsync(transaction, channel, user, cancellation);
        // A separate statement: one that waited for the lock would still see the requests from before it.
        return row.ToContact(await RecentAsync(transaction.Connection!, row.Id, cancellation));
    }

    internal static async Task<IReadOnlyList<DateTimeOffset>> RecentAsync(
        NpgsqlConnection connection, long contact, CancellationToken cancellation)
    {
        var times = await connection.QueryAsync<DateTime>(new CommandDefinition(Recent, new { contact }, cancellationToken: cancellation));
        return [.. times.Select(time => new DateTimeOffset(time, TimeSpan.Zero))];
    }

    /// <summary>The requests to several contacts within the days that any limit counts.</summary>
    internal static async Task<ILookup<long,
    DateTimeOffset>> RecentAsync(NpgsqlConnection connection, long[] contacts, DateTimeOffset now, CancellationToken cancellation)
    {
        var rows = await connection.QueryAsync<(long Contact, DateTime At)>(new CommandDefinition(
            RecentOfAll, new { contacts, since = (now - PermissionRules.Week).UtcDateTime }, cancellationToken: cancellation));
        return rows.ToLookup(row => row.Contact, row => new DateTimeOffset(row.At, TimeSpan.Zero));
    }

    internal static Task AnswerAsync(
        NpgsqlTransaction transaction, long contact, ContactReply reply, DateTimeOffset at, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(
            Answered,
            new
            {
                contact,
                state = WireName.Of(reply.IsGranted ? PermissionRequestState.Accepted : PermissionRequestState.Declined),
                at = at.UtcDateTime,
                messageId = reply.RequestMessageId,
            },
            transaction, cancellationToken: cancellation));

    /// <summary>Takes the return call of the last waiting agent, and drops the others, since one user cannot have two calls.</summary>
    internal static async Task<ReturnCall?> TakeReturnCallAsync(
        NpgsqlTransaction transaction, long contact, DateTimeOffset now, TimeSpan longest, CancellationToken cancellation)
    {
        var taken = await transaction.Connection!.QueryAsync<(string? Trunk, string Agent, DateTime At)>(new CommandDefinition(
            Waiting, new { contact, now = now.UtcDateTime, since = (now - longest).UtcDateTime }, transaction,
            cancellationToken: cancellation));
        return taken.OrderBy(row => row.At).Select(row => new ReturnCall(row.Trunk, row.Agent)).LastOrDefault();
    }

    private async Task<int> ExecuteAsync(string sql, object parameters, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.ExecuteAsync(new CommandDefinition(sql, parameters, cancellationToken: cancellation));
    }

    private sealed record RequestRow
    {
        public long Id { get; init; }
        public DateTime RequestedAt { get; init; }
        public string RequestedBy { get; init; } = "";
        public string State { get; init; } = "";
        public string? Agent { get; init; }
        public int? ErrorCode { get; init; }
        public string? ErrorText { get; init; }
        public DateTime? AnsweredAt { get; init; }
        public DateTime? RungBackAt { get; init; }

        public PermissionRequest ToRequest() => new(
            Id, new DateTimeOffset(RequestedAt, TimeSpan.Zero), RequestedBy, WireName.Parse<PermissionRequestState>(State), Agent,
            ErrorCode, ErrorText, AnsweredAt is { } answered ? new DateTimeOffset(answered, TimeSpan.Zero) : null,
            RungBackAt is { } rung ? new DateTimeOffset(rung, TimeSpan.Zero) : null);
    }
}

/// <summary>The user to ask for permission, and the requester.</summary>
/// <param name="Channel">The business number that asks.</param>
/// <param name="User">The user to ask.</param>
/// <param name="RequestedBy">`agent:200`, `key:ID`: kept in the history.</param>
/// <param name="Trunk">With <paramref name="Agent"/>: the return call for when the user permits.</param>
/// <param name="Agent">The number dialled at the PBX for it.</param>
public sealed record PermissionAsk(ChannelId Channel, WhatsAppUser User, string RequestedBy, string? Trunk = null, string? Agent = null);
