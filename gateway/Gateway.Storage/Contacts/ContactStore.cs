using Dapper;
using Gateway.Calls;
using Gateway.Calls.Permissions;
using Gateway.Storage.Admin;
using Gateway.Storage.Events;
using Npgsql;

namespace Gateway.Storage.Contacts;

/// <summary>
/// What is known of each channel's users and what they permit. Whatever happens to a permission is one transaction that locks the user's row,
/// lets a pure transition work on it, and writes the events that follow.
/// </summary>
public sealed class ContactStore(NpgsqlDataSource database, PermissionLimits limits)
{
    internal const string Update =
        """
        UPDATE contacts SET
            expiry_is_told = expiry_is_told AND permission_expires_at IS NOT DISTINCT FROM @expiresAt,
            permission = @permission, permission_since = @since, permission_expires_at = @expiresAt, permission_source = @source,
            unanswered = @unanswered, last_unanswered_at = @lastUnansweredAt, window_until = @windowUntil, last_connected_at = @lastConnectedAt,
            calls_barred_until = @callsBarredUntil, requests_barred_until = @requestsBarredUntil, version = version + 1
        WHERE id = @id
        """;

    private const string Find =
        $"""
        SELECT {ContactRow.Columns} FROM contacts c
        WHERE c.channel = @channel AND (c.phone = ANY(@phones) OR c.user_id = @userId)
        ORDER BY c.user_id = @userId DESC NULLS LAST LIMIT 1
        """;

    private const string FindById =
        $"SELECT {ContactRow.Columns} FROM contacts c WHERE c.id = @id OR c.former_ids @> ARRAY[@id] ORDER BY c.id = @id DESC LIMIT 1";

    private const string LockById = $"SELECT {ContactRow.Columns} FROM contacts c WHERE c.id = @id FOR UPDATE";

    /// <summary>One statement of all nodes wins: an expiry is told once.</summary>
    private const string TellExpired =
        """
        WITH told AS (
            UPDATE contacts SET expiry_is_told = true
            WHERE permission = 'temporary' AND NOT expiry_is_told AND permission_expires_at <= @now
            RETURNING id, channel, permission_expires_at)
        INSERT INTO events (kind, at, channel, contact)
        SELECT @kind, permission_expires_at, channel, id FROM told
        """;

    /// <summary>Null where nothing is known of the user.</summary>
    public async Task<Contact?> FindAsync(ChannelId channel, WhatsAppUser user, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        string[] phones = user.Phone is { } digits ? [.. NumberSpelling.Of(digits)] : [];
        return await ReadAsync(connection, Find, new { channel = channel.Value, phones, userId = user.UserId }, cancellation);
    }

    /// <summary>Also by the id of a row that turned out to be the same person.</summary>
    public async Task<Contact?> FindAsync(long id, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await ReadAsync(connection, FindById, new { id }, cancellation);
    }

    /// <summary>Lets something happen to a user's permission. The user becomes known by it.</summary>
    /// <param name="channel">The business number.</param>
    /// <param name="user">With a phone or a user id.</param>
    /// <param name="at">When it happened.</param>
    /// <param name="transition">One or more of <see cref="PermissionTransitions"/>.</param>
    /// <param name="call">The call it happened in.</param>
    /// <param name="cancellation">The caller's own.</param>
    public Task<Contact> ApplyAsync(
        ChannelId channel, WhatsAppUser user, DateTimeOffset at, Func<ContactPermission, ContactPermission> transition, CallId? call,
        CancellationToken cancellation) =>
        database.InTransactionAsync(
            async transaction =>
            {
                var contact = await LockAsync(transaction, channel, user, cancellation);
                return (await ApplyAsync(transaction, contact, at, transition, call, cancellation)).After;
            },
            cancellation);

    /// <summary>An operator takes a permission back: we do not call this user any more, whatever Meta allows, until the user permits it anew. Null: no such contact.</summary>
    public Task<Contact?> RevokeAsync(long id, string actor, string? reason, DateTimeOffset now, CancellationToken cancellation) => database.InTransactionAsync(
        async transaction =>
        {
            var connection = transaction.Connection!;
            var row = await connection.QuerySingleOrDefaultAsync<ContactRow>(new CommandDefinition(LockById, new { id }, transaction, cancellationToken: cancellation));
            if (row is null)
                return null;
            var before = row.ToContact(await PermissionRequests.RecentAsync(connection, row.Id, cancellation));
            var (after, _) = await ApplyAsync(transaction, before, now, known => known.Revoked(now, PermissionDecider.Operator), null, cancellation);
            await AuditBook.WriteAsync(
                transaction, actor, "contact.revoke", $"contact:{row.Id}", new { before.Permission.State }, new { after.Permission.State, reason }, cancellation);
            return after;
        },
        cancellation);

