using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using static Sandbox.Tests.InboundCallTests;

namespace Sandbox.Tests;

public sealed class SettingsTests
{
    private static readonly string[] AllDays = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];

    [Theory]
    [InlineData("Mars/Olympus", "MONDAY 0900 1000", "")]
    [InlineData("Europe/Berlin", "", "")]
    [InlineData("Europe/Berlin", "MONDAY 0900 1000;MONDAY 1100 1200;MONDAY 1300 1400", "")]
    [InlineData("Europe/Berlin", "MONDAY 0900 1100;MONDAY 1030 1200", "")]
    [InlineData("Europe/Berlin", "MONDAY 0900 2400", "")]
    [InlineData("Europe/Berlin", "MONDAY 0900 1000", "2020-01-01 0000 2359")]
    [InlineData("Europe/Berlin", "MONDAY 0900 1000", "2999-01-01 1000 0900")]
    [InlineData("Europe/Berlin", "MONDAY 0900 1000", "2999-01-01 0900 1000;2999-01-01 0930 1100")]
    [InlineData("Europe/Berlin", "MONDAY 0900 1000", "2999-02-30 0900 1000")]
    public async Task Call_hours_that_Meta_would_not_take_are_refused_with_the_reason(string zone, string week, string holidays)
    {
        await using var rig = await Rig.StartAsync();
        var answer = await rig.GraphAsync("settings", new { calling = new { call_hours = Hours(zone, week, holidays) } });
        AssertFault(answer, HttpStatusCode.BadRequest, 100);
        Assert.NotEmpty((string)answer.Body["error"]!["error_data"]!["details"]!);
    }

    [Fact]
    public async Task Twenty_holidays_are_taken_and_one_more_is_not()
    {
        await using var rig = await Rig.StartAsync();
        string Days(int count) => string.Join(';', Enumerable.Range(1, count).Select(day => $"2999-01-{day:00} 0900 1000"));
        await SetAsync(rig, new { call_hours = Hours("Europe/Berlin", "MONDAY 0900 1000", Days(20)) });
        AssertFault(await rig.GraphAsync("settings",
            new { calling = new { call_hours = Hours("Europe/Berlin", "MONDAY 0900 1000", Days(21)) } }), HttpStatusCode.BadRequest, 100);
    }

    [Theory]
    [InlineData(138015)]
    [InlineData(138018)]
    public async Task Calling_cannot_be_switched_on_for_want_of_something(int code)
    {
        await using var rig = await Rig.StartAsync();
        await SetAsync(rig, new { status = "DISABLED" });
        using var patched = await rig.Control.PatchAsync("numbers/" + Rig.Number, JsonContent.Create(new { enablingFault = code }));
        AssertFault(await rig.GraphAsync("settings", new { calling = new { status = "ENABLED" } }), HttpStatusCode.BadRequest, code);
        await SetAsync(rig, new { call_icon_visibility = "DISABLE_ALL" });
    }

    [Fact]
    public async Task Outside_the_hours_no_call_begins_and_no_webhook_comes()
    {
        await using var rig = await Rig.StartAsync();
        var today = DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var tomorrow = DateTime.UtcNow.AddDays(1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var always = string.Join(';', AllDays.Select(day => day + " 0000 2359"));
        // A minute of the other half of the day.
        var shortly = DateTime.UtcNow.Hour < 12 ? "2358 2359" : "0000 0001";
        await SetAsync(rig, new { call_hours = Hours("Etc/UTC", always, $"{today} {shortly};{tomorrow} 2358 2359") });
        Assert.Equal("outside the call hours", await RefusalAsync(rig));
        await SetAsync(rig, new { call_hours = Hours("Etc/UTC", always, "") });
        await rig.PlaceAsync();
        await rig.ExpectAsync("connect");
    }

    [Fact]
    public async Task A_hidden_icon_leaves_the_buttons_in_messages()
    {
        await using var rig = await Rig.StartAsync();
        await SetAsync(rig, new { call_icon_visibility = "DISABLE_ALL" });
        await rig.ExpectAsync("account_settings_update");
        Assert.Equal("there is no call icon", await RefusalAsync(rig));
        await rig.PostAsync("calls", new { user = Rig.User, ctaPayload = "order-7" });
        await rig.ExpectAsync("connect");
    }

    [Fact]
    public async Task A_change_in_Metas_own_tools_is_announced()
    {
        await using var rig = await Rig.StartAsync();
        await rig.PostAsync($"numbers/{Rig.Number}/settings", new { calling = new { status = "DISABLED" } });
        var told = await rig.ExpectAsync("account_settings_update");
        Assert.Equal("DISABLED", (string?)told.Value["phone_number_settings"]!["calling"]!["status"]);
        Assert.Equal("calling is disabled on this number", await RefusalAsync(rig));
    }

    [Fact]
    public async Task A_restriction_is_announced_listed_and_obeyed()
    {
        await using var rig = await Rig.StartAsync();
        await rig.UserAsync();
        await rig.PostAsync($"numbers/{Rig.Number}/restrictions", new { type = "RESTRICTED_USER_INITIATED_CALLING" });
        var told = await rig.ExpectAsync("account_update");
        Assert.Equal("RESTRICTED_USER_INITIATED_CALLING", (string?)told.Value["restriction_info"]![0]!["restriction_type"]);
        var (_, read) = await rig.GraphAsync(HttpMethod.Get, "settings");
        Assert.Single(read["calling"]!["restrictions"]!["restrictions_list"]!.AsArray());
        Assert.Equal("calls to this number are restricted", await RefusalAsync(rig));
        using var lifted = await rig.Control.DeleteAsync($"numbers/{Rig.Number}/restrictions");
        await rig.PlaceAsync();
        await rig.ExpectAsync("connect");
    }

    private static async Task<string?> RefusalAsync(Rig rig)
    {
        using var refused = await rig.Control.PostAsJsonAsync("calls", new { user = Rig.User });
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        return (string?)(await refused.Content.ReadFromJsonAsync<System.Text.Json.Nodes.JsonNode>())!["reason"];
    }

    private static object Hours(string zone, string week, string holidays) => new
    {
        status = "ENABLED",
        timezone_id = zone,
        weekly_operating_hours = Parts(week).Select(entry => new { day_of_week = entry[0], open_time = entry[1], close_time = entry[2] }),
        holiday_schedule = Parts(holidays).Select(entry => new { date = entry[0], start_time = entry[1], end_time = entry[2] }),
    };

    private static IEnumerable<string[]> Parts(string entries) =>
        entries.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(entry => entry.Split(' '));

    private static async Task SetAsync(Rig rig, object calling) =>
        Assert.Equal(HttpStatusCode.OK, (await rig.GraphAsync("settings", new { calling })).Status);
}
