using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Storage.Calls;

namespace AdminApi.Supervisor;

/// <param name="At">The time of everything that is called now.</param>
/// <param name="From">The begin of the period.</param>
/// <param name="To">Its end.</param>
/// <param name="Groups">All of them; there is no further page.</param>
public sealed record SupervisorView(DateTimeOffset At, DateTimeOffset From, DateTimeOffset To, IReadOnlyList<GroupStateView> Groups);

/// <summary>A group now and in the period.</summary>
/// <param name="AnswerWithinSeconds">What the service level is measured by.</param>
/// <param name="Agents">Its members by what they do now.</param>
/// <param name="Total">Of all channels.</param>
/// <param name="Channels">By business number: those with a call in the period, or one that waits.</param>
public sealed record GroupStateView(
    GroupId Group, string Name, int AnswerWithinSeconds, AgentCounts Agents, QueueView Total, IReadOnlyList<ChannelQueueView> Channels)
{
    internal static GroupStateView Of(
        AgentGroup group, IReadOnlyList<AgentState> agents, IReadOnlyList<QueueCounts> counts,
        IReadOnlyList<(WaitingCall Call, string? Channel)> waiting, DateTimeOffset now)
    {
        var channels = counts.Select(count => count.Channel).Concat(waiting.Select(call => call.Channel).OfType<string>())
            .Distinct().Order(StringComparer.Ordinal);
        return new GroupStateView(
            group.Id, group.Name, (int)group.AnswerWithin.TotalSeconds, AgentCounts.Of(agents),
            QueueView.Of(counts, waiting.Select(call => call.Call), now),
            [.. channels.Select(channel => new ChannelQueueView(channel, QueueView.Of(
                counts.Where(count => count.Channel == channel),
                waiting.Where(call => call.Channel == channel).Select(call => call.Call), now)))]);
    }
}

/// <param name="Channel">A business number by Meta's phone_number_id.</param>
/// <param name="Queue">Its calls for the group.</param>
public sealed record ChannelQueueView(string Channel, QueueView Queue);

/// <summary>The number of agents in each state.</summary>
public sealed record AgentCounts(int Available, int Ringing, int Busy, int WrapUp, int Away, int Offline)
{
    public static AgentCounts Of(IReadOnlyList<AgentState> states)
    {
        int Count(AgentState state) => states.Count(one => one == state);
        return new AgentCounts(
            Count(AgentState.Available), Count(AgentState.Ringing), Count(AgentState.Busy), Count(AgentState.WrapUp),
            Count(AgentState.Away), Count(AgentState.Offline));
    }
}

/// <summary>Calls for a group.</summary>
/// <param name="Waiting">The number that waits now.</param>
/// <param name="LongestWaitSeconds">The longest of these waits so far; 0: none waits.</param>
/// <param name="Offered">Those of the period that waited and are over.</param>
/// <param name="Answered">Those that an agent answered.</param>
/// <param name="Abandoned">Those that ended without one.</param>
/// <param name="ServiceLevel">The share of offered calls that an agent answered in time, 0 to 1; null: none was offered.</param>
/// <param name="AverageWaitSeconds">Of offered calls; null: none.</param>
/// <param name="AverageHandlingSeconds">From an agent's answer to the end, of answered calls; null: none.</param>
public sealed record QueueView(
    int Waiting, double LongestWaitSeconds, long Offered, long Answered, long Abandoned, double? ServiceLevel, double? AverageWaitSeconds,
    double? AverageHandlingSeconds)
{
    public static QueueView Of(IEnumerable<QueueCounts> counts, IEnumerable<WaitingCall> waiting, DateTimeOffset now)
    {
        QueueCounts[] all = [.. counts];
        double[] waits = [.. waiting.Select(call => Math.Max(0, Math.Round((now - call.Since).TotalSeconds, 3)))];
        var (offered, answered) = (all.Sum(one => one.Offered), all.Sum(one => one.Answered));
        return new QueueView(
            waits.Length, waits.DefaultIfEmpty().Max(), offered, answered, all.Sum(one => one.Abandoned),
            Average(all.Sum(one => one.AnsweredInTime), offered), Average(all.Sum(one => one.WaitSeconds), offered),
            Average(all.Sum(one => one.HandlingSeconds), answered));
    }

    private static double? Average(double sum, long of) => of == 0 ? null : Math.Round(sum / of, 3);
}
