using Gateway.Calls;
using Media.Protocols.Primitives;
using StackExchange.Redis;

namespace Gateway.Storage.Commands;

/// <summary>
/// Sends commands to nodes through Redis and waits for their answers. Every node listens on `wa:node:{node}`
/// (<see cref="NodeCommandListener"/>); each answer comes on a channel of its own (<see cref="ReplyChannels"/>).
/// </summary>
/// <remarks>A published command is delivered once or not at all. The nodes present are
/// those whose channels have a subscriber in Redis.</remarks>
public sealed class NodeCommands(IConnectionMultiplexer redis)
{
    private readonly ReplyChannels _replies = new(redis);

    /// <summary>Every action of a node on a command takes milliseconds, except a message that Meta
    /// has to accept, and a reload, which looks up servers.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2), MetaTimeout = TimeSpan.FromSeconds(15);

    /// <summary>The refusals after which another node is tried.</summary>
    private static readonly string?[] ForAnotherNode =
        [WireName.Of(HangupCause.Draining), WireName.Of(HangupCause.NoCapacity), WireName.Of(HangupCause.NoRoute)];

    /// <summary>Asks the node that runs a live call to end it.</summary>
    public Task<CommandReply> HangUpAsync(CallId call, CancellationToken cancellation) =>
        SendToOwnerAsync(call, new NodeCommand.HangUp(call), cancellation);

    /// <summary>Asks the node that runs a call to lead it to somebody else; done is that it has begun.</summary>
    public Task<CommandReply> TransferAsync(NodeCommand.Transfer command, CancellationToken cancellation) =>
        SendToOwnerAsync(command.Call, command, cancellation);

    /// <summary>Asks the node that runs a call to give it to the target whom its agent has asked.</summary>
    public Task<CommandReply> CompleteTransferAsync(CallId call, CancellationToken cancellation) =>
        SendToOwnerAsync(call, new NodeCommand.CompleteTransfer(call), cancellation);

    /// <summary>Asks the node that runs a call to leave it with the agent who asks somebody.</summary>
    public Task<CommandReply> CancelTransferAsync(CallId call, CancellationToken cancellation) =>
        SendToOwnerAsync(call, new NodeCommand.CancelTransfer(call), cancellation);

    /// <summary>Asks the node that runs a waiting call to give it to an agent.</summary>
    public Task<CommandReply> AssignAsync(NodeCommand.Assign command, CancellationToken cancellation) =>
        SendToOwnerAsync(command.Call, command, cancellation);

    /// <summary>Asks the node that runs a call to ring an agent no longer for it.</summary>
    public Task<CommandReply> DeclineAsync(NodeCommand.Decline command, CancellationToken cancellation) =>
        SendToOwnerAsync(command.Call, command, cancellation);

    /// <summary>Asks any node to ring an agent and then the user. <see cref="CommandReply.Call"/> is the call that began.</summary>
    public Task<CommandReply> CallBackAsync(NodeCommand.CallBack command, CancellationToken cancellation) =>
        SendToAnyAsync(command, Timeout, cancellation);

    /// <summary>Asks any node to ask the user for permission.</summary>
    public Task<CommandReply> AskPermissionAsync(NodeCommand.AskPermission command, CancellationToken cancellation) =>
        SendToAnyAsync(command, MetaTimeout, cancellation);

    /// <summary>Asks any node to read the user's permission at Meta; afterwards the contact's row has it.</summary>
    public Task<CommandReply> RefreshPermissionAsync(NodeCommand.RefreshPermission command, CancellationToken cancellation) =>
        SendToAnyAsync(command, MetaTimeout, cancellation);

    /// <summary>Asks the node that runs a call to capture it; done is that it has begun.</summary>
    public Task<CommandReply> CaptureAsync(NodeCommand.CaptureCall command, CancellationToken cancellation) =>
        SendToOwnerAsync(command.Call, command, cancellation);

    /// <summary>Asks the node that runs a call what it has noted of it so far: <see cref="CommandReply.Trace"/>.</summary>
    /// <param name="id">The gateway's id of the call, or WhatsApp's.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public async Task<CommandReply> ShowTraceAsync(string id, CancellationToken cancellation)
    {
        var call = await RedisCallRegistry.FindClaimedAsync(redis.GetDatabase(), new WhatsAppCallId(id)) ?? new CallId(id);
        return await SendToOwnerAsync(call, new NodeCommand.ShowTrace(call), cancellation);
    }

