using Gateway.Storage.Agents;
using Testing;

namespace Gateway.Storage.Tests.Agents;

/// <summary>The registered phones of two nodes in Redis.</summary>
public sealed class RegisteredPhoneStoreTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_Cluster_holds_the_phones_of_each_node() => await CheckAsync(RedisServers.StartClusterAsync());

    [Fact]
    public async Task A_user_of_the_access_control_list_is_enough() =>
        await CheckAsync(RedisServers.StartWithUserAsync("gateway", "a-password"));

    private static async Task CheckAsync(Task<RedisServers> starting)
    {
        await using var servers = await starting;
        await using var redis = RedisConnection.Open(servers.Configuration);
        var store = new RegisteredPhoneStore(redis);
        using var end = new CancellationTokenSource();
        var changes = new RegisteredPhoneStore(redis).ChangesAsync(end.Token).GetAsyncEnumerator(CancellationToken.None);
        var next = changes.MoveNextAsync().AsTask();
        while (!next.IsCompleted) // until the subscription is there
        {
            await store.ChangeAsync(new PhonesNode("n0", "", ""), "", []);
            await Task.Delay(10);
        }
        await redis.GetDatabase().KeyDeleteAsync("wa:{phones}:at:n0");

        var node = new PhonesNode("n1", "a1", "10.0.0.1:5060");
        Assert.True(await store.ChangeAsync(node, "", [new("ada", "[1]"), new("bob", "[2]")]));
        Assert.Equal(["ada", "bob"], (await NextAsync(node)).Users.Select(user => user.Key));
        Assert.False(await store.ChangeAsync(node with { Version = "a9" }, "a8", [new("ada", "[9]")]));
        Assert.True(await store.ChangeAsync(node with { Version = "a2" }, "a1", [new("ada", ""), new("eve", "[3]")]));
        var change = await NextAsync(node with { Version = "a2" });
        Assert.Equal(("a1", "", "[3]"), (change.Before, change.Users[0].Value, change.Users[1].Value));

        var found = await store.FindAsync("n1");
        Assert.Equal("a2", found?.Version);
        Assert.Equal([("bob", "[2]"), ("eve", "[3]")], found!.Users.OrderBy(user => user.Key).Select(user => (user.Key, user.Value)));
        Assert.Null(await store.FindAsync("n2"));

        Assert.Equal([node with { Version = "a2" }], await store.KeepAsync("n2", ""));
        await redis.GetDatabase().KeyDeleteAsync("wa:{phones}:at:n1");
        Assert.Empty(await store.KeepAsync("n1", "a2"));
        Assert.False(await store.ChangeAsync(node with { Version = "a3" }, "a2", []));
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);

        async Task<PhonesChange> NextAsync(PhonesNode wanted)
        {
            while (true)
            {
                Assert.True(await next.WaitAsync(Timeout));
                var seen = changes.Current;
                next = changes.MoveNextAsync().AsTask();
                if (seen.Node == wanted)
                    return seen;
            }
        }
    }
}
