using Dapper;
using Gateway.Calls;
using Gateway.Calls.Flows;
using Gateway.Storage.Admin;
using Npgsql;

namespace Gateway.Storage.Directory;

/// <summary>
/// The flows, every version of each: a call keeps the one that it began with, and its record names it. Each change is audited; nodes
/// notice it by the directory's version.
/// </summary>
public sealed class FlowStore(NpgsqlDataSource database)
{
    private const string Page =
        $"""
        SELECT {FlowRow.Columns} FROM flows f JOIN flow_versions v ON (v.flow, v.version) = (f.id, f.version)
        WHERE f.deleted_at IS NULL AND (@after::text IS NULL OR f.id > @after) ORDER BY f.id LIMIT @limit
        """;

    private const string Current =
        $"""
        SELECT {FlowRow.Columns} FROM flows f JOIN flow_versions v ON (v.flow, v.version) = (f.id, f.version)
        WHERE f.id = @id AND f.deleted_at IS NULL
        """;

    private const string OneVersion =
        $"SELECT {FlowRow.Columns} FROM flows f JOIN flow_versions v ON v.flow = f.id WHERE f.id = @id AND v.version = @version";

    private const string Versions =
        $"""
        SELECT {FlowRow.Columns} FROM flows f JOIN flow_versions v ON v.flow = f.id
        WHERE f.id = @id AND (@before::bigint IS NULL OR v.version < @before) ORDER BY v.version DESC LIMIT @limit
        """;

    /// <summary>The next version; of a flow that was deleted and is there again, the one after its last.</summary>
    private const string Save =
        """
        INSERT INTO flows AS f (id, version) VALUES (@id, 1)
        ON CONFLICT (id) DO UPDATE SET version = f.version + 1, deleted_at = NULL;
        INSERT INTO flow_versions (flow, version, document, created_by)
        SELECT id, version, @document::json, @actor FROM flows WHERE id = @id;
        """;

    private const string Delete = "UPDATE flows SET deleted_at = now() WHERE id = @id";

    private const string Groups = "SELECT id::text FROM agent_groups";
    private const string Agents = "SELECT id::text FROM agents";
    private const string Audio = "SELECT DISTINCT name::text FROM audio_files";

    private const string Routes =
        """
        SELECT (place - 1)::int FROM flow_routes, json_array_elements(document) WITH ORDINALITY r (route, place)
        WHERE route->>'flow' = @id ORDER BY place
        """;

    /// <summary>The current versions, by id.</summary>
    public async Task<IReadOnlyList<StoredFlow>> ListAsync(int limit, string? after, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = await connection.QueryAsync<FlowRow>(new CommandDefinition(Page, new { limit, after }, cancellationToken: cancellation));
        return [.. rows.Select(row => row.ToStored())];
    }

    /// <summary>The current version; null: there is no such flow.</summary>
    public async Task<StoredFlow?> FindAsync(FlowId id, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var row = await connection.QuerySingleOrDefaultAsync<FlowRow>(
            new CommandDefinition(Current, new { id = id.Value }, cancellationToken: cancellation));
        return row?.ToStored();
    }

    /// <summary>Any version, of a deleted flow too; null: there was none.</summary>
    public async Task<StoredFlow?> FindAsync(FlowId id, long version, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var row = await connection.QuerySingleOrDefaultAsync<FlowRow>(
            new CommandDefinition(OneVersion, new { id = id.Value, version }, cancellationToken: cancellation));
        return row?.ToStored();
    }

    /// <summary>The versions of a flow, the newest first.</summary>
    public async Task<IReadOnlyList<StoredFlow>> VersionsAsync(FlowId id, int limit, long? before, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = await connection.QueryAsync<FlowRow>(
            new CommandDefinition(Versions, new { id = id.Value, limit, before }, cancellationToken: cancellation));
        return [.. rows.Select(row => row.ToStored())];
    }

