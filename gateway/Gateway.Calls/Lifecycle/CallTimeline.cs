using Gateway.Calls.Records;
using Media.Protocols.Primitives;

namespace Gateway.Calls.Lifecycle;

/// <summary>
/// What happened when in one call, and who was at the PBX's end. Moments are monotonic; the wall clock is the call's start plus the time
/// passed.
/// </summary>
/// <param name="now">The start, on the monotonic time line.</param>
/// <param name="startedAt">The start by the wall clock.</param>
internal sealed class CallTimeline(Instant now, DateTimeOffset startedAt)
{
    private readonly List<EarlierAgent> _earlier = [];
    private readonly Instant _start = now;
    private Instant _agentSince;
    private bool _isTalking;

    public Instant StartedAt => _start;

    public Instant? RingingAt { get; private set; }

    /// <summary>When the call was answered at WhatsApp, by whomever.</summary>
    public Instant? AnsweredAt { get; private set; }

    /// <summary>When the call began to wait for an agent.</summary>
    public Instant? WaitedFrom { get; private set; }

    public Instant? AgentAnsweredAt { get; private set; }

    public Instant EndedAt { get; set; }

    /// <summary>The agent at the PBX's end, as the PBX says.</summary>
    public string? Agent { get; private set; }

    /// <summary>From when on <see cref="Agent"/> had the call; null: has not talked.</summary>
    public Instant? AgentSince => Agent is not null && AgentAnsweredAt is not null ? _agentSince : null;

    public DateTimeOffset TimeOf(Instant at) => startedAt + (at - _start);

    /// <summary>The moment of a wall-clock time of this call.</summary>
    public Instant At(DateTimeOffset time) => _start + (time - startedAt);

    /// <summary>Of a call in which an agent talks.</summary>
    public CallTimes Save() => new()
    {
        StartedAt = startedAt,
        RingingAt = WallClock(RingingAt),
        AnsweredAt = TimeOf(AnsweredAt!.Value),
        WaitedFrom = WallClock(WaitedFrom),
        AgentAnsweredAt = TimeOf(AgentAnsweredAt!.Value),
        Agent = Agent,
        AgentSince = TimeOf(_agentSince),
        EarlierAgents = [.. _earlier],
    };

    /// <summary>The deadlines that are waited for, by the wall clock.</summary>
    public Dictionary<CallDeadline, DateTimeOffset> Save(DeadlineTable<CallDeadline> deadlines) =>
        Enum.GetValues<CallDeadline>().Where(deadlines.IsSet).ToDictionary(name => name, name => TimeOf(deadlines[name]));

    /// <summary>The call was another process's until now.</summary>
    public void Restore(CallSnapshot call, DeadlineTable<CallDeadline> deadlines)
    {
        foreach (var (name, at) in call.Deadlines)
            deadlines[name] = At(at);
        var saved = call.Times;
        (RingingAt, WaitedFrom) = (Moment(saved.RingingAt), Moment(saved.WaitedFrom));
        (AnsweredAt, AgentAnsweredAt) = (At(saved.AnsweredAt), At(saved.AgentAnsweredAt));
        (Agent, _agentSince, _isTalking) = (saved.Agent, At(saved.AgentSince), true);
        _earlier.AddRange(saved.EarlierAgents);
    }

    public void Ring(Instant now) => RingingAt ??= now;

    public void Answer(Instant now) => AnsweredAt ??= now;

    /// <summary>
    /// WhatsApp says at a call's end how long it was talked on. It was picked up then, though neither an answer of Graph nor a webhook has
    /// said so yet.
    /// </summary>
    public void NoteTalk(TimeSpan talk, Instant now)
    {
        var end = EndedAt == default ? now : Instant.Min(EndedAt, now);
        AnsweredAt ??= talk < now - _start ? Instant.Min(now - talk, end) : _start;
    }

    public void Wait(Instant now) => WaitedFrom ??= now;

    /// <summary>User and agent are connected from now on.</summary>
    public void BeginTalk(Instant now)
    {
        AgentAnsweredAt ??= now;
        _agentSince = now;
        _isTalking = true;
    }

    /// <summary>The agent has left the call, which goes on.</summary>
    public void EndTalk(Instant now)
    {
        NameAgent(null, now);
        _isTalking = false;
    }

    /// <summary>Notes the agent at the PBX's end from now on. Whoever had the conversation before is kept.</summary>
    public void NameAgent(string? agent, Instant now)
    {
        if (_isTalking && agent != Agent)
        {
            if (Agent is { } before && _earlier.Count < CallRecord.MaxEarlierAgents)
                _earlier.Add(new EarlierAgent(before, TimeOf(_agentSince), TimeOf(now)));
            _agentSince = now;
        }
        Agent = agent;
    }

    /// <summary>The record with the times and the agents of this call.</summary>
    public CallRecord Date(CallRecord record) => record with
    {
        Agent = Agent,
        AgentSince = WallClock(AgentSince),
        EarlierAgents = [.. _earlier],
        StartedAt = startedAt,
        RingingAt = WallClock(RingingAt),
        AnsweredAt = WallClock(AnsweredAt),
        WaitedFrom = WallClock(WaitedFrom),
        AgentAnsweredAt = WallClock(AgentAnsweredAt),
        EndedAt = TimeOf(EndedAt),
    };

    private Instant? Moment(DateTimeOffset? time) => time is { } moment ? At(moment) : null;

    private DateTimeOffset? WallClock(Instant? at) => at is { } moment ? TimeOf(moment) : null;
}
