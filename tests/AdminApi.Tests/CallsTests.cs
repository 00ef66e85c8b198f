using System.Text.Json;
using AdminApi.Tests.Kit;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Records;
using Media.Protocols.Jitter;
using Media.Protocols.Primitives;
using Media.Protocols.Quality;

namespace AdminApi.Tests;

[Collection(ApiCollection.Name)]
public sealed class CallsTests(ApiFixture api)
{
    private readonly string _channel = "c" + Guid.NewGuid().ToString("n");

    [Fact]
    public async Task A_past_call_shows_cause_error_and_quality()
    {
        var id = await Samples.CallAsync(api, call => call with { PbxQuality = new LegQuality(100, 2, 3.5, null, 4.1) });
        var call = (await api.ReadAsync(api.Get($"/v1/calls/{id}"))).GetProperty("call");
        Assert.Equal("not_permitted", call.GetProperty("cause").GetString());
        Assert.Equal(138006, call.GetProperty("whatsAppError").GetProperty("code").GetInt32());
        Assert.Equal(4.1, call.GetProperty("pbxQuality").GetProperty("mos").GetDouble());
    }

    [Fact]
    public async Task A_trace_shows_as_a_ladder_and_the_users_number_only_on_request()
    {
        var id = await Samples.TraceAsync(api);
        var trace = await api.ReadAsync(api.Get($"/v1/calls/{id}/trace"));
        Assert.Equal("INVITE sip:…0001@gateway", trace.GetProperty("entries")[0].GetProperty("summary").GetString());
        Assert.Equal("Meta refused connect: 138006 No call permission", trace.GetProperty("summary").GetString());
        var whole = await api.ReadAsync(api.Get($"/v1/calls/{id}/trace?numbers=true"));
        Assert.Equal("INVITE sip:+15550001@gateway SIP/2.0", whole.GetProperty("entries")[0].GetProperty("details").GetString());

        var request = api.Get($"/v1/calls/{id}/trace");
        request.Headers.Accept.ParseAdd("text/plain");
        using var answer = await api.Client.SendAsync(request);
        Assert.Equal("text/plain", answer.Content.Headers.ContentType?.MediaType);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.StartsWith("Cause: Meta refused connect: 138006 No call permission\n", text);
        Assert.Contains("main: INVITE sip:…0001@gateway", text);
    }

