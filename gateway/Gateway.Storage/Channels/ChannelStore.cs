using Dapper;
using Gateway.Calls;
using Gateway.Calls.Channels;
using Gateway.Storage.Admin;
using Gateway.Storage.Events;
using Npgsql;

namespace Gateway.Storage.Channels;

/// <summary>The business numbers with their settings and routes. Each change is audited;
/// nodes notice the new version when they poll.</summary>
public sealed class ChannelStore(NpgsqlDataSource database, TimeProvider time)
{
    private const string Seed =
        """
        INSERT INTO channels AS c (id, number, country)
        SELECT * FROM unnest(@ids, @numbers, @countries)
        ON CONFLICT (id) DO UPDATE SET number = excluded.number, country = excluded.country
        WHERE (c.number, c.country) IS DISTINCT FROM (excluded.number, excluded.country)
        """;

    private const string All =
        $"SELECT {ChannelRow.Columns} FROM channels c WHERE @after::text IS NULL OR c.id > @after ORDER BY c.id LIMIT @limit";

    private const string One = $"SELECT {ChannelRow.Columns} FROM channels c WHERE c.id = @id";

    private const string Lock = $"{One} FOR UPDATE OF c";

    private const string Payer = "SELECT is_closed AS IsClosed, rate_card AS RateCard FROM accounts WHERE id = @account FOR SHARE";

    private const string Update =
        """
        UPDATE channels SET
            name = @Name, account = @Account, calling_enabled = @CallingEnabled, contacts_may_call = @ContactsMayCall,
            we_may_call = @WeMayCall,
            callback_permission = @CallbackPermission, icon_is_visible = @IconIsVisible, icon_countries = @IconCountries,
            call_hours = @CallHours::jsonb, max_call_seconds = @MaxCallSeconds, asks_permission = @AsksPermission,
            permission_text = @PermissionText,
            permission_template = @Template, permission_template_language = @Language, is_managed = @IsManaged, version = version + 1
        WHERE id = @Id
        """;

    private const string ReplaceRoutes =
        """
        WITH gone AS (DELETE FROM routes WHERE channel = @id AND position >= cardinality(@trunks::text[])),
             placed AS (
                INSERT INTO routes (channel, position, trunk, target)
                SELECT @id, place - 1, trunk, target
                    FROM unnest(@trunks::text[], @targets::text[]) WITH ORDINALITY AS r (trunk, target, place)
                ON CONFLICT (channel, position) DO UPDATE SET trunk = excluded.trunk, target = excluded.target)
        UPDATE channels SET version = version + 1 WHERE id = @id
        """;

    private const string PushAgain = "UPDATE channels SET meta_pushed = NULL, is_managed = true, version = version + 1 WHERE id = @Id";

    private const string SeeNode =
        """
        INSERT INTO node_trunks (node, trunks, seen_at) VALUES (@node, @trunks, @now)
        ON CONFLICT (node) DO UPDATE SET trunks = excluded.trunks, seen_at = excluded.seen_at
        """;

    private const string Trunks = "SELECT DISTINCT unnest(trunks) FROM node_trunks WHERE seen_at > @since";

    /// <summary>Inserts the numbers of a node's configuration where they are missing. A
    /// channel whose number changed keeps its settings.</summary>
    public Task SeedAsync(IReadOnlyCollection<SeededChannel> channels, CancellationToken cancellation) => ExecuteAsync(
        Seed,
        new
        {
            ids = channels.Select(c => c.Id.Value).ToArray(),
            numbers = channels.Select(c => c.Number).ToArray(),
            countries = channels.Select(c => c.Country).ToArray(),
        },
        cancellation);

    /// <summary>Channels by id, after <paramref name="after"/>.</summary>
    public async Task<IReadOnlyList<StoredChannel>> ListAsync(int limit, string? after, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = await connection.QueryAsync<ChannelRow>(
            new CommandDefinition(All, new { limit, after }, cancellationToken: cancellation));
        return [.. rows.Select(row => row.ToChannel())];
    }

    public async Task<StoredChannel?> FindAsync(ChannelId id, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var row = await connection.QuerySingleOrDefaultAsync<ChannelRow>(
            new CommandDefinition(One, new { id = id.Value }, cancellationToken: cancellation));
        return row?.ToChannel();
    }

    /// <summary>Saves the settings made by <paramref name="change"/>, if they are still at
    /// <paramref name="version"/>. The account must be able to pay.</summary>
    /// <param name="id">The channel.</param>
    /// <param name="version">The version that the change started from.</param>
    /// <param name="actor">The author of the change.</param>
    /// <param name="action">The audit log's name for it.</param>
    /// <param name="change">Returns the new settings, or the errors.</param>
    /// <param name="cancellation">The request's token.</param>
    public Task<ChannelChange> ChangeAsync(
        ChannelId id, long version, string actor, string action, Func<StoredChannel, SettingsDecision> change,
        CancellationToken cancellation) =>
        ChangeRowAsync(id, version, actor, action, async (transaction, before) =>
        {
            var decision = change(before);
            if (decision.Settings is not { } wanted)
                return decision.Errors;
            if (wanted.Account is { } account && wanted.Account != before.Facts.Settings.Account
                && await PayerFaultAsync(transaction, account, cancellation) is { } fault)
                return [fault];
            await transaction.Connection!.ExecuteAsync(
                new CommandDefinition(Update, Parameters(wanted), transaction, cancellationToken: cancellation));
            return [];
        }, cancellation);

