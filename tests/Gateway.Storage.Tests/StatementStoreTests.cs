using Gateway.Calls;
using Gateway.Storage.Accounts;
using Npgsql;
using Testing;

namespace Gateway.Storage.Tests;

[Collection(StoresCollection.Name)]
public sealed class StatementStoreTests(Stores stores) : IAsyncLifetime
{
    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(stores.Postgres);

    public Task InitializeAsync() => Migrator.MigrateAsync(_database, CancellationToken.None);

    public Task DisposeAsync() => _database.DisposeAsync().AsTask();

    [Fact]
    public async Task A_month_is_summed_up_to_the_last_digit_from_its_opening_to_its_closing_balance()
    {
        var billing = await BillingSetup.OpenAsync(_database, 0);
        var statements = new StatementStore(_database);
        await EntryAsync("adjustment", 100.0000001m, "2029-12-31 23:59:59.999999");
        await EntryAsync("top_up", 50m, "2030-01-01");
        await EntryAsync("charge", -0.0123m, "2030-01-10", "outbound", "BR", 60);
        await EntryAsync("charge", -1.10m, "2030-01-11", "outbound", "BR", 66);
        await EntryAsync("charge", 0m, "2030-01-12", "inbound", "DE", 6);
        await EntryAsync("charge", -0.5m, "2030-01-13");
        await EntryAsync("rerating", 0.1m, "2030-01-14");
        await EntryAsync("charge", -7m, "2030-02-01", "outbound", "BR", 600);

        var january = (await statements.FindAsync(billing.Account, new DateOnly(2030, 1, 1), CancellationToken.None))!;
        Assert.Equal((100.0000001m, 148.4877001m), (january.Opening, january.Closing));
        Assert.Equal(
            [
                new StatementLine("charge", "inbound", "DE", 1, 6, 0m), new StatementLine("charge", "outbound", "BR", 2, 126, -1.1123m),
                new StatementLine("charge", null, null, 1, 0, -0.5m), new StatementLine("rerating", null, null, 1, 0, 0.1m),
                new StatementLine("top_up", null, null, 1, 0, 50m),
            ],
            january.Lines);
        var february = (await statements.FindAsync(billing.Account, new DateOnly(2030, 2, 1), CancellationToken.None))!;
        Assert.Equal((january.Closing, january.Closing - 7m), (february.Opening, february.Closing));
        var before = (await statements.FindAsync(billing.Account, new DateOnly(2029, 11, 1), CancellationToken.None))!;
        Assert.Equal((0m, 0m, 0), (before.Opening, before.Closing, before.Lines.Count));
        Assert.Null(await statements.FindAsync("nobody", new DateOnly(2030, 1, 1), CancellationToken.None));

        Task EntryAsync(
            string kind, decimal amount, string at, string? direction = null, string? country = null, long? seconds = null) =>
            billing.ExecuteAsync(
                """
                WITH entry AS (
                    INSERT INTO ledger_entries (
                        account, kind, amount, balance_after, call_id, idempotency_key, actor, created_at, direction, country,
                        billed_seconds)
                    SELECT id, @kind, @amount, balance + @amount, CASE WHEN @kind IN ('charge', 'rerating') THEN @key END, @key, 'test',
                        (@at || 'Z')::timestamptz, @direction, @country, @seconds
                    FROM accounts WHERE id = @Account RETURNING amount)
                UPDATE accounts SET balance = balance + entry.amount FROM entry WHERE id = @Account
                """,
                new { kind, amount, at, direction, country, seconds, billing.Account, key = Guid.NewGuid().ToString() });
    }

    [Fact]
    public async Task A_charge_says_what_it_was_for()
    {
        var billing = await BillingSetup.OpenAsync(_database, 20);
        await billing.AddRateAsync("", 0.10m);
        var request = billing.Request("4915112345678", CallDirection.Inbound);
        await billing.Calls.CompleteAsync(
            BillingSetup.Record(request, await billing.FundAsync(request), talkSeconds: 13), CancellationToken.None);
        var month = DateOnly.FromDateTime(DateTime.UtcNow);
        var statement = (await new StatementStore(_database).FindAsync(
            billing.Account, new DateOnly(month.Year, month.Month, 1), CancellationToken.None))!;
        Assert.Contains(new StatementLine("charge", "inbound", "DE", 1, 18, -0.03m), statement.Lines);
        Assert.Equal((0m, 19.97m), (statement.Opening, statement.Closing));
    }
}
