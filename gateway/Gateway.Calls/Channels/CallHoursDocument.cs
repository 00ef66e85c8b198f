namespace Gateway.Calls.Channels;

/// <summary>
/// Call hours as text, not yet checked: the JSON of <c>channels.call_hours</c> and of the admin API, e.g.
/// <c>{"timeZone":"Europe/Berlin","week":[{"day":"monday","open":"0900","close":"1700"}],"holidays":[{"date":"2026-12-25"}]}</c>.
/// </summary>
/// <param name="TimeZone">IANA name.</param>
/// <param name="Week">At most two entries a day.</param>
/// <param name="Holidays">Dates whose hours replace those of the week; at most 20.</param>
public sealed record CallHoursDocument(string? TimeZone, IReadOnlyList<WeeklyHours>? Week, IReadOnlyList<HolidayHours>? Holidays = null);

/// <param name="Day">monday … sunday.</param>
/// <param name="Open">HHMM.</param>
/// <param name="Close">HHMM, later than <paramref name="Open"/>; 2359 and 2400 mean midnight.</param>
public sealed record WeeklyHours(string? Day, string? Open, string? Close);

/// <param name="Date">YYYY-MM-DD in the time zone of the hours.</param>
/// <param name="Open">HHMM; null, with <paramref name="Close"/>, on a day that stays closed.</param>
/// <param name="Close">As in <see cref="WeeklyHours"/>.</param>
public sealed record HolidayHours(string? Date, string? Open = null, string? Close = null);
