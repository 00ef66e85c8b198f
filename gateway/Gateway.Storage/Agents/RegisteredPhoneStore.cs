using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;
using StackExchange.Redis;

namespace Gateway.Storage.Agents;

/// <summary>
/// The registered phones of each node of the cluster in Redis, for calls of the others: gone <see cref="Lease"/> after the
/// node last kept them. What a phone is, only the nodes read. It throws what Redis throws.
/// </summary>
/// <remarks>
/// `wa:{phones}:nodes` = set of nodes · `wa:{phones}:at:NODE` = hash of `version`, `address`, and `user:USER` = JSON. One script changes
/// the hash and publishes the change, with the version that it follows: who has missed one sees it by that, or by the versions that each
/// renewal of the lease shows, and reads the hash. A node that stops leaves no address.
/// </remarks>
public sealed class RegisteredPhoneStore(IConnectionMultiplexer redis)
{
    private const string Nodes = "wa:{phones}:nodes";
    private const string At = "wa:{phones}:at:";
    private const string Version = "version";
    private const string User = "user:";

    /// <summary>Changes that a reader may be behind.</summary>
    private const int MaxUnread = 10_000;

    private static readonly RedisChannel Channel = RedisChannel.Literal("wa:{phones}:changes");

    /// <summary>How long a node's phones last without being kept.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(6);

    private static readonly RedisValue LeaseTime = (long)Lease.TotalMilliseconds;

    private const string Change = """
        local node, lease, before, version, address = unpack(ARGV, 1, 5)
        if before == '' then
            redis.call('DEL', KEYS[1])
        elseif redis.call('HGET', KEYS[1], 'version') ~= before then
            return 0
        end
        redis.call('HSET', KEYS[1], 'version', version, 'address', address)
        for i = 6, #ARGV, 2 do
            if ARGV[i + 1] == '' then
                redis.call('HDEL', KEYS[1], 'user:' .. ARGV[i])
            else
                redis.call('HSET', KEYS[1], 'user:' .. ARGV[i], ARGV[i + 1])
            end
        end
        redis.call('PEXPIRE', KEYS[1], lease)
        redis.call('SADD', KEYS[2], node)
        redis.call('PUBLISH', 'wa:{phones}:changes', cjson.encode({node, address, before, version, unpack(ARGV, 6)}))
        return 1
        """;

    private const string Keep = """
        local node, lease, version = unpack(ARGV)
        local found = {}
        if redis.call('HGET', KEYS[1], 'version') == version then
            redis.call('PEXPIRE', KEYS[1], lease)
            redis.call('SADD', KEYS[2], node)
        end
        for _, other in ipairs(redis.call('SMEMBERS', KEYS[2])) do
            local has = redis.call('HMGET', 'wa:{phones}:at:' .. other, 'version', 'address')
            if has[1] then
                table.insert(found, other)
                table.insert(found, has[1])
                table.insert(found, has[2])
            else
                redis.call('SREM', KEYS[2], other)
            end
        end
        return found
        """;

    /// <summary>Changes the phones of some users of a node. False: Redis has another version than the one that this follows.</summary>
    /// <param name="node">Where they are registered, with the version that this makes.</param>
    /// <param name="before">The version that this follows; empty: none, all that was there before goes.</param>
    /// <param name="users">Their phones as JSON, empty where there is none; at most 1000, for a script takes no more.</param>
    public async Task<bool> ChangeAsync(PhonesNode node, string before, IReadOnlyCollection<KeyValuePair<string, string>> users) =>
        (bool)await redis.GetDatabase().ScriptEvaluateAsync(
            Change, [At + node.Node, Nodes],
            [
                node.Node, LeaseTime, before, node.Version, node.Address,
                .. users.SelectMany(user => new RedisValue[] { user.Key, user.Value }),
            ]);

    /// <summary>Renews the lease of a node whose phones are there in this version. The nodes that there are, itself among them.</summary>
    public async Task<IReadOnlyList<PhonesNode>> KeepAsync(string node, string version)
    {
        var found = (string[])(await redis.GetDatabase().ScriptEvaluateAsync(Keep, [At + node, Nodes], [node, LeaseTime, version]))!;
        return [.. found.Chunk(3).Select(row => new PhonesNode(row[0], row[1], row[2]))];
    }

    /// <summary>All phones of a node by user; null: it has none there.</summary>
    public async Task<PhonesOfNode?> FindAsync(string node)
    {
        var entries = (await redis.GetDatabase().HashGetAllAsync(At + node)).ToDictionary(
            entry => (string)entry.Name!, entry => (string)entry.Value!);
        return entries.TryGetValue(Version, out var version)
            ? new PhonesOfNode(version, entries.Where(entry => entry.Key.StartsWith(User, StringComparison.Ordinal))
                .ToDictionary(entry => entry.Key[User.Length..], entry => entry.Value))
            : null;
    }

    /// <summary>Changes as they come. Those that nobody reads in time, or that come while Redis is unavailable, are lost.</summary>
    public async IAsyncEnumerable<PhonesChange> ChangesAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var unread = System.Threading.Channels.Channel.CreateBounded<PhonesChange>(
            new BoundedChannelOptions(MaxUnread) { FullMode = BoundedChannelFullMode.DropOldest });
        var messages = await redis.GetSubscriber().SubscribeAsync(Channel);
        messages.OnMessage(message => // one after another, unlike a delegate that is subscribed itself
        {
            if (Read((string)message.Message!) is { } change)
                unread.Writer.TryWrite(change);
        });
        try
        {
            await foreach (var change in unread.Reader.ReadAllAsync(cancellation))
                yield return change;
        }
        finally
        {
            messages.Unsubscribe(CommandFlags.FireAndForget);
        }
    }

    private static PhonesChange? Read(string message)
    {
        try
        {
            return JsonSerializer.Deserialize<string[]>(message) is [var node, var address, var before, var version, .. var users]
                && users.Length % 2 == 0
                ? new PhonesChange(
                    new PhonesNode(node, version, address), before,
                    [.. users.Chunk(2).Select(pair => KeyValuePair.Create(pair[0], pair[1]))])
                : null;
        }
        catch (JsonException)
        {
            return null; // of another version of the gateway
        }
    }
}

/// <summary>A node whose phones are in Redis.</summary>
/// <param name="Node">Its id.</param>
/// <param name="Version">Of its phones.</param>
/// <param name="Address">What other nodes reach it by.</param>
public sealed record PhonesNode(string Node, string Version, string Address);

/// <summary>The phones of a node: JSON by user.</summary>
public sealed record PhonesOfNode(string Version, IReadOnlyDictionary<string, string> Users);

/// <summary>A change of a node's phones.</summary>
/// <param name="Node">Whose, with the version that it makes.</param>
/// <param name="Before">The version that it follows; empty: none, all of before is gone.</param>
/// <param name="Users">JSON by user, empty where no phone is left.</param>
public sealed record PhonesChange(PhonesNode Node, string Before, IReadOnlyList<KeyValuePair<string, string>> Users);
