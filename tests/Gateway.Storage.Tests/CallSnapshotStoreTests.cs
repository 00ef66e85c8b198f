using Gateway.Calls;
using Gateway.Storage.Nodes;
using StackExchange.Redis;
using Testing;

namespace Gateway.Storage.Tests;

[Collection(StoresCollection.Name)]
public sealed class CallSnapshotStoreTests(Stores stores) : IDisposable
{
    private readonly ConnectionMultiplexer _redis = ConnectionMultiplexer.Connect(stores.Redis);
    private readonly CallId _call = new(Guid.NewGuid().ToString("n"));

    private CallSnapshotStore Store => new(_redis);

    public void Dispose() => _redis.Dispose();

    [Fact]
    public async Task The_last_of_what_several_calls_were_is_read()
    {
        var other = new CallId(Guid.NewGuid().ToString("n"));
        await Store.WriteAsync([new CallSnapshotEntry(_call, 1, [1]), new CallSnapshotEntry(other, 1, [2])]);
        await Store.WriteAsync([new CallSnapshotEntry(_call, 1, [3, 4])]);
        Assert.Equal([3, 4], (await Store.ReadAsync(_call, 1))!);
        Assert.Equal([2], (await Store.ReadAsync(other, 1))!);
    }

    [Fact]
    public async Task What_an_earlier_owner_writes_is_not_what_the_next_one_has_left()
    {
        await Store.WriteAsync([new CallSnapshotEntry(_call, 2, [2])]);
        await Store.WriteAsync([new CallSnapshotEntry(_call, 1, [1])]);
        Assert.Equal([2], (await Store.ReadAsync(_call, 2))!);
    }

    [Fact]
    public async Task Nothing_is_read_of_a_call_that_is_over_and_what_nobody_refreshes_expires()
    {
        await Store.WriteAsync([new CallSnapshotEntry(_call, 1, [1])]);
        Assert.InRange(
            (await _redis.GetDatabase().KeyTimeToLiveAsync($"wa:{{{_call}}}:snapshot:1"))!.Value,
            TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1));
        await Store.RemoveAsync(_call, 1);
        Assert.Null(await Store.ReadAsync(_call, 1));
    }
}
