using Gateway.Calls;
using Gateway.Calls.Records;
using Gateway.Storage.Calls;
using Npgsql;
using Testing;

namespace Gateway.Storage.Tests;

[Collection(StoresCollection.Name)]
public sealed class CallPartitionsTests(Stores stores) : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = new(2034, 11, 30, 23, 59, 59, TimeSpan.Zero);

    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(stores.Postgres);

    private CallPartitions Partitions => new(_database);

    public Task InitializeAsync() => Migrator.MigrateAsync(_database, CancellationToken.None);

    public Task DisposeAsync() => _database.DisposeAsync().AsTask();

    [Fact]
    public async Task Months_are_made_ahead_once_by_whoever_is_first_and_take_in_what_came_too_early()
    {
        var billing = await BillingSetup.OpenAsync(_database, 100);
        await billing.AddRateAsync("", 1m, from: BillingSetup.Start);
        var early = await SettleAsync(billing, Now.AddMonths(1)); // into the default partition
        Assert.Equal("calls_default", await PartitionOfAsync(billing, early.Id));

        var made = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Partitions.MakeAsync(Now, 2, CancellationToken.None)));
        Assert.InRange(made.Sum(), 3, int.MaxValue); // and the months that other tests left in the default partition
        Assert.Equal("calls_2034_12", await PartitionOfAsync(billing, early.Id));
        Assert.Equal("calls_2034_11", await PartitionOfAsync(billing, (await SettleAsync(billing, Now)).Id));
        Assert.Equal("calls_2035_01", await PartitionOfAsync(billing, (await SettleAsync(billing, Now.AddMonths(2))).Id));
        Assert.Equal(0, await Partitions.MakeAsync(Now, 2, CancellationToken.None));

        // It came again, after its partition was made: the first completion stays.
        await billing.Calls.CompleteAsync(early, CancellationToken.None);
        Assert.Equal(early.Id, (await billing.Calls.FindAsync(early.Id, CancellationToken.None))!.Id);
    }

    [Fact]
    public async Task Retention_drops_whole_months_and_leaves_the_ledger()
    {
        var billing = await BillingSetup.OpenAsync(_database, 100);
        await billing.AddRateAsync("", 1m);
        var past = new DateTimeOffset(2021, 5, 31, 23, 0, 0, TimeSpan.Zero);
        var (old, recent) = (await SettleAsync(billing, past), await SettleAsync(billing, past.AddHours(2)));
        await Partitions.MakeAsync(past, 1, CancellationToken.None);

        Assert.Equal(0, await Partitions.DropAsync(past.AddDays(30), TimeSpan.FromDays(30), CancellationToken.None));
        Assert.Equal(1, await Partitions.DropAsync(past.AddDays(31), TimeSpan.FromDays(30), CancellationToken.None));
        Assert.Null(await billing.Calls.FindAsync(old.Id, CancellationToken.None));
        Assert.NotNull(await billing.Calls.FindAsync(recent.Id, CancellationToken.None));
        Assert.Equal(98m, (await billing.MoneyAsync()).Balance);

        // A record that outlived its partition charges no account a second time.
        await billing.Calls.CompleteAsync(old, CancellationToken.None);
        Assert.Equal(98m, (await billing.MoneyAsync()).Balance);
    }

    private static async Task<CallRecord> SettleAsync(BillingSetup billing, DateTimeOffset at)
    {
        var request = billing.Request() with { At = at };
        var record = BillingSetup.Record(request, await billing.FundAsync(request), 60);
        await billing.Calls.CompleteAsync(record, CancellationToken.None);
        return record;
    }

    private static Task<string> PartitionOfAsync(BillingSetup billing, CallId call) =>
        billing.QueryAsync<string>("SELECT tableoid::regclass::text FROM calls WHERE id = @id", new { id = call.Value });
}
