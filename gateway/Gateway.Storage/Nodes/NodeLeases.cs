using StackExchange.Redis;

namespace Gateway.Storage.Nodes;

/// <summary>
/// The leases of nodes in Redis, by Redis' own clock: `wa:{nodes}:leases` has "node start" and the end of its lease, `wa:{nodes}:room` the
/// nodes that take new calls.
/// </summary>
public sealed class NodeLeases(IConnectionMultiplexer redis)
{
    private const string Now = "local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000)\n";

    private const string Beat =
        Now + """
        local own = redis.call('ZSCORE', KEYS[1], ARGV[1])
        redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
        if ARGV[4] == '1' then redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[3]) else redis.call('ZREM', KEYS[2], ARGV[3]) end
        redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[5])
        redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - ARGV[5])
        local lapsed = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. now)
        table.insert(lapsed, 1, own and tonumber(own) < now and '1' or '0')
        return lapsed
        """;

    private const string NotLapsed = Now + "return redis.call('ZRANGEBYSCORE', KEYS[1], now, '+inf')";

    /// <summary>A node that nobody follows is forgotten after this time.</summary>
    private static readonly TimeSpan Forgotten = TimeSpan.FromHours(1);

    private static readonly RedisKey Leases = "wa:{nodes}:leases", WithRoom = "wa:{nodes}:room";

    private IDatabase Database => redis.GetDatabase();

    /// <summary>Renews a node's lease, and finds those that have lapsed.</summary>
    /// <param name="node">The node.</param>
    /// <param name="lease">From now on.</param>
    /// <param name="hasRoom">It takes new calls of users.</param>
    public async Task<LeaseBeat> BeatAsync(LeasedNode node, TimeSpan lease, bool hasRoom)
    {
        var answer = (string[])(await Database.ScriptEvaluateAsync(
            Beat, [Leases, WithRoom],
            [node.ToString(), (long)lease.TotalMilliseconds, node.Id, hasRoom ? "1" : "0", (long)Forgotten.TotalMilliseconds]))!;
        return new LeaseBeat(answer[0] == "1", [.. answer[1..].Select(LeasedNode.Read)]);
    }

    /// <summary>The nodes that take new calls of users.</summary>
    public async Task<IReadOnlyList<string>> WithRoomAsync() => (string[])(await Database.ScriptEvaluateAsync(NotLapsed, [WithRoom]))!;

    /// <summary>The nodes whose leases have not lapsed.</summary>
    public async Task<IReadOnlyList<LeasedNode>> AliveAsync() =>
        [.. ((string[])(await Database.ScriptEvaluateAsync(NotLapsed, [Leases]))!).Select(LeasedNode.Read)];

    /// <summary>The node takes no new calls any more.</summary>
    public Task CloseAsync(LeasedNode node) => Database.SortedSetRemoveAsync(WithRoom, node.Id);

    /// <summary>Ends a lease: of a node that stops, or of one whose calls have all been taken over.</summary>
    public async Task EndAsync(LeasedNode node)
    {
        await Database.SortedSetRemoveAsync(Leases, node.ToString());
        await Database.SortedSetRemoveAsync(WithRoom, node.Id);
    }
}

/// <summary>A node from one of its starts on.</summary>
public readonly record struct LeasedNode(string Id, string Start)
{
    public override string ToString() => $"{Id} {Start}";

    internal static LeasedNode Read(string member)
    {
        var space = member.LastIndexOf(' ');
        return new LeasedNode(member[..space], member[(space + 1)..]);
    }
}

/// <summary>The answer to a heartbeat.</summary>
/// <param name="HadLapsed">The node's own lease had lapsed: others may have taken its calls.</param>
/// <param name="Lapsed">All nodes whose leases have lapsed, until somebody ends these.</param>
public sealed record LeaseBeat(bool HadLapsed, IReadOnlyList<LeasedNode> Lapsed);
