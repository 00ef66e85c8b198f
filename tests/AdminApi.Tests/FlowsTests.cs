using System.Net;
using System.Text.Json;
using AdminApi.Tests.Kit;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Lifecycle;
using static AdminApi.Tests.Kit.CentreSamples;

namespace AdminApi.Tests;

/// <summary>Flows, dry runs, audio files, the supervisor's view, and messages.</summary>
[Collection(ApiCollection.Name)]
public sealed class FlowsTests(ApiFixture api)
{
    [Fact]
    public async Task A_flow_comes_back_with_its_steps_in_the_order_in_which_they_were_written_and_keeps_versions()
    {
        var group = await GroupAsync(api);
        var id = await FlowAsync(api, group);
        var queue = $$"""{"next":"a","kind":"queue","group":"{{group}}","callbackKey":"1","onCallback":"a"}""";
        var steps = $$$"""{"z":{{{queue}}},"a":{"kind":"refuse"}}""";
        var changed = await api.ReadAsync(
            api.Put($"/v1/flows/{id}", $$$"""{"name":"New","start":"z","language":"pt-BR","steps":{{{steps}}}}""", 1));
        Assert.Equal(2, changed.GetProperty("version").GetInt64());
        var flow = await api.ReadAsync(api.Get($"/v1/flows/{id}"));
        Assert.Equal(["z", "a"], flow.GetProperty("steps").EnumerateObject().Select(step => step.Name));
        Assert.Equal(600, flow.GetProperty("steps").GetProperty("z").GetProperty("maxWaitSeconds").GetInt32());
        var versions = (await api.ReadAsync(api.Get($"/v1/flows/{id}/versions"))).GetProperty("items");
        Assert.Equal(
            [(2L, true), (1L, false)],
            versions.EnumerateArray().Select(one => (one.GetProperty("version").GetInt64(), one.GetProperty("isCurrent").GetBoolean())));
        Assert.Equal((404, "not_found"), await api.FailAsync(api.Get("/v1/flows/none/versions")));
    }

    [Theory]
    [InlineData("""{"kind":"queue"}""", 400)]
    [InlineData("""{"group":"x"}""", 400)]
    [InlineData("""{"kind":"teleport"}""", 400)]
    [InlineData("""{"kind":"refuse","surprise":1}""", 400)]
    [InlineData("""{"kind":"refuse","reason":"weather"}""", 400)]
    [InlineData("""{"kind":"announce","audio":"none"}""", 422)]
    [InlineData("""{"kind":"menu","prompt":"none","choices":{"1":null}}""", 422)]
    public async Task A_step_that_cannot_be_is_refused(string step, int status)
    {
        var flow = $$$"""{"id":"{{{Name("f")}}}","name":"x","start":"a","steps":{"a":{{{step}}}}}""";
        Assert.Equal(status, (await api.FailAsync(api.Post("/v1/flows", flow))).Status);
    }

