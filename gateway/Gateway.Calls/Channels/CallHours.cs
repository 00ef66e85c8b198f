using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;
using Media.Protocols.Primitives;

namespace Gateway.Calls.Channels;

/// <summary>
/// The times at which users may call a channel: weekly opening hours in a time zone, and dates on which other hours apply (Meta: Calling
/// API, "Configure call settings", <c>call_hours</c>). Local time decides: an hour skipped by summer time is not open, and one that occurs
/// twice is open twice. Valid by construction; the time zone data are the system's (package tzdata), under former names too.
/// Stored hours that this machine cannot apply never close the channel: see <see cref="Stored"/>.
/// </summary>
/// <remarks>Meta's table calls the two times of a holiday "opening and closing times" of an override, so on that date they replace the
/// week's hours. Meta has no closed date; ours is one without the two times.</remarks>
public sealed partial class CallHours
{
    /// <summary>Meta's limits.</summary>
    public const int MaxEntriesPerDay = 2, MaxHolidays = 20;

    private const int EndOfDay = 24 * 60;

    /// <summary>Every Monday of 20 weeks may be a closed holiday; after those comes an open one.</summary>
    private const int SearchedDays = (MaxHolidays + 2) * 7;

    private readonly TimeZoneInfo _zone;
    private readonly ILookup<DayOfWeek, Span> _week;
    private readonly Dictionary<DateOnly, Span[]> _holidays;

    private CallHours(
        CallHoursDocument document, TimeZoneInfo zone, ILookup<DayOfWeek, Span> week, Dictionary<DateOnly, Span[]> holidays,
        string? fault = null) =>
        (Document, _zone, _week, _holidays, Fault) = (document, zone, week, holidays, fault);

    /// <summary>The hours as they are stored and shown, ordered by day and time, 2400 written as 2359.</summary>
    public CallHoursDocument Document { get; }

    /// <summary>The reason why stored hours cannot be applied, so that users may call at any time; null where they can.</summary>
    public string? Fault { get; }

    /// <summary>
    /// Hours from the store, applied as far as possible. An unknown time zone or an invalid document must not cost calls: such hours are
    /// never closed, give the reason in <see cref="Fault"/>, and keep their document for repair.
    /// </summary>
    public static CallHours Stored(CallHoursDocument document) => TryCreate(document, out var hours, out var errors)
        ? hours
        : new CallHours(
            document with { Week =
                [.. (document.Week ?? []).Where(e => e is not null)], Holidays = [.. (document.Holidays ?? []).Where(e => e is not null)] },
            TimeZoneInfo.Utc,
            Enumerable.Empty<Span>().ToLookup(_ => default(DayOfWeek)), [], string.Join(" ", errors));

    /// <summary>True where <paramref name="document"/> describes hours; otherwise
    /// <paramref name="errors"/> names everything wrong with it.</summary>
    public static bool TryCreate(CallHoursDocument document, [NotNullWhen(true)] out CallHours? hours, out IReadOnlyList<string> errors) =>
        TryCreate(document, ZoneNames.OfSystem, out hours, out errors);