    [Theory]
    [InlineData("{\"seconds\":0}", "seconds")]
    [InlineData("{\"seconds\":601}", "seconds")]
    [InlineData("{\"maxBytes\":17000000}", "maxBytes")]
    public async Task A_capture_is_bounded(string body, string field)
    {
        var request = api.Post("/v1/calls/none/capture");
        request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var answer = await api.Client.SendAsync(request);
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains($"\"field\":\"{field}\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_leg_that_was_never_heard_has_no_score_and_the_export_names_it()
    {
        var id = await AddAsync(call => call with
        {
            WhatsAppQuality = new LegQuality(100, 0, 3.5, null, 4.1) { OneWay = false },
            PbxQuality = new LegQuality(0, 0, 0, null, null) { PacketsSent = 900, MediaTimeouts = 1, OneWay = true },
        });
        var pbx = (await api.ReadAsync(api.Get($"/v1/calls/{id}"))).GetProperty("call").GetProperty("pbxQuality");
        Assert.Equal(JsonValueKind.Null, pbx.GetProperty("mos").ValueKind);
        Assert.Equal((900, 1, true), (pbx.GetProperty("packetsSent").GetInt32(), pbx.GetProperty("mediaTimeouts")
            .GetInt32(), pbx.GetProperty("oneWay").GetBoolean()));
        var lines = (await (await api.Client.SendAsync(api.Get($"/v1/calls/export?channel={_channel}"))).Content.ReadAsStringAsync())
            .Split("\r\n");
        Assert.Equal("pbx", lines[1].Split(',')[Array.IndexOf(lines[0].Split(','), "silent_leg")]);
        Assert.Contains(",4.10,,", lines[1]);
    }

    [Fact]
    public async Task A_transferred_call_names_its_last_agent_and_who_had_it_before()
    {
        var start = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var id = await AddAsync(call => call with
        {
            Agent = "203",
            EarlierAgents = [new("201", start, start.AddSeconds(9)), new("202", start.AddSeconds(9), start.AddSeconds(30))],
        });
        var call = (await api.ReadAsync(api.Get($"/v1/calls/{id}"))).GetProperty("call");
        var earlier = call.GetProperty("earlierAgents");
        Assert.Equal(("203", 2), (call.GetProperty("agent").GetString(), earlier.GetArrayLength()));
        Assert.Equal("202", earlier[1].GetProperty("agent").GetString());
        Assert.Equal((start.AddSeconds(9), start.AddSeconds(30)), (
            earlier[1].GetProperty("since").GetDateTimeOffset(), earlier[1].GetProperty("until").GetDateTimeOffset()));
        var lines = (await (await api.Client.SendAsync(api.Get($"/v1/calls/export?channel={_channel}"))).Content.ReadAsStringAsync())
            .Split("\r\n");
        Assert.EndsWith(",201 202,,,,,,", lines[1]);
    }

    [Fact]
    public async Task Who_had_the_call_since_when_and_what_was_wrong_with_a_description_are_shown_and_exported()
    {
        var start = new DateTimeOffset(2032, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var id = await AddAsync(call => call with
        {
            StartedAt = start, AnsweredAt = start.AddSeconds(3), EndedAt = start.AddSeconds(20),
            Agent = "305", AgentSince = start.AddSeconds(9),
            Cause = HangupCause.IncompatibleMedia, MediaFault = new MediaFault(CallLeg.WhatsApp, MediaFaultReason.OtherIpVersion),
        });
        var call = (await api.ReadAsync(api.Get($"/v1/calls/{id}"))).GetProperty("call");
        Assert.Equal("305", call.GetProperty("agent").GetString());
        Assert.Equal(start.AddSeconds(9), call.GetProperty("agentSince").GetDateTimeOffset());
        var fault = call.GetProperty("mediaFault");
        Assert.Equal(("whatsapp", "other_ip_version"), (fault.GetProperty("leg").GetString(), fault.GetProperty("reason").GetString()));
        var export = await api.Client.SendAsync(api.Get($"/v1/calls/export?channel={_channel}"));
        var lines = (await export.Content.ReadAsStringAsync()).Split("\r\n");
        Assert.Contains(",agent_since,media_fault,media_fault_leg", lines[0]);
        Assert.Contains(",2032-01-01T00:00:09.000Z,other_ip_version,whatsapp", lines[1]);
    }

    [Fact]
    public async Task Pages_follow_one_another_without_gap_or_repetition()
    {
        var start = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var written = new List<string>();
        for (var i = 0; i < 7; i++)
            // pairs at one time
            written.Add(await AddAsync(call => call with { StartedAt = start.AddSeconds(i / 2), EndedAt = start.AddSeconds(20) }));
        var read = new List<string>();
        string? next = "";
        while (next is not null)
        {
            var page = await api.ReadAsync(api.Get($"/v1/calls?channel={_channel}&limit=3{(next.Length > 0 ? $"&cursor={next}" : "")}"));
            read.AddRange(page.GetProperty("items").EnumerateArray().Select(c => c.GetProperty("id").GetString()!));
            next = page.GetProperty("next").GetString();
        }
        Assert.Equal(7, read.Count);
        Assert.Equal(written.Order(), read.Order());
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=501")]
    [InlineData("limit=x")]
    [InlineData("cause=no_such_cause")]
    [InlineData("direction=Inbound")]
    [InlineData("from=yesterday")]
    [InlineData("cursor=x")]
    [InlineData("cursor=MjAyNg")]
    [InlineData("chanel=100")]
    public async Task A_senseless_query_is_a_problem_and_not_a_crash(string query) =>
        Assert.Equal((400, "invalid_request"), await api.FailAsync(api.Get("/v1/calls?" + query)));

    [Fact]
    public async Task The_export_holds_every_call_of_the_period_and_no_formula()
    {
        var start = new DateTimeOffset(2031, 1, 1, 0, 0, 0, TimeSpan.Zero);
        await AddAsync(call => call
            with { StartedAt = start, EndedAt = start.AddSeconds(5), User = new WhatsAppUser("15550001", Name: "=HYPERLINK(\"x\"), Bob") });
        for (var i = 1; i < 1003; i++)
            await AddAsync(call => call with { StartedAt = start.AddSeconds(i), EndedAt = start.AddSeconds(i + 1) });
        await AddAsync(call => call with { StartedAt = start.AddDays(1), EndedAt = start.AddDays(2) });

        var answer = await api.Client.SendAsync(api.Get($"/v1/calls/export?channel={_channel}&to=2031-01-02T00:00:00Z"));
        Assert.Equal("text/csv", answer.Content.Headers.ContentType!.MediaType);
        var lines = (await answer.Content.ReadAsStringAsync()).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(1004, lines.Length);
        Assert.StartsWith("id,whatsapp_call_id,direction", lines[0]);
        Assert.Contains("\"'=HYPERLINK(\"\"x\"\"), Bob\"", lines[^1]);
        Assert.All(lines, line => Assert.True(line.Split(',').Length >= lines[0].Split(',').Length));
    }

    [Fact]
    public async Task Live_calls_of_every_node_show_running_times()
    {
        var id = await Samples.LiveCallAsync(api, "n2");
        var calls = await api.ReadAsync(api.Get("/v1/calls/live"));
        var call = calls.GetProperty("items").EnumerateArray().Single(c => c.GetProperty("id").GetString() == id);
        Assert.Equal("ringing_pbx", call.GetProperty("state").GetString());
        Assert.InRange(call.GetProperty("runningSeconds").GetDouble(), 30, 60);
        Assert.InRange(call.GetProperty("talkSeconds").GetDouble(), 10, 40);
        Assert.Equal(call.GetProperty("answeredAt").GetDateTimeOffset(), call.GetProperty("agentSince").GetDateTimeOffset());
    }

    [Fact]
    public async Task A_live_call_shows_the_quality_of_its_last_seconds()
    {
        var sample = new MediaSample(
            new LegSample("opus", 240, 0.0412, 1.5, 21.26, 88.1, 102, new PlayoutCounts(9, 2, 4, 5, 0), 3.912, 0.01, null, false),
            new LegSample("PCMU", 0, null, 1, 0, null, 60, default, null, null, null, IsSilent: true));
        var id = await Samples.LiveCallAsync(api, "n2", quality: new LiveQuality(DateTimeOffset.UtcNow, sample));
        var calls = await api.ReadAsync(api.Get("/v1/calls/live"));
        var quality = calls.GetProperty("items").EnumerateArray().Single(c => c.GetProperty("id").GetString() == id).GetProperty("quality");
        var (whatsApp, pbx) = (quality.GetProperty("whatsApp"), quality.GetProperty("pbx"));
        Assert.Equal(
            (3.91, 0.0412, 4, 2),
            (whatsApp.GetProperty("mos").GetDouble(), whatsApp.GetProperty("lossRatio").GetDouble(),
                whatsApp.GetProperty("concealed").GetInt64(), whatsApp.GetProperty("late").GetInt64()));
        Assert.True(pbx.GetProperty("oneWay").GetBoolean());
        Assert.Equal(JsonValueKind.Null, pbx.GetProperty("mos").ValueKind);
    }

    private Task<string> AddAsync(Func<CallRecord, CallRecord> change) =>
        Samples.CallAsync(api, call => change(call with { Channel = new ChannelId(_channel) }));
}
