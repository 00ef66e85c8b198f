using Dapper;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Rating;
using Gateway.Storage.Rating;
using Npgsql;
using Testing;

namespace Gateway.Storage.Tests.Rating;

[Collection(StoresCollection.Name)]
public sealed class ReratingStoreTests(Stores stores) : IAsyncLifetime
{
    private static readonly DateTimeOffset March = new(2031, 3, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(stores.Postgres);
    private readonly string _name = "re-" + Guid.NewGuid().ToString("n")[..12];
    private int _calls;

    private ReratingStore Store => new(_database);

    public async Task InitializeAsync()
    {
        await Migrator.MigrateAsync(_database, None);
        Assert.Null((await new RateCardStore(_database).CreateAsync(_name, "Corrected", "USD", "tests", None)).Refusal);
        await ExecuteAsync("INSERT INTO accounts (id, name, currency) VALUES (@name, 'Test', 'USD')");
        await ExecuteAsync("INSERT INTO volumes (account, direction, month, seconds) VALUES (@name, 'outbound', '2031-03-01', 0)");
    }

    public Task DisposeAsync() => _database.DisposeAsync().AsTask();

    [Fact]
    public async Task Differences_are_posted_once_and_the_records_say_the_new_price()
    {
        await AddRateAsync(0.10m);
        var cheaper = await ChargeAsync(0, 60, 0.25m);
        var same = await ChargeAsync(1, 60, 0.10m);
        var dearer = await ChargeAsync(2, 120, 0.05m);

        var preview = (await Store.PreviewAsync(Request(), March.AddMonths(1), None)).Value!;
        Assert.Equal(new ReratingTotals(3, 2, 0, 0.00m), preview);
        Assert.Equal(-0.40m, await BalanceAsync());

        var run = await RunAsync("k");
        Assert.Equal(preview, run.Totals);
        Assert.True(run.IsFinished);
        Assert.Equal([(cheaper, 0.15m, -0.25m), (dearer, -0.15m, -0.40m)], await EntriesAsync(run.Id));
        Assert.Equal([0.10m, 0.10m, 0.20m], await PricesAsync());
        Assert.Equal(-0.40m, await BalanceAsync());
        Assert.Equal(await BalanceAsync(), await LedgerAsync());
        Assert.Equal((_name, "49", 60, 2), await QueryAsync<(string, string, int, int)>(
            "SELECT rate_card, rate_prefix, pulse_seconds, pulses FROM calls WHERE id = @call", dearer));
        Assert.DoesNotContain(await EntriesAsync(run.Id), e => e.Call == same);
    }

    [Fact]
    public async Task Repeated_or_asked_for_again_it_changes_nothing_more()
    {
        await AddRateAsync(0.10m);
        await ChargeAsync(0, 60, 0.25m);
        var first = await RunAsync("k");
        var repeated = await Store.StartAsync(Request(), "tests", _name + "k", March.AddMonths(1), None);
        Assert.Equal(first.Id, repeated.Value!.Id);
        Assert.Equal(first, await Store.ContinueAsync(first.Id, () => true, None));
        Assert.Equal(
            StoreRefusal.IdempotencyKeyReused,
            (await Store.StartAsync(Request() with { Note = "other" }, "tests", _name + "k", March.AddMonths(1), None)).Refusal);
        var second = await RunAsync("k2");
        Assert.NotEqual(first.Id, second.Id);
        Assert.Equal(new ReratingTotals(1, 0, 0, 0), second.Totals);
        Assert.Equal(-0.10m, await BalanceAsync());
    }

    [Fact]
    public async Task Volumes_are_replayed_in_order_of_start_and_corrected()
    {
        await AddRateAsync(0.10m, new VolumeTier(2, 0.05m));
        for (var minute = 4; minute >= 0; minute--)
            await ChargeAsync(minute, 30, 0.10m, pulse: 30);
        await ExecuteAsync("UPDATE volumes SET seconds = 150 WHERE account = @name");
        await RunAsync("k");
        Assert.Equal([0.10m, 0.10m, 0.05m, 0.05m, 0.05m], await PricesAsync());
        Assert.Equal(300, await QueryAsync<long>("SELECT seconds FROM volumes WHERE account = @name"));
    }

    [Fact]
    public async Task Calls_before_the_period_count_in_the_month_and_keep_their_price()
    {
        await AddRateAsync(0.10m, new VolumeTier(2, 0.05m));
        await ChargeAsync(0, 60, 1m);
        await ChargeAsync(1, 60, 1m);
        await ChargeAsync(2, 60, 1m);
        await ChargeAsync(60, 60, 1m);
        var run = await RunAsync("k", Request() with { From = March.AddMinutes(2), Until = March.AddMinutes(3) });
        Assert.Equal(1, run.Totals.Calls);
        Assert.Equal([1m, 1m, 0.05m, 1m], await PricesAsync());
    }

    [Fact]
    public async Task Calls_that_the_card_cannot_rate_keep_their_charge()
    {
        await AddRateAsync(0.10m, validFrom: March.AddMinutes(5));
        await ChargeAsync(0, 60, 1m);
        await ChargeAsync(6, 60, 1m);
        Assert.Equal(new ReratingTotals(2, 1, 1, 0.9m), (await RunAsync("k")).Totals);
    }

    [Fact]
    public async Task A_run_that_was_interrupted_goes_on_and_two_at_once_share_the_work()
    {
        await AddRateAsync(0.10m, new VolumeTier(600, 0.05m));
        await ExecuteAsync(
            """
            INSERT INTO calls (id, direction, channel, user_phone, started_at, answered_at, ended_at, cause, node, account, currency,
            pulse_seconds, pulses, price,
                rate_id, rate_card, rate_prefix, price_per_minute, connection_fee, minimum_seconds)
            SELECT md5(@name || i), 'outbound', '100', '4915112345678', s, s, s + interval '60 s', 'pbx_hung_up', 'n', @name, 'USD', 60, 1,
            1, 0, @name, '', 1, 0, 0
            FROM (SELECT i, timestamptz '2031-03-01Z' + i * interval '1 s' AS s FROM generate_series(0, 1299) i) x
            """);
        var preview = (await Store.PreviewAsync(Request(), March.AddMonths(1), None)).Value!;
        Assert.Equal(new ReratingTotals(1300, 1300, 0, 1300 - 600 * 0.10m - 700 * 0.05m), preview);

        var started = (await Store.StartAsync(Request(), "tests", _name, March.AddMonths(1), None)).Value!;
        var stopped = (await Store.ContinueAsync(started.Id, () => false, None))!;
        Assert.Equal((500, false), (stopped.Totals.Calls, stopped.IsFinished));
        var both = await Task.WhenAll(Store.ContinueAsync(started.Id, () => true, None), Store.ContinueAsync(started.Id, () => true, None));
        Assert.All(both, run => Assert.Equal((preview, true), (run!.Totals, run.IsFinished)));
        Assert.Equal(preview.Refund, await BalanceAsync());
        Assert.Equal(await BalanceAsync(), await LedgerAsync());
        Assert.Equal(1300, await QueryAsync<long>("SELECT count(DISTINCT balance_after) FROM ledger_entries WHERE account = @name"));
    }

    [Fact]
    public async Task What_makes_no_sense_is_refused_and_leaves_nothing()
    {
        Assert.Equal(StoreRefusal.PeriodNotOver, (await Store.StartAsync(Request(), "tests", _name, March, None)).Refusal);
        Assert.Equal(
            StoreRefusal.UnknownRateCard, (await Store.PreviewAsync(Request() with { Card = "nowhere" }, March.AddYears(1), None)).Refusal);
        Assert.Equal(StoreRefusal.UnknownAccount, (
            await Store.StartAsync(Request() with { Account = "nobody" }, "tests", _name, March.AddYears(1), None)).Refusal);
        await ExecuteAsync("INSERT INTO accounts (id, name, currency) VALUES (@name || '-eur', 'Test', 'EUR')");
        Assert.Equal(
            StoreRefusal.CurrencyMismatch,
            (await Store.StartAsync(Request() with { Account = _name + "-eur" }, "tests", _name, March.AddYears(1), None)).Refusal);
        Assert.Null(await Store.ContinueAsync(long.MaxValue, () => true, None));
        Assert.DoesNotContain(await Store.ListAsync(null, 500, None), run => run.Request.Card == _name);
    }

    private ReratingRequest Request() => new(_name, March, March.AddMonths(1), _name, null, null);

    private async Task<ReratingRun> RunAsync(string key, ReratingRequest? request = null)
    {
        var started = await Store.StartAsync(request ?? Request(), "tests", _name + key, March.AddMonths(1), None);
        Assert.True(started.Refusal is null, started.Detail);
        return (await Store.ContinueAsync(started.Value!.Id, () => true, None))!;
    }

    private async Task AddRateAsync(decimal perMinute, VolumeTier? tier = null, DateTimeOffset? validFrom = null) =>
        Assert.Null((await new RateStore(_database).AddAsync(
        _name, new RateTerms(CallDirection.Outbound, "49", validFrom ?? March.AddYears(-1), null, perMinute, 0, 60, 0, tier is null ? []
            : [tier]), "tests", None)).Refusal);

    private async Task<string> ChargeAsync(int minute, int seconds, decimal price, int pulse = 60)
    {
        var call = $"{_name.GetHashCode(StringComparison.Ordinal):x8}{_calls++:x24}";
        await ExecuteAsync(
            """
            INSERT INTO calls (id, direction, channel, user_phone, started_at, answered_at, ended_at, cause, node, account, currency,
            pulse_seconds, pulses, price,
                rate_id, rate_card, rate_prefix, price_per_minute, connection_fee, minimum_seconds)
            VALUES (@call, 'outbound', '100', '4915112345678', @start, @start, @start + make_interval(secs => @seconds), 'pbx_hung_up', 'n',
            @name, 'USD', @pulse, @seconds / @pulse, @price,
                0, @name, '', 1, 0, 0);
            UPDATE accounts SET balance = balance - @price WHERE id = @name;
            INSERT INTO ledger_entries (account, kind, amount, balance_after, call_id, idempotency_key, actor)
            SELECT @name, 'charge', -@price, balance, @call, 'call:' || @call, 'tests' FROM accounts WHERE id = @name
            """,
            new { name = _name, call, start = March.AddMinutes(minute).UtcDateTime, seconds, price, pulse });
        return call;
    }

    private Task<decimal> BalanceAsync() => QueryAsync<decimal>("SELECT balance FROM accounts WHERE id = @name");

    private Task<decimal> LedgerAsync() =>
        QueryAsync<decimal>("SELECT coalesce(sum(amount), 0) FROM ledger_entries WHERE account = @name");

    private async Task<IEnumerable<(string Call, decimal Amount, decimal BalanceAfter)>> EntriesAsync(long run)
    {
        await using var connection = await _database.OpenConnectionAsync();
        return await connection.QueryAsync<(string, decimal, decimal)>(
            "SELECT call_id, amount, balance_after FROM ledger_entries WHERE idempotency_key LIKE 'rerating:' || @run || ':%' AND kind = " +
                "'rerating' ORDER BY id", new { run });
    }

    private async Task<IEnumerable<decimal>> PricesAsync()
    {
        await using var connection = await _database.OpenConnectionAsync();
        return await connection.QueryAsync<decimal>("SELECT price FROM calls WHERE account = @_name ORDER BY started_at", new { _name });
    }

    private async Task<T> QueryAsync<T>(string sql, string? call = null)
    {
        await using var connection = await _database.OpenConnectionAsync();
        return await connection.QuerySingleAsync<T>(sql, new { name = _name, call });
    }

    private async Task ExecuteAsync(string sql, object? parameters = null)
    {
        await using var connection = await _database.OpenConnectionAsync();
        await connection.ExecuteAsync(sql, parameters ?? new { name = _name });
    }
}
