using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Gateway.Calls;

namespace Gateway.Worker.Metrics;

/// <summary>The metrics of groups for a supervisor. Each call is counted once, by the node that runs it.</summary>
internal static class GroupMetrics
{
    /// <summary>The groups that are shown by name; those beyond share a name that no group can have.</summary>
    private const int MaxNames = 80;

    private const string Others = "_others";

    private static readonly Meter Meter = new("Gateway.Groups");

    private static readonly Counter<long> AnsweredCalls = Meter.CreateCounter<long>(
        "gateway_groups_answered", "{call}", "Calls that waited for an agent of the group and got one");

    private static readonly Counter<long> AnsweredInTime = Meter.CreateCounter<long>(
        "gateway_groups_answered_in_time", "{call}", "Those of them that got one within the group's time: the service level");

    private static readonly Counter<long> AbandonedCalls = Meter.CreateCounter<long>(
        "gateway_groups_abandoned", "{call}", "Calls that waited for an agent of the group and ended without one");

    private static readonly Histogram<double> Wait = Meter.CreateHistogram<double>(
        "gateway_groups_wait_seconds", "s", "Time that calls waited, by whether they got an agent");

    private static readonly Histogram<double> Handling = Meter.CreateHistogram<double>(
        "gateway_groups_handling_seconds", "s", "Time from the agent's answer to the end of the call");

    private static readonly ConcurrentDictionary<GroupId, string> Names = new();

    public static void Answered(GroupId group, TimeSpan waited, bool isInTime)
    {
        var name = Name(group);
        AnsweredCalls.Add(1, name);
        AnsweredInTime.Add(isInTime ? 1 : 0, name);
        Wait.Record(waited.TotalSeconds, name, new KeyValuePair<string, object?>("outcome", "answered"));
    }

    public static void Abandoned(GroupId group, TimeSpan waited)
    {
        var name = Name(group);
        AbandonedCalls.Add(1, name);
        Wait.Record(waited.TotalSeconds, name, new KeyValuePair<string, object?>("outcome", "abandoned"));
    }

    public static void Ended(GroupId group, TimeSpan handled) => Handling.Record(handled.TotalSeconds, Name(group));

    /// <summary>The label of a group.</summary>
    public static KeyValuePair<string, object?> Name(GroupId group)
    {
        if (!Names.TryGetValue(group, out var name))
            name = Names.Count < MaxNames ? Names.GetOrAdd(group, one => Begin(one.Value)) : Begin(Others);
        return new("group", name);
    }

    /// <summary>
    /// A group that is there has counted no call yet: a rate sees the first one only from 0 on, and a share can be made of the three.
    /// </summary>
    private static string Begin(string name)
    {
        foreach (var counter in new[] { AnsweredCalls, AnsweredInTime, AbandonedCalls })
            counter.Add(0, new KeyValuePair<string, object?>("group", name));
        return name;
    }
}
