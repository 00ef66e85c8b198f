using Gateway.Calls;
using Gateway.Worker.Tests.Calls.Bench;
using Gateway.Worker.Tests.Documents;
using Media.Protocols.Primitives;
using Sandbox.Calls;
using Testing;

namespace Gateway.Worker.Tests.Calls;

/// <summary>
/// PostgreSQL is lost and comes back with less than it had: from a dump, by the commands of deploy/README.md, or as a standby that had
/// fallen behind. The nodes bring what is missing, once.
/// </summary>
[Trait("Category", "Distribution")]
public sealed class RestoredDatabaseTests : IAsyncLifetime
{
    private readonly WorkerBench _bench = new();

    public Task InitializeAsync() => _bench.InitializeAsync();

    public Task DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task By_the_commands_of_the_manual_a_new_server_has_every_call_once()
    {
        await using var purse = await Purse.OpenAsync(_bench.Stores.Postgres, 100);
        await _bench.StartAsync();
        var (open, agentOfOpen) = await _bench.LiveAsync();
        await RunAsync("pg_dump", _bench.Stores.Postgres);

        await agentOfOpen.HangUpAsync();
        var (later, agentOfLater) = await _bench.LiveAsync();
        await agentOfLater.HangUpAsync();
        foreach (var call in new[] { open, later })
            await EndedAsync(call);
        var (spooled, agentOfSpooled) = await _bench.LiveAsync();
        _bench.Stores.Kill(StoreServer.Postgres); // for ever
        await agentOfSpooled.HangUpAsync();
        await Eventually.SeeAsync(() => _bench.SpoolFiles().Length == 1, "the last record waits in the spool");
        await _bench.KillAsync();

        using var other = Stores.StartPrivate();
        _bench.Postgres = other.Postgres;
        Assert.Contains("3 settled again, 0 were already there, 0 failed", await RunAsync("pg_restore", other.Postgres));
        Assert.Contains("3 settled again", await RunAsync("pg_restore", other.Postgres)); // all of it may be repeated
        var (code, output) = await _bench.RunAsync("settle", DateTimeOffset.UtcNow.AddHours(-1).ToString("O"));
        Assert.Equal((0, "0 settled again, 3 were already there, 0 failed"), (code, output));
        await _bench.StartAsync();
        await Eventually.SeeAsync(() => _bench.SpoolFiles().Length == 0, "the spool is settled");
        await using var restored = purse.At(other.Postgres);
        await ChargedOnceAsync(restored, open, later, spooled);
        await _bench.KillAsync();
    }

    [Fact]
    public async Task A_promoted_standby_that_had_fallen_behind_gets_what_it_lacks_while_the_nodes_run()
    {
        await using var purse = await Purse.OpenAsync(_bench.Stores.Postgres, 100);
        await using var standby = await PostgresStandby.StartAsync(_bench.Stores);
        _bench.Postgres = standby.Both + ";Host Recheck Seconds=1";
        await _bench.StartAsync();
        var (open, agentOfOpen) = await _bench.LiveAsync();
        await standby.CaughtUpAsync();
        await standby.FallBehindAsync();
        var since = DateTimeOffset.UtcNow.AddMinutes(-1).ToString("O");
        await agentOfOpen.HangUpAsync();
        var (later, agentOfLater) = await _bench.LiveAsync();
        await agentOfLater.HangUpAsync();
        foreach (var call in new[] { open, later })
            await EndedAsync(call);
        await Eventually.SeeAsync(
            () => _bench.GetAsync("/metrics"), found => found.Body.Contains("\ngateway_spool_records 0\n"), "the node knows that they are");

        _bench.Stores.Kill(StoreServer.Postgres);
        await standby.PromoteAsync();
        await _bench.UntilReadyAsync();
        Assert.Null(Assert.Single(await _bench.RowsAsync(open)).Cause);
        Assert.Empty(await _bench.RowsAsync(later));
        Assert.Equal((0, "2 settled again, 0 were already there, 0 failed"), await _bench.RunAsync("settle", since));
        await using var promoted = purse.At(standby.Connection);
        await ChargedOnceAsync(promoted, open, later);
        var (next, agentOfNext) = await _bench.LiveAsync();
        await agentOfNext.HangUpAsync();
        await EndedAsync(next);
        await ChargedOnceAsync(promoted, open, later, next);
        await _bench.KillAsync();
    }

    [Fact]
    public async Task A_time_that_cannot_be_read_is_refused()
    {
        var (code, output) = await _bench.RunAsync("settle", "yesterday");
        Assert.Equal(2, code);
        Assert.Contains("yesterday is not a time", output);
    }

    [Fact]
    public async Task A_folder_that_is_no_spool_is_refused()
    {
        var (code, output) = await _bench.RunAsync("settle", "2026-01-31T12:00:00Z");
        Assert.Equal(2, code);
        Assert.Contains("has no records of calls", output);
    }

    /// <summary>Runs the block of the manual that has a command, all but what needs systemd; what it printed.</summary>
    private async Task<string> RunAsync(string command, string postgres)
    {
        var script = DocumentCommands.ScriptsOf("deploy/README.md")
            .Single(lines => lines.Count > 1 && lines.Any(line => line.StartsWith(command + " ", StringComparison.Ordinal)));
        var sandbox = new CommandSandbox(_bench.Folder, await _bench.ConfigureAsync(), postgres);
        var (code, output) = await sandbox.RunAsync(script.Where(DocumentCommandsTests.IsRun));
        Assert.True(code == 0, output);
        return output;
    }

    private Task EndedAsync(SandboxCall call) => Eventually.SeeAsync(
        () => _bench.RowsAsync(call), rows => rows is [{ Cause: not null }], "the record is complete");

    private async Task ChargedOnceAsync(Purse purse, params SandboxCall[] calls)
    {
        foreach (var call in calls)
            Assert.Equal(WireName.Of(HangupCause.PbxHungUp), Assert.Single(await _bench.RowsAsync(call)).Cause);
        var (balance, held, charges) = await purse.LookAsync();
        Assert.Equal((100 - charges.Sum(), 0m), (balance, held));
        Assert.Equal(
            (await purse.TalkAsync()).Select(talk => 0.01m * (int)Math.Ceiling(talk.TotalSeconds)).Order(), charges.Order());
        Assert.Equal(calls.Length, charges.Count);
    }
}
