using System.Globalization;
using Gateway.Calls;
using Gateway.Calls.Agents;
using StackExchange.Redis;

namespace Gateway.Storage.Agents;

/// <summary>Agents and waiting calls as state.lua writes them.</summary>
internal static class AgentRows
{
    /// <summary>The beginning of every key and channel; within what an operator's access control list has to allow (`wa:*`).</summary>
    public const string Root = "wa:{agents}";

    public const string Channel = Root + ":changes";

    private const int HighestPriority = 9;

    public static string Groups(Agent agent) => string.Join(
        '\n', agent.Groups.Select(member => string.Create(
            CultureInfo.InvariantCulture, $"{member.Group.Value}\t{member.Order}\t{member.Skill}")));

    /// <summary>The members of a status behind its agent, in the order of <see cref="ReadStatus"/>.</summary>
    public static RedisValue[] Write(AgentStatus status) => [
        (int)status.Presence, status.Reason ?? "", (int)status.Activity, status.BusyAtPbx ? 1 : 0, status.Call?.Value ?? "",
        status.Since.ToUnixTimeMilliseconds(), status.Token, status.WrapUpUntil?.ToUnixTimeMilliseconds() ?? 0];

    public static AgentStatus ReadStatus(IReadOnlyList<string> row)
    {
        var presence = (AgentPresence)Number(row[1]);
        return new AgentStatus(
            new AgentId(row[0]), presence, presence == AgentPresence.Away && row[2].Length > 0 ? row[2] : null,
            (AgentActivity)Number(row[3]), row[4] == "1", row[5].Length > 0 ? new CallId(row[5]) : null, Time(row[6]))
        {
            Token = Number(row[7]),
            WrapUpUntil = row[8].Length > 0 ? Time(row[8]) : null,
        };
    }

    /// <summary>A text by whose order calls are served.</summary>
    public static string Write(WaitingCall call) => string.Create(
        CultureInfo.InvariantCulture, $"{HighestPriority - call.Priority} {call.Since.UtcTicks:d19}\t{call.Call.Value}\t{call.Node}");

    public static WaitingCall ReadWaiting(GroupId group, string entry)
    {
        var parts = entry.Split('\t', 3);
        return new WaitingCall(
            new CallId(parts[1]), group, HighestPriority - (entry[0] - '0'),
            new DateTimeOffset(long.Parse(parts[0].AsSpan(2), CultureInfo.InvariantCulture), TimeSpan.Zero), parts[2]);
    }

    private static DateTimeOffset Time(string text) => DateTimeOffset.FromUnixTimeMilliseconds(Number(text));

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
