using System.Text.Json;
using Gateway.Calls;
using Gateway.Calls.Rating;

namespace Gateway.Storage.Rating;

/// <summary>A rate as a table row; the one place that knows its columns.</summary>
internal sealed record RateRow
{
    /// <summary>For a query with the alias r for rates and c for cards.</summary>
    public const string Columns =
        """
        r.id AS Id, r.card AS Card, c.currency AS Currency, r.direction AS Direction, r.prefix AS Prefix, r.valid_from AS ValidFrom,
        r.valid_until AS ValidUntil, r.price_per_minute AS PricePerMinute, r.connection_fee AS ConnectionFee,
        r.pulse_seconds AS PulseSeconds,
        r.minimum_seconds AS MinimumSeconds, r.tiers::text AS Tiers, r.version AS Version
        """;

    public const string Tables = "rates r JOIN rate_cards c ON c.id = r.card";

    public long Id { get; init; }
    public string Card { get; init; } = "";
    public string Currency { get; init; } = "";
    public string Direction { get; init; } = "";
    public string Prefix { get; init; } = "";
    public DateTime ValidFrom { get; init; }
    public DateTime? ValidUntil { get; init; }
    public decimal PricePerMinute { get; init; }
    public decimal ConnectionFee { get; init; }
    public int PulseSeconds { get; init; }
    public int MinimumSeconds { get; init; }
    public string Tiers { get; init; } = "[]";
    public long Version { get; init; }

    public CardRate ToRate() => new(
        new Rate(
            Id, Card, WireName.Parse<CallDirection>(Direction), Prefix, Currency, PricePerMinute, ConnectionFee,
            TimeSpan.FromSeconds(PulseSeconds),
            TimeSpan.FromSeconds(MinimumSeconds), RateTiers.Read(Tiers)),
        ValidFrom, ValidUntil is { } end ? new DateTimeOffset(end) : null, Version);

    /// <summary>The parameters of a statement that writes these terms.</summary>
    public static RateRow Of(string card, RateTerms terms) => new()
    {
        Card = card,
        Direction = WireName.Of(terms.Direction),
        Prefix = terms.Prefix,
        ValidFrom = terms.ValidFrom.UtcDateTime,
        ValidUntil = terms.ValidUntil?.UtcDateTime,
        PricePerMinute = terms.PricePerMinute,
        ConnectionFee = terms.ConnectionFee,
        PulseSeconds = terms.PulseSeconds,
        MinimumSeconds = terms.MinimumSeconds,
        Tiers = RateTiers.Write(terms.Tiers),
    };
}

/// <summary>Volume tiers as `rates.tiers` holds them: numbers, which PostgreSQL and .NET both keep to the last digit.</summary>
public static class RateTiers
{
    public static IReadOnlyList<VolumeTier> Read(string json) => JsonSerializer.Deserialize<VolumeTier[]>(json, JsonSerializerOptions.Web)!;

    public static string Write(IReadOnlyList<VolumeTier> tiers) => JsonSerializer.Serialize(tiers, JsonSerializerOptions.Web);
}
