using Gateway.Calls;
using Gateway.Storage.Accounts;
using Gateway.Storage.Rating;
using Npgsql;
using Testing;

namespace Gateway.Storage.Tests.Rating;

/// <summary>Runs go on while calls are admitted and settled, money comes, and another run rates the same period.</summary>
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
        var books = await Books.OpenAsync(_database, 1000);
        await books.AddRateAsync("", 0.10m);
        var (cheap, dear) = (await CardAsync(books, 0.04m), await CardAsync(books, 0.25m));
        foreach (var _ in Enumerable.Range(0, 60))
            await TalkAsync(books);

        await Task.WhenAll(
            RerateAsync(books, cheap), RerateAsync(books, dear), RerateAsync(books, cheap),
            Task.WhenAll(Enumerable.Range(0, 40).Select(_ => TalkAsync(books))),
            Task.WhenAll(Enumerable.Range(0, 20).Select(i => new Ledger(_database).TopUpAsync(new Movement(books.Account, 0.37m, "EUR", $"{books.Account}-{i}", null), "tests", None))));

        var (balance, held) = await books.MoneyAsync();
        Assert.Equal(0, held);
        Assert.Equal(balance, await books.QueryAsync<decimal>("SELECT sum(amount) FROM ledger_entries WHERE account = @Account", new { books.Account }));
        Assert.Equal(
            balance, await books.QueryAsync<decimal>("SELECT balance_after FROM ledger_entries WHERE account = @Account ORDER BY id DESC LIMIT 1", new { books.Account }));
        Assert.Equal(100, await books.QueryAsync<long>("SELECT count(*) FROM calls WHERE account = @Account AND price IS NOT NULL", new { books.Account }));
        Assert.Equal(0, await books.QueryAsync<long>(
            """
            SELECT count(*) FROM calls c JOIN (SELECT call_id, sum(amount) AS paid FROM ledger_entries WHERE account = @Account GROUP BY call_id) e ON e.call_id = c.id
            WHERE c.price + e.paid <> 0
            """,
            new { books.Account }));
        Assert.Equal(
            await books.QueryAsync<long>("SELECT sum(pulses * pulse_seconds) FROM calls WHERE account = @Account", new { books.Account }),
            await books.QueryAsync<long>("SELECT sum(seconds) FROM volumes WHERE account = @Account", new { books.Account }));
    }

    private static async Task TalkAsync(Books books)
    {
        var request = books.Request();
        await books.Calls.CompleteAsync(Books.Record(request, await books.FundAsync(request), Random.Shared.Next(0, 400)), None);
    }

    /// <summary>A card with one price for everybody, and another pulse than the one of the account.</summary>
    private async Task<string> CardAsync(Books books, decimal perMinute)
    {
        var card = $"{books.Account}-{perMinute * 100:0}";
        await new RateCardStore(_database).CreateAsync(card, "Test", "EUR", "tests", None);
        foreach (var direction in Enum.GetValues<CallDirection>())
            await new RateStore(_database).AddAsync(card, new(direction, "", Books.Start.AddYears(-1), null, perMinute, 0, (int)(perMinute * 100), 0, []), "tests", None);
        return card;
    }

    private async Task RerateAsync(Books books, string card)
    {
        var store = new ReratingStore(_database);
        var request = new ReratingRequest(card, Books.Start.AddDays(-1), Books.Start.AddDays(1), books.Account, null, null);
        var run = (await store.StartAsync(request, "tests", Guid.NewGuid().ToString(), Books.Start.AddYears(1), None)).Value!;
        Assert.True((await store.ContinueAsync(run.Id, () => true, None))!.IsFinished);
    }
}
