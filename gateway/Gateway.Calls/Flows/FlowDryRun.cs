using Gateway.Calls.Agents;
using Media.Protocols.Primitives;

namespace Gateway.Calls.Flows;

/// <summary>An imagined call.</summary>
/// <param name="Country">The country of the user's number (ISO 3166-1 alpha-2), where it is known.</param>
/// <param name="Keys">What the user presses, one entry for each question, in order.</param>
/// <param name="Available">The agents who may be rung, the longest idle first; all others are offline.</param>
/// <param name="LastAgent">The agent of the contact's last call; null: there was none.</param>
/// <param name="DaysSince">How long ago that was.</param>
/// <param name="IsAnswered">True: whoever is rung answers; false: nobody does, and no PBX either.</param>
public sealed record DryRunCall(
    string? Country, IReadOnlyList<string> Keys, IReadOnlyList<AgentId> Available, AgentId? LastAgent, int DaysSince, bool IsAnswered);

/// <summary>A step that was taken.</summary>
/// <param name="Step">Its name.</param>
/// <param name="Why">What happened in it.</param>
/// <param name="Next">The step after it; null: it was the last.</param>
public sealed record DryRunStep(string Step, string Why, string? Next);

/// <summary>How an imagined call ends.</summary>
public enum DryRunEnd
{
    /// <summary>An agent answers.</summary>
    Answered,

    /// <summary>A PBX answers.</summary>
    HandedToPbx,

    /// <summary>The flow refuses it.</summary>
    Refused,

    /// <summary>The last step leads nowhere: the gateway hangs up.</summary>
    HungUp,
}

/// <summary>The way of an imagined call.</summary>
/// <param name="Language">The language of what the user hears.</param>
/// <param name="Steps">The steps in the order in which they were taken.</param>
/// <param name="End">How it ends.</param>
/// <param name="Agent">Who answers; null: nobody.</param>
public sealed record DryRun(string Language, IReadOnlyList<DryRunStep> Steps, DryRunEnd End, AgentId? Agent);

/// <summary>
/// Leads an imagined call through a flow, without phones and time: what an admin wants to know before callers find out. It knows of one
/// call alone, so nobody waits before it, and of targets of a PBX the first by rank stands for all.
/// </summary>
public sealed class FlowDryRun
{
    private readonly Flow _flow;
    private readonly DryRunCall _call;
    private readonly IReadOnlyList<Agent> _agents;
    private readonly Queue<string> _keys;

    private FlowDryRun(Flow flow, DryRunCall call, IReadOnlyList<Agent> agents) =>
        (_flow, _call, _agents, _keys) = (flow, call, agents, new Queue<string>(call.Keys));

    /// <param name="flow">A flow that <see cref="FlowRules"/> lets pass.</param>
    /// <param name="call">The call.</param>
    /// <param name="agents">All agents.</param>
    public static DryRun Run(Flow flow, DryRunCall call, IReadOnlyList<Agent> agents) => new FlowDryRun(flow, call, agents).Run();

    private DryRun Run()
    {
        List<DryRunStep> taken = [];
        var language = _call.Country is { } country && _flow.Languages.TryGetValue(country, out var own) ? own : _flow.Language;
        for (string? name = _flow.Start; name is not null && taken.Count < Flow.MaxSteps;)
        {
            var result = Take(_flow.Steps[name]);
            taken.Add(new DryRunStep(name, result.Why, result.Next));
            if (result.End is { } end)
                return new DryRun(language, taken, end, result.Agent);
            name = result.Next;
        }
        return new DryRun(language, taken, DryRunEnd.HungUp, null);
    }

    private Result Take(FlowStep step) => step switch
    {
        FlowStep.Ring ring => Ring(ring),
        FlowStep.Queue queue => Queue(queue),
        FlowStep.Announce announce => new($"Plays '{announce.Audio}'.", announce.Next),
        FlowStep.Menu menu => Menu(menu),
        FlowStep.Pbx pbx => Pbx(pbx),
        FlowStep.LastAgent last => LastAgent(last),
        FlowStep.Voicemail voicemail => new($"Records a message of up to {voicemail.MaxSeconds} s.", voicemail.Next),
        FlowStep.Refuse refuse => new($"Refuses: {WireName.Of(refuse.Reason)}.", null, DryRunEnd.Refused),
        _ => new("Is unknown.", null),
    };

