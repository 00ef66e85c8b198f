using Dapper;
using Gateway.Calls;
using Gateway.Calls.Permissions;
using Npgsql;

namespace Gateway.Storage.Contacts;

/// <summary>
/// Finds a person's row. A user is known by phone, by BSUID, or by both, and a webhook that carries both joins what was two rows. Rows are
/// locked until the transaction ends.
/// </summary>
internal static class ContactIdentity
{
    /// <summary>Our clock and Meta's differ: a row that is this much younger than a
    /// change may still belong to the person who changed.</summary>
    private static readonly TimeSpan ClockSlack = TimeSpan.FromMinutes(5);

    private const string Lock =
        $"""
        SELECT {ContactRow.Columns} FROM contacts c
        WHERE c.channel = @channel AND (c.phone = ANY(@phones) OR c.user_id = ANY(@userIds))
        ORDER BY c.id FOR UPDATE
        """;

    private const string Insert =
        $"""
        INSERT INTO contacts AS c (channel, phone, user_id, parent_user_id, name, username)
        VALUES (@channel, @phone, @userId, @parentUserId, @name, @username)
        ON CONFLICT DO NOTHING
        RETURNING {ContactRow.Columns}
        """;

    private const string Identify =
        """
        UPDATE contacts SET phone = @phone, user_id = @userId, parent_user_id = coalesce(@parentUserId, parent_user_id),
        name = coalesce(@name, name),
               username = coalesce(@username, username), former_ids = former_ids || @formerIds, version = version + 1
        WHERE id = @id
        """;

    private const string MoveRequests = "UPDATE permission_requests SET contact = @id WHERE contact = ANY(@formerIds)";

    private const string MoveParkedCalls = "UPDATE parked_calls SET contact = @id WHERE contact = ANY(@formerIds)";

    private const string MoveAgent =
        """
        UPDATE contacts k SET last_agent = f.last_agent, last_agent_at = f.last_agent_at
        FROM (SELECT last_agent, last_agent_at FROM contacts WHERE id = ANY(@formerIds) AND last_agent IS NOT NULL
              ORDER BY last_agent_at DESC LIMIT 1) f
        WHERE k.id = @id AND coalesce(k.last_agent_at < f.last_agent_at, true)
        """;

    private const string Delete = "DELETE FROM contacts WHERE id = ANY(@formerIds)";

    private const string ForgetPhone = "UPDATE contacts SET phone = NULL, version = version + 1 WHERE id = @id";

    /// <summary>The locked row of a user, created where missing, with what it did not know about the user yet.</summary>
    public static async Task<ContactRow> FindOrCreateAsync(
        NpgsqlTransaction transaction, ChannelId channel, WhatsAppUser user, CancellationToken cancellation)
    {
        while (true)
        {
            var known = Clean(user);
            var rows = await LockAsync(transaction, channel, [known], cancellation);
            if (rows.Count > 0 && await JoinAsync(transaction, rows, known, previous: null, cancellation) is { } row)
                return row;
            var created = await transaction.Connection!.QuerySingleOrDefaultAsync<ContactRow>(new CommandDefinition(
                Insert, Parameters(0, channel, known, []), transaction, cancellationToken: cancellation));
            if (created is not null) // else another transaction has just done so
                return created;
        }
    }

    /// <summary>True where the user, cleaned, has nothing that the only row of the user does not.</summary>
    public static bool IsUpToDate(ContactRow row, WhatsAppUser user) =>
        (user.Phone ?? row.Phone, user.UserId ?? row.UserId) == (row.Phone, row.UserId) && HasNames(row, user);

    /// <summary>The locked row of a user who changed number or id, under the current ones; null where the user is unknown.</summary>
    public static async Task<ContactRow?> MoveAsync(
        NpgsqlTransaction transaction, ChannelId channel, WhatsAppUser previous, WhatsAppUser next, DateTimeOffset at,
        CancellationToken cancellation)
    {
        var (before, now) = (Clean(previous), Clean(next));
        var rows = await LockAsync(transaction, channel, [before, now], cancellation);
        // A change that is reported again days later must not merge the next owner of the number.
        rows = [.. rows.Where(row => Matches(row, now) || row.CreatedAt <= at.UtcDateTime + ClockSlack)];
        if (rows.Count == 0)
            return null;
        var phone = now.Phone ?? rows[0].Phone;
        // An id belongs to a number: a user whose number changes has another id, known or not (Meta: "Business-scoped user IDs").
        var userId = now.UserId ?? rows.FirstOrDefault(row => HasPhone(row, new WhatsAppUser(phone)))?.UserId;
        return await JoinAsync(transaction, rows, now with { Phone = phone, UserId = userId }, before, cancellation);
    }

