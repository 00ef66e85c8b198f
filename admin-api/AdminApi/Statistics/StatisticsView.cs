using Gateway.Calls;
using Gateway.Storage.Statistics;
using Media.Protocols.Primitives;

namespace AdminApi.Statistics;

/// <param name="From">The period's begin: the begin of an hour or day.</param>
/// <param name="To">Its end, which is not part of it.</param>
/// <param name="Items">All of them; there is no further page. Where no call was, there is no item.</param>
public sealed record StatisticsPeriod(DateTimeOffset From, DateTimeOffset To, IReadOnlyList<StatisticsView> Items);

/// <summary>Ended calls that began in one place of a breakdown; members of parts that were not asked for are null.</summary>
/// <param name="At">The begin of the hour, day or month, in UTC.</param>
/// <param name="Calls">All attempts.</param>
/// <param name="Answered">Those that somebody or something answered.</param>
/// <param name="Missed">Those of users whom nobody answered.</param>
/// <param name="Refused">Those that were not allowed to begin.</param>
/// <param name="AnswerRate">Answered of all, 0 to 1.</param>
/// <param name="TalkSeconds">The sum.</param>
/// <param name="Waited">Those that waited for an agent.</param>
/// <param name="Abandoned">Those of them that got none.</param>
/// <param name="ServiceLevel">Of those that waited, the share that an agent answered in time, 0 to 1; null: none waited.</param>
/// <param name="AverageWaitSeconds">Of those that waited.</param>
/// <param name="AverageHandlingSeconds">From the agent's answer to the end.</param>
/// <param name="WhatsApp">The quality of the leg to the user.</param>
/// <param name="Pbx">The quality of the leg to the agent.</param>
/// <param name="Cost">In each currency, the prices of re-rating included; empty: nothing was billed.</param>
public sealed record StatisticsView(
    DateTimeOffset? At, string? Channel, CallDirection? Direction, string? Group, string? Agent, string? Country, string? Account,
    long Calls, long Answered, long Missed, long Refused, double AnswerRate, double TalkSeconds, long Waited, long Abandoned,
    double? ServiceLevel, double? AverageWaitSeconds, double? AverageHandlingSeconds, LegStatistics WhatsApp, LegStatistics Pbx,
    IReadOnlyList<CostView> Cost)
{
    /// <param name="rows">Those of one place, one for each currency.</param>
    /// <param name="query">What they answer.</param>
    internal static StatisticsView Of(IReadOnlyList<StatisticsRow> rows, StatisticsQuery query)
    {
        var first = rows[0];
        long Sum(Func<StatisticsRow, long> member) => rows.Sum(member);
        string? KeyOf(StatisticsPart part) => query.Parts.Contains(part) ? first.Key : null;
        var (calls, answered, waited, agents) =
            (Sum(row => row.Calls), Sum(row => row.Answered), Sum(row => row.Waited), Sum(row => row.AgentAnswered));
        return new StatisticsView(
            first.At is { } at ? new DateTimeOffset(DateTime.SpecifyKind(at, DateTimeKind.Utc)) : null, first.Channel,
            first.Direction is null ? null : WireName.Parse<CallDirection>(first.Direction), KeyOf(StatisticsPart.Group),
            KeyOf(StatisticsPart.Agent), KeyOf(StatisticsPart.Country), KeyOf(StatisticsPart.Account), calls, answered,
            Sum(row => row.Missed), Sum(row => row.Refused), Share(answered, calls) ?? 0,
            Math.Round(rows.Sum(row => row.TalkSeconds), 3), waited, waited - agents, Share(Sum(row => row.InTime), waited),
            Share(rows.Sum(row => row.WaitSeconds), waited), Share(rows.Sum(row => row.HandlingSeconds), agents),
            new LegStatistics(
                Share(rows.Sum(row => row.WhatsAppMos), Sum(row => row.WhatsAppScored)),
                Share(Sum(row => row.WhatsAppLost), Sum(row => row.WhatsAppPackets + row.WhatsAppLost))),
            new LegStatistics(
                Share(rows.Sum(row => row.PbxMos), Sum(row => row.PbxScored)),
                Share(Sum(row => row.PbxLost), Sum(row => row.PbxPackets + row.PbxLost))),
            [.. rows.Where(row => row.Currency.Length > 0).Select(row => new CostView(row.Currency, row.Cost))]);
    }

    private static double? Share(double sum, long of) => of == 0 ? null : Math.Round(sum / of, 4);
}

/// <param name="Mos">The average score of the calls that have one, 1 to 5.</param>
/// <param name="Loss">The share of packets lost, 0 to 1.</param>
public sealed record LegStatistics(double? Mos, double? Loss);

/// <param name="Currency">ISO 4217.</param>
/// <param name="Amount">The sum of the calls' prices.</param>
public sealed record CostView(string Currency, decimal Amount);
