using Gateway.Calls.Agents;
using Media.Protocols.Primitives;

namespace Gateway.Calls.Lifecycle;

/// <summary>
/// The agents who are rung for one step: each is taken before its phones ring, and given back when they have stopped. Who was rung and did
/// not answer is not rung again, until <see cref="BeginAnew"/>.
/// </summary>
/// <param name="call">The call.</param>
/// <param name="number">Gives attempts and requests their numbers.</param>
internal sealed class Hunt(IFlowCall call, Func<int> number)
{
    private readonly Dictionary<int, Attempt> _attempts = [];
    private readonly List<AgentId> _tried = [];
    private int? _request;
    private bool _isAutoAnswer;

    /// <summary>The number of agents who ring.</summary>
    public int Count => _attempts.Count;

    /// <summary>Agents were asked for, and the registry has not answered.</summary>
    public bool IsSeeking => _request is not null;

    /// <summary>The last request was for the agent whom an operator has chosen.</summary>
    public bool IsAssigning => _isAutoAnswer;

    /// <summary>Asks for agents.</summary>
    public void Seek(GroupId? group, IReadOnlyList<AgentId> agents, AgentOrder order, int count, bool inTurn = false)
    {
        _isAutoAnswer = false;
        Seek(new TakeRequest(call.Identity.Id, call.Identity.Node, group, agents, order, count, [.. _tried], inTurn));
    }

    /// <summary>Asks for the one agent whom an operator has chosen, whether or not tried before.</summary>
    public void Assign(AgentId agent)
    {
        _isAutoAnswer = true;
        Seek(new TakeRequest(call.Identity.Id, call.Identity.Node, null, [agent], AgentOrder.InOrder, 1, []));
    }

    /// <summary>Rings those who were taken. Null: the answer is to another request; they are given back.</summary>
    public TakeResult? TryRing(CallInput.AgentsTaken taken)
    {
        if (taken.Request != _request)
        {
            foreach (var agent in taken.Result.Agents)
                call.Decide(new CallDecision.ReleaseAgent(agent));
            return null;
        }
        _request = null;
        foreach (var agent in taken.Result.Agents)
        {
            var attempt = number();
            _attempts[attempt] = new Attempt(agent);
            _tried.Add(agent.Agent);
            call.Decide(new CallDecision.RingAgent(agent.Agent, attempt, _isAutoAnswer));
        }
        return taken.Result;
    }

    public bool NoteRinging(int attempt)
    {
        if (!_attempts.TryGetValue(attempt, out var ringing))
            return false;
        ringing.HasRung = true;
        return true;
    }

    /// <summary>A phone refused. True where it was one of these.</summary>
    /// <param name="refused">The refusal.</param>
    /// <param name="isDecline">A person did it, not the phone: it rang before.</param>
    public bool TryTakeRefusal(CallInput.PbxRefused refused, out bool isDecline)
    {
        isDecline = false;
        if (!_attempts.Remove(refused.Attempt, out var attempt))
            return false;
        isDecline = refused.Status is 603 || attempt.HasRung && refused.Status is 486 or 600;
        call.Decide(new CallDecision.ReleaseAgent(attempt.Agent));
        return true;
    }

    /// <summary>The agent declines elsewhere than at the phone.</summary>
    public bool TryDecline(AgentId agent)
    {
        foreach (var (number, attempt) in _attempts)
        {
            if (attempt.Agent.Agent != agent)
                continue;
            Cancel(number, isElsewhere: false);
            return true;
        }
        return false;
    }

    /// <summary>The phone that answered is no longer one of those that ring.</summary>
    public bool TryTakeAnswer(int number, out TakenAgent? agent)
    {
        agent = _attempts.Remove(number, out var attempt) ? attempt.Agent : null;
        return agent is not null;
    }

    /// <summary>Ends all that ring.</summary>
    public void CancelAll(bool isElsewhere)
    {
        foreach (var number in _attempts.Keys.ToArray())
            Cancel(number, isElsewhere);
        _request = null; // whoever is taken for it is given back
    }

    /// <summary>All may be rung again.</summary>
    public void BeginAnew() => _tried.Clear();

    private void Seek(TakeRequest request)
    {
        _request = number();
        call.Decide(new CallDecision.TakeAgents(_request.Value, request));
    }

    private void Cancel(int number, bool isElsewhere)
    {
        _attempts.Remove(number, out var attempt);
        call.Decide(new CallDecision.CancelPhone(number, isElsewhere));
        call.Decide(new CallDecision.ReleaseAgent(attempt!.Agent));
    }

    private sealed class Attempt(TakenAgent agent)
    {
        public TakenAgent Agent => agent;

        public bool HasRung { get; set; }
    }
}