    /// <summary>Replaces the whole list. Empty: the nodes' configuration applies again.</summary>
    public Task<ChannelChange> ReplaceRoutesAsync(
        ChannelId id, long version, string actor, IReadOnlyList<CallRoute> routes, CancellationToken cancellation) =>
        ChangeRowAsync(id, version, actor, "channel.replace_routes", async (transaction, _) =>
        {
            var parameters =
                new { id = id.Value, trunks = routes.Select(r => r.Trunk).ToArray(), targets = routes.Select(r => r.Target).ToArray() };
            await transaction.Connection!.ExecuteAsync(
                new CommandDefinition(ReplaceRoutes, parameters, transaction, cancellationToken: cancellation));
            return [];
        }, cancellation);

    /// <summary>Makes a new version of the same settings, so that a node pushes all of them over those at Meta.</summary>
    public Task<ChannelChange> PushAgainAsync(ChannelId id, long version, string actor, CancellationToken cancellation) =>
        ChangeRowAsync(id, version, actor, "channel.push", async (transaction, _) =>
        {
            await transaction.Connection!.ExecuteAsync(
                new CommandDefinition(PushAgain, new { Id = id.Value }, transaction, cancellationToken: cancellation));
            return [];
        }, cancellation);

    /// <summary>Stores the trunks of a running node.</summary>
    public Task SeeNodeAsync(string node, IReadOnlyCollection<string> trunks, CancellationToken cancellation) =>
        ExecuteAsync(SeeNode, new { node, trunks = trunks.ToArray(), now = time.GetUtcNow().UtcDateTime }, cancellation);

    /// <summary>The trunks of every node seen since then; empty where none was, so that no name can be checked.</summary>
    public async Task<IReadOnlyCollection<string>> TrunksAsync(DateTimeOffset since, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return [.. await connection.QueryAsync<string>(
            new CommandDefinition(Trunks, new { since = since.UtcDateTime }, cancellationToken: cancellation))];
    }

    private async Task<ChannelChange> ChangeRowAsync(
        ChannelId id, long version, string actor, string action, Func<NpgsqlTransaction, StoredChannel, Task<IReadOnlyList<string>>> write,
        CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        Task<ChannelRow?> Read(string sql) =>
            connection.QuerySingleOrDefaultAsync<ChannelRow>(
                new CommandDefinition(sql, new { id = id.Value }, transaction, cancellationToken: cancellation));

        if ((await Read(Lock))?.ToChannel() is not { } before)
            return new ChannelChange.NotFound();
        if (before.Facts.Settings.Version != version)
            return new ChannelChange.Stale();
        var errors = await write(transaction, before);
        if (errors.Count > 0)
            return new ChannelChange.Refused(errors);
        var after = (await Read(One))!.ToChannel();
        await AuditTrail.WriteAsync(transaction, actor, action, $"channel:{id.Value}", AuditView(before), AuditView(after), cancellation);
        var happened = new NewEvent(
            EventKind.ChannelUpdated, time.GetUtcNow(), id.Value, Data: new ChannelUpdatedData(action, after.Facts.Settings.Version));
        await EventOutbox.AppendAsync(connection, transaction, happened, cancellation);
        await transaction.CommitAsync(cancellation);
        return new ChannelChange.Done(after);
    }

    private static async Task<string?> PayerFaultAsync(NpgsqlTransaction transaction, string account, CancellationToken cancellation)
    {
        var command = new CommandDefinition(Payer, new { account }, transaction, cancellationToken: cancellation);
        var payer = await transaction.Connection!.QuerySingleOrDefaultAsync<PayerRow>(command);
        return payer switch
        {
            null => $"account: there is no account '{account}'.",
            { IsClosed: true } => $"account: '{account}' is closed.",
            { RateCard: null } => $"account: '{account}' has no rate card, so calls of this channel have no price.",
            _ => null,
        };
    }

    private static object AuditView(StoredChannel channel) => new { Settings = ChannelDocument.Of(channel.Facts.Settings), channel.Routes };

    private static object Parameters(ChannelSettings settings) => new
    {
        Id = settings.Id.Value,
        settings.Name,
        settings.Account,
        settings.CallingEnabled,
        settings.ContactsMayCall,
        settings.WeMayCall,
        settings.CallbackPermission,
        settings.IconIsVisible,
        IconCountries = settings.IconCountries.ToArray(),
        CallHours = JsonText.Of(settings.CallHours?.Document),
        settings.MaxCallSeconds,
        settings.AsksPermission,
        settings.PermissionText,
        Template = settings.Template?.Name,
        settings.Template?.Language,
        settings.IsManaged,
    };

    private async Task ExecuteAsync(string sql, object parameters, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(sql, parameters, cancellationToken: cancellation));
    }

    private sealed record PayerRow
    {
        public bool IsClosed { get; init; }
        public string? RateCard { get; init; }
    }
}

/// <summary>A business number of a node's configuration.</summary>
/// <param name="Id">Meta's id.</param>
/// <param name="Number">Digits with country code.</param>
/// <param name="Country">The country of the number, ISO 3166-1 alpha-2, or null.</param>
public sealed record SeededChannel(ChannelId Id, string Number, string? Country);

/// <summary>The new settings, or the errors of the request: exactly one of the two.</summary>
public sealed record SettingsDecision(ChannelSettings? Settings, IReadOnlyList<string> Errors);

/// <summary>The result of a change.</summary>
public abstract record ChannelChange
{
    private ChannelChange() { }

    public sealed record Done(StoredChannel Channel) : ChannelChange;

    public sealed record NotFound : ChannelChange;

    /// <summary>It was changed by someone else meanwhile.</summary>
    public sealed record Stale : ChannelChange;

    public sealed record Refused(IReadOnlyList<string> Errors) : ChannelChange;
}
