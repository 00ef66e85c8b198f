using AdminApi.Platform;
using AdminApi.Tests.Kit;
using Gateway.Storage.Commands;
using Gateway.Storage.Nodes;
using StackExchange.Redis;

namespace AdminApi.Tests.Operations;

public sealed class NodeCases : IOperationCases
{
    public void Describe(CaseTable cases)
    {
        cases.For("listNodes").Succeeds(200, async api =>
        {
            await api.Get<NodeLeases>().BeatAsync(new LeasedNode("n1", "1"), TimeSpan.FromMinutes(1), hasRoom: true);
            return api.Get("/v1/nodes");
        });
        DescribeDrain(cases);
    }

    private static void DescribeDrain(CaseTable cases) => cases.For("drainNode")
        .Succeeds(202, async api =>
        {
            var node = "node-" + Guid.NewGuid().ToString("n");
            await new NodeCommandListener(api.Get<IConnectionMultiplexer>(), node, command => Task.FromResult(
                command is NodeCommand.Drain ? CommandReply.Done : new CommandReply(CommandOutcome.UnknownCall))).StartAsync();
            return api.Post($"/v1/nodes/{node}/drain");
        })
        .Fails(NodeProblems.Unreachable, api => api.Post("/v1/nodes/gone/drain"));
}
