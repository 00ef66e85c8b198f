using AdminApi.Platform;
using AdminApi.Tests.Kit;
using Gateway.Calls;
using Gateway.Storage.Commands;
using StackExchange.Redis;

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
        cases.For("exportCalls").Succeeds(200, api => api.Get("/v1/calls/export?from=2020-01-01T00:00:00Z"));
        cases.For("hangUpCall")
            .Succeeds(202, api => HangUpAsync(api, CommandReply.Done))
            .Fails(Problems.NotFound, api => api.Post("/v1/calls/live/none/hang-up"))
            .Fails(NodeProblems.Refused, api => HangUpAsync(api, CommandReply.Refused(HangupCause.Draining)))
            .Fails(NodeProblems.Unreachable, async api => api.Post($"/v1/calls/live/{await Samples.LiveCallAsync(api, "gone")}/hang-up"));
        cases.For("recordCall").Fails(RecordingNotBuilt, api => api.Post("/v1/calls/live/1/recording"));
    }

    private static async Task<HttpRequestMessage> HangUpAsync(ApiFixture api, CommandReply reply)
    {
        var node = "node-" + Guid.NewGuid().ToString("n");
        await new NodeCommandListener(api.Get<IConnectionMultiplexer>(), node, _ => Task.FromResult(reply)).StartAsync();
        return api.Post($"/v1/calls/live/{await Samples.LiveCallAsync(api, node)}/hang-up");
    }
}
