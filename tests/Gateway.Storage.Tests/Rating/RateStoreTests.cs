using System.Text;
using Dapper;
using Gateway.Calls;
using Gateway.Calls.Rating;
using Gateway.Storage.Rating;
using Npgsql;
using Testing;

namespace Gateway.Storage.Tests.Rating;

[Collection(StoresCollection.Name)]
public sealed class RateStoreTests(Stores stores) : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = new(2030, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(stores.Postgres);
    private readonly string _card = "card-" + Guid.NewGuid().ToString("n")[..12];

    private RateCardStore Cards => new(_database);

    private RateStore Rates => new(_database);

    private RateImport Import => new(_database);

    public async Task InitializeAsync()
    {
        await Migrator.MigrateAsync(_database, None);
        Assert.Null((await Cards.CreateAsync(_card, "Test", "USD", "tests", None)).Refusal);
    }

    public Task DisposeAsync() => _database.DisposeAsync().AsTask();

    [Fact]
    public async Task A_card_is_created_once_renamed_by_version_and_audited()
    {
        Assert.Equal(StoreRefusal.AlreadyExists, (await Cards.CreateAsync(_card, "Again", "USD", "tests", None)).Refusal);
        Assert.Equal(StoreRefusal.UnknownCurrency, (await Cards.CreateAsync(_card + "-x", "X", "XAU", "tests", None)).Refusal);
        Assert.Equal(StoreRefusal.UnknownRateCard, (await Cards.RenameAsync("nowhere", "X", 1, "tests", None)).Refusal);
        Assert.Equal(StoreRefusal.StaleVersion, (await Cards.RenameAsync(_card, "X", 2, "tests", None)).Refusal);
        var renamed = await Cards.RenameAsync(_card, "Renamed", 1, "tests", None);
        Assert.Equal(("Renamed", 2L, "USD"), (renamed.Value!.Name, renamed.Value.Version, renamed.Value.Currency));
        Assert.Contains(await Cards.ListAsync(null, 500, None), c => c.Id == _card && c.Name == "Renamed");
        Assert.Equal(["rate_card.create", "rate_card.update"], await AuditAsync());
    }

    [Fact]
    public async Task A_card_goes_with_its_rates_unless_an_account_has_it()
    {
        var rate = await AddAsync(Terms("49"));
        await GiveToAccountAsync();
        Assert.Equal(StoreRefusal.RateCardInUse, (await Cards.DeleteAsync(_card, 1, "tests", None)).Refusal);
        Assert.NotNull(await Rates.FindAsync(_card, rate.Rate.Id, None));
        await ExecuteAsync("UPDATE accounts SET rate_card = NULL WHERE rate_card = @card");
        Assert.Null((await Cards.DeleteAsync(_card, 1, "tests", None)).Refusal);
        Assert.Null(await Rates.FindAsync(_card, rate.Rate.Id, None));
    }

    [Fact]
    public async Task A_rate_comes_back_as_it_was_added()
    {
        var terms = Terms("49") with { ConnectionFee =
            0.05m, PulseSeconds = 1, MinimumSeconds = 30, Tiers = [new(50_000, 0.0070m)], ValidUntil = Now.AddDays(9) };
        var added = await AddAsync(terms);
        Assert.Equal([new VolumeTier(50_000, 0.0070m)], added.Rate.Tiers);
        Assert.Equal(
            new Rate(added.Rate.Id, _card, CallDirection.Outbound, "49", "USD", 0.10m, 0.05m, TimeSpan.FromSeconds(
                1), TimeSpan.FromSeconds(30), added.Rate.Tiers),
            added.Rate);
        Assert.Equal((terms.ValidFrom, terms.ValidUntil, 1L), (added.ValidFrom, added.ValidUntil, added.Version));
        Assert.Equal(StoreRefusal.UnknownRateCard, (await Rates.AddAsync("nowhere", terms, "tests", None)).Refusal);
    }

    [Fact]
    public async Task Overlapping_validity_is_refused_however_many_try_at_once()
    {
        var tries = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Rates.AddAsync(_card, Terms("49", -i), "tests", None)));
        Assert.Single(tries, t => t.Refusal is null);
        Assert.All(tries.Where(t => t.Value is null), t => Assert.Equal(StoreRefusal.OverlappingRates, t.Refusal));
        await AddAsync(Terms("491"));
        await AddAsync(Terms("49") with { Direction = CallDirection.Inbound });
    }

    [Fact]
    public async Task The_constraint_refuses_what_comes_around_the_store()
    {
        await AddAsync(Terms("49"));
        var refusal = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(
            "INSERT INTO rates (card, direction, prefix, valid_from, price_per_minute) VALUES (@card, 'outbound', '49', '2031-01-01', 1)"));
        Assert.Equal(PostgresErrorCodes.ExclusionViolation, refusal.SqlState);
    }

    [Fact]
    public async Task The_longest_prefix_valid_at_the_moment_is_found_for_a_call()
    {
        await AddAsync(Terms(""));
        var closed = await AddAsync(Terms("49") with { ValidUntil = Now.AddDays(1) });
        var later = await AddAsync(Terms("49", 1));
        Task<CardRate?> At(string phone, DateTimeOffset at) =>
            Rates.FindForCallAsync(_card, CallDirection.Outbound, new WhatsAppUser(phone), at, None);
        Assert.Equal(closed.Rate.Id, (await At("4915112345", Now))?.Rate.Id);
        Assert.Equal(later.Rate.Id, (await At("4915112345", Now.AddDays(1)))?.Rate.Id);
        Assert.Equal("", (await At("33112345", Now))?.Rate.Prefix);
        Assert.Null(await At("33112345", Now.AddDays(-1)));
    }

    [Fact]
    public async Task What_was_in_force_stays_as_it_was()
    {
        await GiveToAccountAsync();
        var rate = await AddAsync(Terms("49", -10));
        var future = await AddAsync(Terms("50", 10));
        Assert.Equal(StoreRefusal.RateWasInForce, (await Rates.DeleteAsync(_card, rate.Rate.Id, 1, "tests", Now, None)).Refusal);
        Assert.Equal(
            StoreRefusal.RateWasInForce, (await Rates.CloseAsync(_card, rate.Rate.Id, 1, Now.AddDays(-1), "tests", Now, None)).Refusal);
        Assert.Equal(
            StoreRefusal.RateWasInForce, (await Rates.ReplaceAsync(_card, rate.Rate.Id, 1, Terms("49", -1), "tests", Now, None)).Refusal);

        Assert.Equal(
            Now.AddDays(1), (await Rates.CloseAsync(_card, rate.Rate.Id, 1, Now.AddDays(1), "tests", Now, None)).Value!.ValidUntil);
        Assert.Equal(
            StoreRefusal.StaleVersion, (await Rates.CloseAsync(_card, rate.Rate.Id, 1, Now.AddDays(2), "tests", Now, None)).Refusal);
        Assert.Equal(
            StoreRefusal.RateWasInForce, (await Rates.CloseAsync(_card, rate.Rate.Id, 2, null, "tests", Now.AddDays(2), None)).Refusal);
        Assert.Null((await Rates.CloseAsync(_card, rate.Rate.Id, 2, null, "tests", Now, None)).Value!.ValidUntil);

        Assert.Null((await Rates.DeleteAsync(_card, future.Rate.Id, 1, "tests", Now, None)).Refusal);
        Assert.Equal(StoreRefusal.NotFound, (await Rates.DeleteAsync(_card, future.Rate.Id, 1, "tests", Now, None)).Refusal);
    }

    [Fact]
    public async Task A_card_that_no_account_has_may_be_corrected_in_the_past()
    {
        var rate = await AddAsync(Terms("49", -10));
        Assert.Null(
            (await Rates.ReplaceAsync(_card, rate.Rate.Id, 1, Terms("49", -10) with { PricePerMinute = 2 }, "tests", Now, None)).Refusal);
        var only = Assert.Single(await Rates.ListAsync(_card, null, null, null, null, 10, None));
        Assert.Equal(2, only.Rate.PricePerMinute);
        Assert.Null((await Rates.DeleteAsync(_card, only.Rate.Id, 1, "tests", Now, None)).Refusal);
    }

    [Fact]
    public async Task A_replacement_begins_where_the_old_rate_ends()
    {
        await GiveToAccountAsync();
        var old = await AddAsync(Terms("49", -10));
        var replacement = await Rates.ReplaceAsync(
            _card, old.Rate.Id, 1, Terms("49", 5) with { PricePerMinute = 0.2m }, "tests", Now, None);
        Assert.Equal(Now.AddDays(5), replacement.Value!.ValidFrom);
        Assert.Equal(Now.AddDays(5), (await Rates.FindAsync(_card, old.Rate.Id, None))!.ValidUntil);
        Assert.Equal(
            StoreRefusal.OverlappingRates, (await Rates.ReplaceAsync(_card, old.Rate.Id, 2, Terms("49", 6), "tests", Now, None)).Refusal);
        Assert.Equal(
            StoreRefusal.OverlappingRates, (await Rates.ReplaceAsync(_card, old.Rate.Id, 2, Terms("50", 1), "tests", Now, None)).Refusal);
        Assert.Equal(["rate.create", "rate.replace"], (await AuditAsync()).Skip(1));
    }

    [Fact]
    public async Task Export_gives_the_imported_file_back()
    {
        var file = File(
            "direction,prefix,valid_from,valid_until,currency,price_per_minute,connection_fee,pulse_seconds,minimum_seconds,tiers",
            "outbound,49,2030-01-01T00:00:00Z,2030-07-01T00:00:00Z,USD,0.0150,0,6,0,",
            "outbound,49,2030-07-01T00:00:00Z,,USD,0.0100,0.01,1,30,50000:0.0070|250000:0.0050",
            "inbound,,2030-01-01T00:00:00.5Z,,USD,0,0,60,0,");
        var result = await ImportAsync(file);
        Assert.Equal((3, 0), (result.Added, result.Closed));
        Assert.Empty(result.Errors);
        Assert.Equal(file, await ExportAsync());
        Assert.Equal(3, (await ImportAsync(file)).Errors.Count);
        Assert.Equal(file, await ExportAsync());
    }

    [Fact]
    public async Task Nothing_is_half_imported_and_all_errors_are_reported_at_once()
    {
        await AddAsync(Terms("49"));
        var result = await ImportAsync(File(
            "direction,prefix,valid_from,price_per_minute", "outbound,50,2030-01-01,0.1", "outbound,49,2031-01-01,0.1",
            "outbound,51,2030-01-01,dear",
            "outbound,50,2031-01-01,0.1"));
        Assert.Equal([3, 4, 5], result.Errors.Select(e => e.Line));
        Assert.Single(await Rates.ListAsync(_card, null, null, null, null, 10, None));
        Assert.DoesNotContain("rate_card.import", await AuditAsync());
    }

    [Fact]
    public async Task A_replacing_import_ends_what_it_replaces_but_not_in_the_past()
    {
        await GiveToAccountAsync();
        await AddAsync(Terms("49", -10));
        var file = (string from) => File("direction,prefix,valid_from,valid_until,price_per_minute", $"outbound,49,{from},2030-08-01,0.2",
            "outbound,49,2030-08-01,,0.3", "outbound,50,2030-01-01,,0.1");
        Assert.Equal([2], (await ImportAsync(file("2030-05-30"), replaces: true)).Errors.Select(e => e.Line));
        Assert.Equal(
            (3, 1), await ImportAsync(file("2030-07-01"), replaces: true, isDryRun: true) is var dry ? (dry.Added, dry.Closed) : default);
        Assert.Single(await Rates.ListAsync(_card, null, null, null, null, 10, None));
        Assert.Empty((await ImportAsync(file("2030-07-01"), replaces: true)).Errors);
        var rates = await Rates.ListAsync(_card, CallDirection.Outbound, "49", null, null, 10, None);
        Assert.Equal([0.10m, 0.2m, 0.3m], rates.Select(r => r.Rate.PricePerMinute));
        Assert.Equal(rates[1].ValidFrom, rates[0].ValidUntil);
    }

    [Fact]
    public async Task A_long_file_is_imported_whole()
    {
        var lines = Enumerable.Range(1, 5_000).Select(i => $"outbound,1{i},2030-01-01,0.1");
        Assert.Equal(5_000, (await ImportAsync(File(["direction,prefix,valid_from,price_per_minute", .. lines]))).Added);
        Assert.Equal(5_000, (await Cards.FindAsync(_card, None))!.Rates);
    }

    private static RateTerms Terms(string prefix, int fromDay = 0) =>
        new(CallDirection.Outbound, prefix, Now.AddDays(fromDay), null, 0.10m, 0m, 6, 0, []);

    private async Task<CardRate> AddAsync(RateTerms terms)
    {
        var outcome = await Rates.AddAsync(_card, terms, "tests", None);
        Assert.True(outcome.Refusal is null, outcome.Detail);
        return outcome.Value!;
    }

    private static string File(params IEnumerable<string> lines) => string.Concat(lines.Select(line => line + "\r\n"));

    private async Task<RateImportResult> ImportAsync(string text, bool replaces = false, bool isDryRun = false) =>
        (await Import.ImportAsync(
            _card, new MemoryStream(Encoding.UTF8.GetBytes(text)), new RateImportMode(replaces, isDryRun), "tests", Now, None)).Value!;

    private async Task<string> ExportAsync()
    {
        var text = new StringWriter();
        RateCsvWriter.Write(text, await Rates.ListAsync(_card, null, null, null, null, int.MaxValue, None));
        return text.ToString();
    }

    private Task GiveToAccountAsync() =>
        ExecuteAsync("INSERT INTO accounts (id, name, currency, rate_card) VALUES ('a-' || @card, 'Test', 'USD', @card)");

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = await _database.OpenConnectionAsync();
        await connection.ExecuteAsync(sql, new { card = _card });
    }

    private async Task<IEnumerable<string>> AuditAsync()
    {
        await using var connection = await _database.OpenConnectionAsync();
        return await connection.QueryAsync<string>(
            "SELECT action FROM audit_entries WHERE subject = 'rate_card:' || @card ORDER BY id", new { card = _card });
    }
}
