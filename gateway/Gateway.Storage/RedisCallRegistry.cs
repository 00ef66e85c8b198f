using System.Text.Json;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Storage.Nodes;
using StackExchange.Redis;

namespace Gateway.Storage;

/// <summary>
/// The cluster's shared state of live calls in Redis. Everything expires: a claim outlives the longest accept window, a published call is
/// gone <see cref="CallOwners.Lifetime"/> after its owner last refreshed it.
/// </summary>
/// <remarks>
/// `wa:{wacid}:claim` = "node callId" or "† node" (tombstone) · `wa:{wacid}:answer` = callId · `wa:live` = set of call ids ·
/// `wa:{callId}:owner` = "node token" or "† node token" · `wa:{callId}:live` = JSON · `wa:{callId}:dialog` = JSON of the SIP side ·
/// `wa:{callId}:dialog:taker` = node. The braces are in the keys: in a Cluster they keep the keys of one call in one slot, and no command
/// names keys of two.
/// </remarks>
public sealed class RedisCallRegistry(IConnectionMultiplexer redis, string node) : ICallRegistry
{
    /// <summary>Meta retries webhooks for up to seven days; a call offered an hour ago is no longer answered.</summary>
    private static readonly TimeSpan TombstoneTtl = TimeSpan.FromHours(1);

    private static readonly TimeSpan ClaimTtl = TimeSpan.FromHours(24);

    private static readonly TimeSpan LastOwnerTtl = TimeSpan.FromSeconds(30);

    private const string Tombstone = "†";

    /// <summary>Far more than a node needs from here to its BYE; one that dies on the way keeps others from it for no longer.</summary>
    private static readonly TimeSpan TakerTtl = TimeSpan.FromSeconds(5);

    private const string TakenByAnother = "†";

    /// <summary>
    /// Two nodes that close one call must not both hang it up; the dialog stays, so that the one that does can ask again where the answer
    /// was lost, and another can where that one has died.
    /// </summary>
    private const string TakeScript =
        """
        local text = redis.call('GET', KEYS[1])
        local taker = redis.call('GET', KEYS[2])
        if not text then return nil end
        if taker and taker ~= ARGV[1] then return ARGV[3] end
        redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
        return text
        """;

    private const string ReclaimScript =
        """
        local claim = redis.call('GET', KEYS[1])
        if not claim or string.sub(claim, -string.len(ARGV[1])) ~= ARGV[1] then return 0 end
        redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
        return 1
        """;

    private const string PublishScript = CallOwners.Fence +
        """
        redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[4])
        redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[4])
        return 1
        """;

    /// <summary>The last owner of a call that was taken over stays for a while, to be found by an earlier one that stood still.</summary>
    private const string RemoveScript = CallOwners.Fence +
        """
        redis.call('DEL', KEYS[2], KEYS[3])
        if tonumber(ARGV[1]) > 1 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) else redis.call('DEL', KEYS[1]) end
        return 1
        """;

    private const string KeepDialogScript = CallOwners.Fence + "redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3]) return 1";

    private const string LiveSet = "wa:live";

    private IDatabase Database => redis.GetDatabase();

    public async Task<ClaimResult> ClaimAsync(WhatsAppCallId whatsAppId, CallId callId, CancellationToken cancellation)
    {
        if (await Database.StringSetAsync(ClaimKey(whatsAppId), $"{node} {callId}", ClaimTtl, When.NotExists))
            return ClaimResult.Claimed;
        return ReadHolder(await Database.StringGetAsync(ClaimKey(whatsAppId))) is { IsTombstone: true }
            ? ClaimResult.Tombstoned : ClaimResult.Duplicate;
    }

    public async Task<bool> ReclaimAsync(WhatsAppCallId whatsAppId, CallId from, CallId callId, CancellationToken cancellation) =>
        (bool)await Database.ScriptEvaluateAsync(
            ReclaimScript, [ClaimKey(whatsAppId)], [" " + from.Value, $"{node} {callId}", (long)ClaimTtl.TotalMilliseconds]);

    public async Task<ClaimHolder?> SetTombstoneAsync(WhatsAppCallId whatsAppId, CancellationToken cancellation)
    {
        var before = Database.StringGetSetAsync(ClaimKey(whatsAppId), $"{Tombstone} {node}");
        await Task.WhenAll(before, Database.KeyExpireAsync(ClaimKey(whatsAppId), TombstoneTtl)); // in this order, in one go
        return ReadHolder(await before);
    }

    public async Task<ClaimHolder?> FindHolderAsync(WhatsAppCallId whatsAppId, CallId? call, CancellationToken cancellation)
    {
        var holder = ReadHolder(await Database.StringGetAsync(ClaimKey(whatsAppId)));
        if (holder is { IsTombstone: true } || (holder?.Call ?? call) is not { } id)
            return holder;
        // The claim names the node that took the call first, the owner's key the one that has it now.
        return await new CallOwners(redis).FindAsync(id) is { IsOver: false } owner ? new ClaimHolder(owner.Node, id) : holder;
    }

