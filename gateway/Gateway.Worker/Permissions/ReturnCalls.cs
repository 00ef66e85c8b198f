using System.Threading.Channels;
using Gateway.Calls;
using Gateway.Storage.Commands;
using Gateway.Worker.Calls;
using Media.Protocols.Primitives;
using StackExchange.Redis;

namespace Gateway.Worker.Permissions;

/// <summary>
/// Makes return calls to agents whose users have permitted calls: from this node, or from another where this one is stopping or does not
/// have the agent's trunk.
/// </summary>
internal sealed partial class ReturnCalls(NodeCapacity capacity, NodeCommands nodes, ILogger<ReturnCalls> logger)
{
    /// <summary>More than grants arrive at once; a return call beyond it is dropped.</summary>
    private const int Capacity = 100;

    private readonly Channel<NodeCommand.CallBack> _requests = Channel.CreateBounded<NodeCommand.CallBack>(Capacity);

    /// <summary>Queues a return call. Never waits.</summary>
    public void Add(NodeCommand.CallBack request)
    {
        if (!_requests.Writer.TryWrite(request))
            PermissionMetrics.CountReturnCall(false);
    }

    public void Complete() => _requests.Writer.TryComplete();

    /// <summary>Makes the queued return calls until <see cref="Complete"/>.</summary>
    public async Task RunAsync(CallSupervisor calls)
    {
        await foreach (var request in _requests.Reader.ReadAllAsync())
            PermissionMetrics.CountReturnCall(
                (capacity.Refusal() is null && calls.TryCallBack(request) is not null) || await TryElsewhereAsync(request));
    }

    private async Task<bool> TryElsewhereAsync(NodeCommand.CallBack request)
    {
        try
        {
            var reply = await nodes.CallBackAsync(request, CancellationToken.None);
            if (reply.Outcome != CommandOutcome.Done)
                LogNobodyRings(request.Channel, request.Trunk, reply.Code ?? WireName.Of(reply.Outcome));
            return reply.Outcome == CommandOutcome.Done;
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            LogNobodyRings(request.Channel, request.Trunk, e.Message);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Channel {Channel}: the return call to an agent on trunk {Trunk} failed: {Reason}")]
    private partial void LogNobodyRings(ChannelId channel, string? trunk, string reason);
}
