using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Calls.Rating;

namespace AdminApi.Rating;

/// <param name="FromMinutes">The tier applies to a call that takes the month's minutes above this.</param>
/// <param name="PricePerMinute">Never above the tier before.</param>
public sealed record TierView(long FromMinutes, decimal PricePerMinute)
{
    public static IReadOnlyList<TierView> Of(IReadOnlyList<VolumeTier> tiers) =>
        [.. tiers.Select(tier => new TierView((long)tier.FromMinutes, tier.PricePerMinute))];
}

/// <param name="Id">Its id in paths.</param>
/// <param name="Card">The rate card that it belongs to.</param>
/// <param name="Direction">Calls of this direction.</param>
/// <param name="Prefix">Calls with users whose number begins with it; empty for every number.</param>
/// <param name="ValidFrom">The first moment at which a beginning call is rated by it.</param>
/// <param name="ValidUntil">The first moment at which a beginning call is not; null for no end.</param>
/// <param name="Currency">The card's currency.</param>
/// <param name="PricePerMinute">Below the first tier.</param>
/// <param name="ConnectionFee">Charged once per answered call.</param>
/// <param name="PulseSeconds">The unit of billed time.</param>
/// <param name="MinimumSeconds">The least time billed.</param>
/// <param name="Tiers">By ascending volume of the calendar month (UTC).</param>
/// <param name="Version">Its ETag.</param>
public sealed record RateView(
    long Id, string Card, CallDirection Direction, string Prefix, DateTimeOffset ValidFrom, DateTimeOffset? ValidUntil, string Currency,
    decimal PricePerMinute, decimal ConnectionFee, int PulseSeconds, int MinimumSeconds, IReadOnlyList<TierView> Tiers, long Version)
        : IVersioned
{
    public static RateView Of(CardRate rate) => new(
        rate.Rate.Id, rate.Rate.Card, rate.Rate.Direction, rate.Rate.Prefix, rate.ValidFrom, rate.ValidUntil, rate.Rate.Currency,
        rate.Rate.PricePerMinute, rate.Rate.ConnectionFee, (int)rate.Rate.Pulse.TotalSeconds, (int)rate.Rate.Minimum.TotalSeconds,
        TierView.Of(rate.Rate.Tiers), rate.Version);
}

/// <param name="Direction">Calls of this direction.</param>
/// <param name="Prefix">Digits with country code; empty for every number.</param>
/// <param name="PricePerMinute">In the card's currency.</param>
/// <param name="ValidFrom">By default now.</param>
/// <param name="ValidUntil">Null for no end.</param>
/// <param name="ConnectionFee">By default none.</param>
/// <param name="PulseSeconds">1 to 3600.</param>
/// <param name="MinimumSeconds">0 to 3600.</param>
/// <param name="Tiers">By ascending volume and never ascending price; at most 20.</param>
public sealed record NewRate(
    CallDirection Direction, string Prefix, decimal PricePerMinute, DateTimeOffset? ValidFrom = null, DateTimeOffset? ValidUntil = null,
    decimal ConnectionFee = 0, int PulseSeconds = RateTerms.DefaultPulseSeconds, int MinimumSeconds = 0,
    IReadOnlyList<TierView?>? Tiers = null)
{
    public RateTerms Terms(DateTimeOffset now) => new(
        Direction, PhoneText.PrefixOf(Prefix), ValidFrom ?? now, ValidUntil, PricePerMinute, ConnectionFee, PulseSeconds, MinimumSeconds,
        // null in the JSON: no tier begins at 0
        [.. (Tiers ?? []).Select(tier => new VolumeTier(tier?.FromMinutes ?? 0, tier?.PricePerMinute ?? 0))]);
}

/// <param name="PricePerMinute">In the card's currency.</param>
/// <param name="ValidFrom">The time at which it replaces the old rate; by default now.</param>
/// <param name="ValidUntil">Null for no end.</param>
/// <param name="ConnectionFee">By default none.</param>
/// <param name="PulseSeconds">1 to 3600.</param>
/// <param name="MinimumSeconds">0 to 3600.</param>
/// <param name="Tiers">By ascending volume and never ascending price; at most 20.</param>
public sealed record ReplacementRate(
    decimal PricePerMinute, DateTimeOffset? ValidFrom = null, DateTimeOffset? ValidUntil = null, decimal ConnectionFee = 0,
    int PulseSeconds = RateTerms.DefaultPulseSeconds, int MinimumSeconds = 0, IReadOnlyList<TierView?>? Tiers = null)
{
    public RateTerms Terms(Rate replaced, DateTimeOffset now) =>
        new NewRate(replaced.Direction, replaced.Prefix, PricePerMinute, ValidFrom, ValidUntil, ConnectionFee, PulseSeconds, MinimumSeconds,
            Tiers).Terms(now);
}

/// <param name="Until">The first moment at which a beginning call is not rated by it; null for no end.</param>
public sealed record RateEnd(DateTimeOffset? Until);
