using System.Collections.Frozen;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Storage.Directory;

namespace Gateway.Worker.Agents;

/// <summary>
/// The agents, groups, flows and names of audio files as this node knows them: read whole when anything in them has changed, and kept while
/// PostgreSQL is unavailable.
/// </summary>
/// <param name="store">Where they are kept.</param>
/// <param name="registry">Is given each agent, so that it can be taken.</param>
/// <param name="time">For the pause between two looks.</param>
/// <param name="logger">Says what changed, and what cannot be read.</param>
internal sealed partial class AgentDirectory(
    DirectoryStore store, IAgentRegistry registry, TimeProvider time, ILogger<AgentDirectory> logger) : BackgroundService
{
    /// <summary>Between two looks; where nothing has changed one reads a single row.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private volatile Lookups _known = Lookups.Of(new DirectorySnapshot(0, [], [], [], [], []));
    private FrozenDictionary<AgentId, Agent> _defined = FrozenDictionary<AgentId, Agent>.Empty;

    /// <summary>All of it at one moment.</summary>
    public DirectorySnapshot Snapshot => _known.Snapshot;

    /// <summary>Null: there is no such agent.</summary>
    public Agent? Find(AgentId agent) => _known.Agents.GetValueOrDefault(agent);

    public AgentGroup? Find(GroupId group) => _known.Groups.GetValueOrDefault(group);

    public Flow? Find(FlowId flow) => _known.Flows.GetValueOrDefault(flow);

    /// <summary>The agent with this extension on a trunk; null: nobody's.</summary>
    public Agent? OfExtension(string trunk, string number) => _known.Extensions.GetValueOrDefault((trunk, number));

    /// <summary>The agent with this registered phone; null: nobody's.</summary>
    public Agent? OfPhone(string user) => _known.Phones.GetValueOrDefault(user);

    /// <summary>The audio file in a language, else in any that it has; null: there is none.</summary>
    public AudioName? FindAudio(string name, string language) => _known.Audio[name] is var files
        && files.FirstOrDefault(file => file.Language == language) is { } exact ? exact : files.FirstOrDefault();

    /// <summary>Reads what has changed. False: nothing has.</summary>
    /// <exception cref="Npgsql.NpgsqlException">The store is unavailable.</exception>
    public async Task<bool> RefreshAsync(CancellationToken cancellation)
    {
        if (await store.LoadAsync(Snapshot.Version == 0 ? null : Snapshot.Version, cancellation) is not { } snapshot)
            return false;
        _known = Lookups.Of(snapshot);
        await DefineAsync(_known.Agents, cancellation);
        LogChanged(snapshot.Version, snapshot.Agents.Count, snapshot.Flows.Count);
        return true;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var wasUnavailable = false;
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                await RefreshAsync(stoppingToken);
                wasUnavailable = false;
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested) // What is known stays in force; the next turn looks again.
            {
                if (!wasUnavailable)
                    LogUnavailable(e.Message);
                wasUnavailable = true;
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task DefineAsync(FrozenDictionary<AgentId, Agent> agents, CancellationToken cancellation)
    {
        foreach (var agent in agents.Values.Where(agent => _defined.GetValueOrDefault(agent.Id)?.Version != agent.Version))
            await registry.DefineAsync(agent, cancellation);
        foreach (var gone in _defined.Keys.Where(agent => !agents.ContainsKey(agent)))
            await registry.ForgetAsync(gone, cancellation);
        _defined = agents;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Directory at version {Version}: {Agents} agent(s), {Flows} flow(s)")]
    private partial void LogChanged(long version, int agents, int flows);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Agents and flows cannot be read, and stay as last known: {Reason}")]
    private partial void LogUnavailable(string reason);

    private sealed record Lookups(
        DirectorySnapshot Snapshot, FrozenDictionary<AgentId, Agent> Agents, FrozenDictionary<GroupId, AgentGroup> Groups,
        FrozenDictionary<FlowId, Flow> Flows, FrozenDictionary<(string Trunk, string Number), Agent> Extensions,
        FrozenDictionary<string, Agent> Phones, ILookup<string, AudioName> Audio)
    {
        public static Lookups Of(DirectorySnapshot snapshot)
        {
            var phones = snapshot.Agents.SelectMany(agent => agent.Phones, (agent, phone) => (agent, phone)).ToArray();
            return new Lookups(
                snapshot, snapshot.Agents.ToFrozenDictionary(agent => agent.Id), snapshot.Groups.ToFrozenDictionary(group => group.Id),
                snapshot.Flows.ToFrozenDictionary(flow => flow.Id),
                phones.Where(one => one.phone is AgentPhone.Extension)
                    .Select(one => (Key: (AgentPhone.Extension)one.phone, one.agent)).DistinctBy(one => (one.Key.Trunk, one.Key.Number))
                    .ToFrozenDictionary(one => (one.Key.Trunk, one.Key.Number), one => one.agent),
                phones.Where(one => one.phone is AgentPhone.Registered)
                    .Select(one => (Key: (AgentPhone.Registered)one.phone, one.agent)).DistinctBy(one => one.Key.User)
                    .ToFrozenDictionary(one => one.Key.User, one => one.agent),
                snapshot.Audio.ToLookup(file => file.Name));
        }
    }
}
