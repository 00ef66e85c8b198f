using System.Collections.Concurrent;
using StackExchange.Redis;

namespace Gateway.Storage.Commands;

/// <summary>
/// The channels on which answers to commands come, one for each command in transit. One whose answer has come is used again, so that the
/// next command does not wait for a subscription.
/// </summary>
internal sealed class ReplyChannels(IConnectionMultiplexer redis)
{
    private readonly ConcurrentBag<ReplyChannel> _free = [];

    /// <summary>A channel that nobody else uses, subscribed to. Throws what Redis throws.</summary>
    public async Task<ReplyChannel> TakeAsync()
    {
        while (_free.TryTake(out var free))
        {
            if (redis.GetSubscriber() is var subscriber && subscriber.SubscribedEndpoint(free.Name) is not null
                && subscriber.IsConnected(free.Name))
                return free;
            Drop(free); // after a lost connection it may not be subscribed to yet
        }
        var channel = new ReplyChannel();
        await redis.ListenAsync(channel.Name, channel.Handle);
        return channel;
    }

    /// <summary>Gives back a channel whose command was answered. One whose answer may still come is dropped.</summary>
    public void Return(ReplyChannel channel)
    {
        if (channel.TryReset())
            _free.Add(channel);
        else
            Drop(channel);
    }

    private void Drop(ReplyChannel channel) => _ = redis.GetSubscriber().UnsubscribeAsync(channel.Name, flags: CommandFlags.FireAndForget);
}

/// <summary>A channel for the answer to one command at a time.</summary>
internal sealed class ReplyChannel
{
    private TaskCompletionSource<CommandReply> _answer = New();

    public RedisChannel Name { get; } = RedisChannel.Literal("wa:reply:" + Guid.NewGuid().ToString("N"));

    /// <summary>Of the command in transit.</summary>
    public long Number { get; private set; } = 1;

    public Task<CommandReply> Answer => _answer.Task;

    public void Handle(RedisValue text)
    {
        var reply = CommandEnvelope.ReadReply(text);
        if (reply.To is null || reply.To == Number) // or a second answer to an earlier command
            _answer.TrySetResult(reply with { To = null });
    }

    /// <summary>False: the answer has not come.</summary>
    public bool TryReset()
    {
        if (!_answer.Task.IsCompleted)
            return false;
        (_answer, Number) = (New(), Number + 1);
        return true;
    }

    private static TaskCompletionSource<CommandReply> New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
