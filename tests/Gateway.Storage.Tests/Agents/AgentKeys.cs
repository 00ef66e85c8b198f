using StackExchange.Redis;

namespace Gateway.Storage.Tests.Agents;

/// <summary>The registry's keys in a Redis that other tests use too.</summary>
internal static class AgentKeys
{
    public static async Task DeleteAsync(IConnectionMultiplexer redis)
    {
        var server = redis.GetServer(redis.GetEndPoints()[0]);
        var keys = new List<RedisKey>();
        await foreach (var key in server.KeysAsync(pattern: "wa:{agents}:*"))
            keys.Add(key);
        await redis.GetDatabase().KeyDeleteAsync([.. keys]);
    }
}
