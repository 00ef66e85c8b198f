using Dapper;
using Gateway.Calls;
using Gateway.Calls.Permissions;
using Gateway.Storage.Admin;
using Gateway.Storage.Events;
using Npgsql;

namespace Gateway.Storage.Contacts;

/// <summary>
/// The users of each channel and their permissions. Every change of a permission is one transaction that locks the user's row, applies a
/// pure transition, and writes the resulting events.
/// </summary>
/// <param name="database">PostgreSQL.</param>
/// <param name="limits">Those in force.</param>
public sealed class ContactStore(NpgsqlDataSource database, Func<PermissionLimits> limits)
{
    private const string Find =
        $"""
        SELECT {ContactRow.Columns} FROM contacts c
        WHERE c.channel = @channel AND (c.phone = ANY(@phones) OR c.user_id = @userId)
        ORDER BY c.user_id = @userId DESC NULLS LAST LIMIT 1
        """;

    private const string FindById =
        $"SELECT {ContactRow.Columns} FROM contacts c WHERE c.id = @id OR c.former_ids @> ARRAY[@id] ORDER BY c.id = @id DESC LIMIT 1";

    private const string LockById = FindById + " FOR UPDATE";

    /// <summary>The statement of one node wins: an expiry is announced once.</summary>
    private const string AnnounceExpired =
        """
        WITH told AS (
            UPDATE contacts SET expiry_is_announced = true
            WHERE permission = 'temporary' AND NOT expiry_is_announced AND permission_expires_at <= @now
            RETURNING id, channel, permission_expires_at)
        INSERT INTO events (kind, at, channel, contact)
        SELECT @kind, permission_expires_at, channel, id FROM told
        """;

    /// <summary>With limits that stay.</summary>
    public ContactStore(NpgsqlDataSource database, PermissionLimits limits) : this(database, () => limits)
    {
    }

    /// <summary>The contact; null where the user is unknown.</summary>
    public async Task<Contact?> FindAsync(ChannelId channel, WhatsAppUser user, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        string[] phones = user.Phone is { } digits ? [.. NumberSpelling.Of(digits)] : [];
        return await ReadAsync(connection, Find, new { channel = channel.Value, phones, userId = user.UserId }, cancellation);
    }

    /// <summary>The contact, also by the id of a row that turned out to be the same person.</summary>
    public async Task<Contact?> FindAsync(long id, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await ReadAsync(connection, FindById, new { id }, cancellation);
    }

    /// <summary>Applies an event to a user's permission. Creates the contact where needed.</summary>
    /// <param name="channel">The business number.</param>
    /// <param name="user">With a phone or a user id.</param>
    /// <param name="at">The time of the event.</param>
    /// <param name="transition">One or more of <see cref="PermissionTransitions"/>.</param>
    /// <param name="call">The call in which it happened.</param>
    /// <param name="cancellation">The caller's token.</param>
    public Task<Contact> ApplyAsync(
        ChannelId channel, WhatsAppUser user, DateTimeOffset at, Func<ContactPermission, ContactPermission> transition, CallId? call,
        CancellationToken cancellation) =>
        database.InTransactionAsync(
            async transaction =>
            {
                var contact = await PermissionRequestStore.LockContactAsync(transaction, channel, user, cancellation);
                return (await ApplyAsync(transaction, contact, at, transition, call, cancellation)).After;
            },
            cancellation);

    /// <summary>An operator revokes a permission: the user is not called any more, whatever Meta allows, until
    /// they permit it again. Null: no such contact.</summary>
    public Task<Contact?> RevokeAsync(long id, string actor, string? reason, DateTimeOffset now, CancellationToken cancellation) =>
        database.InTransactionAsync(
        async transaction =>
        {
            var connection = transaction.Connection!;
            var row = await connection.QuerySingleOrDefaultAsync<ContactRow>(
                new CommandDefinition(LockById, new { id }, transaction, cancellationToken: cancellation));
            if (row is null)
                return null;
            var before = row.ToContact(await PermissionRequestStore.RecentAsync(connection, row.Id, cancellation));
            var (after, _) = await ApplyAsync(
                transaction, before, now, known => known.Revoked(now, PermissionDecider.Operator), null, cancellation);
            await AuditTrail.WriteAsync(
                transaction, actor, "contact.revoke", $"contact:{row.Id}", new { before.Permission.State },
                new { after.Permission.State, reason }, cancellation);
            return after;
        },
        cancellation);

