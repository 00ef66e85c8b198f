namespace Gateway.Storage.Statistics;

/// <summary>The statements that make the sums of call_summaries anew: call_totals, call_key_days and call_key_months.</summary>
internal static class CallTotals
{
    private const string Sums =
        """
        sum(calls), sum(answered), sum(missed), sum(refused), sum(talk_seconds), sum(waited), sum(agent_answered), sum(in_time),
        sum(wait_seconds), sum(handling_seconds), sum(whatsapp_scored), sum(whatsapp_mos), sum(pbx_scored), sum(pbx_mos),
        sum(whatsapp_packets), sum(whatsapp_lost), sum(pbx_packets), sum(pbx_lost), sum(cost)
        """;

    /// <summary>Those of the days from @dayFrom to @dayTo, and of the months from @monthFrom to @monthTo, all of them begins.</summary>
    public const string Rebuild =
        $"""
        DELETE FROM call_totals WHERE dimension = 'day' AND at >= @dayFrom AND at < @dayTo
            OR dimension <> 'day' AND at >= @monthFrom AND at < @monthTo;
        INSERT INTO call_totals
        SELECT 'day', date_trunc('day', at, 'UTC'), channel, direction, key, currency, {Sums} FROM call_summaries
        WHERE dimension = 'hour' AND at >= @dayFrom AND at < @dayTo GROUP BY 2, 3, 4, 5, 6
        UNION ALL
        SELECT CASE dimension WHEN 'hour' THEN 'month' ELSE dimension END, date_trunc('month', at, 'UTC'), channel, direction, key,
            currency, {Sums}
        FROM call_summaries WHERE at >= @monthFrom AND at < @monthTo GROUP BY 1, 2, 3, 4, 5, 6;
        DELETE FROM call_key_days WHERE at >= @dayFrom AND at < @dayTo;
        INSERT INTO call_key_days
        SELECT dimension, at, '', '', key, currency, {Sums} FROM call_summaries
        WHERE dimension IN ('group', 'agent', 'country', 'account') AND at >= @dayFrom AND at < @dayTo GROUP BY 1, 2, 5, 6;
        DELETE FROM call_key_months WHERE at >= @monthFrom AND at < @monthTo;
        INSERT INTO call_key_months
        SELECT dimension, date_trunc('month', at, 'UTC'), '', '', key, currency, {Sums} FROM call_key_days
        WHERE at >= @monthFrom AND at < @monthTo GROUP BY 1, 2, 5, 6
        """;

    /// <summary>A system that has counted for years takes a while.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromMinutes(10);

    private static readonly DateTime Never = DateTime.UnixEpoch.AddYears(1000);

    /// <summary>The parameters of <see cref="Rebuild"/> for all of them.</summary>
    public static object Everything => Parameters((DateTime.UnixEpoch, Never), (DateTime.UnixEpoch, Never));

    /// <summary>Those for a day and its month.</summary>
    public static object Around(DateTime day)
    {
        var month = day.AddDays(1 - day.Day);
        return Parameters((day, day.AddDays(1)), (month, month.AddMonths(1)));
    }

    private static object Parameters((DateTime From, DateTime To) days, (DateTime From, DateTime To) months) =>
        new { dayFrom = days.From, dayTo = days.To, monthFrom = months.From, monthTo = months.To };
}
