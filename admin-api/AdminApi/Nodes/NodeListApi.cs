using AdminApi.Channels;
using AdminApi.Platform;
using Gateway.Calls.Lifecycle;
using Gateway.Storage.Channels;
using Gateway.Storage.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Nodes;

/// <summary>The gateways that run now.</summary>
public static class NodeListApi
{
    public static void MapNodeList(this IEndpointRouteBuilder api) => api.MapGroup("/nodes").WithTags("nodes")
        .MapGet("/", ListAsync).WithName("listNodes").Requires(Scope.Read)
        .WithSummary("The nodes that renew their leases, with their calls and the trunks that they have");

    /// <param name="Items">All of them, by id; there is no further page.</param>
    /// <param name="Trunks">The names of the trunks of nodes that were seen in the last minutes.</param>
    public sealed record RunningNodes(IReadOnlyList<NodeView> Items, IReadOnlyList<string> Trunks);

    /// <param name="TakesCalls">False: it drains, or has no room.</param>
    /// <param name="LiveCalls">The number of calls that it runs now.</param>
    public sealed record NodeView(string Id, bool TakesCalls, int LiveCalls);

    private static async Task<Ok<RunningNodes>> ListAsync(
        NodeLeases leases, ICallRegistry calls, ChannelStore channels, TimeProvider time, CancellationToken cancellation)
    {
        var alive = await leases.AliveAsync();
        var open = (await leases.WithRoomAsync()).ToHashSet(StringComparer.Ordinal);
        var live = (await calls.ListAsync(cancellation)).CountBy(call => call.Node).ToDictionary(one => one.Key, one => one.Value);
        var trunks = await channels.TrunksAsync(time.GetUtcNow() - ChannelsApi.NodeSeen, cancellation);
        return TypedResults.Ok(new RunningNodes(
            [.. alive.Select(node => node.Id).Distinct().Order(StringComparer.Ordinal)
                .Select(id => new NodeView(id, open.Contains(id), live.GetValueOrDefault(id)))],
            [.. trunks.Order(StringComparer.Ordinal)]));
    }
}
