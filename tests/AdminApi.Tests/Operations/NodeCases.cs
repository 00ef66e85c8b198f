using AdminApi.Platform;
using AdminApi.Tests.Kit;
using Gateway.Storage.Commands;
using StackExchange.Redis;

namespace AdminApi.Tests.Operations;

public sealed class NodeCases : IOperationCases
{
    public void Describe(CaseTable cases) => cases.For("drainNode")
        .Succeeds(202, async api =>
        {
            var node = "node-" + Guid.NewGuid().ToString("n");
            await new NodeCommandListener(api.Get<IConnectionMultiplexer>(), node, command => Task.FromResult(
                command is NodeCommand.Drain ? CommandReply.Done : new CommandReply(CommandOutcome.UnknownCall))).StartAsync();
            return api.Post($"/v1/nodes/{node}/drain");
        })
        .Fails(NodeProblems.Unreachable, api => api.Post("/v1/nodes/gone/drain"));
}
