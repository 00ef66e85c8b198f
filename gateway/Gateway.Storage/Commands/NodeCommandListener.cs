using System.Text.Json;
using StackExchange.Redis;

namespace Gateway.Storage.Commands;

/// <summary>Listens for commands to a node. Each is handled on its own, so that one that waits for Meta delays no other.</summary>
/// <param name="redis">Its subscriptions are restored automatically after a lost connection.</param>
/// <param name="node">This node's id.</param>
/// <param name="handle">Carries a command out; it must not throw.</param>
public sealed class NodeCommandListener(IConnectionMultiplexer redis, string node, Func<NodeCommand, Task<CommandReply>> handle)
{
    /// <summary>Throws what Redis throws, and may then be tried again.</summary>
    public Task StartAsync() => redis.ListenAsync(NodeCommands.ChannelOf(node), text => _ = AnswerAsync(text));

    public Task StopAsync() => redis.GetSubscriber().UnsubscribeAsync(NodeCommands.ChannelOf(node));

    private async Task AnswerAsync(RedisValue text)
    {
        CommandEnvelope envelope;
        try
        {
            envelope = CommandEnvelope.Read(text);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            return; // of another version, or not ours: its sender gets no answer and reports that
        }
        var reply = await handle(envelope.Command) with { To = envelope.Number };
        await redis.GetSubscriber().PublishAsync(
            RedisChannel.Literal(envelope.ReplyTo), JsonSerializer.Serialize(reply, JsonSerializerOptions.Web), CommandFlags.FireAndForget);
    }
}