    public Task<Outcome<StoredFlow>> CreateAsync(Flow flow, string actor, CancellationToken cancellation) =>
        database.ChangeDirectoryAsync<StoredFlow>(
            async transaction => await ReadAsync(transaction, flow.Id, cancellation) is not null
                ? (StoreRefusal.AlreadyExists, $"There is a flow '{flow.Id}'.")
                : await SaveAsync(transaction, flow, before: null, actor, cancellation),
            cancellation);

    /// <summary>Makes a new version, if the current one is still <paramref name="version"/>.</summary>
    public Task<Outcome<StoredFlow>> ReplaceAsync(Flow flow, long version, string actor, CancellationToken cancellation) =>
        ChangeAsync(
            flow.Id, version, (transaction, before) => SaveAsync(transaction, flow, before, actor, cancellation), cancellation);

    /// <summary>Deletes a flow that no rule names, and returns its last version. New calls do not get it; its versions stay.</summary>
    public Task<Outcome<StoredFlow>> DeleteAsync(FlowId id, long version, string actor, CancellationToken cancellation) => ChangeAsync(
        id, version,
        async (transaction, before) =>
        {
            int[] routes = [.. await transaction.QueryAsync<int>(Routes, new { id = id.Value }, cancellation)];
            if (routes.Length > 0)
                return new Outcome<StoredFlow>(
                    null, StoreRefusal.InUse, $"Flow '{id}' is named by the flow routes {string.Join(", ", routes)}.")
                {
                    Problems = [.. routes.Select(route => $"routes[{route}]: names the flow.")],
                };
            await transaction.ExecuteAsync(Delete, new { id = id.Value }, cancellation);
            await AuditTrail.WriteAsync(transaction, actor, "flow.delete", $"flow:{id}", before.Flow, null, cancellation);
            return before;
        },
        cancellation);

    private Task<Outcome<StoredFlow>> ChangeAsync(
        FlowId id, long version, Func<NpgsqlTransaction, StoredFlow, Task<Outcome<StoredFlow>>> change, CancellationToken cancellation) =>
        database.ChangeDirectoryAsync<StoredFlow>(
            async transaction => await ReadAsync(transaction, id, cancellation) switch
            {
                null => (StoreRefusal.NotFound, $"There is no flow '{id}'."),
                var before when before.Flow.Version != version =>
                    (StoreRefusal.StaleVersion, $"It is no longer at version {version}. Read it again."),
                var before => await change(transaction, before),
            },
            cancellation);

    private static async Task<Outcome<StoredFlow>> SaveAsync(
        NpgsqlTransaction transaction, Flow flow, StoredFlow? before, string actor, CancellationToken cancellation)
    {
        var problems = FlowRules.Problems(flow, await ReferencesAsync(transaction, cancellation));
        if (problems.Count > 0)
            return new Outcome<StoredFlow>(null, StoreRefusal.InvalidFlow, string.Join(" ", problems)) { Problems = problems };
        var parameters = new { id = flow.Id.Value, document = JsonText.Of(flow), actor };
        await transaction.ExecuteAsync(Save, parameters, cancellation);
        var after = (await ReadAsync(transaction, flow.Id, cancellation))!;
        await AuditTrail.WriteAsync(
            transaction, actor, before is null ? "flow.create" : "flow.update", $"flow:{flow.Id}", before?.Flow, after.Flow, cancellation);
        return after;
    }

    /// <summary>Trunks, and whether a node records, are not known here: the node checks them again when it loads the flow.</summary>
    private static async Task<FlowReferences> ReferencesAsync(NpgsqlTransaction transaction, CancellationToken cancellation) => new(
        (await transaction.QueryAsync<string>(Groups, null, cancellation)).Select(id => new GroupId(id)).ToHashSet(),
        (await transaction.QueryAsync<string>(Agents, null, cancellation)).Select(id => new AgentId(id)).ToHashSet(),
        (await transaction.QueryAsync<string>(Audio, null, cancellation)).ToHashSet(), Trunks: null, MayRecord: true);

    private static async Task<StoredFlow?> ReadAsync(NpgsqlTransaction transaction, FlowId id, CancellationToken cancellation) =>
        (await transaction.QueryAsync<FlowRow>(Current, new { id = id.Value }, cancellation)).SingleOrDefault()?.ToStored();
}
