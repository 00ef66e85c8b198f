using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Subscriptions;
using Gateway.Worker.Configuration;

namespace Gateway.Worker.Agents;

/// <summary>
/// What phones say of their agents: one who is in a call of the PBX alone is busy here too, and one whose registered phones are all gone is
/// not rung until one is back.
/// </summary>
internal sealed partial class ExtensionWatches(
    AgentDirectory directory, IAgentRegistry registry, SipEndpoint sip, SharedPhones phones, LiveOptions live, TimeProvider time,
    ILogger<ExtensionWatches> logger)
    : BackgroundService
{
    /// <summary>The reason for being away that is given where an agent has no phone that can be rung.</summary>
    public const string Unreachable = "unreachable";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly Dictionary<(string Trunk, string Number, AgentId Agent), ExtensionWatch> _watches = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await sip.Started.WaitAsync(stoppingToken);
        var following = FollowPhonesAsync(stoppingToken);
        using var timer = new PeriodicTimer(Interval, time);
        var known = (Version: -1L, AppliedAt: DateTimeOffset.MinValue);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var now = (directory.Snapshot.Version, live.Snapshot.AppliedAt);
            if (now == known)
                continue;
            known = now;
            Watch();
        }
        await following;
    }

    private void Watch()
    {
        var wanted = directory.Snapshot.Agents
            .SelectMany(agent => agent.Phones.OfType<AgentPhone.Extension>(), (agent, phone) => (agent.Id, phone))
            .Where(one => one.phone.Watched).DistinctBy(one => (one.phone.Trunk, one.phone.Number))
            .Select(one => (one.phone.Trunk, one.phone.Number, Agent: one.Id)).ToHashSet();
        // a watch ends with its trunk, which a reload may have replaced
        var over = _watches.Where(one => one.Value.States.Completion.IsCompleted).Select(one => one.Key);
        foreach (var gone in _watches.Keys.Except(wanted).Union(over).ToArray())
        {
            _watches[gone].Dispose();
            _watches.Remove(gone);
        }
        foreach (var extension in wanted.Where(one => !_watches.ContainsKey(one)))
            _ = FollowAsync(_watches[extension] = sip.Watch(extension.Trunk, extension.Number), extension.Agent);
    }

    private async Task FollowAsync(ExtensionWatch watch, AgentId agent)
    {
        await foreach (var state in watch.States.ReadAllAsync())
            await TryAsync(() => registry.SetBusyAtPbxAsync(agent, state == ExtensionState.Busy, CancellationToken.None));
        await TryAsync(() => registry.SetBusyAtPbxAsync(agent, isBusy: false, CancellationToken.None));
    }

    private async Task FollowPhonesAsync(CancellationToken cancellation)
    {
        await foreach (var change in phones.Changes.ReadAllAsync(cancellation))
            if (directory.OfPhone(change.User) is { } agent) // a refresh too: the last change may not have been noted
                await TryAsync(() => ReachAsync(agent, cancellation));
    }

    private async Task ReachAsync(Agent agent, CancellationToken cancellation)
    {
        var isReachable = agent.Phones.Any(
            phone => phone is not AgentPhone.Registered { User: var user } || sip.ContactsOf(user).Count > 0);
        var status = await registry.FindAsync(agent.Id, cancellation);
        if (!isReachable && status is { Presence: AgentPresence.Available })
            await registry.SetPresenceAsync(agent.Id, AgentPresence.Away, Unreachable, cancellation);
        else if (isReachable && status is { Presence: AgentPresence.Away, Reason: Unreachable })
            await registry.SetPresenceAsync(agent.Id, AgentPresence.Available, null, cancellation);
    }

    private async Task TryAsync(Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (Exception e) when (e is not OperationCanceledException) // The next change is noted again.
        {
            LogFailed(e);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "What a phone says of its agent could not be noted")]
    private partial void LogFailed(Exception e);
}
