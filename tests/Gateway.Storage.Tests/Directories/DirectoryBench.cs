using Dapper;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Storage.Directory;
using Npgsql;

namespace Gateway.Storage.Tests.Directories;

/// <summary>Names of one test's own, in the directory that all tests of the suite share.</summary>
internal sealed class DirectoryBench(NpgsqlDataSource database)
{
    private readonly string _own = Guid.NewGuid().ToString("n")[..8];

    public AgentStore Agents => new(database);
    public GroupStore Groups => new(database);
    public FlowStore Flows => new(database);
    public FlowRouteStore Routes => new(database);
    public AudioStore Audio => new(database);
    public DirectoryStore Directory => new(database);

    public string Name(string name) => $"{name}-{_own}";

    public GroupId Group(string name) => new(Name(name));

    public AgentId AgentId(string name) => new(Name(name));

    public FlowId FlowId(string name) => new(Name(name));

    public Agent Agent(string name, params GroupId[] groups) => new(
        AgentId(name), name, [.. groups.Select(group => new AgentMembership(group, 50, 2))],
        [new AgentPhone.Extension("main", Name(name), Watched: true), new AgentPhone.Registered(Name("web-" + name))]);

    public async Task<AgentGroup> AddGroupAsync(string name) => (await Groups.CreateAsync(
        new AgentGroup(Group(name), name, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(20)), "test", CancellationToken.None)).Value!;

    public async Task<Agent> AddAgentAsync(string name, params GroupId[] groups) =>
        (await Agents.CreateAsync(Agent(name, groups), "test", CancellationToken.None)).Value!;

    /// <summary>Waits in the group's queue, with music of this name where given, and refuses then.</summary>
    public Flow QueueFlow(string name, string group, string? music = null) => new(
        FlowId(name), name, "queue", new Dictionary<string, FlowStep>
        {
            ["queue"] = new FlowStep.Queue(Group(group), "end") { Music = music is null ? null : Name(music), CallbackKey = '1' },
            ["end"] = new FlowStep.Refuse(RefuseReason.NoAnswer),
        })
    {
        Language = "pt-BR", Languages = new Dictionary<string, string> { ["DE"] = "de" },
    };

    public async Task<AudioFile> AddAudioAsync(string name, string language = "en") => (await Audio.SaveAsync(
        new AudioUpload(
            Name(name), language, [1, -2, 3, -4, 5, -6, 7, -8], [.. Enumerable.Range(0, 16).Select(i => (short)i)], 99, new byte[32]),
        0, "test", CancellationToken.None)).Value!;

    public async Task<T> QueryAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleAsync<T>(sql, parameters);
    }
}
