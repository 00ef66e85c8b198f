using Dapper;
using Gateway.Calls;
using Gateway.Calls.Permissions;
using Media.Protocols.Primitives;
using Npgsql;

namespace Gateway.Storage.Contacts;

/// <summary>The filter of a list of contacts. A null member does not filter.</summary>
/// <param name="Channel">A business number.</param>
/// <param name="Phone">Digits, in either spelling.</param>
/// <param name="UserId">A BSUID.</param>
/// <param name="State">The state as of now, the derived states included.</param>
/// <param name="Before">Only those with smaller ids.</param>
/// <param name="Limit">The page size.</param>
public sealed record ContactQuery(ChannelId? Channel, string? Phone, string? UserId, PermissionState? State, long? Before, int Limit);

/// <summary>Contacts page by page.</summary>
public sealed class ContactPages(NpgsqlDataSource database)
{
    /// <summary><see cref="PermissionRules.StateAt"/> as SQL, to filter by; a test compares the two.</summary>
    private const string State =
        """
        CASE
            WHEN c.permission = 'permanent' OR (c.permission = 'temporary' AND c.permission_expires_at > @now) THEN c.permission
            WHEN EXISTS (
                SELECT FROM permission_requests r
                WHERE r.contact = c.id AND r.state <> 'failed' AND r.requested_at > @now - interval '7 days'
                  AND (c.permission_since IS NULL OR date_trunc('second', r.requested_at) > date_trunc('second', c.permission_since)))
                      THEN 'requested'
            WHEN c.permission = 'temporary' THEN 'expired'
            ELSE c.permission
        END
        """;

    /// <summary>Names only the filters that are set, so that each combination has a
    /// plan of its own, along the index that serves it.</summary>
    internal static string Sql(ContactQuery query)
    {
        string?[] conditions =
        [
            "true",
            query.Channel is null ? null : "c.channel = @channel",
            query.Phone is null ? null : "c.phone = ANY(@phones)",
            query.UserId is null ? null : "c.user_id = @userId",
            query.Before is null ? null : "c.id < @before",
            query.State is null ? null : $"{State} = @state",
        ];
        return $"SELECT {ContactRow.Columns} FROM contacts c WHERE {string.Join(" AND ", conditions.OfType<string>())} ORDER BY c.id " +
            $"DESC LIMIT @limit";
    }

    /// <summary>The newest first.</summary>
    public async Task<IReadOnlyList<Contact>> ListAsync(ContactQuery query, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var parameters = new
        {
            channel = query.Channel?.Value,
            phones = query.Phone is { } phone ? NumberSpelling.Of(phone).ToArray() : [],
            userId = query.UserId,
            state = query.State is { } state ? WireName.Of(state) : null,
            before = query.Before,
            limit = query.Limit,
            now = now.UtcDateTime,
        };
        var rows = (await connection.QueryAsync<ContactRow>(
            new CommandDefinition(Sql(query), parameters, cancellationToken: cancellation))).AsList();
        var requests = await PermissionRequestStore.RecentAsync(connection, [.. rows.Select(row => row.Id)], now, cancellation);
        return [.. rows.Select(row => row.ToContact([.. requests[row.Id]]))];
    }
}
