using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Records;

namespace Gateway.Worker.Metrics;

/// <summary>Counts one call for the group that it waits for: answered, when it is, or abandoned at its end.</summary>
/// <param name="answerWithin">The time within which a group's calls should be answered; null: the group is unknown.</param>
internal sealed class CallOfGroup(Func<GroupId, TimeSpan?> answerWithin)
{
    private GroupId? _answeredFor;

    /// <summary>To be called with each change of the call's state.</summary>
    public void Note(Call call)
    {
        if (_answeredFor is not null || call is not { Group: { } group, WaitedFrom: { } from, AgentAnsweredAt: { } answered })
            return;
        _answeredFor = group;
        GroupMetrics.Answered(group, answered - from, answerWithin(group) is { } within && answered - from <= within);
    }

    /// <summary>The call was another node's, which has counted its answer.</summary>
    public void Resume(Call call) => _answeredFor = call is { WaitedFrom: not null, AgentAnsweredAt: not null } ? call.Group : null;

    public void End(CallRecord record)
    {
        if (_answeredFor is { } group && record.AgentAnsweredAt is { } answered)
            GroupMetrics.Ended(group, record.EndedAt - answered);
        else if (record is { Group: { } waitedFor, WaitedFrom: { } from, AgentAnsweredAt: null })
            GroupMetrics.Abandoned(waitedFor, record.EndedAt - from);
    }
}
