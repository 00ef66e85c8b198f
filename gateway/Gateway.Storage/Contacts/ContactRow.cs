using Gateway.Calls;
using Gateway.Calls.Admission;
using Gateway.Calls.Permissions;
using Media.Protocols.Primitives;

namespace Gateway.Storage.Contacts;

/// <summary>A row of contacts. Requests are read separately: see <see cref="PermissionRequestStore"/>.</summary>
internal sealed record ContactRow
{
    /// <summary>Who it is, for a table with the alias c.</summary>
    public const string UserColumns = "c.phone, c.user_id AS UserId, c.parent_user_id AS ParentUserId, c.name, c.username";

    /// <summary>All columns, for a table with the alias c.</summary>
    public const string Columns =
        $"""
        c.id, c.channel, {UserColumns}, c.window_until AS WindowUntil,
        c.permission, c.permission_since AS PermissionSince, c.permission_expires_at AS PermissionExpiresAt,
        c.permission_source AS PermissionSource,
        c.unanswered, c.last_unanswered_at AS LastUnansweredAt, c.last_connected_at AS LastConnectedAt,
        c.calls_barred_until AS CallsBarredUntil,
        c.requests_barred_until AS RequestsBarredUntil, c.former_ids AS FormerIds, c.version, c.created_at AS CreatedAt,
        c.last_agent AS LastAgent, c.last_agent_at AS LastAgentAt
        """;

    /// <summary>Writes permissions. Parameter: @Contacts (<see cref="Changes"/>).</summary>
    public const string Update =
        """
        UPDATE contacts c SET
            expiry_is_announced = c.expiry_is_announced AND c.permission_expires_at IS NOT DISTINCT FROM n.permission_expires_at,
            permission = n.permission, permission_since = n.permission_since, permission_expires_at = n.permission_expires_at,
            permission_source = n.permission_source, unanswered = n.unanswered, last_unanswered_at = n.last_unanswered_at,
            window_until = n.window_until, last_connected_at = n.last_connected_at, calls_barred_until = n.calls_barred_until,
            requests_barred_until = n.requests_barred_until, version = c.version + 1
        FROM jsonb_populate_recordset(NULL::contacts, @Contacts::jsonb) n
        WHERE c.id = n.id;
        """;

    public long Id { get; init; }
    public string Channel { get; init; } = "";
    public string? Phone { get; init; }
    public string? UserId { get; init; }
    public string? ParentUserId { get; init; }
    public string? Name { get; init; }
    public string? Username { get; init; }
    public DateTime? WindowUntil { get; init; }
    public string Permission { get; init; } = "none";
    public DateTime? PermissionSince { get; init; }
    public DateTime? PermissionExpiresAt { get; init; }
    public string? PermissionSource { get; init; }
    public int Unanswered { get; init; }
    public DateTime? LastUnansweredAt { get; init; }
    public DateTime? LastConnectedAt { get; init; }
    public DateTime? CallsBarredUntil { get; init; }
    public DateTime? RequestsBarredUntil { get; init; }
    public long[] FormerIds { get; init; } = [];
    public long Version { get; init; }
    public DateTime CreatedAt { get; init; }
    public string? LastAgent { get; init; }
    public DateTime? LastAgentAt { get; init; }

    public Contact ToContact(IReadOnlyList<DateTimeOffset> recentRequests) => new(
        Id, new ChannelId(Channel), new WhatsAppUser(Phone, UserId, ParentUserId, Name, Username),
        new ContactPermission(
            WireName.Parse<PermissionState>(Permission), Utc(PermissionSince), Utc(PermissionExpiresAt), Unanswered, Utc(WindowUntil),
            Utc(LastConnectedAt), recentRequests)
        {
            DecidedBy = PermissionSource is null ? null : WireName.Parse<PermissionDecider>(PermissionSource),
            LastUnansweredAt = Utc(LastUnansweredAt),
            CallsBarredUntil = Utc(CallsBarredUntil),
            RequestsBarredUntil = Utc(RequestsBarredUntil),
        },
        FormerIds, Version, Utc(CreatedAt)!.Value);

    public LastAgent? ToLastAgent() => LastAgent is null ? null : new LastAgent(new AgentId(LastAgent), Utc(LastAgentAt)!.Value);

    /// <summary>The parameter of <see cref="Update"/>: permissions by the ids of their contacts.</summary>
    public static string Changes(IEnumerable<KeyValuePair<long, ContactPermission>> permissions) =>
        StoredRows.Json(permissions.Select(change => new
        {
            Id = change.Key,
            Permission = WireName.Of(change.Value.State),
            PermissionSince = change.Value.Since?.UtcDateTime,
            PermissionExpiresAt = change.Value.ExpiresAt?.UtcDateTime,
            PermissionSource = change.Value.DecidedBy is { } by ? WireName.Of(by) : null,
            change.Value.Unanswered,
            LastUnansweredAt = change.Value.LastUnansweredAt?.UtcDateTime,
            WindowUntil = change.Value.WindowUntil?.UtcDateTime,
            LastConnectedAt = change.Value.LastConnectedAt?.UtcDateTime,
            CallsBarredUntil = change.Value.CallsBarredUntil?.UtcDateTime,
            RequestsBarredUntil = change.Value.RequestsBarredUntil?.UtcDateTime,
        }));

    private static DateTimeOffset? Utc(DateTime? time) =>
        time is { } known ? new DateTimeOffset(DateTime.SpecifyKind(known, DateTimeKind.Utc)) : null;
}
