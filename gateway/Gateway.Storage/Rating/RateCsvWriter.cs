using System.Globalization;
using CsvHelper;
using Gateway.Calls;
using Gateway.Calls.Rating;

namespace Gateway.Storage.Rating;

/// <summary>The columns of a file of rates, in the order in which they are written; read in any order.</summary>
internal static class RateCsvColumns
{
    public const string Direction = "direction", Prefix = "prefix", ValidFrom = "valid_from", ValidUntil = "valid_until",
    Currency = "currency",
        PricePerMinute = "price_per_minute", ConnectionFee = "connection_fee", PulseSeconds = "pulse_seconds",
        MinimumSeconds = "minimum_seconds", Tiers = "tiers";

    /// <summary>50000:0.0070|250000:0.0050.</summary>
    public const char BetweenTiers = '|', WithinTier = ':';

    public static readonly string[] All =
        [Direction, Prefix, ValidFrom, ValidUntil, Currency, PricePerMinute, ConnectionFee, PulseSeconds, MinimumSeconds, Tiers];

    public static readonly string[] Required = [Direction, Prefix, ValidFrom, PricePerMinute];

    /// <summary>The column of a field of <see cref="RateTerms"/>.</summary>
    public static string NameOf(string field) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(field);
}

/// <summary>Writes rates so that <see cref="RateCsvReader"/> reads the same ones: all columns, commas, CRLF, times in UTC.</summary>
public static class RateCsvWriter
{
    public static void Write(TextWriter text, IEnumerable<CardRate> rates)
    {
        using var csv = new CsvWriter(text, CultureInfo.InvariantCulture, leaveOpen: true);
        foreach (var column in RateCsvColumns.All)
            csv.WriteField(column);
        csv.NextRecord();
        foreach (var (rate, validFrom, validUntil, _) in rates)
        {
            csv.WriteField(WireName.Of(rate.Direction));
            csv.WriteField(rate.Prefix);
            csv.WriteField(Time(validFrom));
            csv.WriteField(validUntil is { } end ? Time(end) : "");
            csv.WriteField(rate.Currency);
            csv.WriteField(Number(rate.PricePerMinute));
            csv.WriteField(Number(rate.ConnectionFee));
            csv.WriteField((int)rate.Pulse.TotalSeconds);
            csv.WriteField((int)rate.Minimum.TotalSeconds);
            csv.WriteField(string.Join(
                RateCsvColumns.BetweenTiers,
                rate.Tiers.Select(t => Number(t.FromMinutes) + RateCsvColumns.WithinTier + Number(t.PricePerMinute))));
            csv.NextRecord();
        }
    }

    private static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);

    private static string Number(decimal value) => value.ToString(CultureInfo.InvariantCulture);
}