    /// <summary>Stores the user's answer to a request, or a decision made without one.</summary>
    /// <param name="reply">The user's decision.</param>
    /// <param name="at">Its time.</param>
    /// <param name="now">The time here: a grant that comes too late triggers no return call.</param>
    /// <param name="cancellation">The caller's token.</param>
    /// <returns>The return call that it triggers, for the last waiting agent: returned once, to one node.</returns>
    public Task<ReturnCall?> ReplyAsync(ContactReply reply, DateTimeOffset at, DateTimeOffset now, CancellationToken cancellation) =>
        database.InTransactionAsync(
        async transaction =>
        {
            var contact = await PermissionRequestStore.LockContactAsync(transaction, reply.Channel, reply.User, cancellation);
            var (after, changed) = await ApplyAsync(
                transaction, contact, at, permission => reply.Decide(permission, at, limits()), null, cancellation);
            // Meta, when queried, may have reported the grant before its webhook does: then nothing changes, but the request is answered
            // all the same.
            if (reply.By != PermissionDecider.User || !(changed || PermissionRules.IsPermitted(after.Permission, now) == reply.IsGranted))
                return null;
            await PermissionRequestStore.AnswerAsync(transaction, contact.Id, reply, at, cancellation);
            return PermissionRules.MayCall(after.Permission, now)
                ? await PermissionRequestStore.TakeReturnCallAsync(
                    transaction, contact.Id, now, limits().ReturnCallFor, cancellation) : null;
        },
        cancellation);

    /// <summary>A user's number or id changed: permission, window and requests stay theirs. False where the user is unknown.</summary>
    public Task<bool> MoveAsync(
        ChannelId channel, WhatsAppUser previous, WhatsAppUser current, DateTimeOffset at, CancellationToken cancellation) =>
        database.InTransactionAsync(
            async transaction => await ContactIdentity.MoveAsync(transaction, channel, previous, current, at, cancellation) is not null,
            cancellation);

    /// <summary>Writes the events of expired permissions. They expire without it; any node may do
    /// this at any time. Returns the number written.</summary>
    public async Task<int> AnnounceExpiredAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.ExecuteAsync(new CommandDefinition(
            AnnounceExpired, new { now = now.UtcDateTime, kind = EventKinds.NameOf(EventKind.PermissionExpired) },
            cancellationToken: cancellation));
    }

    private static async Task<(Contact After, bool Changed)> ApplyAsync(
        NpgsqlTransaction transaction, Contact contact, DateTimeOffset at, Func<ContactPermission, ContactPermission> transition,
        CallId? call,
        CancellationToken cancellation)
    {
        var before = contact.Permission;
        var after = transition(before);
        if (after == before)
            return (contact, false);
        await transaction.Connection!.ExecuteAsync(
            new CommandDefinition(
                ContactRow.Update + EventOutbox.InsertAll,
                new
                {
                    Contacts = ContactRow.Changes([new(contact.Id, after)]),
                    Events = EventOutbox.Rows(PermissionEvents.Of(contact, after, at, call)),
                },
                transaction, cancellationToken: cancellation));
        return (contact with { Permission = after, Version = contact.Version + 1 }, true);
    }

    private static async Task<Contact?> ReadAsync(
        NpgsqlConnection connection, string sql, object parameters, CancellationToken cancellation)
    {
        var row = await connection.QuerySingleOrDefaultAsync<ContactRow>(
            new CommandDefinition(sql, parameters, cancellationToken: cancellation));
        return row?.ToContact(await PermissionRequestStore.RecentAsync(connection, row.Id, cancellation));
    }
}
