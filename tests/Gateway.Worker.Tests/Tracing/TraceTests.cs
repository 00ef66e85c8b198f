using System.Text.Json;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Tracing;
using Gateway.Sip.Dialogs;
using Gateway.Storage.Tracing;
using Gateway.Worker.Configuration;
using Gateway.Worker.Tests.Calls.Bench;
using Gateway.Worker.Tracing;
using Npgsql;
using Testing;

namespace Gateway.Worker.Tests.Tracing;

/// <summary>The story of a call that went well is kept whole, without what nobody may read in it.</summary>
[Collection(StoresCollection.Name)]
public sealed class TraceTests(Stores stores)
{
    [Fact]
    public async Task A_users_call_leaves_its_whole_story()
    {
        await using var bench = await CallBench.StartAsync(stores, TraceBench.All);
        var call = await bench.WhatsApp.PlaceAsync(bench.WhatsApp.User(handset: "native"));
        var agent = await bench.Pbx.NextAsync();
        await agent.RingAsync();
        await agent.AnswerAsync();
        await bench.LiveAsync(call);
        await agent.HearsAsync(WhatsAppSide.Hertz);
        await WhatsAppSide.HearsAsync(call, Pbx.Hertz);
        await bench.WhatsApp.HangUpAsync(call);
        await bench.EndsAsync(call, HangupCause.WhatsAppHungUp);

        var trace = await bench.TraceAsync(call.User);
        var lines = trace.Entries.Select(entry => $"{entry.Kind} {entry.Direction} {entry.Summary}").ToArray();
        string[] story =
        [
            "Webhook In connect with an offer", "Admission None admitted: main", "Graph Out pre_accept", "Sip Out INVITE", "Sip In 180 ",
            "Sip In 200 OK to INVITE", "Sip Out ACK", "Graph Out accept", "Media None audio is open", "Webhook In terminate", "Sip Out BYE",
            "Sip In 200 OK to BYE",
        ];
        Assert.All(story, line => Assert.Contains(lines, seen => seen.StartsWith(line, StringComparison.Ordinal)));
        TraceKind[] kinds = [TraceKind.Ice, TraceKind.Dtls, TraceKind.State];
        Assert.All(kinds, kind => Assert.Contains(trace.Entries, entry => entry.Kind == kind));
        Assert.Equal(2, trace.Entries.Count(entry => entry is { Kind: TraceKind.Media, Summary: "first packet" }));
        Assert.Equal((HangupCause.WhatsAppHungUp, 0), (trace.Cause, trace.LeftOut));
        Assert.Equal(call.Id, trace.WhatsAppId?.Value);
        Assert.Equal(trace.Entries.OrderBy(entry => entry.At), trace.Entries);
    }

    [Fact]
    public async Task An_agents_call_is_traced_from_its_first_INVITE_on()
    {
        await using var bench = await CallBench.StartAsync(stores, TraceBench.All);
        var user = bench.WhatsApp.User();
        var agent = bench.Pbx.Dial(user.Phone);
        await agent.NextAsync<SipCallEvent.Provisional>(); // it rings, so Meta has answered
        await agent.HangUpAsync();
        await bench.EndsAsync(user, HangupCause.CallerGaveUp);
        var trace = await bench.TraceAsync(user);
        var sip = trace.Entries.Where(entry => entry.Kind == TraceKind.Sip).ToArray();
        Assert.Equal((TraceDirection.In, "main"), (sip[0].Direction, sip[0].Trunk));
        Assert.StartsWith("INVITE sip:{user}@", sip[0].Summary, StringComparison.Ordinal);
        Assert.Contains(sip, entry => entry.Summary.StartsWith("CANCEL ", StringComparison.Ordinal));
        Assert.Contains(trace.Entries, entry => entry is { Kind: TraceKind.Graph, Summary: "connect", DurationMs: > 0 });
    }

