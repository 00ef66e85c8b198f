using Dapper;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Storage.Admin;
using Npgsql;

namespace Gateway.Storage.Directory;

/// <summary>A member of a group.</summary>
/// <param name="Agent">Who.</param>
/// <param name="Skill">1 to 100: the higher is rung first where a step says so.</param>
/// <param name="Order">The place where agents are rung in order: the lower first.</param>
public sealed record GroupMember(AgentId Agent, int Skill = 1, int Order = 0);

/// <summary>The groups of agents. Each change is audited; nodes notice it by the directory's version.</summary>
public sealed class GroupStore(NpgsqlDataSource database)
{
    private const string Page =
        $"SELECT {GroupRow.Columns} FROM agent_groups g WHERE @after::text IS NULL OR g.id > @after ORDER BY g.id LIMIT @limit";

    private const string One = $"SELECT {GroupRow.Columns} FROM agent_groups g WHERE g.id = @id";

    private const string Members =
        "SELECT agent::text AS Agent, skill, place AS Order FROM agent_memberships WHERE agent_group = @id ORDER BY place, agent";

    private const string Insert =
        """
        INSERT INTO agent_groups (id, name, wrap_up_seconds, answer_within_seconds) VALUES (@Id, @Name, @WrapUp, @AnswerWithin)
        """;

    private const string Update =
        """
        UPDATE agent_groups SET name = @Name, wrap_up_seconds = @WrapUp, answer_within_seconds = @AnswerWithin, version = version + 1
        WHERE id = @Id
        """;

    /// <summary>Agents who come, go or change get a new version; so does the group.</summary>
    private const string ReplaceMembers =
        """
        WITH wanted AS (
            SELECT * FROM unnest(@agents, @skills, @places) w (agent, skill, place)
        ), changed AS (
            SELECT coalesce(w.agent, m.agent::text) AS agent
            FROM wanted w FULL JOIN (SELECT * FROM agent_memberships WHERE agent_group = @id) m ON m.agent = w.agent
            WHERE (w.skill, w.place) IS DISTINCT FROM (m.skill, m.place)
        ), gone AS (
            DELETE FROM agent_memberships WHERE agent_group = @id AND agent::text NOT IN (SELECT agent FROM wanted)
        ), kept AS (
            INSERT INTO agent_memberships (agent, agent_group, skill, place) SELECT agent, @id, skill, place FROM wanted
            ON CONFLICT (agent, agent_group) DO UPDATE SET skill = excluded.skill, place = excluded.place
        ), agents_changed AS (
            UPDATE agents SET version = version + 1 WHERE id::text IN (SELECT agent FROM changed)
        )
        UPDATE agent_groups SET version = version + 1 WHERE id = @id
        """;

    private const string UnknownMembers = "SELECT a FROM unnest(@agents) a WHERE a NOT IN (SELECT id FROM agents)";

    private const string Remove =
        """
        UPDATE agents SET version = version + 1 WHERE id IN (SELECT agent FROM agent_memberships WHERE agent_group = @id);
        DELETE FROM agent_groups WHERE id = @id;
        """;

    public async Task<IReadOnlyList<AgentGroup>> ListAsync(int limit, string? after, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = await connection.QueryAsync<GroupRow>(
            new CommandDefinition(Page, new { limit, after }, cancellationToken: cancellation));
        return [.. rows.Select(row => row.ToGroup())];
    }

    /// <summary>Null: there is no such group.</summary>
    public async Task<AgentGroup?> FindAsync(GroupId id, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var row = await connection.QuerySingleOrDefaultAsync<GroupRow>(
            new CommandDefinition(One, new { id = id.Value }, cancellationToken: cancellation));
        return row?.ToGroup();
    }

    /// <summary>The members in their order.</summary>
    public async Task<IReadOnlyList<GroupMember>> MembersAsync(GroupId id, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return MembersOf(await connection.QueryAsync<(string, int, int)>(
            new CommandDefinition(Members, new { id = id.Value }, cancellationToken: cancellation)));
    }

    private static GroupMember[] MembersOf(IEnumerable<(string Agent, int Skill, int Order)> rows) =>
        [.. rows.Select(row => new GroupMember(new AgentId(row.Agent), row.Skill, row.Order))];

