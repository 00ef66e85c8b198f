using Gateway.Storage.Calls;
using Gateway.Worker.Billing;
using Gateway.Worker.Tests.Calls.Bench;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Testing;

namespace Gateway.Worker.Tests;

/// <summary>The maintenance of the store while its node stops.</summary>
[Collection(StoresCollection.Name)]
public sealed class StoreMaintenanceTests(Stores stores)
{
    /// <summary>What comes after it, such as the last records in the spool, is still to be looked after.</summary>
    [Fact]
    public async Task A_node_that_stops_while_PostgreSQL_fails_stops_in_order()
    {
        await using var bench = await CallBench.StartAsync(
            stores, options => options with { Node = options.Node with { LostAfter = TimeSpan.FromSeconds(5) } });
        using var stop = new CancellationTokenSource();
        var failing = new NpgsqlDataSourceBuilder(stores.Postgres);
        failing.UsePhysicalConnectionInitializer(_ => throw new NotSupportedException(), async _ =>
        {
            await stop.CancelAsync();
            throw new TimeoutException("PostgreSQL stands still.");
        });
        await using var database = failing.Build();
        var sweeper = new OrphanSweeper(database, (_, _) => Task.CompletedTask, "node", "start", TimeSpan.FromMinutes(1));
        var maintenance = ActivatorUtilities.CreateInstance<StoreMaintenance>(
            bench.Gateway.Service<IServiceProvider>(), database, sweeper);

        await maintenance.RunAsync(stop.Token).WaitAsync(Eventually.Timeout);

        Assert.True(stop.IsCancellationRequested);
    }
}
