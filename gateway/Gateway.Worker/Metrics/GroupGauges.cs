using System.Diagnostics.Metrics;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Metrics;

/// <summary>
/// The calls that wait on this node and the agents of the whole cluster, by group. A group that is gone goes on as 0, since a series that
/// is no longer measured would keep its last value.
/// </summary>
internal sealed class GroupGauges : IDisposable
{
    private static readonly AgentState[] States = Enum.GetValues<AgentState>();

    private readonly Meter _meter = new("Gateway.Groups");
    private readonly HashSet<KeyValuePair<string, object?>> _names = [];
    private readonly Lock _gate = new();

    /// <param name="groups">The groups that there are.</param>
    /// <param name="waiting">This node's calls that wait, by group and since when.</param>
    /// <param name="agents">All agents as this node last heard of them; null: never.</param>
    /// <param name="time">The node's clock.</param>
    public GroupGauges(
        Func<IEnumerable<GroupId>> groups, Func<IEnumerable<(GroupId Group, DateTimeOffset Since)>> waiting,
        Func<IEnumerable<(Agent Agent, AgentStatus? Known)>> agents, TimeProvider time)
    {
        _meter.CreateObservableGauge(
            "gateway_groups_waiting_calls", () => Measure(groups, waiting(), one => one.Group, found => found.Count()), "{call}",
            "Calls of this node that wait in the queue of the group");
        _meter.CreateObservableGauge(
            "gateway_groups_longest_wait_seconds",
            () => Measure(
                groups, waiting(), one => one.Group,
                found => found.Select(one => (time.GetUtcNow() - one.Since).TotalSeconds).DefaultIfEmpty(0).Max()),
            "s", "Longest time that a call of this node waits now in the queue of the group");
        _meter.CreateObservableGauge(
            "gateway_cluster_agents", () => AgentsByState(groups, agents()), "{agent}",
            "Agents of the group in the whole cluster, by state: every node shows the same");
    }

    public void Dispose() => _meter.Dispose();

    private IEnumerable<Measurement<double>> AgentsByState(
        Func<IEnumerable<GroupId>> groups, IEnumerable<(Agent Agent, AgentStatus? Known)> agents)
    {
        var byState = agents.ToLookup(one => one.Known?.State ?? AgentState.Offline, one => one.Agent.Groups);
        return States.SelectMany(state => Measure(
            groups, byState[state].SelectMany(members => members), member => member.Group, found => found.Count(),
            new KeyValuePair<string, object?>("state", WireName.Of(state))));
    }

    /// <summary>One measurement of every group that there is or was; those without a name of their own share one.</summary>
    private List<Measurement<double>> Measure<T>(
        Func<IEnumerable<GroupId>> groups, IEnumerable<T> found, Func<T, GroupId> groupOf, Func<IEnumerable<T>, double> measure,
        params KeyValuePair<string, object?>[] labels)
    {
        KeyValuePair<string, object?>[] known;
        lock (_gate)
        {
            _names.UnionWith(groups().Select(GroupMetrics.Name));
            known = [.. _names];
        }
        var byName = found.ToLookup(one => GroupMetrics.Name(groupOf(one)));
        return [.. known.Select(name => new Measurement<double>(measure(byName[name]), [name, .. labels]))];
    }
}
