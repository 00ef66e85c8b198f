namespace Gateway.Calls.Rating;

/// <summary>A lower price per minute from a monthly volume on.</summary>
/// <param name="FromMinutes">The tier applies to a call that takes the month's minutes above this.</param>
/// <param name="PricePerMinute">In the card's currency; never above the tier before.</param>
public sealed record VolumeTier(decimal FromMinutes, decimal PricePerMinute);

/// <summary>One price of a rate card, as a call is rated by it.</summary>
/// <param name="Id">The id of its row.</param>
/// <param name="Card">The rate card that it belongs to.</param>
/// <param name="Direction">Calls of this direction.</param>
/// <param name="Prefix">Calls with users whose number begins with it; empty for every number.</param>
/// <param name="Currency">ISO 4217, three letters.</param>
/// <param name="PricePerMinute">Below the first tier.</param>
/// <param name="ConnectionFee">Charged once per answered call.</param>
/// <param name="Pulse">The unit of billed time: whole seconds, at least one.</param>
/// <param name="Minimum">The least time billed, in whole pulses; zero where one pulse is the minimum.</param>
/// <param name="Tiers">By ascending volume and never ascending price; empty where volume does not matter.</param>
public sealed record Rate(
    long Id, string Card, CallDirection Direction, string Prefix, string Currency, decimal PricePerMinute, decimal ConnectionFee,
    TimeSpan Pulse, TimeSpan Minimum, IReadOnlyList<VolumeTier> Tiers);

/// <summary>The price of an answered call.</summary>
/// <param name="Pulses">Whole pulses, at least one.</param>
/// <param name="BilledTime">The pulses' time, whole seconds; it counts towards the month's volume.</param>
/// <param name="PricePerMinute">The price that applied: of the rate or of one of its tiers.</param>
/// <param name="Amount">Connection fee and pulses together, with at most ten decimals.</param>
public sealed record Price(int Pulses, TimeSpan BilledTime, decimal PricePerMinute, decimal Amount);
