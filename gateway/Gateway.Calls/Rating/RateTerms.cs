using System.Globalization;

namespace Gateway.Calls.Rating;

/// <summary>An error in a rate as it was entered.</summary>
/// <param name="Field">The field's name in camelCase.</param>
/// <param name="Message">A sentence.</param>
public sealed record RateError(string Field, string Message);

/// <summary>A rate as an admin enters it: for calls of a direction with users whose
/// number begins with a prefix, while it is valid.</summary>
/// <param name="Direction">Calls of this direction.</param>
/// <param name="Prefix">Digits with country code; empty for every number.</param>
/// <param name="ValidFrom">The first moment at which a beginning call is rated by it.</param>
/// <param name="ValidUntil">The first moment at which a beginning call is not; null for no end.</param>
/// <param name="PricePerMinute">In the card's currency.</param>
/// <param name="ConnectionFee">Charged once per answered call.</param>
/// <param name="PulseSeconds">The unit of billed time.</param>
/// <param name="MinimumSeconds">The least time billed.</param>
/// <param name="Tiers">By ascending volume; empty where volume does not matter.</param>
public sealed record RateTerms(
    CallDirection Direction, string Prefix, DateTimeOffset ValidFrom, DateTimeOffset? ValidUntil, decimal PricePerMinute,
    decimal ConnectionFee,
    int PulseSeconds, int MinimumSeconds, IReadOnlyList<VolumeTier> Tiers)
{
    /// <summary>Meta's pulse (Calling API, "Pricing").</summary>
    public const int DefaultPulseSeconds = 6;

    /// <summary>Upper bound of a price per minute in any currency: a higher one is a typing error.</summary>
    public const decimal MaxPrice = 1_000_000m;

    public const int MaxTiers = 20;

    private const int MaxPrefix = 15, MaxSeconds = 3600;
    private const decimal MaxMinutes = 10_000_000_000m;

    /// <summary>Every error in the terms; empty where calls can be rated by them.</summary>
    public IReadOnlyList<RateError> Errors() =>
    [
        .. Check(Enum.IsDefined(Direction), "direction", "Must be inbound or outbound."),
        .. Check(Prefix.Length <= MaxPrefix
            && Prefix.All(char.IsAsciiDigit), "prefix", "Must be at most 15 digits, with country code; empty for every number."),
        .. NumberSpelling.FaultOfPrefix(Prefix) is { } fault ? [new RateError("prefix", fault)] : Array.Empty<RateError>(),
        .. Check(ValidUntil is not { } until || until > ValidFrom, "validUntil", "Must be after validFrom."),
        .. CheckPrice(PricePerMinute, "pricePerMinute"),
        .. CheckPrice(ConnectionFee, "connectionFee"),
        .. Check(PulseSeconds is >= 1 and <= MaxSeconds, "pulseSeconds", "Must be between 1 and 3600."),
        .. Check(MinimumSeconds is >= 0 and <= MaxSeconds, "minimumSeconds", "Must be between 0 and 3600."),
        .. CheckTiers(),
    ];

    /// <summary>True where both would rate the same call.</summary>
    public bool Overlaps(RateTerms other) =>
        Direction == other.Direction && Prefix == other.Prefix
        && (other.ValidUntil is not { } end || ValidFrom < end) && (ValidUntil is not { } mine || other.ValidFrom < mine);

    private IEnumerable<RateError> CheckTiers()
    {
        if (Tiers.Count > MaxTiers)
            yield return new RateError("tiers", $"Must be at most {MaxTiers}.");
        var before = new VolumeTier(0, PricePerMinute);
        foreach (var tier in Tiers)
        {
            if (tier.FromMinutes <= before.FromMinutes || tier.FromMinutes > MaxMinutes
                || tier.FromMinutes != decimal.Truncate(tier.FromMinutes))
                yield return new RateError(
                    "tiers", $"Must begin at whole minutes, each above the one before: {Text(tier.FromMinutes)} does not.");
            foreach (var error in CheckPrice(tier.PricePerMinute, "tiers"))
                yield return error;
            if (tier.PricePerMinute > before.PricePerMinute)
                yield return new RateError(
                    "tiers", $"Must not raise the price: {Text(tier.PricePerMinute)} from {Text(tier.FromMinutes)} minutes on does.");
            before = tier;
        }
    }

    private static IEnumerable<RateError> CheckPrice(decimal price, string field) =>
        Check(price is >= 0 and <= MaxPrice && price.Scale <= RatingRules.Decimals, field,
            $"Must be between 0 and {Text(MaxPrice)} with at most {RatingRules.Decimals} decimals.");

    private static IEnumerable<RateError> Check(bool holds, string field, string message) => holds ? [] : [new RateError(field, message)];

    private static string Text(decimal value) => value.ToString(CultureInfo.InvariantCulture);
}