    private Result Ring(FlowStep.Ring step)
    {
        var choice = step.Agents;
        var ringing = choice.Group is { } group
            ? InOrder(group, OrderOf(choice.Strategy))
            : choice.Strategy is RingStrategy.All or RingStrategy.InOrder
                ? [.. (choice.Agents ?? []).Where(_call.Available.Contains)]
                : [.. _call.Available.Where((choice.Agents ?? []).Contains)];
        var whom = choice.Group is { } of ? $"group '{of}'" : "the agents named";
        return ringing.Count == 0 ? new($"Nobody of {whom} is available.", step.Next)
            : _call.IsAnswered ? Answered(ringing[0], $"Rings {string.Join(", ", ringing)}: '{ringing[0]}' answers.")
            : new($"Rings {string.Join(", ", ringing)}, {step.RingSeconds} s each or together: nobody answers.", step.Next);
    }

    private Result Queue(FlowStep.Queue step)
    {
        var ringing = InOrder(step.Group, step.Order);
        if (ringing.Count > 0 && _call.IsAnswered)
            return Answered(ringing[0], $"Waits for group '{step.Group}': '{ringing[0]}' is free and answers.");
        if (ringing.Count == 0 && step.LeaveWhenNobodyIsSignedIn)
            return new($"Nobody of group '{step.Group}' is signed in.", step.Next);
        if (step.CallbackKey is { } key && _keys.TryPeek(out var pressed) && pressed == key.ToString())
        {
            _keys.Dequeue();
            return new($"Waits for group '{step.Group}', and asks with '{key}' to be called back.", step.OnCallback);
        }
        return new($"Waits {step.MaxWaitSeconds} s for group '{step.Group}' without an answer.", step.Next);
    }

    private Result Menu(FlowStep.Menu step)
    {
        for (var tries = 1; tries <= step.Tries; tries++)
        {
            if (!_keys.TryDequeue(out var pressed))
                return new($"Asks with '{step.Prompt}', {step.Tries} times: no key.", step.Next);
            if (step.Choices.TryGetValue(pressed, out var next))
                return new($"Asks with '{step.Prompt}': '{pressed}' is pressed.", next);
            if (step.RepeatKey is { } repeat && pressed == repeat.ToString())
                tries--;
        }
        return new($"Asks with '{step.Prompt}', {step.Tries} times: no key that is a choice.", step.Next);
    }

    private Result Pbx(FlowStep.Pbx step)
    {
        var first = step.Targets.MinBy(target => target.Rank)!;
        var where = first.Target is null ? $"trunk '{first.Trunk}'" : $"'{first.Target}' at trunk '{first.Trunk}'";
        return _call.IsAnswered
            ? new($"Is handed to {where}.", null, DryRunEnd.HandedToPbx)
            : new($"Is offered to {where}, and to {step.Targets.Count - 1} more: no answer.", step.Next);
    }

    private Result LastAgent(FlowStep.LastAgent step)
    {
        if (_call.LastAgent is not { } agent)
            return new("The contact talked to no agent before.", step.Next);
        if (_call.DaysSince > step.WithinDays)
            return new($"The talk with '{agent}' is {_call.DaysSince} days old, more than {step.WithinDays}.", step.Next);
        if (!_call.Available.Contains(agent))
            return new($"The last agent '{agent}' is not available.", step.Next);
        return _call.IsAnswered
            ? Answered(agent, $"The last agent '{agent}' answers.")
            : new($"Rings the last agent '{agent}' for {step.RingSeconds} s: no answer.", step.Next);
    }

    private static Result Answered(AgentId agent, string why) => new(why, null, DryRunEnd.Answered, agent);

    private static AgentOrder OrderOf(RingStrategy strategy) => strategy switch
    {
        RingStrategy.InOrder => AgentOrder.InOrder,
        RingStrategy.MostSkilled or RingStrategy.Waves => AgentOrder.MostSkilled,
        _ => AgentOrder.LongestIdle,
    };

    /// <summary>The available members; of equals the longest idle first, as they are given.</summary>
    private List<AgentId> InOrder(GroupId group, AgentOrder order)
    {
        var members = _agents.SelectMany(agent => agent.Groups.Where(one => one.Group == group).Select(one => (agent.Id, In: one)))
            .Where(one => _call.Available.Contains(one.Id)).ToDictionary(one => one.Id, one => one.In);
        var idle = _call.Available.Where(members.ContainsKey).Distinct();
        return [.. order switch
        {
            AgentOrder.InOrder => idle.OrderBy(id => members[id].Order),
            AgentOrder.MostSkilled => idle.OrderByDescending(id => members[id].Skill),
            _ => idle,
        }];
    }

    private sealed record Result(string Why, string? Next, DryRunEnd? End = null, AgentId? Agent = null);
}
