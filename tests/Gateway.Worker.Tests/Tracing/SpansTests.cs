using System.Net;
using System.Net.Sockets;
using Gateway.Calls;
using Gateway.Sip.Dialogs;
using Gateway.Worker.Configuration;
using Gateway.Worker.Tests.Calls.Bench;
using Sandbox.Users;
using Testing;

namespace Gateway.Worker.Tests.Tracing;

/// <summary>A call is one trace of spans at a collector, and no collector holds up a call.</summary>
[Collection(StoresCollection.Name)]
public sealed class SpansTests(Stores stores)
{
    private const string PbxTrace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private static async Task<string> OpenMetricsAsync(string url)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        http.DefaultRequestHeaders.Add("Accept", "application/openmetrics-text");
        return await http.GetStringAsync(new Uri(new Uri(url), "/metrics"));
    }

    private static Func<GatewayOptions, GatewayOptions> To(string url, double sampled = 1) => options => options with
    {
        Otel = new OtelOptions { Endpoint = url, Timeout = TimeSpan.FromSeconds(2) },
        Trace = new TraceOptions { Sampled = sampled },
    };

    [Fact]
    public async Task A_call_is_one_trace_with_the_spans_of_all_its_parts()
    {
        await using var collector = await new OtlpCollector().StartAsync();
        await using var bench = await CallBench.StartAsync(stores, To(collector.Url));
        var call = await bench.WhatsApp.PlaceAsync(bench.WhatsApp.User(handset: "native"));
        var agent = await bench.Pbx.NextAsync();
        var passed = agent.Header("traceparent");
        await agent.AnswerAsync();
        await bench.LiveAsync(call);
        await agent.HearsAsync(WhatsAppSide.Hertz);
        await WhatsAppSide.HearsAsync(call, Pbx.Hertz);
        await bench.WhatsApp.HangUpAsync(call);
        await bench.EndsAsync(call, HangupCause.WhatsAppHungUp);
        await Eventually.SeeAsync(() => collector.Spans.Any(span => span.Name == "call"), "the call's spans");

        var root = collector.Spans.Single(span => span.Name == "call");
        Assert.Equal($"00-{root.TraceId}-{root.SpanId}-01", passed);
        Assert.Equal(("whatsapp-calls-gateway", call.Id, "whatsapp_hung_up", ""), (
            root.Service, root.Tags["whatsapp.call_id"], root.Tags["gateway.cause"], root.ParentId));
        Assert.Equal(await bench.IdAsync(call.User), root.Tags["gateway.call_id"]);
        string[] parts =
        [
            "webhook connect", "admission", "graph pre_accept", "graph accept", "sip INVITE", "sip BYE", "ice", "dtls",
            "first packet of pbx", "first packet of whatsapp", "settlement",
        ];
        Assert.All(parts, part => Assert.Contains(collector.Spans, span => span.Name == part && span.ParentId == root.SpanId));
        Assert.All(collector.Spans, span => Assert.Equal(root.TraceId, span.TraceId));
        Assert.Contains(collector.Spans, span => span.Tags.ContainsKey("db.system.name") || span.Tags.ContainsKey("db.system"));
        Assert.Contains(collector.Spans, span => span.Tags.ContainsKey("http.request.method")); // of Graph
        await Eventually.SeeAsync(
            () => OpenMetricsAsync(bench.Gateway.OperationsUrl),
            text => text.Contains($"trace_id=\"{root.TraceId}\"", StringComparison.Ordinal), "the exemplar of its set-up names the trace");
    }

    [Fact]
    public async Task A_trunk_may_have_a_header_of_its_own_for_the_trace_each_way()
    {
        await using var collector = await new OtlpCollector().StartAsync();
        await using var bench = await CallBench.StartAsync(stores, options => To(collector.Url)(options) with
        {
            Sip = options.Sip with { Trunks = [.. options.Sip.Trunks.Select(trunk => trunk with { TraceHeader = "X-Trace" })] },
        });
        var inbound = await bench.WhatsApp.PlaceAsync();
        var rung = await bench.Pbx.NextAsync();
        Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-01$", rung.Header("X-Trace"));
        Assert.Null(rung.Header("traceparent"));
        await rung.RejectAsync(486);
        await bench.EndsAsync(inbound, HangupCause.Busy);

        var user = bench.WhatsApp.User(AutoMode.Answer);
        var agent = bench.Pbx.Dial(user.Phone, headers: [("X-Trace", PbxTrace)]);
        await agent.AnsweredAsync();
        await agent.HangUpAsync();
        await bench.EndsAsync(user, HangupCause.PbxHungUp);
        await Eventually.SeeAsync(
            () => collector.Spans.Any(span => span.Name == "call" && span.TraceId == PbxTrace[3..35]), "the span of the PBX's trace");
    }

    [Fact]
    public async Task The_PBXs_trace_goes_on_in_its_call()
    {
        await using var collector = await new OtlpCollector().StartAsync();
        await using var bench = await CallBench.StartAsync(stores, To(collector.Url));
        var user = bench.WhatsApp.User(AutoMode.Answer);
        var agent = bench.Pbx.Dial(user.Phone, headers: [("traceparent", PbxTrace)]);
        await agent.AnsweredAsync();
        await agent.HangUpAsync();
        await bench.EndsAsync(user, HangupCause.PbxHungUp);
        await Eventually.SeeAsync(() => collector.Spans.Any(span => span.Name == "call"), "the call's spans");
        var root = collector.Spans.Single(span => span.Name == "call");
        Assert.Equal((PbxTrace[3..35], PbxTrace[36..52]), (root.TraceId, root.ParentId));
    }

    [Fact]
    public async Task Of_calls_that_are_not_sampled_only_those_that_failed_are_sent()
    {
        await using var collector = await new OtlpCollector().StartAsync();
        await using var bench = await CallBench.StartAsync(stores, To(collector.Url, sampled: 0));
        var good = await bench.WhatsApp.PlaceAsync();
        await (await bench.Pbx.NextAsync()).RejectAsync(486);
        await bench.EndsAsync(good, HangupCause.Busy);
        var bad = await bench.WhatsApp.PlaceAsync();
        await (await bench.Pbx.NextAsync()).RejectAsync(503);
        await bench.EndsAsync(bad, HangupCause.PbxUnreachable);
        await Eventually.SeeAsync(() => collector.Spans.Any(span => span.Name == "call"), "the failed call's spans");
        var root = collector.Spans.Single(span => span.Name == "call");
        Assert.Equal((bad.Id, true), (root.Tags["whatsapp.call_id"], root.IsError));
        Assert.Equal("PBX main answered 503 Service Unavailable to INVITE", root.Tags["gateway.summary"]);
    }

    [Fact]
    public async Task A_collector_that_does_not_answer_holds_up_no_call_and_what_it_misses_is_counted()
    {
        await using var collector = await new OtlpCollector { IsStuck = true }.StartAsync();
        await using var bench = await CallBench.StartAsync(
            stores, options => To(collector.Url)(options) with
            {
                Otel = new OtelOptions { Endpoint = collector.Url, Timeout = TimeSpan.FromMilliseconds(300) },
            });
        var before = await bench.Gateway.MetricAsync("gateway_traces_dropped_total", "target=\"otlp\"");
        for (var i = 0; i < 3; i++)
        {
            var call = await bench.WhatsApp.PlaceAsync();
            await (await bench.Pbx.NextAsync()).RejectAsync(503);
            await bench.EndsAsync(call, HangupCause.PbxUnreachable);
        }
        await Eventually.SeeAsync(
            () => bench.Gateway.MetricAsync("gateway_traces_dropped_total", "target=\"otlp\""), seen => seen >= before + 3,
            "drops are counted");
        Assert.True(collector.Requests > 0);
    }
}
