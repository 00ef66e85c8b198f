using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Sip.Endpoint;
using Gateway.Worker.Agents;
using Gateway.Worker.Configuration;
using Gateway.Worker.Legs;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Calls;

/// <summary>
/// Tells agents in calls of this node by a text on their phones that calls wait in a group of theirs, where the profile of the phone's
/// trunk wants it (`call_waiting_message`).
/// </summary>
internal sealed partial class CallWaitingNotices(
    GatewayOptions options, AgentDirectory directory, ResilientAgentRegistry registry, PbxTrunks trunks, SipEndpoint sip,
    TimeProvider time, ILogger<CallWaitingNotices> logger) : BackgroundService
{
    /// <summary>Between two texts to one agent.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    /// <summary>Of the group's name, so that the text is short enough in any script.</summary>
    private const int MaxName = 100;

    private readonly NoticePace _pace = new(Interval);
    private readonly InstantClock _clock = new(time);
    private readonly Dictionary<GroupId, int> _waiting = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await sip.Started.WaitAsync(stoppingToken);
        await foreach (var change in registry.ChangesAsync(stoppingToken))
            if (change is AgentsChange.OfGroup { Group: var id } && directory.Find(id) is { } group)
                await TellAsync(group, stoppingToken);
    }

    /// <summary>Tells the group's agents when more calls wait than before.</summary>
    private async Task TellAsync(AgentGroup group, CancellationToken cancellation)
    {
        Agent[] busy = [.. registry.Held.Where(held => held.IsBusy).Select(held => directory.Find(held.Agent.Agent)).OfType<Agent>()
            .Where(agent => agent.Groups.Any(member => member.Group == group.Id) && Phones(agent).Any())];
        var before = _waiting.GetValueOrDefault(group.Id);
        _waiting.Remove(group.Id);
        if (busy.Length == 0)
            return;
        var count = (await registry.WaitingAsync(group.Id, cancellation)).Count;
        _waiting[group.Id] = count;
        foreach (var agent in busy.Where(agent => count > before && _pace.TryPass(agent.Id, _clock.Now)))
            foreach (var (trunk, user) in Phones(agent))
                _ = SendAsync(trunk, user, $"Calls waiting: {count} ({group.Name[..Math.Min(group.Name.Length, MaxName)]})");
    }

    private IEnumerable<(string Trunk, string User)> Phones(Agent agent) => agent.Phones
        .Select(phone => phone switch
        {
            AgentPhone.Extension extension => (extension.Trunk, extension.Number),
            AgentPhone.Registered registered => (options.Sip.Registrar.Trunk, registered.User),
            _ => ("", ""),
        })
        .Where(phone => trunks.Find(phone.Item1) is { TellsOfWaitingCalls: true });

    private async Task SendAsync(string trunk, string user, string text)
    {
        var status = await sip.SendMessageAsync(trunk, user, text);
        if (status is < 200 or > 299)
            LogRefused(trunk, status);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "A phone of trunk {Trunk} did not take the text about waiting calls: {Status}")]
    private partial void LogRefused(string trunk, int status);
}
