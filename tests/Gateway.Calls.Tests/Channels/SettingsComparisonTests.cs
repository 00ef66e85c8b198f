using Gateway.Calls.Channels;

namespace Gateway.Calls.Tests.Channels;

public sealed class SettingsComparisonTests
{
    private static readonly DateTimeOffset Now = new(2026, 12, 20, 10, 0, 0, TimeSpan.Zero);

    private static readonly ChannelSettings Ours = new()
    {
        Id = new("100"),
        Number = "4930123456",
        IconCountries = ["US", "BR"],
        CallbackPermission = true,
        CallHours = Hours(new("Europe/Berlin", [new("monday", "0900", "2400")],
            [new("2026-12-19", "0900", "1000"), new("2026-12-24", "0900", "1200"), new("2026-12-25")])),
    };

    [Fact]
    public void What_Meta_should_have_is_no_drift() => Assert.Empty(Compare(Ours, SettingsComparison.Wanted(Ours, Now)));

    [Fact]
    public void A_number_on_which_nothing_was_ever_set_has_calling_off()
    {
        var drift = Compare(new ChannelSettings { Id = new("100"), Number = "4930123456" }, new MetaSettings());
        Assert.Equal([new SettingDrift("callingEnabled", "ENABLED", "DISABLED")], drift);
    }

    [Fact]
    public void Meta_is_sent_no_past_holiday_and_a_closed_one_as_its_shortest_opening()
    {
        var hours = SettingsComparison.Wanted(Ours, Now).CallHours!;
        Assert.Equal([new HolidayHours("2026-12-24", "0900", "1200"), new HolidayHours("2026-12-25", "0000", "0001")], hours.Holidays);
        Assert.Equal("2359", hours.Week![0].Close);
    }

    [Fact]
    public void A_holiday_that_passes_is_no_drift() =>
        Assert.Empty(Compare(Ours, SettingsComparison.Wanted(Ours, Now.AddDays(-5))));

    [Fact]
    public void Two_names_of_one_time_zone_are_no_drift()
    {
        CallHoursDocument Of(string zone) => new(zone, [new("monday", "0900", "1700")]);
        Assert.Empty(Compare(Ours with { CallHours = Hours(Of("Asia/Calcutta")) }, SettingsComparison.Wanted(
            Ours with { CallHours = Hours(Of("Asia/Kolkata")) }, Now)));
    }

    [Fact]
    public void Hours_that_cannot_be_applied_here_stay_as_they_are_at_Meta()
    {
        var stored = Ours with { CallHours = CallHours.Stored(new("Mars/Olympus", [new("monday", "0900", "1700")])) };
        var wanted = SettingsComparison.Wanted(stored, Now);
        Assert.Equal("Mars/Olympus", wanted.CallHours!.TimeZone);
        Assert.Empty(SettingsComparison.Compare(wanted, wanted, Now));
    }

    [Fact]
    public void Every_difference_is_named()
    {
        var metas = new MetaSettings { Status =
            "DISABLED", IconVisibility = "DISABLE_ALL", IconCountries = ["DE"], CallbackPermissionStatus = "DISABLED" };
        Assert.Equal(
            ["callingEnabled", "iconIsVisible", "iconCountries", "callbackPermission", "callHours"],
            Compare(Ours, metas).Select(drift => drift.Setting));
    }

    [Fact]
    public void Where_contacts_may_not_call_the_icon_is_hidden() =>
        Assert.Equal(MetaSettings.IconHidden, SettingsComparison.Wanted(Ours with { ContactsMayCall = false }, Now).IconVisibility);

    [Fact]
    public void What_was_adopted_agrees_with_Meta()
    {
        MetaSettings[] all =
        [
            new(), SettingsComparison.Wanted(Ours, Now),
            new() { Status = "DISABLED", IconVisibility = "DISABLE_ALL", IconCountries = ["DE"] },
            new() { Status = "ENABLED", CallHours = new(
                "Asia/Kolkata", [new("SUNDAY", "0000", "2359")], [new("2026-12-26", "0000", "0001")]) },
        ];
        foreach (var metas in all)
        {
            foreach (var ours in new[] { Ours, Ours with { ContactsMayCall = false } })
            {
                Assert.True(SettingsComparison.TryAdopt(ours, metas, out var adopted, out _));
                Assert.DoesNotContain(Compare(adopted, metas), drift => ours.ContactsMayCall || drift.Setting != "iconIsVisible");
            }
        }
    }

    [Fact]
    public void Hours_that_we_could_not_hold_are_not_adopted()
    {
        Assert.False(SettingsComparison.TryAdopt(
            Ours, new() { CallHours = new("Europe/Berlin", [new("FUNDAY", "0000", "2359")]) }, out var same, out var errors));
        Assert.Same(Ours, same);
        Assert.Single(errors);
    }

    private static IReadOnlyList<SettingDrift> Compare(ChannelSettings ours, MetaSettings metas) =>
        SettingsComparison.Compare(SettingsComparison.Wanted(ours, Now), metas, Now);

    private static CallHours Hours(CallHoursDocument document) =>
        CallHours.TryCreate(document, out var hours, out var errors)
            ? hours
            : throw new InvalidOperationException(string.Join(" ", errors));
}
