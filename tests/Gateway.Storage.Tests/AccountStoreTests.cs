using Gateway.Calls;
using Gateway.Storage.Accounts;
using Npgsql;
using Testing;

namespace Gateway.Storage.Tests;

[Collection(StoresCollection.Name)]
public sealed class AccountStoreTests(Stores stores) : IAsyncLifetime
{
    private static readonly AccountTerms Terms = new("Acme", null, 10m, 5m);

    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(stores.Postgres);
    private readonly string _id = "a" + Guid.NewGuid().ToString("n")[..12];

    private AccountStore Accounts => new(_database);

    private LedgerStore LedgerStore => new(_database);

    public Task InitializeAsync() => Migrator.MigrateAsync(_database, CancellationToken.None);

    public Task DisposeAsync() => _database.DisposeAsync().AsTask();

    [Fact]
    public async Task An_account_that_has_9_98_shows_9_98_and_what_is_missing()
    {
        await CreateAsync();
        await LedgerStore.TopUpAsync(TopUp(9.98m), "test", CancellationToken.None);
        var account = (await Accounts.FindAsync(_id, CancellationToken.None))!;
        Assert.Equal("9.98", JsonText.Money(account.Balance));
        Assert.Equal((0.02m, 0m), (account.ShortfallFor(CallDirection.Inbound), account.ShortfallFor(CallDirection.Outbound)));
    }

    [Fact]
    public async Task A_change_needs_the_version_that_it_was_made_from()
    {
        var account = await CreateAsync();
        var changed = await Accounts.ChangeAsync(_id, Terms with { Name = "Other" }, account.Version, "test", CancellationToken.None);
        Assert.Equal(("Other", account.Version + 1), (changed.Value!.Name, changed.Value.Version));
        Assert.Equal(
            StoreRefusal.StaleVersion, (await Accounts.ChangeAsync(_id, Terms, account.Version, "test", CancellationToken.None)).Refusal);
        Assert.Equal(StoreRefusal.UnknownAccount, (await Accounts.ChangeAsync("none", Terms, 1, "test", CancellationToken.None)).Refusal);
        Assert.Equal("Other", (await Accounts.FindAsync(_id, CancellationToken.None))!.Name);
    }

    [Fact]
    public async Task What_no_account_can_be_is_refused()
    {
        await CreateAsync();
        Assert.Equal(StoreRefusal.AlreadyExists, await RefusalOf(_id, "EUR", Terms));
        Assert.Equal(StoreRefusal.UnknownCurrency, await RefusalOf("x1", "XYZ", Terms));
        Assert.Equal(StoreRefusal.UnknownRateCard, await RefusalOf("x2", "EUR", Terms with { RateCard = "none" }));
        Assert.Equal(StoreRefusal.InvalidAmount, await RefusalOf("x3", "EUR", Terms with { MinimumInbound = -0.01m }));
        Assert.Equal(StoreRefusal.InvalidAmount, await RefusalOf("x4", "EUR", Terms with { MinimumOutbound = 0.00000000001m }));
        var billing = await BillingSetup.OpenAsync(_database, 0);
        Assert.Equal(StoreRefusal.CurrencyMismatch, await RefusalOf("x5", "USD", Terms with { RateCard = billing.Card }));
        Assert.Null(await Accounts.FindAsync("x5", CancellationToken.None));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("0.00000000001")]
    [InlineData("1000000000000")]
    [InlineData("79228162514264337593543950335")]
    public async Task Absurd_top_ups_are_refused_and_change_nothing(string amount)
    {
        await CreateAsync();
        Assert.Equal(StoreRefusal.InvalidAmount, (
            await LedgerStore.TopUpAsync(TopUp(decimal.Parse(amount)), "test", CancellationToken.None)).Refusal);
        Assert.Equal(0m, (await Accounts.FindAsync(_id, CancellationToken.None))!.Balance);
    }

    [Fact]
    public async Task A_balance_beyond_what_a_ledger_holds_is_refused()
    {
        await CreateAsync();
        Assert.Null((await LedgerStore.TopUpAsync(TopUp(999_999_999_999m), "test", CancellationToken.None)).Refusal);
        Assert.Equal(StoreRefusal.InvalidAmount, (await LedgerStore.TopUpAsync(TopUp(1m), "test", CancellationToken.None)).Refusal);
    }

