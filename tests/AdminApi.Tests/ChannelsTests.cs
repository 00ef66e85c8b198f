using System.Net.Http.Json;
using System.Text.Json;
using AdminApi.Tests.Kit;
using Dapper;
using Gateway.Calls;
using Gateway.Calls.Admission;
using Gateway.Calls.Channels;
using Gateway.Storage.Accounts;
using Gateway.Storage.Channels;
using static AdminApi.Tests.Kit.ChannelSamples;

namespace AdminApi.Tests;

[Collection(ApiCollection.Name)]
public sealed class ChannelsTests(ApiFixture api)
{
    [Fact]
    public async Task A_toggle_is_changed_and_its_effect_shown()
    {
        var id = await ChannelAsync(api);
        var channel = await api.ReadAsync(api.Patch($"/v1/channels/{id}", new { contactsMayCall = false, name = "Desk" }, 1));
        Assert.Equal((2, "Desk", false), (channel.GetProperty("version").GetInt32(), channel.GetProperty("name")
            .GetString(), channel.GetProperty("isManaged").GetBoolean()));
        Assert.Equal(("channel_disabled", "Contacts may not call this number"), (
            Text(channel, "inbound", "cause"), Text(channel, "inbound", "reason")));
        Assert.True(channel.GetProperty("outbound").GetProperty("isAllowed").GetBoolean());
        using var answer = await api.Client.SendAsync(api.Get($"/v1/channels/{id}"));
        Assert.Equal("\"2\"", answer.Headers.ETag!.Tag);
    }

    [Fact]
    public async Task The_first_change_of_a_setting_of_Metas_begins_from_what_Meta_has()
    {
        var hours = new CallHoursDocument("Europe/Berlin", [new("monday", "0900", "1700")]);
        var id = await ReadChannelAsync(
            api, new MetaSettings { Status = "ENABLED", IconCountries = ["BR"], CallbackPermissionStatus = "ENABLED", CallHours = hours });
        var channel = await api.ReadAsync(api.Patch($"/v1/channels/{id}", new { iconIsVisible = false }, 1));
        Assert.True(channel.GetProperty("isManaged").GetBoolean());
        Assert.False(channel.GetProperty("iconIsVisible").GetBoolean());
        Assert.True(channel.GetProperty("callbackPermission").GetBoolean());
        Assert.Equal("BR", channel.GetProperty("iconCountries")[0].GetString());
        Assert.Equal("0900", channel.GetProperty("callHours").GetProperty("week")[0].GetProperty("open").GetString());
    }

    [Fact]
    public async Task Call_hours_show_the_next_opening_and_every_mistake()
    {
        var id = await ChannelAsync(api);
        var tomorrow = DateTime.UtcNow.AddDays(1);
        var day = tomorrow.DayOfWeek.ToString().ToLowerInvariant();
        var channel = await api.ReadAsync(api.Put(
            $"/v1/channels/{id}/call-hours", new { timeZone =
                "Etc/UTC", week = new[] { new { day, open = "0100", close = "2400" } }, holidays = Array.Empty<object>() }, 1));
        Assert.Equal("outside_call_hours", Text(channel, "inbound", "cause"));
        Assert.True(channel.GetProperty("outbound").GetProperty("isAllowed").GetBoolean());
        Assert.Equal(tomorrow.Date.AddHours(1), channel.GetProperty("nextOpening").GetDateTime());

        using var answer = await api.Client.SendAsync(api.Put(
            $"/v1/channels/{id}/call-hours",
            """
            {"timeZone":"Nowhere","week":[{"day":"moonday","open":"0900","close":"1700"},{"day":"monday","open":"17","close":"0900"}],
             "holidays":[{"date":"25.12."}]}
            """, 2));
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(
            ["timeZone", "week[0].day", "week[1]", "holidays[0].date"],
            problem.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("field").GetString()));
        Assert.Equal((400, "invalid_request"), await api.FailAsync(api.Put(
            $"/v1/channels/{id}/call-hours", new { timeZone = "Etc/UTC", week =
                new[] { new { day, open = "0100", close = "2400" } }, holidays = new[] { new { date = "2020-01-01" } } }, 2)));

