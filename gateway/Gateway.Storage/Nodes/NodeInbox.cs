using System.Globalization;
using StackExchange.Redis;

namespace Gateway.Storage.Nodes;

/// <summary>
/// The events that other nodes have handed to a node: a bounded stream in Redis for each, `wa:{node}:inbox`. An event stays until its
/// reader removes it, so that what a node leaves when it dies is there for whoever takes its calls.
/// </summary>
/// <remarks>A message on the channel of the same name wakes the reader; it reads by itself from time to time too.</remarks>
public sealed class NodeInbox(IConnectionMultiplexer redis)
{
    /// <summary>As many as a node takes of Meta's own webhooks before it asks for a repetition.</summary>
    public const int Capacity = 1000;

    /// <summary>The time for which a node that nobody follows keeps its events; late webhooks come for as long.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    private const string Text = "event", Since = "at";

    private const string Add =
        """
        if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[1]) then return 0 end
        redis.call('XADD', KEYS[1], '*', 'event', ARGV[3], 'at', ARGV[4])
        redis.call('PEXPIRE', KEYS[1], ARGV[2])
        redis.call('PUBLISH', KEYS[1], '')
        return 1
        """;

    private IDatabase Database => redis.GetDatabase();

    /// <summary>False: the node's inbox is full.</summary>
    /// <param name="node">The receiver.</param>
    /// <param name="text">The event.</param>
    /// <param name="since">When the sender received it, for the receiver to see how long it took.</param>
    public async Task<bool> TryAddAsync(string node, string text, DateTimeOffset since) => (bool)await Database.ScriptEvaluateAsync(
        Add, [KeyOf(node)], [Capacity, (long)Lifetime.TotalMilliseconds, text, since.UtcTicks]);

    /// <summary>The oldest events of a node, in order.</summary>
    public async Task<IReadOnlyList<InboxEntry>> ReadAsync(string node, int count = Capacity) =>
        [.. (await Database.StreamRangeAsync(KeyOf(node), count: count)).Select(Read)];

    /// <summary>Removes events that were handled.</summary>
    public Task RemoveAsync(string node, IEnumerable<InboxEntry> handled) =>
        Database.StreamDeleteAsync(KeyOf(node), [.. handled.Select(entry => (RedisValue)entry.Id)]);

    /// <summary>Calls <paramref name="wake"/> for each event that comes.</summary>
    public Task SubscribeAsync(string node, Action wake) =>
        redis.GetSubscriber().SubscribeAsync(RedisChannel.Literal(KeyOf(node)), (_, _) => wake());

    public Task UnsubscribeAsync(string node) => redis.GetSubscriber().UnsubscribeAsync(RedisChannel.Literal(KeyOf(node)));

    private static InboxEntry Read(StreamEntry entry) => new(
        entry.Id!, (string?)entry[Text] ?? "",
        new DateTimeOffset(long.Parse((string?)entry[Since] ?? "0", CultureInfo.InvariantCulture), TimeSpan.Zero));

    private static string KeyOf(string node) => $"wa:{{{node}}}:inbox";
}

/// <summary>One event in an inbox.</summary>
/// <param name="Id">Its place.</param>
/// <param name="Text">The event, in a format private to its sender and receiver.</param>
/// <param name="Since">When its sender received it.</param>
public sealed record InboxEntry(string Id, string Text, DateTimeOffset Since);