    public Task<Outcome<AgentGroup>> CreateAsync(AgentGroup group, string actor, CancellationToken cancellation) =>
        database.ChangeDirectoryAsync<AgentGroup>(
            async transaction =>
            {
                if (await ReadAsync(transaction, group.Id, cancellation) is not null)
                    return (StoreRefusal.AlreadyExists, $"There is a group '{group.Id}'.");
                await transaction.ExecuteAsync(Insert, Parameters(group), cancellation);
                return await AuditedAsync(transaction, actor, "group.create", group.Id, before: null, cancellation);
            },
            cancellation);

    /// <summary>Replaces the settings, if they are still at <paramref name="version"/>.</summary>
    public Task<Outcome<AgentGroup>> ReplaceAsync(AgentGroup group, long version, string actor, CancellationToken cancellation) =>
        ChangeAsync(
            group.Id, version,
            async (transaction, before) =>
            {
                await transaction.ExecuteAsync(Update, Parameters(group), cancellation);
                return await AuditedAsync(transaction, actor, "group.update", group.Id, before, cancellation);
            },
            cancellation);

    /// <summary>Replaces all members, if the group is still at <paramref name="version"/>.</summary>
    public Task<Outcome<AgentGroup>> ReplaceMembersAsync(
        GroupId id, long version, IReadOnlyList<GroupMember> members, string actor, CancellationToken cancellation) => ChangeAsync(
        id, version,
        async (transaction, _) =>
        {
            var parameters = new
            {
                id = id.Value,
                agents = members.Select(member => member.Agent.Value).ToArray(),
                skills = members.Select(member => member.Skill).ToArray(),
                places = members.Select(member => member.Order).ToArray(),
            };
            string[] faults = [.. (await transaction.QueryAsync<string>(UnknownMembers, parameters, cancellation))
                .Select(agent => $"items: '{agent}' is no agent.")];
            if (faults.Length > 0)
                return new Outcome<AgentGroup>(null, StoreRefusal.UnknownReference, string.Join(" ", faults)) { Problems = faults };
            var before = MembersOf(await transaction.QueryAsync<(string, int, int)>(Members, parameters, cancellation));
            await transaction.ExecuteAsync(ReplaceMembers, parameters, cancellation);
            await AuditTrail.WriteAsync(transaction, actor, "group.replace_members", $"group:{id}", before, members, cancellation);
            return (await ReadAsync(transaction, id, cancellation))!;
        },
        cancellation);

    /// <summary>Deletes a group that no flow names, and returns its last state. Its agents stay.</summary>
    public Task<Outcome<AgentGroup>> DeleteAsync(GroupId id, long version, string actor, CancellationToken cancellation) => ChangeAsync(
        id, version,
        async (transaction, before) =>
        {
            if (await DirectoryChange.UseAsync<AgentGroup>(
                transaction, $"Group '{id}'", flow => FlowNames.Names(flow, id), cancellation) is { } inUse)
                return inUse;
            await transaction.ExecuteAsync(Remove, new { id = id.Value }, cancellation);
            await AuditTrail.WriteAsync(transaction, actor, "group.delete", $"group:{id}", before, null, cancellation);
            return before;
        },
        cancellation);

    private Task<Outcome<AgentGroup>> ChangeAsync(
        GroupId id, long version, Func<NpgsqlTransaction, AgentGroup, Task<Outcome<AgentGroup>>> change, CancellationToken cancellation) =>
        database.ChangeDirectoryAsync<AgentGroup>(
            async transaction => await ReadAsync(transaction, id, cancellation) switch
            {
                null => (StoreRefusal.NotFound, $"There is no group '{id}'."),
                var before when before.Version != version =>
                    (StoreRefusal.StaleVersion, $"It is no longer at version {version}. Read it again."),
                var before => await change(transaction, before),
            },
            cancellation);

    private static async Task<Outcome<AgentGroup>> AuditedAsync(
        NpgsqlTransaction transaction, string actor, string action, GroupId id, AgentGroup? before, CancellationToken cancellation)
    {
        var after = (await ReadAsync(transaction, id, cancellation))!;
        await AuditTrail.WriteAsync(transaction, actor, action, $"group:{id}", before, after, cancellation);
        return after;
    }

    private static async Task<AgentGroup?> ReadAsync(NpgsqlTransaction transaction, GroupId id, CancellationToken cancellation) =>
        (await transaction.QueryAsync<GroupRow>(One, new { id = id.Value }, cancellation)).SingleOrDefault()?.ToGroup();

    private static object Parameters(AgentGroup group) => new
    {
        Id = group.Id.Value,
        group.Name,
        WrapUp = (int)group.WrapUp.TotalSeconds,
        AnswerWithin = (int)group.AnswerWithin.TotalSeconds,
    };
}
