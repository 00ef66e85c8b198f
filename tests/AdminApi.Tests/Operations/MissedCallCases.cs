using AdminApi.Platform;
using AdminApi.Tests.Kit;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Storage.Commands;
using StackExchange.Redis;

namespace AdminApi.Tests.Operations;

public sealed class MissedCallCases : IOperationCases
{
    public void Describe(CaseTable cases)
    {
        cases.For("listMissedCalls").Succeeds(200, async api =>
        {
            await Samples.MissedCallAsync(api);
            return api.Get("/v1/missed-calls?state=open&limit=1");
        });
        cases.For("getMissedCall")
            .Succeeds(200, async api => api.Get($"/v1/missed-calls/{await Samples.MissedCallAsync(api)}"))
            .Fails(Problems.NotFound, api => api.Get("/v1/missed-calls/none"));
        cases.For("updateMissedCall")
            .Succeeds(200, async api => api.Put(
                $"/v1/missed-calls/{await Samples.MissedCallAsync(api)}", new { state = "assigned", assignee = "anna", note = "!" }, 1))
            .Fails(Problems.InvalidRequest, async api =>
                api.Put($"/v1/missed-calls/{await Samples.MissedCallAsync(api)}", new { state = "assigned" }, 1))
            .Fails(Problems.NotFound, api => api.Put("/v1/missed-calls/none", new { state = "closed" }, 1));
        cases.For("changeMissedCall")
            .Succeeds(200, async api => api.Patch($"/v1/missed-calls/{await Samples.MissedCallAsync(api)}", new { note = "!" }, 1))
            .Fails(Problems.InvalidRequest, async api =>
                api.Patch($"/v1/missed-calls/{await Samples.MissedCallAsync(api)}", new { state = "assigned" }, 1))
            .Fails(Problems.NotFound, api => api.Patch("/v1/missed-calls/none", new { state = "closed" }, 1));
        cases.For("callBackMissedCall")
            .Succeeds(202, api => CallBackAsync(api, CommandReply.Done with { Call = new CallId("1") }))
            .Fails(NodeProblems.Refused, api => CallBackAsync(api, CommandReply.Refused(HangupCause.NotPermitted)))
            .Fails(NodeProblems.Unreachable, api => CallBackAsync(api, null))
            .Fails(Problems.NotFound, api => api.Post("/v1/missed-calls/none/call-back", new { agent = "21" }));
    }

    /// <summary>A request to call back, with a single node or none, since any other node would take the request.</summary>
    private static async Task<HttpRequestMessage> CallBackAsync(ApiFixture api, CommandReply? reply)
    {
        await api.Get<IConnectionMultiplexer>().GetSubscriber().UnsubscribeAllAsync();
        if (reply is not null)
            await new NodeCommandListener(api.Get<IConnectionMultiplexer>(), "call-back", _ => Task.FromResult(reply)).StartAsync();
        return api.Post($"/v1/missed-calls/{await Samples.MissedCallAsync(api)}/call-back", new { agent = "21", trunk = "main" });
    }
}
