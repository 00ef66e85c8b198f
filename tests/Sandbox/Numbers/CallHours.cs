using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sandbox.Numbers;

/// <summary>The call_hours of a business number: validation as at Meta, and whether a user may call at a moment.</summary>
public static class CallHours
{
    private const int EntriesPerDay = 2, HolidayEntries = 20;

    private static readonly string[] Days = ["SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"];

    /// <summary>The fault in them, or null.</summary>
    public static string? Check(JsonNode? hours, DateTimeOffset now)
    {
        if (hours is not JsonObject || Word(hours, "status") is not ("ENABLED" or "DISABLED"))
            return "call_hours.status must be ENABLED or DISABLED";
        if (Word(hours, "timezone_id") is not { } name || !TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone))
            return "call_hours.timezone_id must be an IANA name";
        if (hours["weekly_operating_hours"] is not JsonArray { Count: > 0 } week)
            return "call_hours.weekly_operating_hours must not be empty";
        if (week.Any(entry => Word(entry, "day_of_week") is not { } day || !Days.Contains(day)))
            return "day_of_week must be MONDAY to SUNDAY";
        if (CheckEntries(week, "day_of_week", "open_time", "close_time") is { } reason)
            return reason;
        return hours["holiday_schedule"] switch
        {
            null => null,
            JsonArray { Count: <= HolidayEntries } holidays =>
                CheckHolidays(holidays, DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, zone).DateTime)),
            _ => $"holiday_schedule takes at most {HolidayEntries} entries",
        };
    }

    /// <summary>True without hours, and while they are switched off.</summary>
    public static bool AreOpen(JsonObject? hours, DateTimeOffset now)
    {
        if (Word(hours, "status") != "ENABLED")
            return true;
        var local = TimeZoneInfo.ConvertTime(now, TimeZoneInfo.FindSystemTimeZoneById(Word(hours, "timezone_id")!));
        var date = local.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var holidays = (hours!["holiday_schedule"] as JsonArray ?? []).Where(entry => Word(entry, "date") == date).ToArray();
        var time = local.Hour * 100 + local.Minute;
        return holidays.Length > 0
            ? holidays.Any(entry => Holds(entry, "start_time", "end_time", time))
            : hours["weekly_operating_hours"]!.AsArray()
                .Any(entry => Word(entry, "day_of_week") == Days[(int)local.DayOfWeek] && Holds(entry, "open_time", "close_time", time));
    }

    private static string? CheckHolidays(JsonArray holidays, DateOnly today)
    {
        foreach (var holiday in holidays)
        {
            if (!DateOnly.TryParseExact(
                Word(holiday, "date"), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
                return "holiday_schedule entries need a date as YYYY-MM-DD";
            if (date < today)
                return $"holiday_schedule: {date:yyyy-MM-dd} is in the past";
        }
        return CheckEntries(holidays, "date", "start_time", "end_time");
    }

    private static string? CheckEntries(JsonArray entries, string key, string from, string until)
    {
        if (entries.Any(entry => Clock(entry, from) is not { } open || Clock(entry, until) is not { } close || open >= close))
            return $"{from} must lie before {until}, both as HHMM";
        foreach (var day in entries.GroupBy(entry => Word(entry, key)))
        {
            var ordered = day.OrderBy(entry => Clock(entry, from)).ToArray();
            if (ordered.Length > EntriesPerDay)
                return $"{day.Key} has more than {EntriesPerDay} entries";
            if (ordered is [var first, var second] && Clock(second, from) < Clock(first, until))
                return $"the entries of {day.Key} overlap";
        }
        return null;
    }

    /// <summary>The last minute of the day is open where it ends at 2359.</summary>
    private static bool Holds(JsonNode? entry, string from, string until, int time) =>
        time >= Clock(entry, from) && (time < Clock(entry, until) || (time == 2359 && Clock(entry, until) == 2359));

    /// <summary>HHMM as a number.</summary>
    private static int? Clock(JsonNode? entry, string name) =>
        Word(entry, name) is { Length: 4 } text && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var time)
        && time / 100 < 24 && time % 100 < 60 ? time : null;

    private static string? Word(JsonNode? node, string name) =>
        (node as JsonObject)?[name] is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;
}
