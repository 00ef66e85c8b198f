using System.Net.Http.Headers;
using AdminApi.Platform;
using AdminApi.Tests.Kit;
using Gateway.Storage.Commands;
using Gateway.Storage.Nodes;
using StackExchange.Redis;

namespace AdminApi.Tests.Operations;

public sealed class NodeCases : IOperationCases
{
    private static readonly ReloadReport Report = new("0123456789ab", DateTimeOffset.UnixEpoch, ["node.maxCalls"], ["sip.listen"], []);

    public void Describe(CaseTable cases)
    {
        cases.For("listNodes").Succeeds(200, async api =>
        {
            await api.Get<NodeLeases>().BeatAsync(new LeasedNode("n1", "1"), TimeSpan.FromMinutes(1), hasRoom: true);
            return api.Get("/v1/nodes");
        });
        cases.For("drainNode")
            .Succeeds(202, api => OfNodeAsync(api, "drain", CommandReply.Done))
            .Fails(NodeProblems.Unreachable, api => api.Post("/v1/nodes/gone/drain"))
            .Fails(Problems.ForbiddenScope, api => ByOperator(api, "drain"));
        cases.For("reloadNode")
            .Succeeds(200, api => OfNodeAsync(api, "reload", CommandReply.Done with { Reload = Report }))
            .Fails(NodeProblems.Refused, api => OfNodeAsync(
                api, "reload", CommandReply.Refused(CommandRefusal.ConfigurationInvalid, "Two errors") with
                {
                    Reload = Report with { Errors = ["node.maxCalls: must be between 1 and 100000.", "sip.listen: is empty."] },
                }))
            .Fails(NodeProblems.Unreachable, api => api.Post("/v1/nodes/gone/reload"))
            .Fails(Problems.ForbiddenScope, api => ByOperator(api, "reload"));
    }

    /// <summary>A request of somebody who may do everything but that: it takes gateways out of service.</summary>
    private static HttpRequestMessage ByOperator(ApiFixture api, string command)
    {
        var request = api.Post($"/v1/nodes/gone/{command}");
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Bearer", api.Issuer.Token("gateway:read gateway:operate gateway:billing"));
        return request;
    }

    /// <summary>A request to a node that answers so.</summary>
    private static async Task<HttpRequestMessage> OfNodeAsync(ApiFixture api, string command, CommandReply reply)
    {
        var node = "node-" + Guid.NewGuid().ToString("n");
        await new NodeCommandListener(api.Get<IConnectionMultiplexer>(), node, taken => Task.FromResult(
            (taken, command) is (NodeCommand.Drain, "drain") or (NodeCommand.Reload, "reload")
                ? reply : new CommandReply(CommandOutcome.UnknownCall))).StartAsync();
        return api.Post($"/v1/nodes/{node}/{command}");
    }
}
