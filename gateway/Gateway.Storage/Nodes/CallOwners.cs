using System.Globalization;
using Gateway.Calls;
using StackExchange.Redis;

namespace Gateway.Storage.Nodes;

/// <summary>
/// The owners of live calls in Redis: `wa:{callId}:owner` = "node token", or "† node token" where the last owner could not go on with
/// the call and has ended it. The token begins at 1 and grows with each claim; a write that shows a smaller one than the key has is
/// refused, so a node that has lost a call without knowing it changes nothing.
/// </summary>
public sealed class CallOwners(IConnectionMultiplexer redis)
{
    /// <summary>Several times the interval in which the owner refreshes a call.</summary>
    internal static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Begins a script whose first key is the owner's, and whose first argument the writer's token: 0 where that is refused.
    /// </summary>
    internal const string Fence =
        """
        local owner = redis.call('GET', KEYS[1])
        if owner and tonumber(string.match(owner, '%d+$')) > tonumber(ARGV[1]) then return 0 end

        """;

    private const string Claim =
        """
        if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
        redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
        return 1
        """;

    private const string End =
        """
        local owner = redis.call('GET', KEYS[1])
        if not owner or string.match(owner, '^(.*) %d+$') ~= ARGV[1] then return 0 end
        redis.call('SET', KEYS[1], ARGV[2] .. owner, 'PX', ARGV[3])
        return 1
        """;

    private IDatabase Database => redis.GetDatabase();

    /// <summary>The owner of a call; null: it is over, or its owner has not shown it for <see cref="Lifetime"/>.</summary>
    public async Task<CallOwner?> FindAsync(CallId call) => CallOwner.Read(await Database.StringGetAsync(KeyOf(call)));

    /// <summary>Takes a call from a node that has lost it. The new owner; null: another node was first, or the owner has changed.</summary>
    /// <param name="call">The call.</param>
    /// <param name="from">The owner as it was read.</param>
    /// <param name="node">Who takes it.</param>
    public async Task<CallOwner?> ClaimAsync(CallId call, CallOwner from, string node)
    {
        var mine = new CallOwner(node, from.Token + 1);
        return (bool)await Database.ScriptEvaluateAsync(
            Claim, [KeyOf(call)], [from.ToString(), mine.ToString(), (long)Lifetime.TotalMilliseconds]) ? mine : null;
    }

    /// <summary>Those of a node's calls that another one has claimed.</summary>
    public async Task<IReadOnlyList<CallId>> LostOfAsync(IReadOnlyCollection<(CallId Call, long Token)> mine)
    {
        var owners = await Task.WhenAll(mine.Select(one => FindAsync(one.Call))); // one pipeline: in a Cluster each has its slot
        return [.. mine.Zip(owners).Where(pair => pair.Second?.Token > pair.First.Token).Select(pair => pair.First.Call)];
    }

    /// <summary>
    /// Notes that a call, which this node has claimed, is over: the node that had it may only have stood still, and is to find that out.
    /// Does nothing where the call is another's by now.
    /// </summary>
    public Task EndAsync(CallId call, string node) => Database.ScriptEvaluateAsync(
        End, [KeyOf(call)], [node, CallOwner.Over, (long)Lifetime.TotalMilliseconds]);

    internal static string KeyOf(CallId call) => $"wa:{{{call}}}:owner";
}

/// <summary>The owner of a call.</summary>
/// <param name="Node">The node that runs it.</param>
/// <param name="Token">The number of owners so far: the fencing token.</param>
public readonly record struct CallOwner(string Node, long Token)
{
    internal const string Over = "† ";

    /// <summary>The node could not go on with the call, and has ended it.</summary>
    public bool IsOver { get; init; }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(IsOver ? Over : "")}{Node} {Token}");

    internal static CallOwner? Read(RedisValue text)
    {
        if (text.IsNull)
            return null;
        var owner = (string)text!;
        var isOver = owner.StartsWith(Over, StringComparison.Ordinal);
        var (from, space) = (isOver ? Over.Length : 0, owner.LastIndexOf(' '));
        return new CallOwner(owner[from..space], long.Parse(owner.AsSpan(space + 1), CultureInfo.InvariantCulture)) { IsOver = isOver };
    }
}
