using Dapper;
using Gateway.Calls;
using Gateway.Calls.Channels;
using Gateway.Storage.Events;
using Npgsql;

namespace Gateway.Storage.Channels;

/// <summary>Meta's settings and restrictions of channels, as nodes read them back or receive them by webhook.</summary>
public sealed class ChannelSyncStore(NpgsqlDataSource database)
{
    private const string Record =
        """
        UPDATE channels c SET
            meta_settings = @settings::jsonb, meta_read_at = @now, meta_drift = @drift::jsonb, meta_error = NULL,
            meta_pushed_version = COALESCE(@pushed, c.meta_pushed_version),
            meta_pushed_at = CASE WHEN @pushed IS NULL THEN c.meta_pushed_at ELSE @now END,
            meta_pushed = CASE WHEN @pushed IS NULL THEN c.meta_pushed ELSE @wanted::jsonb END
        FROM (SELECT id, meta_drift FROM channels WHERE id = @id FOR UPDATE) old
        WHERE c.id = old.id
        RETURNING old.meta_drift IS DISTINCT FROM c.meta_drift AND c.meta_drift <> '[]'
        """;

    private const string NoteFailure = "UPDATE channels SET meta_error = @error WHERE id = @id";

    private const string Merge = "UPDATE channels SET meta_settings = COALESCE(meta_settings, '{}') || @settings::jsonb WHERE id = @id";

    /// <summary>A later end, or another reason, is news; the same restriction reported again is not.</summary>
    private const string Restrict =
        """
        INSERT INTO channel_restrictions AS r (channel, type, reason, since, expires_at, is_listed)
        VALUES (@id, @Type, @Reason, @Since, @ExpiresAt, @isListed)
        ON CONFLICT (channel, type) DO UPDATE SET
            reason = COALESCE(excluded.reason, r.reason), expires_at = excluded.expires_at, is_listed = r.is_listed OR excluded.is_listed,
            since = CASE WHEN r.expires_at <= excluded.since THEN excluded.since ELSE r.since END
        WHERE (r.reason, r.expires_at, r.is_listed) IS DISTINCT
            FROM (COALESCE(excluded.reason, r.reason), excluded.expires_at, r.is_listed OR excluded.is_listed)
        RETURNING r.since = @Since
        """;

    private const string Lift = "DELETE FROM channel_restrictions WHERE channel = @id AND is_listed AND type <> ALL (@types)";

    private const string Look =
        """
        SELECT id, version, meta_read_at IS NULL OR meta_read_at < @readBefore
            OR (is_managed AND meta_pushed_version IS DISTINCT FROM version), meta_drift <> '[]'
        FROM channels WHERE id = ANY (@ids)
        """;

    private const string Lock = "SELECT pg_try_advisory_xact_lock(hashtextextended('channel:' || @id, 0))";

    private const string OfNumber = "SELECT id FROM channels WHERE number = @number";

    /// <summary>Stores what was read at Meta: all settings, the drift from ours, and the restrictions listed with them.</summary>
    /// <param name="id">The channel.</param>
    /// <param name="settings">All settings at Meta.</param>
    /// <param name="drift">The differences from the desired settings; empty for a channel that is not managed.</param>
    /// <param name="restrictions">The restrictions that the settings list. One that was listed before and is missing now is over.</param>
    /// <param name="pushed">The version of our settings that Meta has just accepted, with the settings pushed for it; or null.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellation">The caller's token.</param>
    public async Task RecordAsync(
        ChannelId id, MetaSettings settings, IReadOnlyList<SettingDrift> drift, IReadOnlyList<ChannelRestriction> restrictions,
        (long Version, MetaSettings Wanted)? pushed, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var parameters = new
        {
            id = id.Value,
            settings = JsonText.Of(settings),
            drift = JsonText.Of(drift),
            pushed = pushed?.Version,
            wanted = JsonText.Of(pushed?.Wanted),
            now = now.UtcDateTime,
        };
        var drifted = await connection.QuerySingleOrDefaultAsync<bool?>(
            new CommandDefinition(Record, parameters, transaction, cancellationToken: cancellation));
        if (drifted is null)
            return;
        if (drifted == true)
            await EventOutbox.AppendAsync(
                connection, transaction, new NewEvent(EventKind.ChannelDrifted, now, id.Value, Data: new ChannelDriftedData(drift)),
                cancellation);
        foreach (var restriction in restrictions)
            await RestrictAsync(transaction, id, restriction, isListed: true, cancellation);
        var lifted = new { id = id.Value, types = restrictions.Select(r => r.Type).ToArray() };
        await connection.ExecuteAsync(new CommandDefinition(Lift, lifted, transaction, cancellationToken: cancellation));
        await transaction.CommitAsync(cancellation);
    }

