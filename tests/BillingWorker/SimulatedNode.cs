using Gateway.Storage.Accounts;
using Gateway.Storage.Calls;
using Npgsql;

namespace BillingWorker;

/// <summary>
/// One start of one node: it sweeps what the previous run left, then its workers make calls concurrently as long as it lives.
/// </summary>
internal sealed class SimulatedNode(NpgsqlDataSource database, string name, IReadOnlyList<string> channels)
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(2);

    private readonly string _start = Guid.NewGuid().ToString("n");

    public async Task RunAsync(int workers, int seed)
    {
        var calls = new PostgresCallStore(database);
        var sweeper = new OrphanSweeper(database, calls.CompleteAsync, name, _start, Silence);
        await sweeper.SweepAsync(CancellationToken.None);
        Console.WriteLine("sweeping");
        var tasks = Enumerable.Range(0, workers).Select(i => new SimulatedCalls(
            new PostgresAdmissionStore(database), calls, new LedgerStore(database), name, _start, channels, new Random(seed + i))
                .RunAsync());
        await Task.WhenAll([SweepAsync(sweeper), .. tasks]);
    }

    private static async Task SweepAsync(OrphanSweeper sweeper)
    {
        while (true)
        {
            await sweeper.SweepAsync(CancellationToken.None);
            await Task.Delay(TimeSpan.FromMilliseconds(200));
        }
    }
}