    /// <param name="document">The document to check.</param>
    /// <param name="zones">The zone that the data have under a name, or null.</param>
    /// <param name="hours">The hours.</param>
    /// <param name="errors">Everything wrong with the document.</param>
    internal static bool TryCreate(
        CallHoursDocument document, Func<string, TimeZoneInfo?> zones, [NotNullWhen(true)] out CallHours? hours,
        out IReadOnlyList<string> errors)
    {
        hours = null;
        List<string> found = [];
        errors = found;
        var zone = document.TimeZone is { Length: <= 64 } name && ZoneName().IsMatch(name) ? ZoneNames.Find(name, zones) : null;
        if (zone is null)
            found.Add($"timeZone: '{document.TimeZone}' is not the IANA name of a time zone known to this machine.");
        var week = Week(document.Week ?? [], found);
        var holidays = Holidays(document.Holidays ?? [], found);
        if (found.Count > 0)
            return false;
        hours = new CallHours(
            new CallHoursDocument(
                document.TimeZone,
                [.. week.OrderBy(entry => MondayFirst(entry.Day)).ThenBy(entry => entry.Hours.Open)
                    .Select(entry => new WeeklyHours(WireName.Of(entry.Day), entry.Hours.OpenText, entry.Hours.CloseText))],
                [.. holidays.OrderBy(entry => entry.Date).ThenBy(entry => entry.Hours?.Open)
                    .Select(entry => new HolidayHours(
                        entry.Date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), entry.Hours?.OpenText, entry.Hours?.CloseText))]),
            zone!,
            week.ToLookup(entry => entry.Day, entry => entry.Hours),
            holidays.GroupBy(entry => entry.Date).ToDictionary(
                date => date.Key, date => date.Where(entry => entry.Hours is not null).Select(entry => entry.Hours!.Value).ToArray()));
        return true;
    }

    public bool IsOpenAt(DateTimeOffset now)
    {
        if (Fault is not null)
            return true;
        var local = LocalTime(now);
        var spans = SpansOf(DateOnly.FromDateTime(local));
        return spans.Any(span => span.Contains(local.TimeOfDay));
    }

    /// <summary>The first moment from <paramref name="now"/> on at which the channel is open, possibly
    /// <paramref name="now"/> itself; null where no day ever opens.</summary>
    public DateTimeOffset? NextOpening(DateTimeOffset now)
    {
        if (IsOpenAt(now))
            return now;
        var today = DateOnly.FromDateTime(LocalTime(now));
        for (var date = today; date < today.AddDays(SearchedDays); date = date.AddDays(1))
            if (Openings(date).Where(opening => opening > now && DateAt(opening) == date && IsOpenAt(opening)).Order()
                .Select(opening => (DateTimeOffset?)opening).FirstOrDefault() is { } first)
                return first;
        return null;
    }

    /// <summary>The date in the hours' time zone.</summary>
    public DateOnly DateAt(DateTimeOffset now) => DateOnly.FromDateTime(LocalTime(now));

    private DateTime LocalTime(DateTimeOffset now) => TimeZoneInfo.ConvertTime(now, _zone).DateTime;

    private IEnumerable<Span> SpansOf(DateOnly date) => _holidays.TryGetValue(date, out var instead) ? instead : _week[date.DayOfWeek];

    /// <summary>Every moment at which a span of a date can begin: its local time under each offset of that date, and each
    /// change of offset. Some are on a neighbouring date.</summary>
    private IEnumerable<DateTimeOffset> Openings(DateOnly date)
    {
        var midnight = new DateTimeOffset(date.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
        // Somewhere on earth the date lasts from 14 hours before this midnight to 36 after it.
        var (before, after) = (midnight.AddHours(-15), midnight.AddHours(37));
        TimeSpan[] offsets = [.. new[] { _zone.GetUtcOffset(before), _zone.GetUtcOffset(after) }.Distinct()];
        foreach (var span in SpansOf(date))
            foreach (var offset in offsets)
                yield return midnight.AddMinutes(span.Open) - offset;
        if (offsets.Length == 2)
            yield return ChangeOfOffset(before, after);
    }

    private DateTimeOffset ChangeOfOffset(DateTimeOffset before, DateTimeOffset after)
    {
        var old = _zone.GetUtcOffset(before);
        while (after - before > TimeSpan.FromSeconds(1))
        {
            var middle = before + TimeSpan.FromSeconds(Math.Floor((after - before).TotalSeconds / 2));
            if (_zone.GetUtcOffset(middle) == old)
                before = middle;
            else
                after = middle;
        }
        return after;
    }

    private static List<(DayOfWeek Day, Span Hours)> Week(IReadOnlyList<WeeklyHours?> entries, List<string> errors)
    {
        List<(DayOfWeek Day, Span Hours)> week = [];
        if (entries.Count == 0)
            errors.Add("week: needs at least one entry; omit callHours for no hours.");
        foreach (var (entry, i) in entries.Take(7 * MaxEntriesPerDay + 1).Select((entry, i) => (entry, i)))
        {
            var isDay = WireName.TryParse<DayOfWeek>(entry?.Day?.ToLowerInvariant(), out var day);
            if (!isDay)
                errors.Add($"week[{i}].day: '{entry?.Day}' is not a day from monday to sunday.");
            if (Span.TryParse(entry?.Open, entry?.Close, out var hours) && isDay)
                week.Add((day, hours));
            else if (isDay)
                errors.Add($"week[{i}]: open must be before close, both as HHMM.");
        }
        Collisions(week.GroupBy(entry => WireName.Of(entry.Day), entry => entry.Hours), "week", errors);
        return week;
    }

    private static List<(DateOnly Date, Span? Hours)> Holidays(IReadOnlyList<HolidayHours?> entries, List<string> errors)
    {
        List<(DateOnly Date, Span? Hours)> holidays = [];
        if (entries.Count > MaxHolidays)
            errors.Add($"holidays: at most {MaxHolidays}.");
        foreach (var (entry, i) in entries.Take(MaxHolidays).Select((entry, i) => (entry, i)))
        {
            var hours = default(Span);
            var isClosed = entry is { Open: null, Close: null };
            if (!DateOnly.TryParseExact(entry?.Date, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
                errors.Add($"holidays[{i}].date: '{entry?.Date}' is not a date as YYYY-MM-DD.");
            else if (!isClosed && !Span.TryParse(entry?.Open, entry?.Close, out hours))
                errors.Add($"holidays[{i}]: open must be before close, both as HHMM; omit both for a closed day.");
            else
                holidays.Add((date, isClosed ? null : hours));
        }
        foreach (
            var date in holidays.GroupBy(entry => entry.Date).Where(date => date.Count() > 1 && date.Any(entry => entry.Hours is null)))
            errors.Add($"holidays: {date.Key:yyyy-MM-dd} is closed and has hours, or is closed twice.");
        Collisions(holidays.Where(entry => entry.Hours is not null).GroupBy(
            entry => entry.Date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), entry => entry.Hours!.Value), "holidays", errors);
        return holidays;
    }

    private static void Collisions(IEnumerable<IGrouping<string, Span>> days, string where, List<string> errors)
    {
        foreach (var day in days)
        {
            var spans = day.OrderBy(span => span.Open).ToArray();
            if (spans.Length > MaxEntriesPerDay)
                errors.Add($"{where}: {day.Key} has more than {MaxEntriesPerDay} entries.");
            if (spans.Zip(spans.Skip(1)).Any(pair => pair.Second.Open < pair.First.Close))
                errors.Add($"{where}: the entries of {day.Key} overlap.");
        }
    }

    private static int MondayFirst(DayOfWeek day) => ((int)day + 6) % 7;

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_+\-]*(/[A-Za-z0-9_+\-]+)*\z")]
    private static partial Regex ZoneName();

    /// <summary>Part of a day in minutes since its midnight, the end not included. HHMM;
    /// 2359 and 2400 both mean up to the next midnight.</summary>
    private readonly record struct Span(int Open, int Close)
    {
        public string OpenText => $"{Open / 60:00}{Open % 60:00}";

        public string CloseText => Close == EndOfDay ? "2359" : $"{Close / 60:00}{Close % 60:00}";

        public bool Contains(TimeSpan time) => time.TotalMinutes >= Open && time.TotalMinutes < Close;

        public static bool TryParse(string? open, string? close, out Span span)
        {
            span = default;
            if (Minutes(open) is not { } from || from >= EndOfDay || Minutes(close) is not { } until || from >= until)
                return false;
            span = new Span(from, until == EndOfDay - 1 ? EndOfDay : until);
            return true;
        }

        private static int? Minutes(string? text)
        {
            if (text is not { Length: 4 } || !text.All(char.IsAsciiDigit))
                return null;
            var (hour, minute) = (int.Parse(text[..2], CultureInfo.InvariantCulture), int.Parse(text[2..], CultureInfo.InvariantCulture));
            return hour < 24 && minute < 60 || (hour, minute) == (24, 0) ? hour * 60 + minute : null;
        }
    }
}
