using Gateway.Calls.Rating;

namespace Gateway.Calls.Balances;

/// <summary>
/// Converts money to talk time and back, at the rate's price below its first tier. Tiers only lower the price, so the amount held for a
/// time always covers it. Nothing is rounded before a comparison.
/// </summary>
public static class Credit
{
    /// <summary>The talk time, in whole pulses from the answer, that <paramref name="held"/> covers.</summary>
    /// <returns>Zero where it does not cover the least an answered call costs;
    /// <see cref="TimeSpan.MaxValue"/> where time is free or practically free.</returns>
    public static TimeSpan PaidTime(Rate rate, decimal held)
    {
        if (held < CostOf(rate, TimeSpan.Zero))
            return TimeSpan.Zero;
        var perPulse = rate.PricePerMinute * Seconds(rate.Pulse);
        if (perPulse == 0)
            return TimeSpan.MaxValue;
        // n pulses cost n × perPulse / 60, cut after ten decimals: the highest n that fits costs less than held plus one of the last
        // decimal.
        var money = 60 * (held - rate.ConnectionFee) + 59 * Grain;
        var pulses = (money - money % perPulse) / perPulse;
        return pulses >= int.MaxValue ? TimeSpan.MaxValue : rate.Pulse * (long)pulses;
    }

    /// <summary>The amount to hold so that a call may last this long: connection fee
    /// and whole pulses, at least the rate's minimum.</summary>
    public static decimal CostOf(Rate rate, TimeSpan talkTime) => RatingRules.Of(rate with { Tiers = [] }, talkTime, TimeSpan.Zero).Amount;

    /// <summary>One unit of the ledger's last decimal.</summary>
    private const decimal Grain = 0.0000000001m;

    private static long Seconds(TimeSpan time) => time.Ticks / TimeSpan.TicksPerSecond;
}
