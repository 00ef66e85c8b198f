using Dapper;
using Gateway.Calls;
using Gateway.Calls.Permissions;
using Gateway.Calls.Records;
using Gateway.Storage.Events;
using Npgsql;

namespace Gateway.Storage.Contacts;

/// <summary>
/// The users of several calls that are over, as contacts locked in one transaction: found or created, and changed together by what the
/// calls did to their permissions.
/// </summary>
internal sealed class CallContacts
{
    /// <summary>Parameters: <see cref="Parameters"/>.</summary>
    public const string Lock =
        $"""
        SELECT {ContactRow.Columns} FROM contacts c
        WHERE c.id IN (
            SELECT k.id FROM unnest(@PhoneChannels, @Phones) u (channel, phone) JOIN contacts k USING (channel, phone)
            UNION SELECT k.id FROM unnest(@UserIdChannels, @UserIds) u (channel, user_id) JOIN contacts k USING (channel, user_id))
        ORDER BY c.id FOR UPDATE;
        """;

    private const string InsertAll =
        $"""
        INSERT INTO contacts AS c (channel, phone, user_id, parent_user_id, name, username)
        SELECT channel, phone, user_id, parent_user_id, name, username FROM jsonb_populate_recordset(NULL::contacts, @rows::jsonb)
        ORDER BY channel, phone, user_id
        ON CONFLICT DO NOTHING
        RETURNING {ContactRow.Columns}
        """;

    /// <summary>By channel and handle: a user id, or "+" and the canonical phone.</summary>
    private readonly Dictionary<(string Channel, string Handle), List<ContactRow>> _rows = [];
    private readonly Dictionary<long, ContactPermission> _changed = [];

    /// <param name="rows">What <see cref="Lock"/> found.</param>
    public CallContacts(IEnumerable<ContactRow> rows)
    {
        foreach (var row in rows)
            Add(row);
    }

    /// <summary>True once a permission has changed.</summary>
    public bool HasChanged => _changed.Count > 0;

    /// <summary>The parameters of <see cref="Lock"/>.</summary>
    public static object Parameters(IReadOnlyList<CallRecord> calls)
    {
        var phones = calls.Where(call => call.User.Phone is not null)
            .SelectMany(call => NumberSpelling.Of(call.User.Phone!).Select(phone => (Channel: call.Channel.Value, Phone: phone))).ToArray();
        var ids = calls.Where(call => call.User.UserId is not null)
            .Select(call => (Channel: call.Channel.Value, Id: ContactIdentity.Clean(call.User).UserId!)).ToArray();
        return new
        {
            PhoneChannels = phones.Select(pair => pair.Channel).ToArray(),
            Phones = phones.Select(pair => pair.Phone).ToArray(),
            UserIdChannels = ids.Select(pair => pair.Channel).ToArray(),
            UserIds = ids.Select(pair => pair.Id).ToArray(),
        };
    }

    /// <summary>The contact's id; null: the channel does not know the user.</summary>
    public long? Find(CallRecord call) => Matches(call.Channel, ContactIdentity.Clean(call.User)).FirstOrDefault()?.Id;

    /// <summary>Creates the contacts that are missing, and joins rows of which a call shows that they are one person's.</summary>
    public async Task CompleteAsync(NpgsqlTransaction transaction, IReadOnlyList<CallRecord> calls, CancellationToken cancellation)
    {
        var open = calls.Select(call => (call.Channel, User: ContactIdentity.Clean(call.User)))
            .Where(call => (call.User.Phone ?? call.User.UserId) is not null && !IsUpToDate(call.Channel, call.User)).Distinct().ToList();
        var unknown = open.Where(call => !Matches(call.Channel, call.User).Any()).Select(call => new
        {
            Channel = call.Channel.Value, call.User.Phone, call.User.UserId, call.User.ParentUserId, call.User.Name,
            Username = call.User.UserName,
        }).ToArray();
        if (unknown.Length > 0)
            foreach (var row in await transaction.Connection!.QueryAsync<ContactRow>(new CommandDefinition(
                InsertAll, new { rows = StoredRows.Json(unknown) }, transaction, cancellationToken: cancellation)))
                Add(row);
        foreach (var (channel, user) in open)
        {
            if (IsUpToDate(channel, user))
                continue;
            foreach (var before in Matches(channel, user).ToArray())
                Remove(before);
            Add(await ContactIdentity.FindOrCreateAsync(transaction, channel, user, cancellation));
        }
    }

    /// <summary>Applies a call to its user's permission. Returns the events of it.</summary>
    public IEnumerable<NewEvent> Apply(CallRecord call, PermissionLimits limits)
    {
        if (Matches(call.Channel, ContactIdentity.Clean(call.User)).FirstOrDefault() is not { } row)
            return [];
        var contact = row.ToContact([]);
        if (_changed.TryGetValue(row.Id, out var changed))
            contact = contact with { Permission = changed };
        var after = contact.Permission.After(call, limits);
        if (after == contact.Permission)
            return [];
        _changed[row.Id] = after;
        return PermissionEvents.Of(contact, after, call.EndedAt, call.Id);
    }

    /// <summary>The parameter of <see cref="ContactRow.Update"/>.</summary>
    public string Changes() => ContactRow.Changes(_changed.OrderBy(change => change.Key));

    private bool IsUpToDate(ChannelId channel, WhatsAppUser user) =>
        Matches(channel, user).ToArray() is [var row] && ContactIdentity.IsUpToDate(row, user);

    /// <summary>Rows that may be the user's, the one with the user's id first.</summary>
    private IEnumerable<ContactRow> Matches(ChannelId channel, WhatsAppUser user) =>
        Handles(user.UserId, user.Phone).SelectMany(handle => _rows.GetValueOrDefault((channel.Value, handle)) ?? [])
            .DistinctBy(row => row.Id);

    private void Add(ContactRow row)
    {
        foreach (var handle in Handles(row.UserId, row.Phone))
        {
            if (!_rows.TryGetValue((row.Channel, handle), out var rows))
                _rows[(row.Channel, handle)] = rows = [];
            rows.Add(row);
        }
    }

    private void Remove(ContactRow row)
    {
        foreach (var handle in Handles(row.UserId, row.Phone))
            _rows.GetValueOrDefault((row.Channel, handle))?.Remove(row);
    }

    private static IEnumerable<string> Handles(string? userId, string? phone)
    {
        if (userId is not null)
            yield return userId;
        if (phone is not null)
            yield return "+" + NumberSpelling.Canonical(phone);
    }
}
