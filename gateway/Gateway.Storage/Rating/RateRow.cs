using System.Text.Json;
using Gateway.Calls;
using Gateway.Calls.Rating;
using Media.Protocols.Primitives;

namespace Gateway.Storage.Rating;

/// <summary>A rate as a row of the table, with the currency of its card.</summary>
internal sealed record RateRow
{
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

    /// <summary>As terms have it: without id, card, currency and version.</summary>
    public static RateRow Of(RateTerms terms) => new()
    {
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

    /// <summary>The mirror of <see cref="ToRate"/>.</summary>
    public static RateRow Of(CardRate rate) => Of(rate.Terms()) with
    {
        Id = rate.Rate.Id, Card = rate.Rate.Card, Currency = rate.Rate.Currency, Version = rate.Version,
    };
}

/// <summary>Volume tiers as `rates.tiers` holds them: numbers, which PostgreSQL and .NET both keep to the last digit.</summary>
public static class RateTiers
{
    public static IReadOnlyList<VolumeTier> Read(string json) => JsonSerializer.Deserialize<VolumeTier[]>(json, JsonSerializerOptions.Web)!;

    public static string Write(IReadOnlyList<VolumeTier> tiers) => JsonSerializer.Serialize(tiers, JsonSerializerOptions.Web);
}
