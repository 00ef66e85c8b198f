using System.Text.Json;
using Dapper;
using Gateway.Calls;
using Gateway.Calls.Flows;
using Gateway.Storage.Admin;
using Npgsql;

namespace Gateway.Storage.Directory;

/// <summary>The rules that pick a call's flow, as one versioned document.</summary>
public sealed record FlowRouteList(IReadOnlyList<FlowRouteDocument> Routes, long Version);

/// <summary>The rules that pick a call's flow. Each change is audited; nodes notice it by the directory's version.</summary>
public sealed class FlowRouteStore(NpgsqlDataSource database)
{
    private const string Find = "SELECT document::text AS Document, version FROM flow_routes";

    private const string Flows = "SELECT id::text FROM flows WHERE deleted_at IS NULL";
    private const string Channels = "SELECT id FROM channels";

    private const string Update = "UPDATE flow_routes SET document = @document::json, version = version + 1";

    public async Task<FlowRouteList> FindAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var (document, version) = await connection.QuerySingleAsync<(string, long)>(
            new CommandDefinition(Find, cancellationToken: cancellation));
        return new FlowRouteList(Read(document), version);
    }

    /// <summary>Replaces the whole list, if it is still at <paramref name="version"/>.</summary>
    public Task<Outcome<FlowRouteList>> ReplaceAsync(
        IReadOnlyList<FlowRouteDocument> routes, long version, string actor, CancellationToken cancellation) =>
        database.ChangeDirectoryAsync<FlowRouteList>(
            async transaction =>
            {
                var before = (await transaction.QueryAsync<(string Document, long Version)>(Find, null, cancellation)).Single();
                if (before.Version != version)
                    return (StoreRefusal.StaleVersion, $"It is no longer at version {version}. Read it again.");
                var flows = await transaction.QueryAsync<string>(Flows, null, cancellation);
                var channels = await transaction.QueryAsync<string>(Channels, null, cancellation);
                var problems = FlowRouteRules.Problems(
                    routes, flows.Select(id => new FlowId(id)).ToHashSet(), channels.Select(id => new ChannelId(id)).ToHashSet());
                if (problems.Count > 0)
                    return new Outcome<FlowRouteList>(null, StoreRefusal.InvalidFlowRoutes, string.Join(" ", problems))
                    {
                        Problems = problems,
                    };
                await transaction.ExecuteAsync(Update, new { document = JsonText.Of(routes.ToArray()) }, cancellation);
                await AuditTrail.WriteAsync(
                    transaction, actor, "flow_routes.replace", "flow_routes", Read(before.Document), routes.ToArray(), cancellation);
                return new FlowRouteList(routes, version + 1);
            },
            cancellation);

    private static FlowRouteDocument[] Read(string json) => JsonSerializer.Deserialize<FlowRouteDocument[]>(json, JsonText.Options)!;
}
