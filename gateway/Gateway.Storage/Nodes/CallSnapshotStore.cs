using Gateway.Calls;
using StackExchange.Redis;

namespace Gateway.Storage.Nodes;

/// <summary>
/// What the owners of live calls leave in Redis for a node that takes them over: `wa:{callId}:snapshot:{token}`, a text private to the
/// nodes and encrypted by them. The token is the owner's: what an earlier owner still writes is read by nobody.
/// </summary>
public sealed class CallSnapshotStore(IConnectionMultiplexer redis)
{
    /// <summary>From the last write; the owner writes each second.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private IDatabase Database => redis.GetDatabase();

    /// <summary>Writes what several calls are now, in one go.</summary>
    public Task WriteAsync(IEnumerable<CallSnapshotEntry> entries)
    {
        var batch = Database.CreateBatch();
        Task[] writes = [.. entries.Select(entry => batch.StringSetAsync(KeyOf(entry.Call, entry.Token), entry.Text, Lifetime))];
        batch.Execute();
        return Task.WhenAll(writes);
    }

    /// <summary>Null: this owner has left nothing, or has left it too long ago.</summary>
    public async Task<byte[]?> ReadAsync(CallId call, long token) => await Database.StringGetAsync(KeyOf(call, token));

    /// <summary>This owner has left something.</summary>
    public Task<bool> HasAsync(CallId call, long token) => Database.KeyExistsAsync(KeyOf(call, token));

    /// <summary>The call is over, cannot be continued as it is now, or has been taken over.</summary>
    public Task RemoveAsync(CallId call, long token) => Database.KeyDeleteAsync(KeyOf(call, token));

    private static RedisKey KeyOf(CallId call, long token) => $"wa:{{{call}}}:snapshot:{token}";
}

/// <summary>What an owner leaves of one call.</summary>
/// <param name="Call">The call.</param>
/// <param name="Token">The owner's fencing token.</param>
/// <param name="Text">Encrypted.</param>
public sealed record CallSnapshotEntry(CallId Call, long Token, byte[] Text);