    [Fact]
    public async Task Everything_wrong_with_a_flow_is_said_at_once_by_its_place()
    {
        object flow = new
        {
            id = "BAD", name = "x", start = "no",
            steps = new Dictionary<string, object>
            {
                ["a"] = new { kind = "queue", group = "none", ringSeconds = 1, next = "b" },
                ["b"] = new { kind = "announce", audio = "none", next = "a" },
            },
        };
        var answer = await api.Client.SendAsync(api.Post("/v1/flows", flow));
        Assert.Equal(HttpStatusCode.UnprocessableContent, answer.StatusCode);
        var errors = JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync()).GetProperty("errors");
        Assert.Equal(
            ["id", "steps['a'].group", "steps['a'].ringSeconds", "steps['b'].audio", "start"],
            errors.EnumerateArray().Select(error => error.GetProperty("field").GetString()));
    }

    [Fact]
    public async Task A_dry_run_says_which_steps_are_taken_and_why()
    {
        var group = await GroupAsync(api);
        var agent = await AgentAsync(api, group);
        var id = Name("f");
        var prompt = await AudioAsync(api);
        var choices = new Dictionary<string, string> { ["1"] = "ring", ["2"] = "mail" };
        object flow = new
        {
            id, name = "In", start = "menu", languages = new Dictionary<string, string> { ["DE"] = "de" },
            steps = new
            {
                menu = new { kind = "menu", prompt, choices, next = "end" },
                ring = new { kind = "ring", agents = new { group, strategy = "most_skilled" }, next = "mail" },
                mail = new { kind = "voicemail", group, next = "end" },
                end = new { kind = "refuse", reason = "busy" },
            },
        };
        await api.ReadAsync(api.Post("/v1/flows", flow));
        Assert.Equal(("menu ring", "answered"), await RunAsync(new { channel = "1", keys = new[] { "1" }, available = new[] { agent } }));
        Assert.Equal(("menu ring mail end", "refused"), await RunAsync(new { channel = "1", keys = new[] { "1" } }));
        Assert.Equal(("menu mail end", "refused"), await RunAsync(new { channel = "1", keys = new[] { "9", "2" } }));
        Assert.Equal(("menu end", "refused"), await RunAsync(new { channel = "1" }));
        var german = await api.ReadAsync(api.Post($"/v1/flows/{id}/dry-run", new { channel = "1", number = "+49 1511 2345678" }));
        Assert.Equal("de", german.GetProperty("language").GetString());
        Assert.Equal(
            $"Asks with '{prompt}', 3 times: no key.", german.GetProperty("steps")[0].GetProperty("why").GetString());

        async Task<(string, string?)> RunAsync(object call)
        {
            var run = await api.ReadAsync(api.Post($"/v1/flows/{id}/dry-run", call));
            var steps = run.GetProperty("steps").EnumerateArray().Select(step => step.GetProperty("step").GetString());
            return (string.Join(' ', steps), run.GetProperty("end").GetString());
        }
    }

    [Fact]
    public async Task Audio_is_kept_by_language_resampled_and_refused_where_it_is_none()
    {
        var name = Name("s");
        var saved = await api.ReadAsync(Upload(api, name, Tone(48000, 48000)));
        Assert.Equal((1.0, 96044, 1), (
            saved.GetProperty("durationSeconds").GetDouble(), saved.GetProperty("size").GetInt32(),
            saved.GetProperty("version").GetInt32()));
        var heard = await (await api.Client.SendAsync(api.Get($"/v1/audio/{name}/en"))).Content.ReadAsByteArrayAsync();
        Assert.Equal(44 + 2 * 16000, heard.Length);
        await api.ReadAsync(Upload(api, name, heard, language: "de"));
        Assert.Equal((412, "stale_version"), await api.FailAsync(Upload(api, name, heard)));
        Assert.Equal((422, "not_audio"), await api.FailAsync(Upload(api, name, new byte[100], version: 1)));
        await api.ReadAsync(api.Delete($"/v1/audio/{name}/en", 1));
        Assert.Equal(["de"], await LanguagesAsync(name));
    }

    [Fact]
    public async Task The_supervisor_sees_who_waits_what_agents_do_and_the_service_level_by_channel()
    {
        var group = await GroupAsync(api);
        var agent = await AgentAsync(api, group);
        await api.ReadAsync(api.Put($"/v1/agents/{agent}/state", new { presence = "available" }));
        var now = DateTimeOffset.UtcNow;
        await CallAsync("c1", waits: 10, talks: 60);
        await CallAsync("c1", waits: 30, talks: 20);
        await CallAsync("c2", waits: 5, talks: null);
        var live = await Samples.LiveCallAsync(api, "n1");
        var waiting = new WaitingCall(new CallId(live), new GroupId(group), 0, now.AddSeconds(-42), "n1");
        await api.Get<IAgentRegistry>().JoinAsync(waiting, CancellationToken.None);

        var view = (await api.ReadAsync(api.Get($"/v1/supervisor?group={group}"))).GetProperty("groups").EnumerateArray().Single();
        Assert.Equal(1, view.GetProperty("agents").GetProperty("available").GetInt32());
        var total = view.GetProperty("total");
        Assert.Equal(
            (1, 3, 2, 1), (Number(total, "waiting"), Number(total, "offered"), Number(total, "answered"), Number(total, "abandoned")));
        Assert.InRange(total.GetProperty("longestWaitSeconds").GetDouble(), 42, 60);
        Assert.Equal((0.333, 15.0, 40.0), (
            Share(total, "serviceLevel"), Share(total, "averageWaitSeconds"), Share(total, "averageHandlingSeconds")));
        Assert.Equal(
            ["100 1 0", "c1 0 2", "c2 0 1"],
            view.GetProperty("channels").EnumerateArray().Select(one => (one.GetProperty("channel").GetString(), one.GetProperty("queue")))
                .Select(one => $"{one.Item1} {Number(one.Item2, "waiting")} {Number(one.Item2, "offered")}"));
        var before = await api.ReadAsync(api.Get($"/v1/supervisor?group={group}&from=2020-01-01&to=2020-01-02"));
        Assert.Equal(JsonValueKind.Null, before.GetProperty("groups")[0].GetProperty("total").GetProperty("serviceLevel").ValueKind);
        Assert.Equal((400, "invalid_request"), await api.FailAsync(api.Get("/v1/supervisor?from=2020-01-01")));

        Task CallAsync(string channel, int waits, int? talks) => Samples.CallAsync(api, call => call with
        {
            Direction = CallDirection.Inbound, Channel = new ChannelId(channel), StartedAt = now.AddMinutes(-5),
            Cause = HangupCause.WhatsAppHungUp,
            AnsweredAt = now.AddMinutes(-5), Flow = new FlowId("f"), Group = new GroupId(group), WaitedFrom = now.AddMinutes(-5),
            AgentId = talks is null ? null : new AgentId(agent), WhatsAppError = null,
            AgentAnsweredAt = talks is null ? null : now.AddMinutes(-5).AddSeconds(waits),
            EndedAt = now.AddMinutes(-5).AddSeconds(waits + (talks ?? 0)),
        });

        static int Number(JsonElement queue, string member) => queue.GetProperty(member).GetInt32();

        static double Share(JsonElement queue, string member) => queue.GetProperty(member).GetDouble();
    }

    [Fact]
    public async Task A_call_abandoned_in_a_queue_is_missed_with_its_wait_and_found_by_its_group()
    {
        var group = Name("g");
        var start = DateTimeOffset.UtcNow.AddMinutes(-1);
        var id = await Samples.CallAsync(api, call => call with
        {
            Direction = CallDirection.Inbound, StartedAt = start, AnsweredAt = start, WaitedFrom = start, EndedAt = start.AddSeconds(33),
            Flow = new FlowId("in"), FlowVersion = 2, Group = new GroupId(group), Cause = HangupCause.WhatsAppHungUp, WhatsAppError = null,
        });
        var missed = (await api.ReadAsync(api.Get($"/v1/missed-calls?group={group}"))).GetProperty("items").EnumerateArray().Single();
        Assert.Equal((id, 33), (missed.GetProperty("callId").GetString(), missed.GetProperty("waitedSeconds").GetInt32()));
        var found = await api.ReadAsync(api.Get($"/v1/calls?group={group}&flow=in&answeredByAgent=false"));
        var call = found.GetProperty("items").EnumerateArray().Single();
        Assert.Equal(("in", 2), (call.GetProperty("flow").GetString(), call.GetProperty("flowVersion").GetInt32()));
        Assert.Empty((await api.ReadAsync(api.Get($"/v1/calls?group={group}&answeredByAgent=true"))).GetProperty("items").EnumerateArray());
        var csv = await (await api.Client.SendAsync(api.Get($"/v1/calls/export?group={group}"))).Content.ReadAsStringAsync();
        Assert.EndsWith($",in,2,{group},{start.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'},\r\n", csv);
    }

    [Fact]
    public async Task A_message_is_heard_and_closed_and_no_file_outside_the_recordings_is_read()
    {
        var group = Name("g");
        var audio = Tone(8000, 80);
        var id = await VoicemailAsync(api, group, audio);
        Assert.Equal(audio, await (await api.Client.SendAsync(api.Get($"/v1/voicemails/{id}/audio"))).Content.ReadAsByteArrayAsync());
        var heard = await api.ReadAsync(api.Put($"/v1/voicemails/{id}", new { heard = true, closed = true }, 1));
        Assert.StartsWith("key:", heard.GetProperty("closedBy").GetString());
        Assert.Empty((await api.ReadAsync(api.Get($"/v1/voicemails?group={group}&closed=false"))).GetProperty("items").EnumerateArray());
        foreach (var path in new[] { "../" + Path.GetFileName(api.Recordings) + "x", "/etc/hostname", "../../etc/hostname" })
        {
            var outside = await VoicemailAsync(api, group, path: path);
            Assert.Equal((409, "audio_unavailable"), await api.FailAsync(api.Get($"/v1/voicemails/{outside}/audio")));
        }
    }

    private async Task<IEnumerable<string?>> LanguagesAsync(string name) =>
        (await api.ReadAsync(api.Get("/v1/audio?limit=500"))).GetProperty("items").EnumerateArray()
            .Where(file => file.GetProperty("name").GetString() == name).Select(file => file.GetProperty("language").GetString());
}
