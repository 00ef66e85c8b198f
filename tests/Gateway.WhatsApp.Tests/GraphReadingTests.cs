using System.Diagnostics.Metrics;
using System.Reflection;
using Gateway.Calls;
using Gateway.Calls.Channels;
using Gateway.WhatsApp.Graph;
using Gateway.WhatsApp.Meta;

namespace Gateway.WhatsApp.Tests;

public sealed class GraphReadingTests
{
    private static readonly WhatsAppUser User = new("15550001111");

    public static TheoryData<string, int> Codes
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (var known in typeof(WhatsAppErrorCodes).GetFields(BindingFlags.Public | BindingFlags.Static))
                if ((int)known.GetRawConstantValue()! >= 0)
                    data.Add(known.Name, (int)known.GetRawConstantValue()!);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Codes))]
    public async Task Every_documented_code_comes_back_under_its_name(string name, int code)
    {
        await using var graph = await ScriptedGraph.StartAsync();
        graph.ThenError(400, code, ("Retry-After", "60"));
        var error = (await graph.Client.AcceptAsync(ScriptedGraph.Number, "wacid.X", "sdp")).Error!;
        Assert.Equal((name, code), (error.Name, error.Code));
    }

    [Fact]
    public void Missing_permissions_share_a_name_and_strange_codes_have_none()
    {
        Assert.Equal("PermissionDenied", WhatsAppErrorNames.Of(230));
        Assert.Equal("Other", WhatsAppErrorNames.Of(999_999));
    }

    [Theory]
    [InlineData("expiration_time")]
    [InlineData("expiration")]
    public async Task Permission_is_read_with_its_counters(string expiryName)
    {
        await using var graph = await ScriptedGraph.StartAsync();
        graph.Then(200, $$"""
            {"permission":{"status":"temporary","{{expiryName}}":1790604800},"actions":[
             {"action_name":"start_call","can_perform_action":false,"limits":[
              {"time_period":"PT24H","max_allowed":100,"current_usage":100,"limit_expiration_time":1790000999}]},
             {"action_name":"send_call_permission_request","can_perform_action":true,"limits":[
              {"time_period":"P7D","max_allowed":2,"current_usage":1}]}]}
            """);
        var permission = (await graph.Client.GetCallPermissionAsync(ScriptedGraph.Number, User)).Value!;
        Assert.Equal("/v25.0/100200300400/call_permissions?user_wa_id=15550001111", Assert.Single(graph.Requests).PathAndQuery);
        Assert.Equal((CallPermissionStatus.Temporary, DateTimeOffset.FromUnixTimeSeconds(1790604800)), (
            permission.Status, permission.ExpiresAt!.Value));
        Assert.Equal((false, true), (permission.CanCall, permission.CanRequest));
        Assert.Equal(
            new PermissionLimit("PT24H", 100, 100, DateTimeOffset.FromUnixTimeSeconds(1790000999)), Assert.Single(permission.CallLimits));
        Assert.Equal(new PermissionLimit("P7D", 2, 1, null), Assert.Single(permission.RequestLimits));
    }

    [Theory]
    [InlineData("no_permission", CallPermissionStatus.None)]
    [InlineData("permanent", CallPermissionStatus.Permanent)]
    [InlineData("granted", CallPermissionStatus.Other)]
    public async Task Permission_words_are_those_of_the_calling_pages(string word, CallPermissionStatus expected)
    {
        await using var graph = await ScriptedGraph.StartAsync();
        graph.Then(200, $$$"""{"permission":{"status":"{{{word}}}"}}""");
        var permission = (await graph.Client.GetCallPermissionAsync(ScriptedGraph.Number, new WhatsAppUser(null, "US.1"))).Value!;
        Assert.Equal((expected, false), (permission.Status, permission.CanCall));
        Assert.EndsWith("?recipient=US.1", Assert.Single(graph.Requests).PathAndQuery, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_are_read_and_changed_in_part()
    {
        await using var graph = await ScriptedGraph.StartAsync();
        graph.Then(200, """
            {"calling":{"status":"ENABLED","sip":{"status":"DISABLED"},"audio":{"additional_codecs":["PCMA"]},
             "restrictions":{"restrictions_list":[
              {"type":"RESTRICTED_USER_INITIATED_CALLING","reason":"quality","expiration":1790000000}]}}}
            """).Then(200, """{"success":true}""");
        var settings = (await graph.Client.GetSettingsAsync(ScriptedGraph.Number)).Value!;
        Assert.Equal(("ENABLED", "DISABLED", "PCMA"), (settings.Status, settings.SipStatus, Assert.Single(settings.AdditionalCodecs)));
        Assert.Equal("RESTRICTED_USER_INITIATED_CALLING", Assert.Single(settings.Restrictions).Type);
        Assert.True((await graph.Client.SetSettingsAsync(
            ScriptedGraph.Number, new CallingSettingsUpdate { Status = "ENABLED", AdditionalCodecs = [] })).IsSuccess);
        Assert.Equal("""{"calling":{"status":"ENABLED","audio":{"additional_codecs":[]}}}""", graph.Requests.Last().Body!.ToJsonString());
    }

    [Fact]
    public async Task Everything_of_the_settings_that_decides_about_calls_is_read()
    {
        await using var graph = await ScriptedGraph.StartAsync();
        graph.Then(200, """
            {"calling":{"status":"ENABLED","call_icon_visibility":"DISABLE_ALL","callback_permission_status":"ENABLED",
             "call_icons":{"restrict_to_user_countries":["US","BR",7]},
             "call_hours":{"status":"ENABLED","timezone_id":"America/Manaus",
              "weekly_operating_hours":[{"day_of_week":"MONDAY","open_time":"0400","close_time":1020},
               {"day_of_week":"TUESDAY","open_time":108,"close_time":"1020"}],
              "holiday_schedule":[{"date":"2026-01-01","start_time":"0000","end_time":"2359"},
               {"date":"2026-01-02","open_time":"0900","close_time":"1000"}]}}}
            """).Then(200, """{"calling":{"status":"ENABLED","call_hours":{"status":"DISABLED","timezone_id":"America/Manaus"}}}""");
        var meta = (await graph.Client.GetSettingsAsync(ScriptedGraph.Number)).Value!.ToMeta();
        Assert.Equal(("ENABLED", "DISABLE_ALL", "ENABLED"), (meta.Status, meta.IconVisibility, meta.CallbackPermissionStatus));
        Assert.Equal(["US", "BR"], meta.IconCountries);
        Assert.Equal("America/Manaus", meta.CallHours!.TimeZone);
        Assert.Equal([new WeeklyHours("monday", "0400", "1020"), new WeeklyHours("tuesday", "0108", "1020")], meta.CallHours.Week);
        Assert.Equal(
            [new HolidayHours("2026-01-01", "0000", "2359"), new HolidayHours("2026-01-02", "0900", "1000")], meta.CallHours.Holidays);
        Assert.Null((await graph.Client.GetSettingsAsync(ScriptedGraph.Number)).Value!.ToMeta().CallHours);
    }

    [Fact]
    public async Task Call_hours_are_written_as_a_whole()
    {
        await using var graph = await ScriptedGraph.StartAsync();
        graph.Then(200, """{"success":true}""");
        await graph.Client.SetSettingsAsync(ScriptedGraph.Number, new CallingSettingsUpdate
        {
            IconCountries = ["US"],
            CallHours = new(true, new("America/Manaus", [new("monday", "0400", "1020")], [new("2026-01-01", "0000", "0001")])),
        });
        Assert.Equal(
            """{"calling":{"call_icons":{"restrict_to_user_countries":["US"]},"call_hours":{"status":"ENABLED",""" +
            "\"timezone_id\":\"America/Manaus\"," +
            "\"weekly_operating_hours\":[{\"day_of_week\":\"MONDAY\",\"open_time\":\"0400\",\"close_time\":\"1020\"}]," +
            "\"holiday_schedule\":[{\"date\":\"2026-01-01\",\"start_time\":\"0000\",\"end_time\":\"0001\"}]}}}",
            graph.Requests.Last().Body!.ToJsonString());
    }

    [Fact]
    public async Task Messages_have_the_documented_bodies()
    {
        await using var graph = await ScriptedGraph.StartAsync();
        graph.Then(200, """{"messages":[{"id":"wamid.1"}]}""");
        Assert.Equal("wamid.1", (await graph.Client.RequestPermissionAsync(ScriptedGraph.Number, User, "May we?")).Value);
        await graph.Client.SendTemplateAsync(ScriptedGraph.Number, User, "call_permission", "en", ["Ada"]);
        Assert.Equal(
        [
            """{"messaging_product":"whatsapp","recipient_type":"individual","to":"15550001111","type":"interactive",""" +
            "\"interactive\":{\"type\":\"call_permission_request\"," +
            "\"action\":{\"name\":\"call_permission_request\"},\"body\":{\"text\":\"May we?\"}}}",
            """{"messaging_product":"whatsapp","recipient_type":"individual","to":"15550001111","type":"template",""" +
            "\"template\":{\"name\":\"call_permission\",\"language\":{\"code\":\"en\"},\"components\":[" +
            """{"type":"body","parameters":[{"type":"text","text":"Ada"}]}]}}""",
        ], graph.Requests.Select(request => request.Body!.ToJsonString()));
    }

    [Fact]
    public async Task Latency_and_errors_are_measured_by_action_and_name()
    {
        List<string> measured = [];
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == GraphMetrics.MeterName
                && instrument.Name.StartsWith("gateway_whatsapp_graph", StringComparison.Ordinal))
                self.EnableMeasurementEvents(instrument);
        };
        void Note(string instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var text = instrument + " " + string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"));
            lock (measured)
                measured.Add(text);
        }
        listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Note(instrument.Name, tags));
        listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Note(instrument.Name, tags));
        listener.Start();

        await using var graph = await ScriptedGraph.StartAsync();
        graph.ThenError(400, WhatsAppErrorCodes.TemplateMissing);
        await graph.Client.SendTemplateAsync(ScriptedGraph.Number, User, "t", "en");
        lock (measured)
        {
            Assert.Contains("gateway_whatsapp_graph_seconds action=message result=error", measured);
            Assert.Contains("gateway_whatsapp_graph_errors action=message code=TemplateMissing", measured);
        }
    }

    [Fact]
    public void Options_are_faulted_all_at_once()
    {
        Assert.Empty(new GraphOptions().Validate());
        var faults =
            new GraphOptions { Version = "25", BaseUrl = new Uri("ftp://x/"), MaxAttempts = 0, ReadDeadline = TimeSpan.Zero }.Validate();
        Assert.Equal(4, faults.Count);
    }
}
