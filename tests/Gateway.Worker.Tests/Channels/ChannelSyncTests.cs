using Gateway.Calls;
using Gateway.Calls.Channels;
using Gateway.Storage.Channels;
using Gateway.Worker.Tests.Calls.Bench;
using Testing;

namespace Gateway.Worker.Tests.Channels;

/// <summary>Our settings and Meta's, kept in agreement.</summary>
[Collection(StoresCollection.Name)]
public sealed class ChannelSyncTests(Stores stores)
{
    [Fact]
    public async Task What_an_admin_saves_is_at_Meta_soon()
    {
        await using var bench = await ChannelBench.StartAsync(stores);
        Assert.True(CallHours.TryCreate(new("Europe/London", [new("monday", "0900", "2400")], [new("2999-12-25")]), out var hours, out _));
        await bench.ChangeAsync(settings => settings with { CallbackPermission = true, IconCountries = ["GB", "IE"], CallHours = hours });
        var channel = await bench.PushedAsync();
        Assert.Empty(channel.Sync.Drift);
        Assert.Null(channel.Sync.Error);
        var metas = bench.MetaSettings();
        Assert.Equal("ENABLED", (string?)metas["callback_permission_status"]);
        Assert.Equal("""["GB","IE"]""", metas["call_icons"]!["restrict_to_user_countries"]!.ToJsonString());
        Assert.Equal(("ENABLED", "Europe/London", "2359"), (
            (string?)metas["call_hours"]!["status"], (string?)metas["call_hours"]!["timezone_id"],
            (string?)metas["call_hours"]!["weekly_operating_hours"]![0]!["close_time"]));
        Assert.Equal("0001", (string?)metas["call_hours"]!["holiday_schedule"]![0]!["end_time"]);

        await bench.ChangeAsync(settings => settings with { CallHours = null, ContactsMayCall = false });
        await bench.PushedAsync();
        Assert.Equal(("DISABLED", "DISABLE_ALL"), (
            (string?)bench.MetaSettings()["call_hours"]!["status"], (string?)bench.MetaSettings()["call_icon_visibility"]));
    }

    [Fact]
    public async Task A_channel_that_nobody_manages_is_read_and_left_alone()
    {
        await using var bench = await ChannelBench.StartAsync(stores);
        await bench.ChangeAtMetaAsync(new { callback_permission_status = "ENABLED" });
        var channel = await bench.UntilAsync(channel => channel.Facts.Meta?.CallbackPermissionStatus == "ENABLED", "what Meta has");
        Assert.Empty(channel.Sync.Drift);
        Assert.Equal("ENABLED", (string?)bench.MetaSettings()["callback_permission_status"]);
    }

    [Fact]
    public async Task What_somebody_changed_at_Meta_is_shown_and_stays_until_it_is_reconciled()
    {
        await using var bench = await ChannelBench.StartAsync(stores);
        await bench.ChangeAsync(settings => settings with { Name = "desk" });
        await bench.PushedAsync();
        await bench.ChangeAtMetaAsync(new { callback_permission_status = "ENABLED" });
        await bench.UntilAsync(channel => channel.Sync.Drift.Count > 0, "the drift is shown");
        Assert.Equal(["channel.drifted"], await bench.EventsAsync());

        // A change of another setting affects nothing else.
        await bench.ChangeAsync(settings => settings with { IconIsVisible = false });
        var channel = await bench.PushedAsync();
        Assert.Equal([new SettingDrift("callbackPermission", "DISABLED", "ENABLED")], channel.Sync.Drift);
        Assert.Equal("DISABLE_ALL", (string?)bench.MetaSettings()["call_icon_visibility"]);

        await bench.Store.PushAgainAsync(bench.Id, channel.Facts.Settings.Version, "key:test", CancellationToken.None);
        Assert.Empty((await bench.PushedAsync()).Sync.Drift);
        Assert.Equal("DISABLED", (string?)bench.MetaSettings()["callback_permission_status"]);
    }

    [Fact]
    public async Task What_Meta_refuses_is_shown_and_tried_again()
    {
        await using var bench = await ChannelBench.StartAsync(stores);
        await bench.ChangeAtMetaAsync(new { status = "DISABLED" });
        await bench.MetaAsync(HttpMethod.Patch, "", new { enablingFault = 138015 });
        var failed = await bench.Calls.Gateway.MetricAsync("gateway_channels_syncs_total", "result=\"failed\"");
        await bench.ChangeAsync(settings => settings with { Name = "desk" });
        var channel = await bench.UntilAsync(channel => channel.Sync.Error is not null, "the error is shown");
        Assert.Contains("138015", channel.Sync.Error, StringComparison.Ordinal);
        Assert.Contains("2000", channel.Sync.Error, StringComparison.Ordinal);
        Assert.Equal("callingEnabled", Assert.Single(channel.Sync.Drift).Setting);
        Assert.True(await bench.Calls.Gateway.MetricAsync("gateway_channels_syncs_total", "result=\"failed\"") > failed);
        await bench.MetaAsync(HttpMethod.Patch, "", new { enablingFault = 0 });
        channel = await bench.PushedAsync();
        Assert.Empty(channel.Sync.Drift);
        Assert.Null(channel.Sync.Error);
        Assert.Equal("ENABLED", (string?)bench.MetaSettings()["status"]);
    }

