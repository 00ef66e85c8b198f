using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;
using Gateway.Calls;
using Gateway.Calls.Agents;
using StackExchange.Redis;

namespace Gateway.Storage.Agents;

/// <summary>
/// What state.lua publishes, for one reader. A reader who is too slow, or was without Redis, is told that changes are missing.
/// </summary>
internal sealed class RedisAgentChanges(IConnectionMultiplexer redis)
{
    private const int MaxUnread = 10_000;

    private readonly Channel<AgentsChange> _unread = Channel.CreateBounded<AgentsChange>(MaxUnread);
    private int _missed;

    public async IAsyncEnumerable<AgentsChange> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        redis.ConnectionRestored += OnRestored;
        ChannelMessageQueue? messages = null;
        try
        {
            messages = await redis.GetSubscriber().SubscribeAsync(RedisChannel.Literal(AgentRows.Channel));
            messages.OnMessage(message => OnMessage(message.Message)); // one after another, unlike a delegate that is subscribed itself
            yield return new AgentsChange.Missed();
            while (await _unread.Reader.WaitToReadAsync(cancellation))
            {
                while (_unread.Reader.TryRead(out var change))
                    yield return change;
                if (Interlocked.Exchange(ref _missed, 0) == 1)
                    yield return new AgentsChange.Missed();
            }
        }
        finally
        {
            redis.ConnectionRestored -= OnRestored;
            messages?.Unsubscribe(CommandFlags.FireAndForget);
        }
    }

    private void OnRestored(object? sender, ConnectionFailedEventArgs e) => Add(new AgentsChange.Missed());

    private void OnMessage(RedisValue message)
    {
        try
        {
            foreach (var row in JsonSerializer.Deserialize<string[][]>((string)message!)!)
                Add(row[0] == "group"
                    ? new AgentsChange.OfGroup(new GroupId(row[1]))
                    : new AgentsChange.OfAgent(AgentRows.ReadStatus(row[1..])));
        }
        catch (Exception e) when (e is JsonException or FormatException or IndexOutOfRangeException or ArgumentOutOfRangeException)
        {
            Add(new AgentsChange.Missed()); // of another version
        }
    }

    private void Add(AgentsChange change)
    {
        if (!_unread.Writer.TryWrite(change))
            Volatile.Write(ref _missed, 1);
    }
}
