using AdminApi.Platform;
using AdminApi.Tests.Kit;
using Gateway.Calls;
using Gateway.Storage.Commands;
using StackExchange.Redis;
using static AdminApi.Tests.Kit.CentreSamples;

namespace AdminApi.Tests.Operations;

public sealed class CallCases : IOperationCases
{
    private static readonly ProblemKind RecordingNotBuilt = new(422, "recording_not_built", "");

    public void Describe(CaseTable cases)
    {
        cases.For("listLiveCalls").Succeeds(200, async api =>
        {
            await Samples.LiveCallAsync(api, "nobody");
            return api.Get("/v1/calls/live");
        });
        cases.For("listCalls").Succeeds(200, async api =>
        {
            await Samples.CallAsync(api);
            return api.Get("/v1/calls?limit=2&direction=outbound&cause=not_permitted&channel=100&user=15550001");
        });
        cases.For("getCall")
            .Succeeds(200, async api => api.Get($"/v1/calls/{await Samples.CallAsync(api)}"))
            .Fails(Problems.NotFound, api => api.Get("/v1/calls/none"));
        cases.For("getCallTrace")
            .Succeeds(200, async api => api.Get($"/v1/calls/{await Samples.TraceAsync(api)}/trace"))
            .Fails(Problems.NotFound, api => api.Get("/v1/calls/never-was/trace"))
            .Fails(NodeProblems.Refused, async api =>
            {
                var node = "node-" + Guid.NewGuid().ToString("n");
                var reply = CommandReply.Refused(CommandRefusal.NotTraced, "The node takes no note of its calls");
                await new NodeCommandListener(api.Get<IConnectionMultiplexer>(), node, _ => Task.FromResult(reply)).StartAsync();
                return api.Get($"/v1/calls/{await Samples.LiveCallAsync(api, node)}/trace");
            })
            .Fails(NodeProblems.Unreachable, async api => api.Get($"/v1/calls/{await Samples.LiveCallAsync(api, "gone")}/trace"));
        cases.For("captureCall")
            .Succeeds(202, api => ControlAsync(api, "capture", new { seconds = 5 }, CommandReply.Done))
            .Fails(Problems.NotFound, api => api.Post("/v1/calls/none/capture", new { seconds = 5 }))
            .Fails(NodeProblems.Refused, api => ControlAsync(
                api, "capture", new { seconds = 5 }, CommandReply.Refused(CommandRefusal.CaptureInProgress, "It is captured already")))
            .Fails(NodeProblems.Unreachable, async api =>
                api.Post($"/v1/calls/{await Samples.LiveCallAsync(api, "gone")}/capture", new { seconds = 5 }));
        cases.For("downloadCapture")
            .Succeeds(200, async api => api.Get(await Samples.CaptureAsync(api)))
            .Fails(Problems.NotFound, api => api.Get("/v1/calls/none/captures/none"));
        cases.For("exportCalls").Succeeds(200, api => api.Get("/v1/calls/export?from=2020-01-01T00:00:00Z"));
        cases.For("hangUpCall")
            .Succeeds(202, api => HangUpAsync(api, CommandReply.Done))
            .Fails(Problems.NotFound, api => api.Post("/v1/calls/live/none/hang-up"))
            .Fails(NodeProblems.Refused, api => HangUpAsync(api, CommandReply.Refused(HangupCause.Draining)))
            .Fails(NodeProblems.Unreachable, async api => api.Post($"/v1/calls/live/{await Samples.LiveCallAsync(api, "gone")}/hang-up"));
        Controls("transferCall", "transfer", agent => new { to = new { agent } });
        Ends("completeTransfer", "complete");
        Ends("cancelTransfer", "cancel");
        Controls("assignCall", "assign", agent => new { agent });
        Controls("declineCall", "decline", agent => new { agent });
        DescribeStart(cases);
        cases.For("recordCall").Fails(RecordingNotBuilt, api => api.Post("/v1/calls/live/1/recording"));

        void Ends(string operation, string how) => cases.For(operation)
            .Succeeds(202, api => ControlAsync(api, $"transfer/{how}", null, CommandReply.Done))
            .Fails(Problems.NotFound, api => api.Post($"/v1/calls/none/transfer/{how}"))
            .Fails(NodeProblems.Refused, api => ControlAsync(
                api, $"transfer/{how}", null, CommandReply.Refused(CommandRefusal.NoTransferInProgress, "Its agent asks nobody")))
            .Fails(NodeProblems.Unreachable, async api =>
                api.Post($"/v1/calls/{await Samples.LiveCallAsync(api, "gone")}/transfer/{how}"));

        void Controls(string operation, string path, Func<string, object> body) => cases.For(operation)
            .Succeeds(202, async api => await ControlAsync(api, path, body(await AgentAsync(api)), CommandReply.Done))
            .Fails(Problems.NotFound, async api => api.Post($"/v1/calls/none/{path}", body(await AgentAsync(api))))
            .Fails(StoreProblems.UnknownReference, api => api.Post($"/v1/calls/none/{path}", body("nobody")))
            .Fails(NodeProblems.Refused, async api => await ControlAsync(
                api, path, body(await AgentAsync(api)), CommandReply.Refused(CommandRefusal.NotWaiting, "The call does not wait")))
            .Fails(NodeProblems.Unreachable, async api =>
                api.Post($"/v1/calls/{await Samples.LiveCallAsync(api, "gone")}/{path}", body(await AgentAsync(api))));
    }

