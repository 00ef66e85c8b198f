using System.Diagnostics;
using System.Net;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Storage.Commands;
using Gateway.Storage.Nodes;
using StackExchange.Redis;
using Testing;

namespace Gateway.Storage.Tests;

/// <summary>The registry and commands to nodes, over every deployment of Redis.</summary>
public sealed class RedisServersTests
{
    [Fact]
    public async Task A_Cluster_holds_calls_and_carries_commands()
    {
        await using var servers = await RedisServers.StartClusterAsync();
        await using var node = RedisConnection.Open(servers.Configuration);
        await using var other = RedisConnection.Open(servers.Configuration);
        // Enough for every slot owner to have some.
        var calls = await Task.WhenAll(Enumerable.Range(0, 24).Select(_ => PublishAsync(node, "n1")));
        Assert.Equal(calls.Select(c => c.Value).Order(), (await new RedisCallRegistry(other, "n2").ListAsync(CancellationToken.None))
            .Select(c => c.Id.Value).Order());

        foreach (var call in calls)
            await AnswersOnceAsync(node, other, call);

        var listener = new NodeCommandListener(node, "n1", _ => Task.FromResult(CommandReply.Done));
        await listener.StartAsync();
        foreach (var call in calls)
            Assert.Equal(CommandReply.Done, await new NodeCommands(other).HangUpAsync(call, CancellationToken.None));
        await listener.StopAsync();
        Assert.Equal(CommandOutcome.NodeUnreachable, (await new NodeCommands(other).HangUpAsync(calls[0], CancellationToken.None)).Outcome);
    }

    [Fact]
    public async Task A_Redis_that_was_restarted_is_asked_again_at_once()
    {
        using var stores = Stores.StartPrivate();
        await using var redis = RedisConnection.Open(stores.Redis);
        await redis.GetDatabase().PingAsync();
        stores.Kill(StoreServer.Redis);
        await Task.Delay(TimeSpan.FromMilliseconds(500)); // the driver has tried once, and would by itself wait 2.5 s and more
        stores.Revive(StoreServer.Redis);
        var back = Stopwatch.GetTimestamp();
        await EventuallyAsync(() => redis.GetDatabase().PingAsync());
        Assert.InRange(Stopwatch.GetElapsedTime(back), TimeSpan.Zero, TimeSpan.FromSeconds(1.5));
    }

    [Fact]
    public async Task Behind_Sentinels_calls_go_on_at_the_new_primary_each_time()
    {
        await using var servers = await RedisServers.StartSentinelAsync();
        await using var node = RedisConnection.Open(servers.Configuration);
        await using var other = RedisConnection.Open(servers.Configuration);
        var before = await PublishAsync(node, "n1");
        foreach (var isFirst in new[] { true, false })
        {
            if (!isFirst)
                await servers.FollowAsync();
            await servers.KillPrimaryAsync();
            var after = await EventuallyAsync(() => PublishAsync(node, "n1"));
            var shown = await EventuallyAsync(() => new RedisCallRegistry(other, "n2").ListAsync(CancellationToken.None));
            Assert.Contains(shown, call => call.Id == after);
            await AnswersOnceAsync(node, other, after);
            Assert.NotEqual(before, after);
        }
    }

    [Fact]
    public async Task A_Cluster_keeps_leases_owners_and_inboxes()
    {
        await using var servers = await RedisServers.StartClusterAsync();
        await using var redis = RedisConnection.Open(servers.Configuration);
        var (leases, owners, inbox) = (new NodeLeases(redis), new CallOwners(redis), new NodeInbox(redis));
        for (var i = 0; i < 12; i++) // of every server some
        {
            var node = new LeasedNode("n" + i, "start");
            Assert.False((await leases.BeatAsync(node, TimeSpan.FromMinutes(1), hasRoom: true)).HadLapsed);
            var call = await PublishAsync(redis, node.Id);
            var claimed = await owners.ClaimAsync(call, (await owners.FindAsync(call))!.Value, "other");
            Assert.Equal(2, claimed?.Token);
            Assert.Equal([call], await owners.LostOfAsync([(call, 1)]));
            Assert.True(await inbox.TryAddAsync(node.Id, "event", DateTimeOffset.UtcNow));
            var entry = Assert.Single(await inbox.ReadAsync(node.Id));
            await inbox.RemoveAsync(node.Id, [entry]);
            Assert.Empty(await inbox.ReadAsync(node.Id));
        }
        Assert.Equal(12, (await leases.WithRoomAsync()).Count);
    }

    [Fact]
    public async Task When_a_server_of_a_Cluster_ends_its_replica_has_its_calls()
    {
        await using var servers = await RedisServers.StartClusterAsync(hasReplica: true);
        await using var node = RedisConnection.Open(servers.Configuration);
        var before = await Task.WhenAll(Enumerable.Range(0, 24).Select(_ => PublishAsync(node, "n1")));
        await servers.KillPrimaryAsync();
        var after = await EventuallyAsync(() => Task.WhenAll(Enumerable.Range(0, 24).Select(_ => PublishAsync(node, "n1"))));
        var shown = (await EventuallyAsync(() => new RedisCallRegistry(node, "n1").ListAsync(CancellationToken.None)))
            .Select(call => call.Id).ToHashSet();
        Assert.Subset(shown, before.Concat(after).ToHashSet());
    }

