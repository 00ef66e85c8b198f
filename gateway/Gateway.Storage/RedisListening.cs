using StackExchange.Redis;

namespace Gateway.Storage;

/// <summary>Subscriptions that may be tried again.</summary>
internal static class RedisListening
{
    /// <summary>
    /// Subscribes to a channel. Throws what Redis throws; then nobody listens. The driver by itself keeps the handler of a subscription
    /// that failed, so that after a second try each message would be handled twice.
    /// </summary>
    public static async Task ListenAsync(this IConnectionMultiplexer redis, RedisChannel channel, Action<RedisValue> handle)
    {
        try
        {
            await redis.GetSubscriber().SubscribeAsync(channel, (_, text) => handle(text));
        }
        catch (Exception)
        {
            _ = redis.GetSubscriber().UnsubscribeAsync(channel, flags: CommandFlags.FireAndForget);
            throw;
        }
    }
}
