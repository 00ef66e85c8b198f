using System.Text.Json;
using Gateway.Calls;
using Gateway.Calls.Agents;

namespace Gateway.Storage.Directory;

/// <summary>The JSON of an agent, as one column of any statement that has a row of agents under the alias a.</summary>
internal static class AgentColumn
{
    public const string Sql =
        """
        json_build_object('id', a.id, 'name', a.name, 'channel', a.channel, 'version', a.version,
            'groups', (SELECT coalesce(json_agg(json_build_object('group', m.agent_group, 'skill', m.skill, 'order', m.place)
                ORDER BY m.agent_group), '[]') FROM agent_memberships m WHERE m.agent = a.id),
            'phones', (SELECT coalesce(json_agg(CASE WHEN p.registered_user IS NULL
                THEN json_build_object('kind', 'extension', 'trunk', p.trunk, 'number', p.number, 'watched', p.is_watched)
                ELSE json_build_object('kind', 'registered', 'user', p.registered_user) END ORDER BY p.position), '[]')
                FROM agent_phones p WHERE p.agent = a.id))
        """;

    public static Agent Read(string json) => JsonSerializer.Deserialize<Agent>(json, JsonText.Options)!;
}

/// <summary>A row of agent_groups.</summary>
internal sealed record GroupRow(string Id, string Name, int WrapUpSeconds, int AnswerWithinSeconds, long Version)
{
    /// <summary>For the table agent_groups g.</summary>
    public const string Columns =
        "g.id::text AS Id, g.name, g.wrap_up_seconds AS WrapUpSeconds, g.answer_within_seconds AS AnswerWithinSeconds, g.version";

    public AgentGroup ToGroup() => new(
        new GroupId(Id), Name, TimeSpan.FromSeconds(WrapUpSeconds), TimeSpan.FromSeconds(AnswerWithinSeconds)) { Version = Version };
}