    [Fact]
    public async Task Many_top_ups_with_one_key_at_once_are_one()
    {
        await CreateAsync();
        var topUp = TopUp(12.5000000000000m);
        var entries = await Task.WhenAll(
            Enumerable.Range(0, 12).Select(_ => LedgerStore.TopUpAsync(topUp, "test", CancellationToken.None)));
        Assert.Single(entries.Select(e => e.Value!.Id).Distinct());
        Assert.Equal(12.5m, (await Accounts.FindAsync(_id, CancellationToken.None))!.Balance);
        Assert.Equal(StoreRefusal.IdempotencyKeyReused, (
            await LedgerStore.TopUpAsync(topUp with { Amount = 13 }, "test", CancellationToken.None)).Refusal);
    }

    [Fact]
    public async Task A_key_of_another_accounts_movement_is_refused()
    {
        await CreateAsync();
        var other = (await Accounts.CreateAsync(_id + "b", "EUR", Terms, "test", CancellationToken.None)).Value!;
        var topUp = TopUp(1);
        var entries = await Task.WhenAll(
            LedgerStore.TopUpAsync(topUp, "test", CancellationToken.None),
            LedgerStore.TopUpAsync(topUp with { Account = other.Id }, "test", CancellationToken.None));
        Assert.Single(entries, e => e.Refusal == StoreRefusal.IdempotencyKeyReused);
    }

    [Fact]
    public async Task Another_currency_or_a_closed_account_takes_no_money()
    {
        var account = await CreateAsync();
        Assert.Equal(StoreRefusal.CurrencyMismatch, (
            await LedgerStore.TopUpAsync(TopUp(1) with { Currency = "USD" }, "test", CancellationToken.None)).Refusal);
        await Accounts.ChangeAsync(_id, Terms with { IsClosed = true }, account.Version, "test", CancellationToken.None);
        Assert.Equal(StoreRefusal.AccountClosed, (await LedgerStore.TopUpAsync(TopUp(1), "test", CancellationToken.None)).Refusal);
        Assert.Equal(StoreRefusal.UnknownAccount, (
            await LedgerStore.TopUpAsync(TopUp(1) with { Account = "none" }, "test", CancellationToken.None)).Refusal);
    }

    [Fact]
    public async Task An_account_whose_money_is_held_cannot_be_closed()
    {
        var billing = await BillingSetup.OpenAsync(_database, 10);
        await billing.AddRateAsync("", 1m);
        await billing.FundAsync(billing.Request());
        Assert.Equal(StoreRefusal.AccountInUse, (
            await Accounts.ChangeAsync(billing.Account, Terms with { IsClosed = true }, 1, "test", CancellationToken.None)).Refusal);
    }

    [Fact]
    public async Task The_ledger_is_read_in_pages_and_adds_up()
    {
        await CreateAsync();
        for (var i = 1; i <= 7; i++)
            await LedgerStore.AdjustAsync(
                new Movement(_id, i % 2 == 0 ? -i : i, "EUR", Guid.NewGuid().ToString(), "n" + i), "test", CancellationToken.None);
        var entries = new List<LedgerEntry>();
        while (await LedgerStore.ListAsync(_id, default, entries.LastOrDefault()?.Id, 3, CancellationToken.None) is { Count: > 0 } page)
            entries.AddRange(page);
        Assert.Equal(["n7", "n6", "n5", "n4", "n3", "n2", "n1"], entries.Select(e => e.Note));
        var account = (await Accounts.FindAsync(_id, CancellationToken.None))!;
        Assert.Equal((account.Balance, account.Balance), (entries.Sum(e => e.Amount), entries[0].BalanceAfter));
    }

    [Fact]
    public async Task The_ledger_cannot_be_rewritten_even_by_its_owner()
    {
        var billing = await BillingSetup.OpenAsync(_database, 5);
        foreach (var sql in new[] { "UPDATE ledger_entries SET amount = 6", "DELETE FROM ledger_entries", "TRUNCATE ledger_entries" })
            await Assert.ThrowsAsync<PostgresException>(() => billing.ExecuteAsync(sql));
        foreach (var amount in new[] { "'NaN'", "'Infinity'", "1e12", "0.00000000001" })
            await Assert.ThrowsAsync<PostgresException>(() =>
                billing.ExecuteAsync($"UPDATE accounts SET balance = {amount}::numeric WHERE id = @Account", new { billing.Account }));
    }

    private async Task<Account> CreateAsync() => (await Accounts.CreateAsync(_id, "EUR", Terms, "test", CancellationToken.None)).Value!;

    private async Task<StoreRefusal?> RefusalOf(string id, string currency, AccountTerms terms) =>
        (await Accounts.CreateAsync(id, currency, terms, "test", CancellationToken.None)).Refusal;

    private Movement TopUp(decimal amount) => new(_id, amount, "EUR", Guid.NewGuid().ToString(), null);
}