    [Fact]
    public async Task A_restriction_is_obeyed_once_it_is_announced_and_until_Meta_lifts_it()
    {
        await using var bench = await ChannelBench.StartAsync(stores);
        await bench.MetaAsync(HttpMethod.Post, "/restrictions", new { type = "RESTRICTED_BUSINESS_INITIATED_CALLING" });
        var channel = await bench.UntilAsync(channel => channel.Facts.Restrictions.Count > 0, "the restriction");
        Assert.Equal(
            HangupCause.ChannelDisabled, ChannelRules.MayCall(channel.Facts, CallDirection.Outbound, DateTimeOffset.UtcNow)?.Cause);
        Assert.Null(ChannelRules.MayCall(channel.Facts, CallDirection.Inbound, DateTimeOffset.UtcNow));
        Assert.InRange(
            channel.Facts.Restrictions[0].ExpiresAt!.Value, DateTimeOffset.UtcNow.AddDays(6.9), DateTimeOffset.UtcNow.AddDays(7));
        Assert.Equal(["channel.restricted"], await bench.EventsAsync());
        await bench.UntilAsync(channel => channel.Facts.Restrictions is [{ Reason: not null }], "the settings list it, with the reason");
        await bench.MetaAsync(HttpMethod.Delete, "/restrictions");
        await bench.UntilAsync(channel => channel.Facts.Restrictions.Count == 0, "it is lifted");
        Assert.Equal(["channel.restricted"], await bench.EventsAsync());
    }

    [Fact]
    public async Task What_the_settings_never_list_holds_until_it_expires()
    {
        await using var bench = await ChannelBench.StartAsync(stores);
        await bench.MetaAsync(HttpMethod.Post, "/restrictions", new { type = "RESTRICTED_USER_INITIATED_CALLING", listed = false });
        await bench.MetaAsync(HttpMethod.Post, "/violations", new { type = "LOW_USER_INITIATED_CALLING_QUALITY" });
        await bench.UntilAsync(channel => channel.Facts.Restrictions.Count == 2, "the restriction and the warning");
        var known = DateTimeOffset.UtcNow; // the settings may not have been read at all yet
        await bench.UntilAsync(later => later.Sync.ReadAt > known.AddSeconds(2), "the settings were read since");
        Assert.Equal(2, (await bench.ReadAsync()).Facts.Restrictions.Count);
    }

    [Fact]
    public async Task A_restriction_without_an_end_holds_for_the_week_that_Meta_documents()
    {
        await using var bench = await ChannelBench.StartAsync(stores);
        var told = DateTimeOffset.UtcNow;
        Assert.Equal(200, await bench.Calls.Relay.SendAsync(AccountUpdate(
            told, $$"""
            {"phone_number":"+{{bench.Calls.WhatsApp.Number.DisplayNumber}}","event":"ACCOUNT_RESTRICTION",
             "restriction_info":[{"restriction_type":"RESTRICTED_USER_INITIATED_CALLING"}]}
            """)));
        var channel = await bench.UntilAsync(channel => channel.Facts.Restrictions.Count > 0, "the restriction");
        Assert.Equal(told.AddDays(7).ToUnixTimeSeconds(), channel.Facts.Restrictions[0].ExpiresAt!.Value.ToUnixTimeSeconds());
    }

    [Fact]
    public async Task A_judgement_that_names_no_number_has_the_settings_read_again()
    {
        await using var bench = await ChannelBench.StartAsync(stores, interval: TimeSpan.FromHours(1));
        await bench.UntilAsync(channel => channel.Facts.Meta is not null, "what Meta has");
        await bench.MetaAsync(HttpMethod.Post, "/restrictions", new { type = "RESTRICTED_USER_INITIATED_CALLING", announced = false });
        await bench.Calls.Relay.SendAsync(AccountUpdate(DateTimeOffset.UtcNow, """{"event":"ACCOUNT_RESTRICTION"}"""));
        await bench.UntilAsync(channel => channel.Facts.Restrictions.Count == 1, "what the settings list");
    }

    [Fact]
    public async Task Calling_switched_off_at_Meta_is_obeyed()
    {
        await using var bench = await ChannelBench.StartAsync(stores);
        await bench.UntilAsync(channel => channel.Facts.Meta is not null, "what Meta has");
        await bench.ChangeAtMetaAsync(new { status = "DISABLED" });
        await bench.UntilAsync(
            channel => ChannelRules.MayCall(channel.Facts, CallDirection.Outbound, DateTimeOffset.UtcNow) is not null, "no calls");
        await bench.ChangeAtMetaAsync(new { status = "ENABLED" });
        await bench.UntilAsync(
            channel => ChannelRules.MayCall(channel.Facts, CallDirection.Outbound, DateTimeOffset.UtcNow) is null, "calls again");
    }

    [Fact]
    public async Task Two_nodes_push_a_version_once()
    {
        await using var bench = await ChannelBench.StartAsync(stores, gateways: 2);
        var pushed = await bench.Calls.Gateway.MetricAsync("gateway_channels_syncs_total", "result=\"pushed\"");
        for (var i = 0; i < 3; i++)
        {
            await bench.ChangeAsync(settings => settings with { CallbackPermission = !settings.CallbackPermission });
            await bench.PushedAsync();
        }
        Assert.Equal(pushed + 3, await bench.Calls.Gateway.MetricAsync("gateway_channels_syncs_total", "result=\"pushed\""));
    }

    [Fact]
    public async Task The_admin_API_can_know_the_trunks_of_running_nodes()
    {
        await using var bench = await ChannelBench.StartAsync(stores);
        Assert.Contains("main", await bench.Store.TrunksAsync(DateTimeOffset.UtcNow.AddMinutes(-5), CancellationToken.None));
    }

    private static string AccountUpdate(DateTimeOffset at, string value) =>
        $$"""
        {"object":"whatsapp_business_account","entry":[{"id":"0","time":{{at.ToUnixTimeSeconds()}},
         "changes":[{"field":"account_update","value":{{value}}}]}]}
        """;
}