    /// <summary>Merges all rows of the user into the oldest. Null where there is none.</summary>
    private static async Task<ContactRow?> JoinAsync(
        NpgsqlTransaction transaction, IReadOnlyList<ContactRow> rows, WhatsAppUser user, WhatsAppUser? previous,
        CancellationToken cancellation)
    {
        // Another id under the same number is another person, who had the number before: the number now belongs to this one.
        var others = rows.Where(row => user.UserId is not null && row.UserId is not null && row.UserId != user.UserId
            && !(previous is not null && Matches(row, previous))).ToList();
        foreach (var other in others.Where(row => HasPhone(row, user)))
            await ExecuteAsync(transaction, ForgetPhone, new { id = other.Id }, cancellation);
        var own = rows.Except(others).ToList();
        if (own.Count == 0)
            return null;

        var kept = own[0];
        var channel = new ChannelId(kept.Channel);
        var phone = user.Phone ?? own.Select(row => row.Phone).FirstOrDefault(known => known is not null);
        var userId = user.UserId
            ?? (previous is not null ? null : own.Select(row => row.UserId).FirstOrDefault(known => known is not null));
        if (own.Count == 1 && (phone, userId) == (kept.Phone, kept.UserId) && HasNames(kept, user))
            return kept;
        long[] former = [.. own.Skip(1).Select(row => row.Id)];
        var merged = await MergeAsync(transaction, own, former, cancellation);
        await ExecuteAsync(
            transaction, Identify,
            Parameters(kept.Id, channel, user
                with { Phone = phone, UserId = userId }, [.. former, .. own.Skip(1).SelectMany(row => row.FormerIds)]), cancellation);
        if (merged is not null)
            await ExecuteAsync(
                transaction, ContactRow.Update, new { Contacts = ContactRow.Changes([new(kept.Id, merged)]) }, cancellation);
        return (await LockAsync(transaction, channel, [new WhatsAppUser(phone, userId)], cancellation)).Single(row => row.Id == kept.Id);
    }

    /// <summary>
    /// The merged permission of several rows; null for a single row. The other rows are deleted, their requests and parked calls moved.
    /// </summary>
    private static async Task<ContactPermission?> MergeAsync(
        NpgsqlTransaction transaction, List<ContactRow> own, long[] formerIds, CancellationToken cancellation)
    {
        if (own.Count == 1)
            return null;
        await ExecuteAsync(transaction, MoveRequests, new { id = own[0].Id, formerIds }, cancellation);
        await ExecuteAsync(transaction, MoveParkedCalls, new { id = own[0].Id, formerIds }, cancellation);
        await ExecuteAsync(transaction, MoveAgent, new { id = own[0].Id, formerIds }, cancellation);
        await ExecuteAsync(transaction, Delete, new { formerIds }, cancellation);
        return own.Select(row => row.ToContact([]).Permission).Aggregate((one, other) => one.MergedWith(other));
    }

    private static async Task<IReadOnlyList<ContactRow>> LockAsync(
        NpgsqlTransaction transaction, ChannelId channel, WhatsAppUser[] users, CancellationToken cancellation)
    {
        string[] phones = [.. users.Select(user => user.Phone).OfType<string>().SelectMany(NumberSpelling.Of)];
        string[] userIds = [.. users.Select(user => user.UserId).OfType<string>()];
        var rows = await transaction.Connection!.QueryAsync<ContactRow>(
            new CommandDefinition(Lock, new { channel = channel.Value, phones, userIds }, transaction, cancellationToken: cancellation));
        return rows.AsList();
    }

    /// <summary>True where the row has the user's number, in a spelling that may have been
    /// canonical before a country lengthened its numbers.</summary>
    private static bool HasPhone(ContactRow row, WhatsAppUser user) =>
        user.Phone is not null && row.Phone is not null && NumberSpelling.Canonical(row.Phone) == NumberSpelling.Canonical(user.Phone);

    private static bool HasNames(ContactRow row, WhatsAppUser user) =>
        (user.Name ?? row.Name, user.UserName ?? row.Username) == (row.Name, row.Username);

    private static bool Matches(ContactRow row, WhatsAppUser user) =>
        HasPhone(row, user) || (user.UserId is not null && row.UserId == user.UserId);

    private static object Parameters(long id, ChannelId channel, WhatsAppUser user, long[] formerIds) => new
    {
        id,
        channel = channel.Value,
        phone = user.Phone,
        userId = user.UserId,
        parentUserId = user.ParentUserId,
        name = user.Name,
        username = user.UserName,
        formerIds,
    };

    /// <summary>Removes U+0000, which users may choose and PostgreSQL's text cannot hold.</summary>
    public static WhatsAppUser Clean(WhatsAppUser user) => user with
    {
        Phone = user.Phone is { } phone ? NumberSpelling.Canonical(phone) : null,
        UserId = user.UserId?.Replace("\0", "", StringComparison.Ordinal),
        ParentUserId = user.ParentUserId?.Replace("\0", "", StringComparison.Ordinal),
        Name = user.Name?.Replace("\0", "", StringComparison.Ordinal),
        UserName = user.UserName?.Replace("\0", "", StringComparison.Ordinal),
    };

    private static Task<int> ExecuteAsync(NpgsqlTransaction transaction, string sql, object parameters, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(sql, parameters, transaction, cancellationToken: cancellation));
}