    /// <summary>Takes the user's answer to a request, or their change of mind without one.</summary>
    /// <param name="reply">What the user decided.</param>
    /// <param name="at">When.</param>
    /// <param name="now">The time here: whose grant comes too late rings nobody back.</param>
    /// <param name="cancellation">The caller's own.</param>
    /// <returns>The agent to be rung back for it, the last one who waits: returned once, to one node.</returns>
    public Task<RingBack?> ReplyAsync(ContactReply reply, DateTimeOffset at, DateTimeOffset now, CancellationToken cancellation) => database.InTransactionAsync(
        async transaction =>
        {
            var contact = await LockAsync(transaction, reply.Channel, reply.User, cancellation);
            var (after, changed) = await ApplyAsync(transaction, contact, at, permission => reply.Decide(permission, at, limits), null, cancellation);
            // Meta, when asked, may have told us of the grant before its webhook does: then nothing changes, but the request is answered all the same.
            if (reply.By != PermissionDecider.User || !(changed || PermissionRules.IsPermitted(after.Permission, now) == reply.IsGranted))
                return null;
            await PermissionRequests.AnswerAsync(transaction, contact.Id, reply, at, cancellation);
            return PermissionRules.MayCall(after.Permission, now)
                ? await PermissionRequests.TakeRingBackAsync(transaction, contact.Id, now, limits.RingBackFor, cancellation) : null;
        },
        cancellation);

    /// <summary>A user's number or id changed: permission, window and requests stay theirs. False where nothing was known of them.</summary>
    public Task<bool> MoveAsync(ChannelId channel, WhatsAppUser previous, WhatsAppUser current, DateTimeOffset at, CancellationToken cancellation) =>
        database.InTransactionAsync(
            async transaction => await ContactIdentity.MoveAsync(transaction, channel, previous, current, at, cancellation) is not null, cancellation);

    /// <summary>Writes the events of permissions whose time is over. They are over without it; any node may do this at any time. Returns how many.</summary>
    public async Task<int> TellExpiredAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.ExecuteAsync(new CommandDefinition(
            TellExpired, new { now = now.UtcDateTime, kind = EventKinds.NameOf(EventKind.PermissionExpired) }, cancellationToken: cancellation));
    }

    /// <summary>The user's row, made where there is none, locked until the transaction ends, with the requests that stand by then.</summary>
    internal static async Task<Contact> LockAsync(NpgsqlTransaction transaction, ChannelId channel, WhatsAppUser user, CancellationToken cancellation)
    {
        var row = await ContactIdentity.FindOrCreateAsync(transaction, channel, user, cancellation);
        // A statement of its own: one that waited for the lock would still see the requests from before it.
        return row.ToContact(await PermissionRequests.RecentAsync(transaction.Connection!, row.Id, cancellation));
    }

    private static async Task<(Contact After, bool Changed)> ApplyAsync(
        NpgsqlTransaction transaction, Contact contact, DateTimeOffset at, Func<ContactPermission, ContactPermission> transition, CallId? call,
        CancellationToken cancellation)
    {
        var before = contact.Permission;
        var after = transition(before);
        if (after == before)
            return (contact, false);
        await transaction.Connection!.ExecuteAsync(
            new CommandDefinition(Update, ContactRow.Parameters(contact.Id, after), transaction, cancellationToken: cancellation));
        foreach (var (kind, data) in Events(before, after, at))
            await EventBook.AppendAsync(
                transaction.Connection!, transaction, new NewEvent(kind, at, contact.Channel.Value, contact.Id, call?.Value, Data: data), cancellation);
        return (contact with { Permission = after, Version = contact.Version + 1 }, true);
    }

    private static IEnumerable<(EventKind Kind, object Data)> Events(ContactPermission before, ContactPermission after, DateTimeOffset at)
    {
        // What was revoked and is revoked again, by Meta's webhook after our own count, is no news.
        if ((before.State, before.Since, before.ExpiresAt) != (after.State, after.Since, after.ExpiresAt)
            && !(before.State == PermissionState.Revoked && after.State == PermissionState.Revoked))
        {
            var data = new { by = after.DecidedBy, state = after.State, expiresAt = after.ExpiresAt };
            if (after.State is PermissionState.Temporary or PermissionState.Permanent)
                yield return (EventKind.PermissionGranted, data);
            else
                yield return (after.State == PermissionState.Declined ? EventKind.PermissionDeclined : EventKind.PermissionRevoked, data);
        }
        if (after.WindowUntil != before.WindowUntil && !PermissionRules.WindowIsOpen(before, at))
            yield return (EventKind.WindowOpened, new { until = after.WindowUntil });
    }

    private static async Task<Contact?> ReadAsync(NpgsqlConnection connection, string sql, object parameters, CancellationToken cancellation)
    {
        var row = await connection.QuerySingleOrDefaultAsync<ContactRow>(new CommandDefinition(sql, parameters, cancellationToken: cancellation));
        return row?.ToContact(await PermissionRequests.RecentAsync(connection, row.Id, cancellation));
    }
}

/// <summary>What a user decided about being called.</summary>
/// <param name="Channel">The business number.</param>
/// <param name="User">Who.</param>
/// <param name="IsGranted">Yes or no.</param>
/// <param name="IsPermanent">Yes for good.</param>
/// <param name="Until">The end that the webhook names.</param>
/// <param name="By">The user, or their call to us (yes), or Meta after unanswered calls (no).</param>
/// <param name="RequestMessageId">The request it answers; null where it answers none.</param>
public sealed record ContactReply(
    ChannelId Channel, WhatsAppUser User, bool IsGranted, bool IsPermanent, DateTimeOffset? Until, PermissionDecider By, string? RequestMessageId)
{
    internal ContactPermission Decide(ContactPermission permission, DateTimeOffset at, PermissionLimits limits) =>
        IsGranted ? permission.Granted(at, Until, IsPermanent, By, limits)
        : RequestMessageId is not null && By == PermissionDecider.User ? permission.Declined(at)
        : permission.Revoked(at, By);
}