    [Fact]
    public async Task No_secret_and_no_number_of_the_user_is_kept()
    {
        await using var bench = await CallBench.StartAsync(stores, TraceBench.All);
        var call = await bench.WhatsApp.PlaceAsync();
        await (await bench.Pbx.NextAsync()).RejectAsync(486);
        await bench.EndsAsync(call, HangupCause.Busy);
        var trace = await bench.TraceAsync(call.User);
        var kept = JsonSerializer.Serialize(trace);
        Assert.DoesNotContain(call.User.Phone, kept, StringComparison.Ordinal);
        Assert.DoesNotContain(call.User.Phone[^7..], kept, StringComparison.Ordinal);
        Assert.Contains("X-WhatsApp-User-Phone: {user}", trace.Entries.First(entry => entry.Kind == TraceKind.Sip).Details,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_failures_are_kept_unless_more_is_asked_for()
    {
        await using var bench = await CallBench.StartAsync(stores);
        var good = await bench.WhatsApp.PlaceAsync();
        await (await bench.Pbx.NextAsync()).RejectAsync(486);
        await bench.EndsAsync(good, HangupCause.Busy);
        var bad = await bench.WhatsApp.PlaceAsync();
        await (await bench.Pbx.NextAsync()).RejectAsync(500);
        await bench.EndsAsync(bad, HangupCause.PbxFailed);
        await bench.TraceAsync(bad.User); // traces are written in the order in which calls end
        var store = new CallTraceStore(bench.Gateway.Service<NpgsqlDataSource>());
        Assert.Null(await store.FindAsync(await bench.IdAsync(good.User), CancellationToken.None));
    }

    [Fact]
    public async Task Nothing_is_noted_where_nothing_is_asked_for()
    {
        await using var bench = await CallBench.StartAsync(
            stores, options => options with { Trace = new TraceOptions { Calls = TracedCalls.None } });
        var call = await bench.WhatsApp.PlaceAsync();
        await (await bench.Pbx.NextAsync()).RejectAsync(500);
        await bench.EndsAsync(call, HangupCause.PbxFailed);
        var identity = new CallIdentity(new CallId("x"), CallDirection.Inbound, new ChannelId("1"), new WhatsAppUser("1"), "n");
        Assert.Null(bench.Gateway.Service<CallTraces>().Begin(identity));
    }

    [Fact]
    public async Task The_command_prints_what_has_happened_so_far_to_a_call_in_progress()
    {
        await using var bench = await CallBench.StartAsync(stores);
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await agent.RingAsync();
        var text = await Eventually.SeeAsync(
            async () =>
            {
                var output = new StringWriter();
                return await TraceCommand.RunAsync(bench.Gateway.Options, call.Id, output) == 0 ? output.ToString() : "";
            },
            shown => shown.Contains("main: 180", StringComparison.Ordinal), "the trace so far, by WhatsApp's id", shown => shown);
        Assert.StartsWith("So far: the call is in progress\n", text, StringComparison.Ordinal);
        Assert.Contains("webhook   connect", text, StringComparison.Ordinal);
        Assert.DoesNotContain(call.User.Phone, text, StringComparison.Ordinal);

        await agent.AnswerAsync();
        await bench.LiveAsync(call);
        var byId = new StringWriter();
        Assert.Equal(0, await TraceCommand.RunAsync(bench.Gateway.Options, await bench.IdAsync(call.User), byId));
        Assert.Contains(", in progress", byId.ToString(), StringComparison.Ordinal);
        await agent.HangUpAsync(); // what was shown is not lost to the trace of the call's end
        await bench.EndsAsync(call, HangupCause.PbxHungUp);
    }

    [Fact]
    public async Task The_command_prints_the_ladder_and_says_when_there_is_none()
    {
        await using var bench = await CallBench.StartAsync(stores);
        var call = await bench.WhatsApp.PlaceAsync();
        await (await bench.Pbx.NextAsync()).RejectAsync(503);
        await bench.EndsAsync(call, HangupCause.PbxUnreachable);
        await bench.TraceAsync(call.User);
        var output = new StringWriter();
        Assert.Equal(0, await TraceCommand.RunAsync(bench.Gateway.Options, call.Id, output)); // by WhatsApp's id too
        Assert.StartsWith("Cause: PBX main answered 503 Service Unavailable to INVITE\n", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("|               |<-------------|  sip       main: 503", output.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, await TraceCommand.RunAsync(bench.Gateway.Options, "never-was", output));
        Assert.Contains("There is no trace of a call 'never-was'", output.ToString(), StringComparison.Ordinal);
    }
}
