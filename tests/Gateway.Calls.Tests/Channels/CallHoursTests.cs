using FsCheck;
using FsCheck.Fluent;
using Gateway.Calls.Channels;

namespace Gateway.Calls.Tests.Channels;

public sealed class CallHoursTests
{
    private static readonly string[] Zones =
        ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/St_Johns", "Africa/Casablanca", "Asia/Kolkata",
            "Pacific/Auckland", "Pacific/Kiritimati", "Etc/UTC"];

    [Theory]
    [InlineData("2026-11-23T08:00:00Z", true)] // Monday 09:00 in Berlin
    [InlineData("2026-11-23T07:59:59Z", false)]
    [InlineData("2026-11-23T15:59:59Z", true)]
    [InlineData("2026-11-23T16:00:00Z", false)] // the closing time is closed
    [InlineData("2026-07-20T07:00:00Z", true)] // an hour earlier in summer
    [InlineData("2026-11-22T10:00:00Z", false)] // Sunday
    public void Local_time_decides(string now, bool isOpen) => Assert.Equal(isOpen, Hours(Week("monday 0900 1700")).IsOpenAt(At(now)));

    [Theory]
    [InlineData("2359")]
    [InlineData("2400")]
    public void The_last_minute_of_a_day_belongs_to_it(string close)
    {
        var hours = Hours(Week($"monday 0000 {close}", "tuesday 0000 2359"));
        Assert.True(hours.IsOpenAt(At("2026-11-23T22:59:59Z")));
        Assert.True(hours.IsOpenAt(At("2026-11-23T23:00:00Z")));
        Assert.Equal("2359", hours.Document.Week![0].Close);
    }

    [Fact]
    public void A_holiday_replaces_the_hours_of_its_date()
    {
        var hours = Hours(
            Week("thursday 0900 1700", "friday 0900 1700"), new HolidayHours("2026-12-24", "1000", "1200"), new HolidayHours("2026-12-25"));
        Assert.False(hours.IsOpenAt(At("2026-12-24T08:30:00Z")));
        Assert.True(hours.IsOpenAt(At("2026-12-24T09:30:00Z")));
        Assert.False(hours.IsOpenAt(At("2026-12-25T09:30:00Z")));
        Assert.Equal(At("2026-12-31T08:00:00Z"), hours.NextOpening(At("2026-12-24T11:00:00Z")));
    }

    [Fact]
    public void An_hour_that_summer_time_leaves_out_opens_when_it_would_have_passed()
    {
        // Berlin goes from 02:00 to 03:00 on 2026-03-29.
        Assert.Equal(At("2026-03-29T01:00:00Z"), Hours(Week("sunday 0230 0400")).NextOpening(At("2026-03-29T00:00:00Z")));
        Assert.Equal(At("2026-04-05T00:00:00Z"), Hours(Week("sunday 0200 0300")).NextOpening(At("2026-03-29T00:00:00Z")));
    }

    [Fact]
    public void A_change_of_summer_time_does_not_hide_the_opening_before_it() =>
        Assert.Equal(At("2026-03-28T23:00:00Z"), Hours(Week("sunday 0000 2359")).NextOpening(At("2026-03-28T12:00:00Z")));

    [Fact]
    public void An_hour_that_comes_twice_is_open_twice()
    {
        // Berlin goes from 03:00 back to 02:00 on 2026-10-25, at 01:00 UTC.
        var hours = Hours(Week("sunday 0200 0230"));
        Assert.True(hours.IsOpenAt(At("2026-10-25T00:10:00Z")));
        Assert.False(hours.IsOpenAt(At("2026-10-25T00:40:00Z")));
        Assert.Equal(At("2026-10-25T01:00:00Z"), hours.NextOpening(At("2026-10-25T00:40:00Z")));
        Assert.Equal(At("2026-10-25T01:00:00Z"), Hours(Week("sunday 0130 0230")).NextOpening(At("2026-10-25T00:40:00Z")));
    }

    [Fact]
    public void Where_every_open_day_is_a_closed_holiday_for_months_the_one_after_them_is_found()
    {
        var mondays = Enumerable.Range(0, CallHours.MaxHolidays)
            .Select(i => new HolidayHours(new DateOnly(2026, 11, 23).AddDays(7 * i).ToString("yyyy-MM-dd"))).ToArray();
        Assert.Equal(At("2027-04-12T07:00:00Z"), Hours(Week("monday 0900 1700"), mondays).NextOpening(At("2026-11-22T00:00:00Z")));
    }

    [Fact]
    public void Everything_wrong_is_named_at_once()
    {
        var document = new CallHoursDocument(
            "Mars/Olympus",
            [new("monday", "0900", "1200"), new(
                "monday", "1100", "1300"), new("tuesday", "0100", "0200"), new("tuesday", "0300", "0400"), new("tuesday", "0500", "0600"),
                new("noday", "0900", "1200"), new("friday", "1700", "0900"), new("friday", "9am", "1200"), new("friday", "2400", "2400")],
            [new("2026-13-01"), new("2026-12-24", "1200", null), new("2026-12-25"), new("2026-12-25", "0900", "1000")]);
        Assert.False(CallHours.TryCreate(document, out _, out var errors));
        Assert.Equal(10, errors.Count);
    }

    [Theory]
    [InlineData("../../../etc/passwd")]
    [InlineData("/etc/localtime")]
    [InlineData("")]
    [InlineData(null)]
    public void A_time_zone_is_a_name_and_not_a_path(string? zone) =>
        Assert.False(CallHours.TryCreate(new(zone, Week("monday 0900 1700")), out _, out _));

    [Theory]
    [InlineData("Asia/Calcutta")]
    [InlineData("US/Pacific")]
    [InlineData("Asia/Saigon")]
    [InlineData("America/Buenos_Aires")]
    [InlineData("Asia/Rangoon")]
    [InlineData("Europe/Kiev")]
    [InlineData("GB")]
    [InlineData("PRC")]
    [InlineData("EST5EDT")]
    public void A_former_name_is_found_in_data_that_know_current_names_only(string zone)
    {
        Assert.True(CallHours.TryCreate(new(zone, Week("monday 0900 1700")), CurrentNamesOnly, out var hours, out _));
        Assert.Equal(zone, hours.Document.TimeZone); // stored hours, and those sent to Meta, stay as they were written
        Assert.Equal(Hours(ZoneNames.Current(zone), Week("monday 0900 1700"))
            .IsOpenAt(At("2026-11-23T08:00:00Z")), hours.IsOpenAt(At("2026-11-23T08:00:00Z")));
    }

    [Fact]
    public void Every_former_name_is_found_in_data_that_know_current_names_only() =>
        Assert.All(ZoneNames.All, pair =>
            Assert.Equal(ZoneNames.OfSystem(pair.Current)!.BaseUtcOffset, ZoneNames.Find(pair.Former, CurrentNamesOnly)!.BaseUtcOffset));

    [Theory]
    [InlineData("Europe/Kyiv", "Europe/Kiev")]
    [InlineData("America/Nuuk", "America/Godthab")]
    [InlineData("Pacific/Kanton", "Pacific/Enderbury")]
    [InlineData("Asia/Yangon", "Asia/Rangoon")]
    public void A_name_that_the_data_are_too_old_for_is_found_under_its_former_one(string zone, string known) =>
        // the machine's own data may have current names only
        Assert.True(CallHours.TryCreate(
            new(zone, Week("monday 0900 1700")), name => name == known ? ZoneNames.OfSystem(zone) : null, out _, out _));

    [Theory]
    [InlineData("Mars/Olympus", "0900")]
    [InlineData(null, "0900")]
    [InlineData("Europe/Berlin", "nine")]
    public void Stored_hours_that_cannot_be_applied_close_nothing_and_say_so(string? zone, string open)
    {
        var stored = new CallHoursDocument(zone, [new("monday", open, "1700")]);
        var hours = CallHours.Stored(stored);
        Assert.NotNull(hours.Fault);
        Assert.True(hours.IsOpenAt(At("2026-11-22T10:00:00Z")));
        Assert.Equal(At("2026-11-22T10:00:00Z"), hours.NextOpening(At("2026-11-22T10:00:00Z")));
        Assert.Equal(stored.TimeZone, hours.Document.TimeZone);
        Assert.Equal(stored.Week, hours.Document.Week);
        Assert.Null(CallHours.Stored(new("Europe/Berlin", Week("monday 0900 1700"))).Fault);
    }

    [Fact]
    public void No_more_holidays_than_Meta_takes()
    {
        var holidays = Enumerable.Range(1, CallHours.MaxHolidays + 1).Select(day => new HolidayHours($"2026-12-{day:00}")).ToArray();
        Assert.False(CallHours.TryCreate(new("Europe/Berlin", Week("monday 0900 1700"), holidays), out _, out var errors));
        Assert.Single(errors);
    }

    [Fact]
    public void The_next_opening_is_the_first_open_minute() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(Cases(), sample =>
    {
        var (hours, now) = sample;
        // The same as checking minute by minute.
        var minute = now;
        while (minute < now.AddDays(3) && !hours.IsOpenAt(minute))
            minute = minute.AddMinutes(1);
        var found = hours.NextOpening(now);
        return hours.IsOpenAt(minute) ? found == minute : found is null || found >= now.AddDays(3);
    }));

    [Fact]
    public void What_is_stored_describes_the_same_hours() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), Prop.ForAll(Cases(), sample =>
    {
        Assert.True(CallHours.TryCreate(sample.Hours.Document, out var again, out _));
        return again.IsOpenAt(sample.Now) == sample.Hours.IsOpenAt(sample.Now)
            && again.Document.Week!.SequenceEqual(sample.Hours.Document.Week!)
            && again.Document.Holidays!.SequenceEqual(sample.Hours.Document.Holidays!);
    }));

    /// <summary>Hours of a zone, and a moment near one of its changes of offset, or anywhere.</summary>
    private static Arbitrary<(CallHours Hours, DateTimeOffset Now)> Cases()
    {
        var spans =
            from start in Gen.Choose(0, 23 * 4)
            from quarters in Gen.Choose(1, 24 * 4 - start)
            select (Open: Clock(start * 15), Close: Clock((start + quarters) * 15));
        var week = Gen.Choose(0, 127).Where(days => days > 0).SelectMany(days => Gen.ListOf(spans, 7).Select(all =>
            Enumerable.Range(0, 7).Where(day => (days & (1 << day)) != 0)
                .Select(day => new WeeklyHours(((DayOfWeek)day).ToString().ToLowerInvariant(), all[day].Open, all[day].Close)).ToArray()));
        var moments = Gen.OneOf(
            Gen.Choose(0, 72 * 60).Select(minute => At("2026-03-28T00:00:00Z").AddMinutes(minute)),
            Gen.Choose(0, 72 * 60).Select(minute => At("2026-10-24T00:00:00Z").AddMinutes(minute)),
            Gen.Choose(0, 72 * 60).Select(minute => At("2026-04-04T00:00:00Z").AddMinutes(minute)), // Lord Howe: half an hour
            Gen.Choose(0, 366 * 24 * 60).Select(minute => At("2026-01-01T00:00:00Z").AddMinutes(minute)));
        var cases =
            from zone in Gen.Elements(Zones)
            from entries in week
            from now in moments
            from offset in Gen.Choose(-2, 2)
            from closed in Gen.Elements(true, false)
            let holiday = DateOnly.FromDateTime(now.UtcDateTime).AddDays(offset).ToString("yyyy-MM-dd")
            select (Hours(zone, entries, closed ? new HolidayHours(holiday) : new HolidayHours(holiday, "0130", "0245")), now);
        return Arb.From(cases);
    }

    /// <summary>Ubuntu's tzdata without tzdata-legacy.</summary>
    private static TimeZoneInfo? CurrentNamesOnly(string name) =>
        ZoneNames.All.Any(pair => pair.Former == name) ? null : ZoneNames.OfSystem(name);

    private static string Clock(int minutes) => $"{minutes / 60:00}{minutes % 60:00}";

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private static WeeklyHours[] Week(params string[] entries) =>
        [.. entries.Select(entry => entry.Split(' ')).Select(parts => new WeeklyHours(parts[0], parts[1], parts[2]))];

    private static CallHours Hours(WeeklyHours[] week, params HolidayHours[] holidays) => Hours("Europe/Berlin", week, holidays);

    private static CallHours Hours(string zone, WeeklyHours[] week, params HolidayHours[] holidays) =>
        CallHours.TryCreate(new(zone, week, holidays), out var hours, out var errors)
            ? hours
            : throw new InvalidOperationException(string.Join(" ", errors));
}
