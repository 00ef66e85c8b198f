using System.Text.Json;
using Dapper;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Npgsql;

namespace Gateway.Storage.Directory;

/// <summary>The whole directory at one moment, as a node keeps it in memory.</summary>
/// <param name="Version">Rises with each change of anything in it.</param>
/// <param name="Agents">All agents, by id.</param>
/// <param name="Groups">All groups, by id.</param>
/// <param name="Flows">The current version of each flow, by id.</param>
/// <param name="Routes">The rules that pick a flow.</param>
/// <param name="Audio">The audio files without their samples, by name and language.</param>
public sealed record DirectorySnapshot(
    long Version, IReadOnlyList<Agent> Agents, IReadOnlyList<AgentGroup> Groups, IReadOnlyList<Flow> Flows,
    IReadOnlyList<FlowRoute> Routes, IReadOnlyList<AudioName> Audio);

/// <summary>An audio file in the directory.</summary>
/// <param name="Name">The name that flows give.</param>
/// <param name="Language">BCP 47.</param>
/// <param name="Checksum">Changes with the samples, which <see cref="AudioStore.SamplesAsync"/> fetches.</param>
public sealed record AudioName(string Name, string Language, string Checksum);

/// <summary>The directory as nodes read it: agents, groups, flows, the rules that pick a flow, and the names of audio files.</summary>
public sealed class DirectoryStore(NpgsqlDataSource database)
{
    /// <summary>One statement, so one moment. Where the version is known it reads a single row.</summary>
    private const string Load =
        $"""
        SELECT d.version,
            (SELECT coalesce(json_agg({AgentColumn.Sql} ORDER BY a.id), '[]') FROM agents a)::text AS Agents,
            (SELECT coalesce(json_agg(json_build_object('id', g.id, 'name', g.name, 'wrapUpSeconds', g.wrap_up_seconds,
                'answerWithinSeconds', g.answer_within_seconds, 'version', g.version) ORDER BY g.id), '[]')
                FROM agent_groups g)::text AS Groups,
            (SELECT coalesce(json_agg(json_build_object('flow', v.flow, 'version', v.version, 'document', v.document::text)
                ORDER BY v.flow), '[]')
                FROM flows f JOIN flow_versions v ON (v.flow, v.version) = (f.id, f.version) WHERE f.deleted_at IS NULL)::text AS Flows,
            (SELECT document::text FROM flow_routes) AS Routes,
            (SELECT coalesce(json_agg(json_build_object('name', name, 'language', language, 'checksum', encode(checksum, 'hex'))
                ORDER BY name, language), '[]') FROM audio_files)::text AS Audio
        FROM directory d WHERE d.version IS DISTINCT FROM @knownVersion
        """;

    /// <summary>The directory; null where it is still at <paramref name="knownVersion"/>.</summary>
    public async Task<DirectorySnapshot?> LoadAsync(long? knownVersion, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var row = await connection.QuerySingleOrDefaultAsync<Row>(
            new CommandDefinition(Load, new { knownVersion }, cancellationToken: cancellation));
        return row is null ? null : new DirectorySnapshot(
            row.Version, Read<Agent>(row.Agents), [.. Read<GroupRow>(row.Groups).Select(group => group.ToGroup())],
            [.. Read<FlowRow>(row.Flows).Select(flow => flow.ToFlow())],
            [.. Read<FlowRouteDocument>(row.Routes).Select(route => route.ToRoute())], Read<AudioName>(row.Audio));
    }

    private static T[] Read<T>(string json) => JsonSerializer.Deserialize<T[]>(json, JsonText.Options)!;

    private sealed record Row
    {
        public long Version { get; init; }
        public string Agents { get; init; } = "";
        public string Groups { get; init; } = "";
        public string Flows { get; init; } = "";
        public string Routes { get; init; } = "";
        public string Audio { get; init; } = "";
    }
}
