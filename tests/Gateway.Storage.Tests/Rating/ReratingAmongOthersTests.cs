using Gateway.Calls;
using Gateway.Storage.Accounts;
using Gateway.Storage.Rating;
using Npgsql;
using Testing;

namespace Gateway.Storage.Tests.Rating;

/// <summary>
/// Rerating proceeds while calls are admitted and settled, accounts are topped up, and another run rates the same period.
/// </summary>
[Collection(StoresCollection.Name)]
public sealed class ReratingAmongOthersTests(Stores stores) : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(stores.Postgres);

    public Task InitializeAsync() => Migrator.MigrateAsync(_database, None);

    public Task DisposeAsync() => _database.DisposeAsync().AsTask();

    [Fact]
    public async Task Ledger_balance_records_and_volumes_agree_at_the_end()
    {
        var billing = await BillingSetup.OpenAsync(_database, 1000);
        await billing.AddRateAsync("", 0.10m);
        var (cheap, dear) = (await CardAsync(billing, 0.04m), await CardAsync(billing, 0.25m));
        foreach (var _ in Enumerable.Range(0, 60))
            await TalkAsync(billing);

        await Task.WhenAll(
            RerateAsync(billing, cheap), RerateAsync(billing, dear), RerateAsync(billing, cheap),
            Task.WhenAll(Enumerable.Range(0, 40).Select(_ => TalkAsync(billing))),
            Task.WhenAll(Enumerable.Range(0, 20).Select(i => new LedgerStore(_database)
                .TopUpAsync(new Movement(billing.Account, 0.37m, "EUR", $"{billing.Account}-{i}", null), "tests", None))));

        var (balance, held) = await billing.MoneyAsync();
        Assert.Equal(0, held);
        Assert.Equal(balance, await billing.QueryAsync<decimal>(
            "SELECT sum(amount) FROM ledger_entries WHERE account = @Account", new { billing.Account }));
        Assert.Equal(
            balance, await billing.QueryAsync<decimal>(
                "SELECT balance_after FROM ledger_entries WHERE account = @Account ORDER BY id DESC LIMIT 1", new { billing.Account }));
        Assert.Equal(100, await billing.QueryAsync<long>(
            "SELECT count(*) FROM calls WHERE account = @Account AND price IS NOT NULL", new { billing.Account }));
        Assert.Equal(0, await billing.QueryAsync<long>(
            """
            SELECT count(*) FROM calls c
                JOIN (SELECT call_id, sum(amount) AS paid FROM ledger_entries WHERE account = @Account GROUP BY call_id) e
                ON e.call_id = c.id
            WHERE c.price + e.paid <> 0
            """,
            new { billing.Account }));
        Assert.Equal(
            await billing.QueryAsync<long>(
                "SELECT sum(pulses * pulse_seconds) FROM calls WHERE account = @Account", new { billing.Account }),
            await billing.QueryAsync<long>("SELECT sum(seconds) FROM volumes WHERE account = @Account", new { billing.Account }));
    }

    private static async Task TalkAsync(BillingSetup billing)
    {
        var request = billing.Request();
        await billing.Calls.CompleteAsync(BillingSetup.Record(request, await billing.FundAsync(request), Random.Shared.Next(0, 400)), None);
    }

    /// <summary>A card with one price for all numbers, and another pulse than the account's.</summary>
    private async Task<string> CardAsync(BillingSetup billing, decimal perMinute)
    {
        var card = $"{billing.Account}-{perMinute * 100:0}";
        await new RateCardStore(_database).CreateAsync(card, "Test", "EUR", "tests", None);
        foreach (var direction in Enum.GetValues<CallDirection>())
            await new RateStore(_database).AddAsync(card, new(
                direction, "", BillingSetup.Start.AddYears(-1), null, perMinute, 0, (int)(perMinute * 100), 0, []), "tests", None);
        return card;
    }

    private async Task RerateAsync(BillingSetup billing, string card)
    {
        var store = new ReratingStore(_database);
        var request = new ReratingRequest(card, BillingSetup.Start.AddDays(-1), BillingSetup.Start.AddDays(1), billing.Account, null, null);
        var run = (await store.StartAsync(request, "tests", Guid.NewGuid().ToString(), BillingSetup.Start.AddYears(1), None)).Value!;
        Assert.True((await store.ContinueAsync(run.Id, () => true, None))!.IsFinished);
    }
}
