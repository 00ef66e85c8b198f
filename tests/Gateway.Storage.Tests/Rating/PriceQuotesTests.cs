using Dapper;
using Gateway.Calls;
using Gateway.Calls.Rating;
using Gateway.Storage.Rating;
using Npgsql;
using Testing;

namespace Gateway.Storage.Tests.Rating;

[Collection(StoresCollection.Name)]
public sealed class PriceQuotesTests(Stores stores) : IAsyncLifetime
{
    private static readonly DateTimeOffset May = new(2030, 5, 7, 0, 0, 0, TimeSpan.Zero);
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(stores.Postgres);
    private readonly string _name = "q-" + Guid.NewGuid().ToString("n")[..12];

    private Task<Outcome<Quote>> QuoteAsync(QuoteRequest request) =>
        new PriceQuotes(_database, new RateStore(_database)).QuoteAsync(request, None);

    public async Task InitializeAsync()
    {
        await Migrator.MigrateAsync(_database, None);
        await new RateCardStore(_database).CreateAsync(_name, "Test", "USD", "tests", None);
        var terms = new RateTerms(
            CallDirection.Outbound, "49", May.AddYears(-1), null, 0.10m, 0, 60, 0, [new(100, 0.07m), new(200, 0.05m)]);
        Assert.Null((await new RateStore(_database).AddAsync(_name, terms, "tests", None)).Refusal);
        await using var connection = await _database.OpenConnectionAsync();
        await connection.ExecuteAsync(
            """
            INSERT INTO accounts (id, name, currency, rate_card) VALUES (@_name, 'Test', 'USD', @_name),
            (@_name || '-bare', 'Test', 'USD', NULL);
            INSERT INTO volumes (account, direction, month, seconds) VALUES (@_name, 'outbound', '2030-05-01', 6000),
            (@_name, 'inbound', '2030-05-01', 60000000)
            """,
            new { _name });
    }

    public Task DisposeAsync() => _database.DisposeAsync().AsTask();

    [Fact]
    public async Task An_account_s_volume_of_the_call_s_own_month_and_direction_chooses_the_tier()
    {
        Assert.Equal(0.07m, (await QuoteAsync(Request(account: _name))).Value!.Price.Amount);
        Assert.Equal(0.10m, (await QuoteAsync(Request(account: _name) with { At = May.AddMonths(1) })).Value!.Price.Amount);
        Assert.Equal(
            0.05m, (await QuoteAsync(Request(account: _name) with { VolumeBefore = TimeSpan.FromMinutes(200) })).Value!.Price.Amount);
        Assert.Equal(0.10m, (await QuoteAsync(Request(card: _name))).Value!.Price.Amount);
    }

    [Fact]
    public async Task What_has_no_price_is_refused_with_the_reason()
    {
        Assert.Equal(StoreRefusal.NoRate, (await QuoteAsync(Request(card: "nowhere"))).Refusal);
        Assert.Equal(StoreRefusal.NoRate, (await QuoteAsync(Request(account: _name + "-bare"))).Refusal);
        Assert.Equal(StoreRefusal.UnknownAccount, (await QuoteAsync(Request(account: "nobody"))).Refusal);
        Assert.Equal(StoreRefusal.NoRate, (await QuoteAsync(Request(card: _name) with { User = new WhatsAppUser("33612345678") })).Refusal);
        Assert.Equal(
            "49", (await QuoteAsync(Request(card: _name) with { User = new WhatsAppUser(null, "DE.1349") })).Value!.Rate.Rate.Prefix);
    }

    private static QuoteRequest Request(string? card = null, string? account = null) =>
        new(card, account, CallDirection.Outbound, new WhatsAppUser("4915112345678"), TimeSpan.FromSeconds(60), May, null);
}
