using System.Globalization;

namespace Gateway.Storage;

/// <summary>
/// A time as accepted in JSON bodies, queries and files alike: ISO 8601, a date or a date and time, with or without an offset.
/// Without one it is UTC, and a date is its first moment in UTC: the zone of the machine never counts.
/// </summary>
public static class TimeText
{
    public const string Rule = "Must be a date or a time such as 2026-01-31 or 2026-01-31T12:00:00Z; without an offset it is UTC.";

    private static readonly string[] Formats = ["yyyy-MM-dd", "yyyy-MM-ddTHH:mmK", "yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-ddTHH:mm:ss.FFFFFFFK"];

    /// <summary>In UTC.</summary>
    public static bool TryRead(string? text, out DateTimeOffset time) => DateTimeOffset.TryParseExact(
        text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);
}