        channel = await api.ReadAsync(api.Delete($"/v1/channels/{id}/call-hours", 2));
        Assert.Equal(JsonValueKind.Null, channel.GetProperty("callHours").ValueKind);
        Assert.True(channel.GetProperty("inbound").GetProperty("isAllowed").GetBoolean());
    }

    [Fact]
    public async Task Holidays_that_have_passed_since_they_were_stored_stay_with_hours_that_are_changed()
    {
        var id = await ChannelAsync(api);
        await using (var connection = await api.Database.OpenConnectionAsync())
        {
            await connection.ExecuteAsync(
                """
                UPDATE channels
                SET call_hours = '{"timeZone": "Etc/UTC", "week": [{"day": "monday", "open": "0800", "close": "1700"}],
                    "holidays": [{"date": "2025-12-25"}]}'
                WHERE id = @id
                """, new { id });
        }
        HttpRequestMessage Put(int version, params string[] dates) => api.Put(
            $"/v1/channels/{id}/call-hours",
            new
            {
                timeZone = "Etc/UTC", week = new[] { new { day = "monday", open = "0900", close = "1700" } },
                holidays = dates.Select(date => new { date }),
            }, version);
        var channel = await api.ReadAsync(Put(1, "2025-12-25"));
        Assert.Equal("0900", channel.GetProperty("callHours").GetProperty("week")[0].GetProperty("open").GetString());
        using var answer = await api.Client.SendAsync(Put(2, "2025-12-25", "2025-12-26"));
        Assert.Equal("holidays: 2025-12-26 has passed.", (await answer.Content.ReadFromJsonAsync<JsonElement>())
            .GetProperty("detail").GetString());
        Assert.Equal((412, "stale_version"), await api.FailAsync(Put(1, "2025-12-25")));
    }

    [Fact]
    public async Task Stored_hours_that_this_machine_cannot_apply_close_nothing_and_are_read_changed_and_repaired()
    {
        var id = await ChannelAsync(api);
        await using (var connection = await api.Database.OpenConnectionAsync())
        {
            await connection.ExecuteAsync(
                """
                UPDATE channels
                SET call_hours = '{"timeZone": "Mars/Olympus", "week": [{"day": "monday", "open": "0000", "close": "0001"}]}'
                WHERE id = @id
                """, new { id });
        }
        var admission = await new PostgresAdmissionStore(api.Database).AdmitAsync(
            new AdmissionRequest(new CallId(id), CallDirection.Inbound, new ChannelId(
                id), new WhatsAppUser("491511"), "n", "s", DateTimeOffset.UtcNow, TimeSpan.FromMinutes(1)),
            CancellationToken.None);
        Assert.Null(ChannelRules.MayCall(admission.Channel!, CallDirection.Inbound, DateTimeOffset.UtcNow));

        var channel = await api.ReadAsync(api.Get($"/v1/channels/{id}"));
        Assert.True(channel.GetProperty("inbound").GetProperty("isAllowed").GetBoolean());
        Assert.Contains("Mars/Olympus", channel.GetProperty("callHoursFault").GetString());
        Assert.Equal("Mars/Olympus", Text(channel, "callHours", "timeZone"));
        Assert.True((await api.ReadAsync(api.Get("/v1/channels?limit=500"))).GetProperty("items").GetArrayLength() > 0);

        channel = await api.ReadAsync(api.Patch($"/v1/channels/{id}", new { name = "Desk" }, 1));
        Assert.Equal("Mars/Olympus", Text(channel, "callHours", "timeZone"));
        Assert.Equal((400, "invalid_request"), await api.FailAsync(api.Put(
            $"/v1/channels/{id}/call-hours",
            new { timeZone = "Mars/Olympus", week = new[] { new { day = "monday", open = "0900", close = "1700" } } }, 2)));
        channel = await api.ReadAsync(api.Put(
            $"/v1/channels/{id}/call-hours",
            new { timeZone = "Asia/Calcutta", week = new[] { new { day = "monday", open = "0900", close = "1700" } } }, 2));
        Assert.Equal(JsonValueKind.Null, channel.GetProperty("callHoursFault").ValueKind);
        channel = await api.ReadAsync(api.Delete($"/v1/channels/{id}/call-hours", 3));
        Assert.Equal(JsonValueKind.Null, channel.GetProperty("callHours").ValueKind);
    }

    [Fact]
    public async Task Routes_name_trunks_that_a_running_gateway_has()
    {
        var id = await ChannelAsync(api);
        var trunk = "t" + Guid.NewGuid().ToString("n")[..8];
        // The other tests' node, if there is one, has this number too.
        await new ChannelStore(api.Database, TimeProvider.System).SeeNodeAsync("of-tests", ["main", trunk], CancellationToken.None);
        var channel = await api.ReadAsync(api.Put(
            $"/v1/channels/{id}/routes", new { items = new object[] { new { trunk, target = "100" }, new { trunk = "main" } } }, 1));
        Assert.Equal(
            [trunk, "main"], channel.GetProperty("routes").EnumerateArray().Select(route => route.GetProperty("trunk").GetString()));
        using var answer = await api.Client.SendAsync(api.Put(
            $"/v1/channels/{id}/routes", new { items = new object[] { new { trunk = "mian" }, new { trunk, target = "1 00" } } }, 2));
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(["items[0].trunk", "items[1].target"], problem.GetProperty("errors").EnumerateArray()
            .Select(error => error.GetProperty("field").GetString()));
    }

    [Fact]
    public async Task An_account_must_be_able_to_pay()
    {
        var id = await ChannelAsync(api);
        Assert.Equal((400, "invalid_request"), await api.FailAsync(api.Put($"/v1/channels/{id}/account", new { account = "nobody" }, 1)));
        await using var connection = await api.Database.OpenConnectionAsync();
        var account = "a" + Guid.NewGuid().ToString("n")[..12];
        await connection.ExecuteAsync("INSERT INTO rate_cards (id, name, currency) VALUES (@account, 'card', 'EUR')", new { account });
        await connection.ExecuteAsync(
            "INSERT INTO accounts (id, name, currency, rate_card) VALUES (@account, 'a', 'EUR', @account)", new { account });
        var channel = await api.ReadAsync(api.Put($"/v1/channels/{id}/account", new { account }, 1));
        Assert.Equal(account, channel.GetProperty("account").GetString());
    }

    [Fact]
    public async Task What_Meta_has_is_adopted()
    {
        var id = await ReadChannelAsync(api, new MetaSettings { Status = "DISABLED", IconCountries = ["BR"] });
        var channel = await api.ReadAsync(api.Post($"/v1/channels/{id}/reconcile", new { direction = "adopt" }, 1));
        Assert.False(channel.GetProperty("callingEnabled").GetBoolean());
        Assert.True(channel.GetProperty("isManaged").GetBoolean());
        Assert.Equal("BR", channel.GetProperty("iconCountries")[0].GetString());
    }

    [Fact]
    public async Task A_restriction_shows_what_it_forbids()
    {
        var id = await ReadChannelAsync(
            api, new MetaSettings { Status = "ENABLED" }, new ChannelRestriction(
                "RESTRICTED_BUSINESS_INITIATED_CALLING", "quality", DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(7)));
        var channel = await api.ReadAsync(api.Get($"/v1/channels/{id}"));
        Assert.Equal("outbound", channel.GetProperty("restrictions")[0].GetProperty("forbids")[0].GetString());
        Assert.Equal("channel_disabled", Text(channel, "outbound", "cause"));
        Assert.True(channel.GetProperty("inbound").GetProperty("isAllowed").GetBoolean());
    }

    [Theory]
    [InlineData("""{"name":"a\u0000b"}""")]
    [InlineData("""{"iconCountries":["Brazil"]}""")]
    [InlineData("""{"iconCountries":["BR","BR"]}""")]
    [InlineData("""{"callingEnabled":"yes"}""")]
    [InlineData("""{"iconCountries":[null]}""")]
    [InlineData("""{"calling":true}""")]
    public async Task Senseless_settings_change_nothing(string body)
    {
        var id = await ChannelAsync(api);
        Assert.Equal((400, "invalid_request"), await api.FailAsync(api.Patch($"/v1/channels/{id}", body, 1)));
        Assert.Equal(1, (await api.ReadAsync(api.Get($"/v1/channels/{id}"))).GetProperty("version").GetInt32());
    }

    private static string? Text(JsonElement element, string parent, string name) =>
        element.GetProperty(parent).GetProperty(name).GetString();
}
