using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using StackExchange.Redis;
using Testing;

namespace Gateway.Storage.Tests;

[Collection(StoresCollection.Name)]
public sealed class RedisCallRegistryTests(Stores stores) : IDisposable
{
    private readonly ConnectionMultiplexer _redis = ConnectionMultiplexer.Connect(stores.Redis);
    private readonly WhatsAppCallId _id = new("wacid." + Guid.NewGuid().ToString("n"));

    private RedisCallRegistry Node(string name) => new(_redis, name);

    public void Dispose() => _redis.Dispose();

    [Fact]
    public async Task One_node_claims_a_call_and_every_other_claim_is_a_duplicate()
    {
        var claims = await Task.WhenAll(Enumerable.Range(0, 16).Select(i =>
            Node("n" + i).ClaimAsync(_id, new CallId("c" + i), CancellationToken.None)));
        Assert.Equal(1, claims.Count(c => c == ClaimResult.Claimed));
        Assert.Equal(15, claims.Count(c => c == ClaimResult.Duplicate));
    }

    [Fact]
    public async Task A_call_whose_terminate_came_first_is_never_started()
    {
        Assert.Null(await Node("a").SetTombstoneAsync(_id, CancellationToken.None));
        Assert.Equal(ClaimResult.Tombstoned, await Node("b").ClaimAsync(_id, new CallId("c"), CancellationToken.None));
    }

    [Fact]
    public async Task One_answer_wins()
    {
        var won = await Task.WhenAll(Enumerable.Range(0, 16).Select(i =>
            Node("n" + i).TakeAnswerLockAsync(_id, new CallId("c" + i), CancellationToken.None)));
        Assert.Single(won, w => w);
    }

    [Fact]
    public async Task Live_calls_of_all_nodes_are_listed_until_they_are_removed()
    {
        var call = new LiveCall(
            new CallId(Guid.NewGuid().ToString("n")), _id, CallDirection.Outbound, new ChannelId("100"), "…0001", "main", "100",
            CallState.Live, DateTimeOffset.UnixEpoch.AddDays(20_000), DateTimeOffset.UnixEpoch.AddDays(20_000).AddSeconds(3), "a");
        await Node("a").PublishAsync(call, CancellationToken.None);
        Assert.Contains(call, await Node("b").ListAsync(CancellationToken.None));

        await Node("a").RemoveAsync(call.Id, CancellationToken.None);
        Assert.DoesNotContain(call, await Node("b").ListAsync(CancellationToken.None));
    }
}
