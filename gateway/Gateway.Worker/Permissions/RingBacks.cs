using System.Threading.Channels;
using Gateway.Calls;
using Gateway.Storage.Commands;
using Gateway.Worker.Calls;
using StackExchange.Redis;

namespace Gateway.Worker.Permissions;

/// <summary>
/// Rings the agents whose users have permitted calls: from this node, or from another where this one stops or does not have the agent's trunk.
/// </summary>
internal sealed partial class RingBacks(NodeCapacity capacity, NodeCommands nodes, ILogger<RingBacks> logger)
{
    /// <summary>More than grants come in at once; what does not fit rings nobody.</summary>
    private const int Capacity = 100;

    private readonly Channel<NodeCommand.CallBack> _wishes = Channel.CreateBounded<NodeCommand.CallBack>(Capacity);

    /// <summary>Never waits.</summary>
    public void Add(NodeCommand.CallBack wish)
    {
        if (!_wishes.Writer.TryWrite(wish))
            PermissionMetrics.RangBack(false);
    }

    public void Complete() => _wishes.Writer.TryComplete();

    /// <summary>Until <see cref="Complete"/>.</summary>
    public async Task RunAsync(CallSupervisor calls)
    {
        await foreach (var wish in _wishes.Reader.ReadAllAsync())
            PermissionMetrics.RangBack((capacity.Refusal() is null && calls.TryCallBack(wish) is not null) || await TryElsewhereAsync(wish));
    }

    private async Task<bool> TryElsewhereAsync(NodeCommand.CallBack wish)
    {
        try
        {
            var reply = await nodes.CallBackAsync(wish, CancellationToken.None);
            if (reply.Outcome != CommandOutcome.Done)
                LogNobodyRings(wish.Channel, wish.Trunk, reply.Code ?? WireName.Of(reply.Outcome));
            return reply.Outcome == CommandOutcome.Done;
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            LogNobodyRings(wish.Channel, wish.Trunk, e.Message);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Channel {Channel}: an agent on trunk {Trunk} is not rung back: {Reason}")]
    private partial void LogNobodyRings(ChannelId channel, string? trunk, string reason);
}
