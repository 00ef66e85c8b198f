using Gateway.Calls;
using Gateway.Calls.Balances;
using Npgsql;
using Testing;

namespace Gateway.Storage.Tests;

[Collection(StoresCollection.Name)]
public sealed class SettlementTests(Stores stores) : IAsyncLifetime
{
    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(stores.Postgres);

    public Task InitializeAsync() => Migrator.MigrateAsync(_database, CancellationToken.None);

    public Task DisposeAsync() => _database.DisposeAsync().AsTask();

    [Fact]
    public async Task An_answered_call_is_charged_once_and_its_hold_goes_however_often_it_is_settled()
    {
        var books = await Books.OpenAsync(_database, 20);
        await books.AddRateAsync("", 0.10m, fee: 0.05m);
        var request = books.Request();
        var record = Books.Record(request, await books.FundAsync(request), talkSeconds: 13);
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => books.Calls.CompleteAsync(record, CancellationToken.None)));

        Assert.Equal((19.92m, 0m), await books.MoneyAsync());
        var stored = (await books.Calls.FindAsync(record.Id, CancellationToken.None))!;
        Assert.Equal((3, 0.08m, 0.10m), (stored.Price!.Pulses, stored.Price.Amount, stored.Price.PricePerMinute));
        Assert.Equal((books.Account, "EUR", books.Card), (stored.Funding!.Account, stored.Funding.Currency, stored.Funding.Rate.Card));
        Assert.Equal(("charge", -0.08m, 19.92m), await books.QueryAsync<(string, decimal, decimal)>(
            "SELECT kind, amount, balance_after FROM ledger_entries WHERE idempotency_key = 'call:' || @id", new { id = record.Id.Value }));
        Assert.Equal(18, await VolumeAsync(books));
        Assert.Equal(["call.ended"], await EventsAsync(books, record.Id));
    }

    [Theory]
    [InlineData(CallDirection.Outbound, 30, "closed")]
    [InlineData(CallDirection.Outbound, null, "open")] // called back in vain
    [InlineData(CallDirection.Inbound, 30, "open")] // not called back
    public async Task Whom_the_business_called_back_and_talked_with_is_missed_no_more(CallDirection direction, int? talkSeconds, string state)
    {
        var books = await Books.OpenAsync(_database, 20);
        await books.AddRateAsync("", 0.10m);
        var missed = books.Request("551187654321");
        await books.Calls.CompleteAsync(Books.Record(missed, null, null, HangupCause.NoAnswer), CancellationToken.None);
        var other = books.Request("491511");
        await books.Calls.CompleteAsync(Books.Record(other, null, null, HangupCause.NoAnswer), CancellationToken.None);

        var back = books.Request("5511987654321", direction) with { At = missed.At.AddMinutes(5) };
        await books.Calls.CompleteAsync(Books.Record(back, null, talkSeconds), CancellationToken.None);
        const string find = "SELECT state FROM missed_calls WHERE call_id = @id";
        Assert.Equal(state, await books.QueryAsync<string>(find, new { id = missed.Call.Value }));
        Assert.Equal("open", await books.QueryAsync<string>(find, new { id = other.Call.Value }));
        Assert.Equal(state == "closed" ? 1 : 0, await books.QueryAsync<int>(
            "SELECT count(*)::int FROM audit_entries WHERE subject = 'missed_call:' || @id", new { id = missed.Call.Value }));
    }

    [Fact]
    public async Task The_first_completion_stays()
    {
        var books = await Books.OpenAsync(_database, 10);
        await books.AddRateAsync("", 0.10m);
        var request = books.Request();
        var funding = await books.FundAsync(request);
        await books.Calls.CompleteAsync(Books.Record(request, funding, talkSeconds: 6, HangupCause.NodeLost), CancellationToken.None);
        await books.Calls.CompleteAsync(Books.Record(request, funding, talkSeconds: 600), CancellationToken.None);
        Assert.Equal((9.99m, 0m), await books.MoneyAsync());
        Assert.Equal(HangupCause.NodeLost, (await books.Calls.FindAsync(request.Call, CancellationToken.None))!.Cause);
    }

    [Fact]
    public async Task A_call_that_nobody_answered_costs_nothing_and_an_inbound_one_was_missed()
    {
        var books = await Books.OpenAsync(_database, 10);
        await books.AddRateAsync("", 0.10m, fee: 1);
        foreach (var direction in Enum.GetValues<CallDirection>())
        {
            var request = books.Request(direction: direction);
            var held = (await books.AdmitAsync(request)).Held;
            Assert.Equal(1.10m, held);
            var record = Books.Record(request, null, talkSeconds: null, HangupCause.NoAnswer);
            await books.Calls.CompleteAsync(record, CancellationToken.None);
            Assert.Equal((10m, 0m), await books.MoneyAsync());
            Assert.Null((await books.Calls.FindAsync(record.Id, CancellationToken.None))!.Price);
            var isInbound = direction == CallDirection.Inbound;
            Assert.Equal([isInbound ? "call.missed" : "call.ended"], await EventsAsync(books, record.Id));
            Assert.Equal(isInbound ? 1 : 0, await books.QueryAsync<int>("SELECT count(*)::int FROM missed_calls WHERE call_id = @id", new { id = record.Id.Value }));
        }
    }

    [Fact]
    public async Task A_free_call_leaves_an_entry_of_nothing()
    {
        var books = await Books.OpenAsync(_database, 10);
        await books.AddRateAsync("", 0m);
        var request = books.Request();
        await books.Calls.CompleteAsync(Books.Record(request, await books.FundAsync(request), talkSeconds: 60), CancellationToken.None);
        Assert.Equal(0m, await books.QueryAsync<decimal>("SELECT amount FROM ledger_entries WHERE call_id = @id", new { id = request.Call.Value }));
        Assert.Equal((10m, 0m), await books.MoneyAsync());
    }

    /// <summary>Meta's rule: a call that takes the month across a threshold is rated whole at the lower price.</summary>
    [Fact]
    public async Task A_call_across_a_volume_threshold_is_charged_whole_at_the_lower_price()
    {
        var books = await Books.OpenAsync(_database, 100);
        await books.AddRateAsync("", 1m, tiers: """[{"fromMinutes": 10, "pricePerMinute": 0.5}]""");
        foreach (var (seconds, amount) in new[] { (9 * 60, 9m), (60, 1m), (60, 0.5m), (120, 1m) })
        {
            var request = books.Request();
            await books.Calls.CompleteAsync(Books.Record(request, await books.FundAsync(request), seconds), CancellationToken.None);
            Assert.Equal(amount, (await books.Calls.FindAsync(request.Call, CancellationToken.None))!.Price!.Amount);
        }
        Assert.Equal(88.5m, (await books.MoneyAsync()).Balance);

        var nextMonth = books.Request() with { At = Books.Start.AddMonths(1) };
        await books.Calls.CompleteAsync(Books.Record(nextMonth, await books.FundAsync(nextMonth), 60), CancellationToken.None);
        Assert.Equal(87.5m, (await books.MoneyAsync()).Balance);
    }

    [Fact]
    public async Task Calls_that_end_at_once_each_count_their_volume_and_charge()
    {
        var books = await Books.OpenAsync(_database, 1000);
        await books.AddRateAsync("", 1m, tiers: """[{"fromMinutes": 8, "pricePerMinute": 0.1}]""");
        var requests = Enumerable.Range(0, 16).Select(_ => books.Request()).ToArray();
        await Task.WhenAll(requests.Select(async request =>
            await books.Calls.CompleteAsync(Books.Record(request, await books.FundAsync(request), 60), CancellationToken.None)));
        Assert.Equal((1000m - 8 - 0.8m, 0m), await books.MoneyAsync());
        Assert.Equal(16 * 60, await VolumeAsync(books));
    }

    [Fact]
    public async Task An_account_that_falls_below_its_minimum_says_so_once_and_an_exhausted_one_too()
    {
        var books = await Books.OpenAsync(_database, 10.05m);
        await books.AddRateAsync("", 1m);
        var (first, second) = (books.Request(firstSeconds: 6), books.Request(firstSeconds: 6));
        var (one, other) = (await books.FundAsync(first), await books.FundAsync(second));
        await books.Calls.CompleteAsync(Books.Record(first, one, 6), CancellationToken.None);
        Assert.Equal(["call.ended", "balance.low"], await EventsAsync(books, first.Call));
        await books.Calls.CompleteAsync(Books.Record(second, other, 6, HangupCause.BalanceExhausted), CancellationToken.None);
        Assert.Equal(["call.ended", "balance.exhausted"], await EventsAsync(books, second.Call));
    }

    [Fact]
    public async Task The_pick_up_is_noted_once_and_told()
    {
        var books = await Books.OpenAsync(_database, 10);
        var request = books.Request();
        var identity = new CallIdentity(request.Call, request.Direction, request.Channel, request.User, request.Node, request.NodeStart);
        await books.Calls.BeginAsync(identity, request.At, CancellationToken.None);
        for (var i = 1; i <= 2; i++)
            await books.Calls.AnsweredAsync(request.Call, request.At, request.At.AddSeconds(i), "100", "main", null, CancellationToken.None);
        Assert.Equal(["call.answered"], await EventsAsync(books, request.Call));
        Assert.Equal(request.At.AddSeconds(1).UtcDateTime, await books.QueryAsync<DateTime>("SELECT answered_at FROM calls WHERE id = @id", new { id = request.Call.Value }));
    }

    [Fact]
    public async Task A_hold_whose_admission_was_never_heard_of_goes_with_the_call()
    {
        var books = await Books.OpenAsync(_database, 10);
        await books.AddRateAsync("", 1m);
        var request = books.Request();
        await books.AdmitAsync(request);
        await books.Calls.CompleteAsync(Books.Record(request, null, null, HangupCause.StorageUnavailable), CancellationToken.None);
        Assert.Equal((10m, 0m), await books.MoneyAsync());
    }

    private static Task<int> VolumeAsync(Books books) =>
        books.QueryAsync<int>("SELECT seconds::int FROM volumes WHERE account = @Account AND month = '2030-01-01'", new { books.Account });

    private static async Task<string[]> EventsAsync(Books books, CallId call) => await books.QueryAsync<string[]>(
        "SELECT array_agg(kind ORDER BY id) FROM events WHERE call_id = @id", new { id = call.Value });
}
