using Gateway.Calls.Rating;

namespace Gateway.Calls.Balances;

/// <summary>
/// Money and talk time, one from the other, at the rate's price below its first tier. Tiers only ever lower the price, so that what is held
/// for a time always covers it. No rounding before a comparison.
/// </summary>
public static class Credit
{
    /// <summary>The talk time, in whole pulses from the answer, that <paramref name="held"/> pays for.</summary>
    /// <returns>Zero where it does not pay for the least that an answered call costs; <see cref="TimeSpan.MaxValue"/> where time costs nothing, or so little that the money outlasts everybody.</returns>
    public static TimeSpan PaidTime(Rate rate, decimal held)
    {
        if (held < CostOf(rate, TimeSpan.Zero))
            return TimeSpan.Zero;
        var perPulse = rate.PricePerMinute * Seconds(rate.Pulse);
        if (perPulse == 0)
            return TimeSpan.MaxValue;
        // n pulses cost n × perPulse / 60, cut after ten decimals: the most that still fits is below the next of those decimals.
        var money = 60 * (held - rate.ConnectionFee) + 59 * Grain;
        var pulses = (money - money % perPulse) / perPulse;
        return pulses >= int.MaxValue ? TimeSpan.MaxValue : rate.Pulse * (long)pulses;
    }

    /// <summary>What must be held so that a call may last so long: connection fee and whole pulses, at least the rate's minimum.</summary>
    public static decimal CostOf(Rate rate, TimeSpan talkTime) => RatingRules.Of(rate with { Tiers = [] }, talkTime, TimeSpan.Zero).Amount;

    /// <summary>One in the last decimal that the ledger keeps.</summary>
    private const decimal Grain = 0.0000000001m;

    private static long Seconds(TimeSpan time) => time.Ticks / TimeSpan.TicksPerSecond;
}