    [Fact]
    public async Task A_user_of_the_access_control_list_is_enough_and_the_password_may_change_while_the_node_runs()
    {
        await using var servers = await RedisServers.StartWithUserAsync("gateway", "a-password");
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "a-password\n");
            var withoutPassword = servers.Configuration.Replace(":a-password@", "@", StringComparison.Ordinal);
            await using var node = RedisConnection.Open(withoutPassword, new PasswordFile(file));
            await WorksAsync();

            await File.WriteAllTextAsync(file, "another\n");
            servers.ChangePassword("gateway", "another");
            await EventuallyAsync(() => PublishAsync(node, "n1"));
            await WorksAsync();

            async Task WorksAsync()
            {
                var call = await PublishAsync(node, "n1");
                await AnswersOnceAsync(node, node, call);
                var listener = new NodeCommandListener(node, "n1", _ => Task.FromResult(CommandReply.Done));
                await listener.StartAsync();
                Assert.Equal(CommandReply.Done, await new NodeCommands(node).HangUpAsync(call, CancellationToken.None));
                await listener.StopAsync();
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task With_TLS_only_a_server_of_the_named_authority_is_spoken_to()
    {
        await using var servers = await RedisServers.StartTlsAsync();
        await using var node = RedisConnection.Open(servers.Configuration, authority: servers.Authority);
        await AnswersOnceAsync(node, node, await PublishAsync(node, "n1"));
        await using var other = RedisConnection.Open(servers.Configuration);
        await Assert.ThrowsAnyAsync<RedisException>(() => PublishAsync(other, "n1"));
    }

    [Fact]
    public async Task A_replica_is_not_taken_for_a_store_that_can_be_written()
    {
        await using var servers = await RedisServers.StartReplicaAsync();
        await using var node = RedisConnection.Open(servers.Configuration);
        var refusal = await Assert.ThrowsAnyAsync<RedisException>(() => new RedisCallRegistry(node, "n1").CheckAsync());
        Assert.Contains("replica", refusal.Message + refusal.InnerException?.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("redis.example:6379,password=a,user=b", "redis.example:6379", false, "b", null)]
    [InlineData("redis://redis.example", "redis.example:6379", false, null, null)]
    [InlineData("redis://:secret@redis.example:6380/2", "redis.example:6380", false, null, 2)]
    [InlineData("rediss://gateway:p%40ss@redis.example:6380", "redis.example:6380", true, "gateway", null)]
    [InlineData("rediss://gateway@redis.example", "redis.example:6379", true, "gateway", null)]
    public void Reads_configurations_and_URIs(string text, string server, bool tls, string? user, int? database)
    {
        Assert.True(RedisConnection.TryParse(text, out var options, out _));
        var endPoint = Assert.IsType<DnsEndPoint>(options.EndPoints.Single());
        Assert.Equal(server, $"{endPoint.Host}:{endPoint.Port}");
        Assert.Equal((tls, user, database, false), (options.Ssl, options.User, options.DefaultDatabase, options.AbortOnConnectFail));
        if (text.Contains("%40", StringComparison.Ordinal))
            Assert.Equal("p@ss", options.Password);
    }

    [Theory]
    [InlineData("postgresql://u:secret@h/d")]
    [InlineData("http://redis.example")]
    [InlineData("redis.example,no-such-option=1")]
    [InlineData("redis://redis.example/secret")]
    [InlineData("")]
    public void What_cannot_be_used_is_said_without_secrets(string text)
    {
        Assert.False(RedisConnection.TryParse(text, out _, out var error));
        Assert.DoesNotContain("secret", error);
    }

    private static async Task<CallId> PublishAsync(IConnectionMultiplexer redis, string node)
    {
        var call = new LiveCall(
            new CallId(Guid.NewGuid().ToString("n")), null, CallDirection.Outbound, new ChannelId("100"), "…0001", "main", "100",
            CallState.Live,
            DateTimeOffset.UnixEpoch, null, node);
        await new RedisCallRegistry(redis, node).PublishAsync(call, CancellationToken.None);
        return call.Id;
    }

    private static async Task AnswersOnceAsync(IConnectionMultiplexer one, IConnectionMultiplexer other, CallId call)
    {
        var id = new WhatsAppCallId("wacid." + call);
        Assert.Equal(ClaimResult.Claimed, await new RedisCallRegistry(one, "n1").ClaimAsync(id, call, CancellationToken.None));
        Assert.Equal(ClaimResult.Duplicate, await new RedisCallRegistry(other, "n2").ClaimAsync(id, call, CancellationToken.None));
        Assert.True(await new RedisCallRegistry(one, "n1").TakeAnswerLockAsync(id, call, CancellationToken.None));
        Assert.False(await new RedisCallRegistry(other, "n2").TakeAnswerLockAsync(id, call, CancellationToken.None));
    }

    /// <summary>Retries an operation: nothing can be written during a Sentinel failover.</summary>
    private static async Task<T> EventuallyAsync<T>(Func<Task<T>> operation)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                return await operation();
            }
            catch (Exception e) when (e is RedisException or TimeoutException && tries < 400)
            {
                await Task.Delay(50);
            }
        }
    }
}
