using Dapper;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Storage.Admin;
using Npgsql;

namespace Gateway.Storage.Directory;

/// <summary>The agents with their phones and groups. Each change is audited; nodes notice it by the directory's version.</summary>
public sealed class AgentStore(NpgsqlDataSource database)
{
    private const string Page =
        $"""
        SELECT ({AgentColumn.Sql})::text FROM agents a
        WHERE (@after::text IS NULL OR a.id > @after)
            AND (@group::text IS NULL OR EXISTS (SELECT FROM agent_memberships m WHERE m.agent = a.id AND m.agent_group = @group))
        ORDER BY a.id LIMIT @limit
        """;

    private const string One = $"SELECT ({AgentColumn.Sql})::text FROM agents a WHERE a.id = @id";

    private const string Faults =
        """
        SELECT format('groups: ''%s'' is no group.', g) FROM unnest(@Groups) g WHERE g NOT IN (SELECT id FROM agent_groups)
        UNION ALL
        SELECT format('channel: ''%s'' is no channel.', @Channel::text) WHERE @Channel IS NOT NULL
            AND NOT EXISTS (SELECT FROM channels WHERE id = @Channel)
        UNION ALL
        SELECT format('phones[%s]: is a phone of agent ''%s''.', n.place - 1, p.agent)
        FROM unnest(@Trunks, @Numbers, @Users) WITH ORDINALITY n (trunk, number, registered_user, place)
        JOIN agent_phones p ON p.agent <> @Id
            AND (p.registered_user = n.registered_user OR (p.trunk, p.number) = (n.trunk, n.number))
        """;

    private const string Write =
        """
        INSERT INTO agents (id, name, channel) VALUES (@Id, @Name, @Channel)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, channel = excluded.channel, version = agents.version + 1;
        DELETE FROM agent_phones WHERE agent = @Id;
        DELETE FROM agent_memberships WHERE agent = @Id;
        INSERT INTO agent_phones (agent, position, trunk, number, is_watched, registered_user)
        SELECT @Id, place - 1, trunk, number, is_watched, registered_user
        FROM unnest(@Trunks, @Numbers, @Watched, @Users) WITH ORDINALITY p (trunk, number, is_watched, registered_user, place);
        INSERT INTO agent_memberships (agent, agent_group, skill, place) SELECT @Id, * FROM unnest(@Groups, @Skills, @Places);
        DELETE FROM phone_secrets s WHERE agent = @Id
            AND NOT EXISTS (SELECT FROM agent_phones p WHERE p.agent = s.agent AND p.registered_user = s.registered_user);
        """;

    /// <summary>ON CONFLICT would have to be allowed to read the hashes.</summary>
    private const string SetSecret =
        """
        DELETE FROM phone_secrets WHERE registered_user = @User;
        INSERT INTO phone_secrets (registered_user, agent, realm, md5, sha256) VALUES (@User, @Id, @Realm, @Md5, @Sha256);
        """;

    private const string Secret =
        """
        SELECT s.realm, s.md5, s.sha256 FROM phone_secrets s JOIN agent_phones p USING (registered_user, agent)
        WHERE s.registered_user = @user AND s.realm = @realm
        """;

    private const string Remove = "DELETE FROM agents WHERE id = @id";

    /// <summary>Agents by id, after <paramref name="after"/>; of one group where given.</summary>
    public async Task<IReadOnlyList<Agent>> ListAsync(int limit, string? after, GroupId? group, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = await connection.QueryAsync<string>(
            new CommandDefinition(Page, new { limit, after, group = group?.Value }, cancellationToken: cancellation));
        return [.. rows.Select(AgentColumn.Read)];
    }

    /// <summary>Null: there is no such agent.</summary>
    public async Task<Agent?> FindAsync(AgentId id, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var json = await connection.QuerySingleOrDefaultAsync<string>(
            new CommandDefinition(One, new { id = id.Value }, cancellationToken: cancellation));
        return json is null ? null : AgentColumn.Read(json);
    }

    public Task<Outcome<Agent>> CreateAsync(Agent agent, string actor, CancellationToken cancellation) =>
        database.ChangeDirectoryAsync<Agent>(
            async transaction => await ReadAsync(transaction, agent.Id, cancellation) is not null
                ? (StoreRefusal.AlreadyExists, $"There is an agent '{agent.Id}'.")
                : await SaveAsync(transaction, agent, before: null, actor, cancellation),
            cancellation);

    /// <summary>Replaces the whole agent, if it is still at <paramref name="version"/>.</summary>
    public Task<Outcome<Agent>> ReplaceAsync(Agent agent, long version, string actor, CancellationToken cancellation) =>
        database.ChangeDirectoryAsync<Agent>(
            async transaction => await ReadAsync(transaction, agent.Id, cancellation) switch
            {
                null => Unknown(agent.Id),
                var before when before.Version != version => Stale(version),
                var before => await SaveAsync(transaction, agent, before, actor, cancellation),
            },
            cancellation);

