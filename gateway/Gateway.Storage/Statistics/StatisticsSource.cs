using Media.Protocols.Primitives;

namespace Gateway.Storage.Statistics;

/// <summary>A stretch of a statistic's period, and the rows that answer it: those of its hours, days or months.</summary>
/// <param name="Table">call_summaries, or a table of their sums.</param>
/// <param name="Dimension">Which of its rows.</param>
/// <param name="From">The begin.</param>
/// <param name="To">The end, which is not part of it.</param>
internal readonly record struct StatisticsSource(string Table, string Dimension, DateTime From, DateTime To)
{
    private const string Totals = "call_totals";

    /// <summary>
    /// The stretches of a query's period, of as few rows as there can be: whole months where nothing finer is asked for, and days and hours
    /// at both ends.
    /// </summary>
    public static IEnumerable<StatisticsSource> Of(StatisticsQuery query, StatisticsPart dimension)
    {
        var hasKey = dimension != StatisticsPart.Hour;
        var (table, months) = hasKey && query.IsOfAllChannels ? ("call_key_days", "call_key_months") : ("call_summaries", Totals);
        var fine = new StatisticsSource(table, WireName.Of(dimension), query.From.UtcDateTime, query.To.UtcDateTime);
        if (query.Parts.Contains(StatisticsPart.Hour))
            return [fine];
        var days = hasKey ? [fine]
            : Split(fine, fine with { Table = Totals, Dimension = "day" }, time => time.Date, day => day.AddDays(1));
        if (query.Parts.Contains(StatisticsPart.Day))
            return days;
        var month = fine with { Table = months, Dimension = hasKey ? fine.Dimension : "month" };
        return days.SelectMany(part => hasKey || part.Table == Totals
            ? Split(part, month, time => time.Date.AddDays(1 - time.Day), begin => begin.AddMonths(1)) : [part]);
    }

    /// <summary>The middle of a stretch as whole units of coarser rows, and its ends as they were.</summary>
    private static IEnumerable<StatisticsSource> Split(
        StatisticsSource whole, StatisticsSource coarse, Func<DateTime, DateTime> beginOf, Func<DateTime, DateTime> next)
    {
        var (from, to) = (beginOf(whole.From), beginOf(whole.To));
        if (from < whole.From)
            from = next(from);
        StatisticsSource[] parts = from >= to ? [whole]
            : [whole with { To = from }, coarse with { From = from, To = to }, whole with { From = to }];
        return parts.Where(part => part.From < part.To);
    }
}