    private static void DescribeStart(CaseTable cases)
    {
        ProblemKind noChannel = new(422, "no_channel", "");
        cases.For("startCall")
            .Succeeds(202, api => StartAsync(api, CommandReply.Done with { Call = new CallId("1") }))
            .Fails(NodeProblems.Refused, api => StartAsync(api, CommandReply.Refused(HangupCause.NotPermitted)))
            .Fails(NodeProblems.Unreachable, api => StartAsync(api, null))
            .Fails(Problems.InvalidRequest, async api => api.Post("/v1/calls", new { agent = await AgentAsync(api) }))
            .Fails(Problems.NotFound, async api => api.Post("/v1/calls", new { agent = await AgentAsync(api), contact = 987654321 }))
            .Fails(StoreProblems.UnknownReference, api => api.Post("/v1/calls", new { agent = "nobody", user = "+15550001111" }))
            .Fails(noChannel, async api =>
            {
                await ChannelSamples.ChannelAsync(api);
                await ChannelSamples.ChannelAsync(api);
                return api.Post("/v1/calls", new { agent = await AgentAsync(api), user = "US.1" + Guid.NewGuid().ToString("n") });
            });
    }

    /// <summary>A request to start a call, with a single node or none, since any other node would take the request.</summary>
    private static async Task<HttpRequestMessage> StartAsync(ApiFixture api, CommandReply? reply)
    {
        await api.Get<IConnectionMultiplexer>().GetSubscriber().UnsubscribeAllAsync();
        if (reply is not null)
            await new NodeCommandListener(api.Get<IConnectionMultiplexer>(), "start", _ => Task.FromResult(reply)).StartAsync();
        return api.Post("/v1/calls", new
        {
            agent = await AgentAsync(api), user = "+1 555 000 1111", channel = await ChannelSamples.ChannelAsync(api), trunk = "main",
            ringSeconds = 20,
        });
    }

    private static async Task<HttpRequestMessage> ControlAsync(ApiFixture api, string path, object? body, CommandReply reply)
    {
        var node = "node-" + Guid.NewGuid().ToString("n");
        await new NodeCommandListener(api.Get<IConnectionMultiplexer>(), node, _ => Task.FromResult(reply)).StartAsync();
        var url = $"/v1/calls/{await Samples.LiveCallAsync(api, node)}/{path}";
        return body is null ? api.Post(url) : api.Post(url, body);
    }

    private static async Task<HttpRequestMessage> HangUpAsync(ApiFixture api, CommandReply reply)
    {
        var node = "node-" + Guid.NewGuid().ToString("n");
        await new NodeCommandListener(api.Get<IConnectionMultiplexer>(), node, _ => Task.FromResult(reply)).StartAsync();
        return api.Post($"/v1/calls/live/{await Samples.LiveCallAsync(api, node)}/hang-up");
    }
}
