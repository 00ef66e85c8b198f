using Gateway.Calls.Channels;
using Gateway.WhatsApp.Graph;
using Gateway.Worker.Channels;

namespace Gateway.Worker.Tests.Channels;

public sealed class SettingsPushTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private static readonly CallHoursDocument Hours = new(
        "Europe/Berlin", [new("monday", "0900", "1700")], [new("2026-12-25", "0000", "0001")]);

    private static readonly MetaSettings Wanted =
        new() { Status = "ENABLED", IconVisibility = "DEFAULT", CallbackPermissionStatus = "DISABLED" };

    [Fact]
    public void Where_Meta_agrees_nothing_is_sent() =>
        Assert.Null(SettingsPush.Of(Wanted, new() { Status = "ENABLED" }, pushed: null, Now));

    [Fact]
    public void At_first_everything_that_differs_is_sent()
    {
        var update = SettingsPush.Of(Wanted with { CallHours = Hours, IconCountries = ["BR"] },
            new() { Status = "DISABLED", CallbackPermissionStatus = "ENABLED" }, pushed: null, Now);
        Assert.Equal(("ENABLED", null, "DISABLED"), (update!.Status, update.CallIconVisibility, update.CallbackPermissionStatus));
        Assert.Equal(["BR"], update.IconCountries);
        Assert.True(update.CallHours is { IsEnabled: true, Hours: var hours } && hours == Hours);
    }

    [Fact]
    public void Later_only_what_changed_since()
    {
        var update = SettingsPush.Of(Wanted with { IconVisibility = "DISABLE_ALL" }, new() { Status = "DISABLED" }, pushed: Wanted, Now);
        Assert.Equal((null, "DISABLE_ALL"), (update!.Status, update.CallIconVisibility));
    }

    [Fact]
    public void Hours_are_switched_off_by_what_Meta_has()
    {
        var update = SettingsPush.Of(
            Wanted, new() { Status = "ENABLED", CallHours = new(true, Hours) }, pushed: Wanted with { CallHours = Hours }, Now);
        Assert.True(update!.CallHours is { IsEnabled: false, Hours: { TimeZone: "Europe/Berlin", Week.Count: 1, Holidays.Count: 0 } });
    }

    [Fact]
    public void A_holiday_that_has_passed_is_no_reason_to_send() =>
        Assert.Null(SettingsPush.Of(Wanted with { CallHours = Hours with { Holidays = [] } },
            new() { Status = "ENABLED", CallHours = new(true, Hours) }, pushed: null, Now.AddDays(40)));
}
