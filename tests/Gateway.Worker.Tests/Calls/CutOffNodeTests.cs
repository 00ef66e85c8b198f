using Gateway.Calls;
using Gateway.Storage.Nodes;
using Gateway.Worker.Tests.Calls.Bench;
using Media.Protocols.Primitives;
using Npgsql;
using Sandbox.Calls;
using StackExchange.Redis;
using Testing;
using Testing.Peers;
using Xunit.Abstractions;

namespace Gateway.Worker.Tests.Calls;

/// <summary>A node that lives and is cut off from the stores, while another is not.</summary>
public sealed class CutOffNodeTests(WorkerBench bench, ITestOutputHelper output) : IClassFixture<WorkerBench>, IAsyncLifetime
{
    private readonly Talks _talks = new(bench, output);
    private TcpLink _redis = null!, _postgres = null!;

    public Task InitializeAsync()
    {
        var postgres = new NpgsqlConnectionStringBuilder(bench.Stores.Postgres);
        (_postgres, _redis) = (new TcpLink(postgres.Port), new TcpLink(int.Parse(bench.Stores.Redis.Split(':')[1])));
        postgres.Port = _postgres.Port;
        bench.ClusterKeys = ["k1:" + Convert.ToBase64String(new byte[32])];
        bench.StoresOfWorker = (postgres.ConnectionString, $"127.0.0.1:{_redis.Port}");
        return bench.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await bench.KillAsync();
        await _redis.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    [Fact]
    public async Task One_that_only_Redis_does_not_hear_keeps_its_calls()
    {
        await using var other = await bench.StartOtherAsync("other");
        var talk = await _talks.InboundAsync();
        await _talks.LeftAsync(talk);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(bench.Stores.Redis);
        var (id, owners, leases) = (new CallId(await bench.IdOfAsync(talk.Call)), new CallOwners(redis), new NodeLeases(redis));
        talk.Forget();
        _redis.Cut();
        await Eventually.SeeAsync(
            leases.AliveAsync, alive => alive.All(node => node.Id != "worker"), "its lease has lapsed");
        await Task.Delay(other.Options.Node.Lease * 3); // by then the call would be taken
        Assert.Equal(new CallOwner("worker", 1), await owners.FindAsync(id));
        Assert.InRange(talk.Handset.LongestGap, TimeSpan.Zero, other.Options.Node.Lease);
        _redis.Mend();
        await Eventually.SeeAsync(
            leases.AliveAsync, alive => alive.Any(node => node.Id == "worker"), "it has its lease again", _ => bench.Log());
        await Talks.HearsBothAsync(talk);
        Assert.Equal(new CallOwner("worker", 1), await owners.FindAsync(id));
        await talk.Phone.HangUpAsync();
        Assert.Equal(WireName.Of(HangupCause.PbxHungUp), (await bench.EndedRowAsync(talk.Call)).Cause);
        talk.AssertNoIndexTwice(jumps: 0);
    }

    [Fact]
    public async Task One_that_neither_store_hears_loses_its_calls_and_ends_them_without_a_word()
    {
        await using var purse = await Purse.OpenAsync(bench.Stores.Postgres, 10);
        await using var other = await bench.StartOtherAsync("other");
        var talk = await _talks.InboundAsync();
        await _talks.LeftAsync(talk);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(bench.Stores.Redis);
        var id = new CallId(await bench.IdOfAsync(talk.Call));
        _redis.Cut();
        _postgres.Cut();
        await talk.Phone.FollowAsync();
        Assert.Equal(new CallOwner("other", 2), await new CallOwners(redis).FindAsync(id));
        await Eventually.SeeAsync(
            () => Task.FromResult(bench.Log()), log => log.Contains("neither side is heard", StringComparison.Ordinal),
            "it has noticed", log => log);
        talk.Forget();
        await Talks.HearsBothAsync(talk); // at the other node
        Assert.Equal(CallState.Active, talk.Call.State);
        _redis.Mend();
        _postgres.Mend();
        await Eventually.SeeAsync(
            new NodeLeases(redis).AliveAsync, alive => alive.Any(node => node.Id == "worker"), "it is back", _ => bench.Log());
        Assert.Equal(CallState.Active, talk.Call.State);
        await talk.Phone.HangUpAsync();
        Assert.Equal(WireName.Of(HangupCause.PbxHungUp), (await bench.EndedRowAsync(talk.Call)).Cause);
        var (balance, held, charges) = await Eventually.SeeAsync(purse.LookAsync, seen => seen.Charges.Count == 1, "it is charged once");
        Assert.Equal((0m, 10m), (held, balance + charges.Sum()));
    }
}