    /// <summary>Deletes an agent whom no flow names, and returns the last state.</summary>
    public Task<Outcome<Agent>> DeleteAsync(AgentId id, long version, string actor, CancellationToken cancellation) =>
        database.ChangeDirectoryAsync<Agent>(
            async transaction =>
            {
                if (await ReadAsync(transaction, id, cancellation) is not { } before)
                    return Unknown(id);
                if (before.Version != version)
                    return Stale(version);
                if (await DirectoryChange.UseAsync<Agent>(
                    transaction, $"Agent '{id}'", flow => FlowNames.Names(flow, id), cancellation) is { } inUse)
                    return inUse;
                await transaction.ExecuteAsync(Remove, new { id = id.Value }, cancellation);
                await AuditTrail.WriteAsync(transaction, actor, "agent.delete", $"agent:{id}", before, null, cancellation);
                return before;
            },
            cancellation);

    /// <summary>Sets the password of an agent's registered phone for a realm; only hashes of it are kept, and none are audited.</summary>
    public Task<Outcome<Agent>> SetPhoneSecretAsync(
        AgentId id, string user, string realm, string password, string actor, CancellationToken cancellation) =>
        database.ChangeDirectoryAsync<Agent>(
            async transaction =>
            {
                if (await ReadAsync(transaction, id, cancellation) is not { } agent)
                    return Unknown(id);
                if (!agent.Phones.Contains(new AgentPhone.Registered(user)))
                    return (StoreRefusal.NotFound, $"Agent '{id}' has no registered phone '{user}'.");
                var secret = PhoneSecret.Of(user, realm, password);
                await transaction.ExecuteAsync(
                    SetSecret, new { Id = id.Value, User = user, secret.Realm, secret.Md5, secret.Sha256 }, cancellation);
                await AuditTrail.WriteAsync(
                    transaction, actor, "agent.set_phone_secret", $"agent:{id}", null, new { user, realm }, cancellation);
                return agent;
            },
            cancellation);

    /// <summary>Null: no agent has a registered phone of this user, or it has no password for this realm.</summary>
    public async Task<PhoneSecret?> FindPhoneSecretAsync(string user, string realm, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleOrDefaultAsync<PhoneSecret>(
            new CommandDefinition(Secret, new { user, realm }, cancellationToken: cancellation));
    }

    private static async Task<Outcome<Agent>> SaveAsync(
        NpgsqlTransaction transaction, Agent agent, Agent? before, string actor, CancellationToken cancellation)
    {
        var parameters = Parameters(agent);
        string[] faults = [.. await transaction.QueryAsync<string>(Faults, parameters, cancellation)];
        if (faults.Length > 0)
            return new Outcome<Agent>(null, StoreRefusal.UnknownReference, string.Join(" ", faults)) { Problems = faults };
        await transaction.ExecuteAsync(Write, parameters, cancellation);
        var after = (await ReadAsync(transaction, agent.Id, cancellation))!;
        await AuditTrail.WriteAsync(
            transaction, actor, before is null ? "agent.create" : "agent.update", $"agent:{agent.Id}", before, after, cancellation);
        return after;
    }

    private static async Task<Agent?> ReadAsync(NpgsqlTransaction transaction, AgentId id, CancellationToken cancellation) =>
        (await transaction.QueryAsync<string>(One, new { id = id.Value }, cancellation)).SingleOrDefault() is { } json
            ? AgentColumn.Read(json) : null;

    private static object Parameters(Agent agent) => new
    {
        Id = agent.Id.Value,
        agent.Name,
        Channel = agent.Channel?.Value,
        Groups = agent.Groups.Select(one => one.Group.Value).ToArray(),
        Skills = agent.Groups.Select(one => one.Skill).ToArray(),
        Places = agent.Groups.Select(one => one.Order).ToArray(),
        Trunks = TypedArray.OfText(agent.Phones.Select(phone => (phone as AgentPhone.Extension)?.Trunk)),
        Numbers = TypedArray.OfText(agent.Phones.Select(phone => (phone as AgentPhone.Extension)?.Number)),
        Watched = agent.Phones.Select(phone => phone is AgentPhone.Extension { Watched: true }).ToArray(),
        Users = TypedArray.OfText(agent.Phones.Select(phone => (phone as AgentPhone.Registered)?.User)),
    };

    private static Outcome<Agent> Unknown(AgentId id) => (StoreRefusal.NotFound, $"There is no agent '{id}'.");

    private static Outcome<Agent> Stale(long version) =>
        (StoreRefusal.StaleVersion, $"It is no longer at version {version}. Read it again.");
}
