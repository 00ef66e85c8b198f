using Gateway.Calls;

namespace Gateway.Storage.Statistics;

/// <summary>What statistics can be broken down by.</summary>
public enum StatisticsPart
{
    Hour,

    /// <summary>In UTC, like the others.</summary>
    Day,
    Month,
    Channel,
    Direction,
    Group,
    Agent,
    Country,
    Account,
}

/// <summary>The question of a <see cref="CallStatistics"/>. A null member does not filter.</summary>
/// <param name="Parts">At most one of group, agent, country and account, and no hours with it.</param>
/// <param name="From">The begin of an hour, or of a day where <paramref name="Parts"/> or <paramref name="Key"/> name a group, agent,
/// country or account.</param>
/// <param name="To">Likewise.</param>
/// <param name="Channel">Of one business number.</param>
/// <param name="Direction">Of one direction.</param>
/// <param name="Key">One group, agent, country or account, with which of them it is.</param>
public sealed record StatisticsQuery(
    IReadOnlyList<StatisticsPart> Parts, DateTimeOffset From, DateTimeOffset To, ChannelId? Channel, CallDirection? Direction,
    (StatisticsPart Part, string Value)? Key)
{
    /// <summary>The kind of rows that answers it; null: no one kind does.</summary>
    public StatisticsPart? Dimension
    {
        get
        {
            StatisticsPart[] named = [.. Parts.Where(IsKeyed).Concat(Key is { } key ? [key.Part] : []).Distinct()];
            return named switch
            {
                [] => StatisticsPart.Hour,
                [var one] when !Parts.Contains(StatisticsPart.Hour) => one,
                _ => null,
            };
        }
    }

    /// <summary>True: neither a channel nor a direction matters to it.</summary>
    public bool IsOfAllChannels => Channel is null && Direction is null
        && !Parts.Contains(StatisticsPart.Channel) && !Parts.Contains(StatisticsPart.Direction);

    public static bool IsKeyed(StatisticsPart part) =>
        part is StatisticsPart.Group or StatisticsPart.Agent or StatisticsPart.Country or StatisticsPart.Account;
}
