using Gateway.Calls;
using Gateway.Worker.Tests.Calls.Bench;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Tests.Calls;

/// <summary>PostgreSQL is restored from a dump made while a call was live; the commands of deploy/README.md bring it up to date.</summary>
public sealed class RestoredDatabaseTests(WorkerBench bench) : IClassFixture<WorkerBench>
{
    [Fact]
    public async Task What_was_settled_since_the_dump_is_settled_again_once()
    {
        await using var purse = await Purse.OpenAsync(bench.Stores.Postgres, 10);
        await bench.StartAsync();
        var since = DateTimeOffset.UtcNow.AddSeconds(-1).ToString("O");
        var (open, agentOfOpen) = await bench.LiveAsync();
        var dump = bench.Stores.Dump();

        await agentOfOpen.HangUpAsync();
        var (later, agentOfLater) = await bench.LiveAsync();
        await agentOfLater.HangUpAsync();
        foreach (var call in new[] { open, later })
            await Eventually.SeeAsync(() => bench.RowsAsync(call), rows => rows is [{ Cause: not null }], "the record is complete");
        await Eventually.SeeAsync(() => bench.SpoolFiles().Length == 0, "no record waits");
        var before = await purse.LookAsync();
        await bench.KillAsync();

        bench.Stores.Restore(dump);
        Assert.Null(Assert.Single(await bench.RowsAsync(open)).Cause);
        Assert.Empty(await bench.RowsAsync(later));

        Assert.Equal((0, "2 settled again, 0 were already there, 0 failed"), await bench.RunAsync("settle", since));
        Assert.Equal((0, "0 settled again, 2 were already there, 0 failed"), await bench.RunAsync("settle", since));
        await bench.StartAsync();
        var after = await purse.LookAsync();
        Assert.Equal((before.Balance, 0m), (after.Balance, after.Held));
        Assert.Equal(before.Charges.Order(), after.Charges.Order());
        foreach (var call in new[] { open, later })
            Assert.Equal(WireName.Of(HangupCause.PbxHungUp), Assert.Single(await bench.RowsAsync(call)).Cause);
        await bench.KillAsync();
    }

    [Fact]
    public async Task A_time_that_cannot_be_read_is_refused()
    {
        await bench.StartAsync(); // which writes the configuration
        var (code, output) = await bench.RunAsync("settle", "yesterday");
        Assert.Equal(2, code);
        Assert.Contains("yesterday is not a time", output);
        await bench.KillAsync();
    }
}
