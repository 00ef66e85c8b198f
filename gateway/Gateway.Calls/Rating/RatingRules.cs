namespace Gateway.Calls.Rating;

/// <summary>
/// The price of a call by a rate: the connection fee and whole pulses, at least one and at least the rate's minimum.
/// <para>
/// Amounts are exact. Only where a pulse's share of the price per minute has more than <see cref="Decimals"/> decimals (a 7 s pulse; a
/// price with ten decimals of its own), the amount of the whole call is cut there once, after multiplying: nobody pays more than
/// the exact price, and the difference is below 0.0000000001.
/// </para>
/// </summary>
public static class RatingRules
{
    /// <summary>The decimals that the ledger stores (`money_amount`).</summary>
    public const int Decimals = 10;

    /// <summary>The price of an answered call.</summary>
    /// <param name="rate">The rate in force when the call began.</param>
    /// <param name="talkTime">From answer to end; a negative time counts as zero.</param>
    /// <param name="monthlyVolumeBefore">Billed time of the account's earlier calls of this direction in the calendar month (UTC) of the
    /// call's start.</param>
    public static Price Of(Rate rate, TimeSpan talkTime, TimeSpan monthlyVolumeBefore)
    {
        var pulses = PulsesOf(rate, talkTime);
        var billed = rate.Pulse * pulses;
        var perMinute = PriceAt(rate, monthlyVolumeBefore + billed);
        var amount = perMinute * (billed.Ticks / TimeSpan.TicksPerSecond) / 60;
        return new Price(pulses, billed, perMinute, rate.ConnectionFee + Math.Round(amount, Decimals, MidpointRounding.ToZero));
    }

    private static int PulsesOf(Rate rate, TimeSpan talkTime)
    {
        var ticks = Math.Max(Math.Max(talkTime.Ticks, rate.Minimum.Ticks), 1);
        return checked((int)((ticks + rate.Pulse.Ticks - 1) / rate.Pulse.Ticks));
    }

    /// <summary>
    /// The price of a call that takes the month to this volume. A call across a threshold is rated whole at the lower price, as Meta does
    /// (Calling API, "Pricing": tiers 0–50,000, 50,001–250,000 … minutes).
    /// </summary>
    private static decimal PriceAt(Rate rate, TimeSpan volume)
    {
        var minutes = volume.Ticks / (decimal)TimeSpan.TicksPerMinute;
        return rate.Tiers.LastOrDefault(tier => minutes > tier.FromMinutes)?.PricePerMinute ?? rate.PricePerMinute;
    }
}
