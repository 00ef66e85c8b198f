using System.Diagnostics;
using Gateway.Worker.Configuration;
using Gateway.Worker.Tests.Calls.Bench;
using Npgsql;
using Testing;

namespace Gateway.Worker.Tests.Calls;

/// <summary>The worker's process while a store is unavailable or frozen.</summary>
public sealed class UnavailableStoresTests(WorkerBench bench) : IClassFixture<WorkerBench>
{
    [Fact]
    public async Task A_worker_that_starts_before_PostgreSQL_waits_says_so_and_then_takes_calls()
    {
        bench.Stores.Kill(StoreServer.Postgres);
        await bench.BeginAsync();
        await Eventually.SeeAsync(() => bench.GetAsync("/healthz"), answer => answer.Status == 200, "the process lives", _ => bench.Log());
        var (status, body) = await bench.GetAsync("/readyz");
        Assert.Equal(503, status);
        Assert.Contains("PostgreSQL does not answer", body);
        Assert.Equal(503, (await bench.GetAsync("/webhooks/whatsapp")).Status); // Meta repeats the webhook
        Assert.Contains("The gateway is waiting", bench.Log());

        bench.Stores.Revive(StoreServer.Postgres);
        await bench.UntilReadyAsync();
        await bench.LiveAsync();
        await bench.KillAsync();
    }

    [Fact]
    public async Task A_worker_that_waits_for_a_wrong_PostgreSQL_reads_the_right_one_by_a_reload()
    {
        bench.StoresOfWorker = ("Host=127.0.0.1;Port=1;Username=nobody;Database=none", bench.Stores.Redis);
        await bench.BeginAsync();
        await Eventually.SeeAsync(() => bench.GetAsync("/readyz"), answer => answer.Status == 503, "it waits", _ => bench.Log());
        var configuration = await bench.ConfigureAsync();
        await File.WriteAllTextAsync(configuration, "{");
        bench.Signal("HUP");
        await Eventually.SeeAsync(
            () => Task.FromResult(bench.Log()), log => log.Contains("the one before stays", StringComparison.Ordinal), "it is refused");
        await Eventually.SeeAsync(() => bench.GetAsync("/healthz"), answer => answer.Status == 200, "it waits on", _ => bench.Log());

        bench.StoresOfWorker = null;
        await bench.ConfigureAsync();
        bench.Signal("HUP");
        await bench.UntilReadyAsync();
        await bench.KillAsync();
    }

    [Fact]
    public async Task A_worker_starts_without_Redis_and_says_so()
    {
        bench.Stores.Kill(StoreServer.Redis);
        await bench.StartAsync();
        Assert.DoesNotContain("\"redis\":\"ok\"", (await bench.GetAsync("/readyz")).Body);
        await bench.LiveAsync();
        bench.Stores.Revive(StoreServer.Redis);
        await Eventually.SeeAsync(
            () => bench.GetAsync("/readyz"), answer => answer.Body.Contains("\"redis\":\"ok\"", StringComparison.Ordinal), "Redis is back");
        await bench.KillAsync();
    }

    /// <summary>Its calls would be closed by others, which take it for lost.</summary>
    [Fact]
    public async Task A_node_is_heard_of_in_PostgreSQL_while_Redis_is_frozen()
    {
        using var stores = Stores.StartPrivate();
        var lostAfter = TimeSpan.FromSeconds(6);
        await using var one = await CallBench.StartAsync(
            stores, options => options with { Node = options.Node with { LostAfter = lostAfter } });
        await using var database = NpgsqlDataSource.Create(stores.Postgres);
        stores.Freeze(StoreServer.Redis);
        var longest = TimeSpan.Zero;
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < lostAfter * 1.5; await Task.Delay(100))
        {
            await using var age = database.CreateCommand("SELECT clock_timestamp() - max(seen_at) FROM nodes");
            var seen = (TimeSpan)(await age.ExecuteScalarAsync())!;
            longest = seen > longest ? seen : longest;
        }
        stores.Thaw(StoreServer.Redis);
        Assert.InRange(longest, TimeSpan.Zero, lostAfter / 1.5);
    }

    [Fact]
    public async Task Health_is_answered_at_once_while_PostgreSQL_and_Redis_are_frozen()
    {
        await bench.StartAsync();
        bench.Stores.Freeze(StoreServer.Postgres);
        bench.Stores.Freeze(StoreServer.Redis);
        for (var i = 0; i < 3; i++)
        {
            var started = Stopwatch.GetTimestamp();
            var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => bench.GetAsync("/readyz")));
            Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 1.5); // its deadline, and a margin for a busy machine
            Assert.All(answers, answer => Assert.Contains("no answer within", answer.Body));
        }
        bench.Stores.Thaw(StoreServer.Postgres);
        bench.Stores.Thaw(StoreServer.Redis);
        await bench.UntilReadyAsync();
        await bench.KillAsync();
    }
}