    public async Task<bool> PublishAsync(LiveCall call, CancellationToken cancellation)
    {
        var json = JsonSerializer.Serialize(call, JsonSerializerOptions.Web);
        var owner = new CallOwner(call.Node, call.OwnerToken).ToString();
        var published = Database.ScriptEvaluateAsync(
            PublishScript, [CallOwners.KeyOf(call.Id), LiveKey(call.Id)],
            [call.OwnerToken, owner, json, (long)CallOwners.Lifetime.TotalMilliseconds]);
        await Task.WhenAll(published, Database.SetAddAsync(LiveSet, call.Id.Value));
        return (bool)await published;
    }

    public async Task<bool> RemoveAsync(CallId callId, long token, CancellationToken cancellation)
    {
        var removed = (bool)await Database.ScriptEvaluateAsync(
            RemoveScript, [CallOwners.KeyOf(callId), LiveKey(callId), DialogKey(callId)],
            [token, (long)LastOwnerTtl.TotalMilliseconds]);
        if (removed)
            await Database.SetRemoveAsync(LiveSet, callId.Value);
        return removed;
    }

    public Task KeepDialogAsync(CallId callId, long token, string dialog, CancellationToken cancellation) => Database.ScriptEvaluateAsync(
        KeepDialogScript, [CallOwners.KeyOf(callId), DialogKey(callId)], [token, dialog, (long)ClaimTtl.TotalMilliseconds]);

    public async Task<TakenDialog> TakeDialogAsync(CallId callId, CancellationToken cancellation)
    {
        var text = (string?)await Database.ScriptEvaluateAsync(
            TakeScript, [DialogKey(callId), TakerKey(callId)], [node, (long)TakerTtl.TotalMilliseconds, TakenByAnother]);
        return text == TakenByAnother ? TakenDialog.Unknown : new TakenDialog(true, text);
    }

    public Task ForgetDialogAsync(CallId callId, CancellationToken cancellation) =>
        Database.KeyDeleteAsync([DialogKey(callId), TakerKey(callId)]);

    public async Task<bool?> GoesOnAsync(CallId callId, long token, CancellationToken cancellation) =>
        await new CallOwners(redis).FindAsync(callId) is { } owner
        && (owner.Token > token || await new CallSnapshotStore(redis).HasAsync(callId, owner.Token));

    public async Task<bool?> WasEndedAsync(CallId callId, CancellationToken cancellation) =>
        await new CallOwners(redis).FindAsync(callId) is { IsOver: true };

    public Task<bool> TakeAnswerLockAsync(WhatsAppCallId whatsAppId, CallId callId, CancellationToken cancellation) =>
        Database.StringSetAsync(AnswerKey(whatsAppId), callId.Value, TombstoneTtl, When.NotExists);

    public async Task<IReadOnlyList<LiveCall>> ListAsync(CancellationToken cancellation)
    {
        var ids = await Database.SetMembersAsync(LiveSet);
        // One GET each, in one pipeline: an MGET over several slots is refused by a Cluster.
        var texts = await Task.WhenAll(ids.Select(id => Database.StringGetAsync(LiveKey(new CallId(id!)))));
        var calls = new List<LiveCall>(texts.Length);
        for (var i = 0; i < texts.Length; i++)
        {
            if (texts[i].IsNull)
                await Database.SetRemoveAsync(LiveSet, ids[i]); // its owner is gone
            else
                calls.Add(JsonSerializer.Deserialize<LiveCall>((string)texts[i]!, JsonSerializerOptions.Web)!);
        }
        return [.. calls.OrderByDescending(c => c.StartedAt)];
    }

    /// <summary>Throws unless Redis accepts writes: a replica that only answers reads is not sufficient.</summary>
    public Task CheckAsync() => Database.StringSetAsync("wa:probe:" + node, "", CallOwners.Lifetime);

    /// <summary>One live call of any node, or null.</summary>
    internal static async Task<LiveCall?> FindLiveAsync(IDatabase database, CallId callId) =>
        await database.StringGetAsync(LiveKey(callId)) is { IsNull: false } text
            ? JsonSerializer.Deserialize<LiveCall>((string)text!, JsonSerializerOptions.Web) : null;

    /// <summary>The call that Meta's id was claimed for; null: none, or it is over.</summary>
    internal static async Task<CallId?> FindClaimedAsync(IDatabase database, WhatsAppCallId id) =>
        ReadHolder(await database.StringGetAsync(ClaimKey(id)))?.Call;

    private static ClaimHolder? ReadHolder(RedisValue claim)
    {
        if (claim.IsNull)
            return null;
        var parts = ((string)claim!).Split(' ', 2);
        var second = parts.ElementAtOrDefault(1) ?? "";
        return parts[0] == Tombstone ? new ClaimHolder(second, null) : new ClaimHolder(parts[0], new CallId(second));
    }

    private static string ClaimKey(WhatsAppCallId id) => $"wa:{{{id}}}:claim";

    private static string AnswerKey(WhatsAppCallId id) => $"wa:{{{id}}}:answer";

    private static string DialogKey(CallId id) => $"wa:{{{id}}}:dialog";

    private static string TakerKey(CallId id) => DialogKey(id) + ":taker";

    private static string LiveKey(CallId id) => $"wa:{{{id}}}:live";
}