    /// <summary>Stores the reason why the channel could not be pushed or read.</summary>
    public Task RecordFailureAsync(ChannelId id, string error, CancellationToken cancellation) =>
        ExecuteAsync(NoteFailure, new { id = id.Value, error }, cancellation);

    /// <summary>Applies settings from a webhook at once; null members stay unchanged.</summary>
    public Task MergeAsync(ChannelId id, MetaSettings told, CancellationToken cancellation) => ExecuteAsync(
        Merge,
        new
        {
            id = id.Value,
            settings = JsonText.Of(Told(("status", told.Status), ("sipStatus", told.SipStatus), (
                "iconVisibility", told.IconVisibility), ("callbackPermissionStatus", told.CallbackPermissionStatus))),
        },
        cancellation);

    /// <summary>Stores a restriction from a webhook; it applies until it expires, whatever the settings list.</summary>
    public async Task RestrictAsync(ChannelId id, ChannelRestriction restriction, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await RestrictAsync(transaction, id, restriction, isListed: false, cancellation);
        await transaction.CommitAsync(cancellation);
    }

    /// <summary>The state of these channels. Due is one that was last read before <paramref name="readBefore"/>,
    /// or has a version that Meta has not accepted.</summary>
    public async Task<IReadOnlyList<ChannelGlance>> LookAsync(
        IReadOnlyCollection<ChannelId> channels, DateTimeOffset readBefore, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var parameters = new { ids = channels.Select(id => id.Value).ToArray(), readBefore = readBefore.UtcDateTime };
        var rows = await connection.QueryAsync<(string Id, long Version, bool IsDue, bool Drifts)>(
            new CommandDefinition(Look, parameters, cancellationToken: cancellation));
        return [.. rows.Select(row => new ChannelGlance(new ChannelId(row.Id), row.Version, row.IsDue, row.Drifts))];
    }

    /// <summary>
    /// Locks a channel for this node until disposed of; null while another node holds it. The lock is that of an open transaction: it ends
    /// with its connection, so a lost node holds none, and behind a pooler no session keeps it.
    /// </summary>
    public async Task<IAsyncDisposable?> TryLockAsync(ChannelId id, CancellationToken cancellation)
    {
        var connection = await database.OpenConnectionAsync(cancellation);
        try
        {
            var transaction = await connection.BeginTransactionAsync(cancellation);
            if (await connection.ExecuteScalarAsync<bool>(
                new CommandDefinition(Lock, new { id = id.Value }, transaction, cancellationToken: cancellation)))
                return new Hold(connection, transaction);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
        await connection.DisposeAsync();
        return null;
    }

    /// <summary>The channels with this number: mostly one.</summary>
    public async Task<IReadOnlyList<ChannelId>> OfNumberAsync(string number, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return [.. (await connection.QueryAsync<string>(new CommandDefinition(OfNumber, new { number }, cancellationToken: cancellation)))
            .Select(id => new ChannelId(id))];
    }

    private static async Task RestrictAsync(
        NpgsqlTransaction transaction, ChannelId id, ChannelRestriction restriction, bool isListed, CancellationToken cancellation)
    {
        var parameters = new
        {
            id = id.Value,
            restriction.Type,
            restriction.Reason,
            Since = restriction.Since.UtcDateTime,
            ExpiresAt = restriction.ExpiresAt?.UtcDateTime,
            isListed,
        };
        var isNew = await transaction.Connection!.QuerySingleOrDefaultAsync<bool?>(
            new CommandDefinition(Restrict, parameters, transaction, cancellationToken: cancellation));
        if (isNew != true || !restriction.IsRestriction)
            return; // a warning that precedes one
        var data = new ChannelRestrictedData(restriction.Type, restriction.Reason, restriction.ExpiresAt);
        await EventOutbox.AppendAsync(
            transaction.Connection!, transaction, new NewEvent(EventKind.ChannelRestricted, restriction.Since, id.Value, Data: data),
            cancellation);
    }

    private static Dictionary<string, string> Told(params ReadOnlySpan<(string Name, string? Value)> members)
    {
        Dictionary<string, string> told = [];
        foreach (var (name, value) in members)
            if (value is not null)
                told[name] = value;
        return told;
    }

    private sealed class Hold(NpgsqlConnection connection, NpgsqlTransaction transaction) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            try
            {
                await transaction.RollbackAsync();
            }
            catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
            {
                // The connection is broken, and its lock went with it.
            }
            await connection.DisposeAsync();
        }
    }

    private async Task ExecuteAsync(string sql, object parameters, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(sql, parameters, cancellationToken: cancellation));
    }
}

/// <summary>A node's view of a channel when it polls for work.</summary>
public readonly record struct ChannelGlance(ChannelId Id, long Version, bool IsDue, bool Drifts);
