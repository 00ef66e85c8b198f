using System.Diagnostics;
using Dapper;
using Gateway.Storage.Calls;
using Npgsql;
using Testing;
using Xunit.Abstractions;

namespace Gateway.Storage.Tests;

/// <summary>
/// Eight workers in three processes use the same few accounts at random and are killed at random. Whatever was cut short: when the
/// orphans have been swept, balances, holds and records are right. The seed is printed and may be given as GATEWAY_TEST_SEED.
/// </summary>
[Collection(StoresCollection.Name)]
public sealed class ManyNodesTests(Stores stores, ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(9);

    /// <summary>On a machine so slow that not everything has happened by then.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(stores.Postgres);
    private readonly string _run = "r" + Guid.NewGuid().ToString("n")[..8];

    public Task InitializeAsync() => Migrator.MigrateAsync(_database, CancellationToken.None);

    public Task DisposeAsync() => _database.DisposeAsync().AsTask();

    [Fact]
    public async Task The_ledger_is_right_after_nodes_that_admit_extend_settle_retry_top_up_and_die_at_random()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_TEST_SEED"), out var given)
            ? given
            : Random.Shared.Next(1_000_000);
        output.WriteLine($"seed {seed}");
        var billing = new List<BillingSetup>();
        for (var i = 0; i < 3; i++)
        {
            billing.Add(await BillingSetup.OpenAsync(_database, balance: 25, minimum: i));
            // A pulse a second, at a price that empties the account again and again; a third of a cent that no sixtieth divides.
            await billing[i].AddRateAsync(
                "", i == 1 ? 40.0000000001m : 60m, fee: i, pulse: 1 + i, minimum: i,
                tiers: i == 2 ? """[{"fromMinutes": 1, "pricePerMinute": 50}]""" : "[]");
        }
        string[] accounts = [.. billing.Select(b => b.Account)];

        var deaths = await LetLiveAndDieAsync(accounts, new Random(seed));
        await SweepUntilNothingIsLeftAsync(accounts);

        var totals = await CheckAsync(accounts);
        output.WriteLine($"{deaths} deaths; {totals}");
        // Everything must have happened, however slow the machine.
        Assert.All(new[] { totals.Charges, totals.Exhausted, totals.Refused, totals.Lost, totals.TopUps, deaths }, count =>
            Assert.InRange(count, 1, int.MaxValue));
    }

    private async Task<int> LetLiveAndDieAsync(string[] accounts, Random random)
    {
        var clock = Stopwatch.StartNew();
        var nodes = new (string Name, int Workers, Process Process)[3];
        for (var i = 0; i < nodes.Length; i++)
            nodes[i] = ($"{_run}-{i}", i == 2 ? 2 : 3, Start($"{_run}-{i}", i == 2 ? 2 : 3, random.Next(), accounts));
        var deaths = 0;
        try
        {
            while (clock.Elapsed < Duration || (clock.Elapsed < Limit && !(await TotalsAsync(accounts)).HaveAll))
            {
                var i = random.Next(nodes.Length);
                var (name, workers, process) = nodes[i];
                Assert.Equal("sweeping", await process.StandardOutput.ReadLineAsync()); // it is up
                await Task.Delay(random.Next(100, 2500));
                Assert.False(process.HasExited, "A node ended by itself: see its error output.");
                process.Kill(); // SIGKILL
                await process.WaitForExitAsync();
                process.Dispose();
                deaths++;
                nodes[i].Process = Start(name, workers, random.Next(), accounts);
            }
        }
        finally
        {
            foreach (var (_, _, process) in nodes)
            {
                process.Kill();
                process.Dispose();
            }
        }
        return deaths;
    }

    private Process Start(string node, int workers, int seed, string[] accounts)
    {
        string[] arguments = [Path.Combine(AppContext.BaseDirectory, "BillingWorker.dll"), stores.Postgres, node, workers.ToString(), (
            seed % 1_000_000).ToString(), .. accounts];
        return Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true })!;
    }

    /// <summary>Sweeps as a node that ran all the time would. Statements of dead processes may still run for a moment.</summary>
    private async Task SweepUntilNothingIsLeftAsync(string[] accounts)
    {
        var silence = TimeSpan.FromSeconds(1);
        var sweeper = new OrphanSweeper(_database, new PostgresCallStore(_database).CompleteAsync, _run + "-judge", "s", silence);
        await using var connection = await _database.OpenConnectionAsync();
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromSeconds(20); await Task.Delay(100))
        {
            var swept = await sweeper.SweepAsync(CancellationToken.None);
            var left = await connection.QuerySingleAsync<int>(
                "SELECT ((SELECT count(*) FROM calls WHERE channel = ANY(@accounts) AND ended_at IS NULL) + (SELECT count(*) FROM holds " +
                    "WHERE account = ANY(@accounts)))::int",
                new { accounts });
            if (left == 0 && swept == default && clock.Elapsed > 2 * silence)
                return;
        }
        Assert.Fail("Orphans were left.");
    }

    private async Task<Totals> CheckAsync(string[] accounts)
    {
        await using var connection = await _database.OpenConnectionAsync();
        foreach (var (what, sql) in Wrongs)
        {
            var wrong = (await connection.QueryAsync<string>(sql, new { accounts })).AsList();
            Assert.True(wrong.Count == 0, $"{what}: {string.Join("; ", wrong.Take(5))}");
        }
        return await TotalsAsync(accounts);
    }

    private async Task<Totals> TotalsAsync(string[] accounts)
    {
        await using var connection = await _database.OpenConnectionAsync();
        return await connection.QuerySingleAsync<Totals>(
            """
            SELECT count(*)::int AS Calls, count(price)::int AS Charges,
            (count(*) FILTER (WHERE cause = 'balance_exhausted'))::int AS Exhausted,
                   (count(*) FILTER (WHERE cause = 'balance_too_low'))::int AS Refused,
                   (count(*) FILTER (WHERE cause = 'node_lost'))::int AS Lost,
                   (SELECT count(*)::int FROM ledger_entries WHERE account = ANY(@accounts) AND kind = 'top_up') AS TopUps
            FROM calls WHERE channel = ANY(@accounts)
            """,
            new { accounts });
    }

    private static readonly (string What, string Sql)[] Wrongs =
    [
        ("The ledger does not add up to the balance",
            "SELECT a.id || ' ' || a.balance FROM accounts a WHERE id = ANY(@accounts) AND balance <> (SELECT coalesce(sum(amount), 0) " +
                "FROM ledger_entries WHERE account = a.id)"),
        ("An entry's balance is not the sum up to it",
            """
            SELECT id::text FROM (SELECT id, balance_after, sum(amount) OVER (PARTITION BY account ORDER BY id) AS running
                FROM ledger_entries WHERE account = ANY(@accounts)) e
            WHERE balance_after <> running
            """),
        ("Money is held for nothing", "SELECT a.id || ' ' || a.held FROM accounts a WHERE id = ANY(@accounts) AND held <> 0"),
        ("A hold outlives its call", "SELECT call_id FROM holds WHERE account = ANY(@accounts)"),
        ("An account is overdrawn", "SELECT id || ' ' || balance FROM accounts WHERE id = ANY(@accounts) AND balance < 0"),
        ("A call has not one record",
            "SELECT id FROM calls WHERE channel = ANY(@accounts) GROUP BY id HAVING count(*) <> 1 OR count(ended_at) <> 1"),
        ("A charge is not what its record says",
            """
            SELECT coalesce(c.id, l.call_id) FROM (SELECT * FROM calls WHERE channel = ANY(@accounts) AND price IS NOT NULL) c
            FULL JOIN (SELECT * FROM ledger_entries WHERE account = ANY(@accounts) AND kind = 'charge') l ON l.call_id = c.id
            WHERE c.id IS NULL OR l.id IS NULL OR c.price <> -l.amount
            """),
        ("An answered call was not charged, or another was",
            "SELECT id FROM calls WHERE channel = ANY(@accounts) AND (answered_at IS NULL) <> (price IS NULL)"),
        ("The volume is not that of the calls",
            """
            SELECT c.account FROM (SELECT account, direction, sum(pulses * pulse_seconds) AS seconds FROM calls
                WHERE channel = ANY(@accounts) AND price IS NOT NULL GROUP BY 1, 2) c
            FULL JOIN (SELECT account, direction, sum(seconds) AS seconds FROM volumes WHERE account = ANY(@accounts) GROUP BY 1,
            2) v USING (account, direction)
            WHERE c.seconds IS DISTINCT FROM v.seconds
            """),
        ("A missed call is not on the list, or one is that was not missed",
            """
            SELECT coalesce(c.id, m.call_id)
                FROM (SELECT id FROM calls WHERE channel = ANY(@accounts) AND direction = 'inbound' AND answered_at IS NULL) c
            FULL JOIN (SELECT call_id FROM missed_calls WHERE channel = ANY(@accounts)) m ON m.call_id = c.id WHERE c.id IS NULL
                OR m.call_id IS NULL
            """),
        ("A call's end was not published exactly once",
            """
            SELECT c.id FROM calls c LEFT JOIN events e ON e.call_id = c.id AND e.kind IN ('call.ended', 'call.missed', 'call.refused')
            WHERE c.channel = ANY(@accounts) GROUP BY c.id HAVING count(e.id) <> 1
            """),
    ];

    private sealed record Totals(int Calls, int Charges, int Exhausted, int Refused, int Lost, int TopUps)
    {
        public bool HaveAll => Charges > 0 && Exhausted > 0 && Refused > 0 && Lost > 0 && TopUps > 0;
    }
}