    /// <summary>Asks a node to go on with a call that its node has handed over.</summary>
    public Task<CommandReply> TakeCallAsync(string node, NodeCommand.TakeCall command, CancellationToken cancellation) =>
        SendAsync(node, command, Timeout, cancellation);

    /// <summary>Asks a node whether it could take a call.</summary>
    public Task<CommandReply> PrepareCallAsync(string node, CallId call, CancellationToken cancellation) =>
        SendAsync(node, new NodeCommand.PrepareCall(call), Timeout, cancellation);

    /// <summary>Asks a node to take no new call and to move live ones; done is that it has begun.</summary>
    public Task<CommandReply> DrainAsync(string node, CancellationToken cancellation) =>
        SendAsync(node, new NodeCommand.Drain(), Timeout, cancellation);

    /// <summary>Asks a node to read its configuration again; <see cref="CommandReply.Reload"/> says what came of it.</summary>
    public Task<CommandReply> ReloadAsync(string node, string requestedBy, CancellationToken cancellation) =>
        SendAsync(node, new NodeCommand.Reload(requestedBy), MetaTimeout, cancellation);

    internal static RedisChannel ChannelOf(string node) => RedisChannel.Literal(ChannelPrefix + node);

    private const string ChannelPrefix = "wa:node:";

    /// <summary>
    /// The first node that takes it. One that cannot, being full, stopping, or without the channel or the trunk, is passed over, and so is
    /// one that has gone.
    /// </summary>
    private async Task<CommandReply> SendToAnyAsync(NodeCommand command, TimeSpan timeout, CancellationToken cancellation)
    {
        var reply = new CommandReply(CommandOutcome.NodeUnreachable);
        foreach (var node in Nodes())
        {
            var (wasHeard, answer) = await TrySendAsync(node, command, timeout, cancellation);
            if (wasHeard)
                reply = answer;
            if (wasHeard && !ForAnotherNode.Contains(answer.Code))
                return answer;
        }
        return reply;
    }

    private async Task<CommandReply> SendToOwnerAsync(CallId call, NodeCommand command, CancellationToken cancellation)
    {
        var owner = await RedisCallRegistry.FindLiveAsync(redis.GetDatabase(), call);
        return owner is null
            ? new CommandReply(CommandOutcome.UnknownCall)
            : await SendAsync(owner.Node, command, Timeout, cancellation);
    }

    private async Task<CommandReply> SendAsync(string node, NodeCommand command, TimeSpan timeout, CancellationToken cancellation) =>
        (await TrySendAsync(node, command, timeout, cancellation)).Reply;

    private async Task<(bool WasHeard, CommandReply Reply)> TrySendAsync(
        string node, NodeCommand command, TimeSpan timeout, CancellationToken cancellation)
    {
        var replies = await _replies.TakeAsync();
        try
        {
            var envelope = new CommandEnvelope(replies.Name!, command, replies.Number);
            // A server of a Cluster counts its own listeners only.
            if (await redis.GetSubscriber().PublishAsync(ChannelOf(node), envelope.ToJson()) == 0 && !Nodes().Contains(node))
                return (false, new CommandReply(CommandOutcome.NodeUnreachable));
            return (true, await replies.Answer.WaitAsync(timeout, cancellation));
        }
        catch (TimeoutException)
        {
            return (true, new CommandReply(CommandOutcome.NodeUnreachable));
        }
        finally
        {
            _replies.Return(replies);
        }
    }

    /// <summary>The nodes in random order, so that calls back are spread.</summary>
    private string[] Nodes()
    {
        var nodes = redis.GetServers().Where(server => server.IsConnected)
            .SelectMany(server => server.SubscriptionChannels(RedisChannel.Pattern(ChannelPrefix + "*")))
            .Select(channel => ((string)channel!)[ChannelPrefix.Length..]).Distinct().ToArray();
        Random.Shared.Shuffle(nodes);
        return nodes;
    }
}
