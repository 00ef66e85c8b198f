using Gateway.Calls;
using Gateway.Calls.Balances;
using Gateway.Calls.Records;
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
        var billing = await BillingSetup.OpenAsync(_database, 20);
        await billing.AddRateAsync("", 0.10m, fee: 0.05m);
        var request = billing.Request();
        var record = BillingSetup.Record(request, await billing.FundAsync(request), talkSeconds: 13);
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => billing.Calls.CompleteAsync(record, CancellationToken.None)));

        Assert.Equal((19.92m, 0m), await billing.MoneyAsync());
        var stored = (await billing.Calls.FindAsync(record.Id, CancellationToken.None))!;
        Assert.Equal((3, 0.08m, 0.10m), (stored.Price!.Pulses, stored.Price.Amount, stored.Price.PricePerMinute));
        Assert.Equal((billing.Account, "EUR", billing.Card), (stored.Funding!.Account, stored.Funding.Currency, stored.Funding.Rate.Card));
        Assert.Equal(("charge", -0.08m, 19.92m), await billing.QueryAsync<(string, decimal, decimal)>(
            "SELECT kind, amount, balance_after FROM ledger_entries WHERE idempotency_key = 'call:' || @id", new { id = record.Id.Value }));
        Assert.Equal(18, await VolumeAsync(billing));
        Assert.Equal(["call.ended"], await EventsAsync(billing, record.Id));
    }

    [Theory]
    [InlineData(CallDirection.Outbound, 30, "closed")]
    [InlineData(CallDirection.Outbound, null, "open")] // called back without an answer
    [InlineData(CallDirection.Inbound, 30, "closed")] // called again, and was answered
    public async Task Whom_the_business_has_talked_with_since_is_missed_no_more(
        CallDirection direction, int? talkSeconds, string state)
    {
        var billing = await BillingSetup.OpenAsync(_database, 20);
        await billing.AddRateAsync("", 0.10m);
        var missed = billing.Request("551187654321");
        await billing.Calls.CompleteAsync(BillingSetup.Record(missed, null, null, HangupCause.NoAnswer), CancellationToken.None);
        var other = billing.Request("491511");
        await billing.Calls.CompleteAsync(BillingSetup.Record(other, null, null, HangupCause.NoAnswer), CancellationToken.None);

        var back = billing.Request("5511987654321", direction) with { At = missed.At.AddMinutes(5) };
        await billing.Calls.CompleteAsync(BillingSetup.Record(back, null, talkSeconds), CancellationToken.None);
        const string find = "SELECT state FROM missed_calls WHERE call_id = @id";
        Assert.Equal(state, await billing.QueryAsync<string>(find, new { id = missed.Call.Value }));
        Assert.Equal("open", await billing.QueryAsync<string>(find, new { id = other.Call.Value }));
        Assert.Equal(state == "closed" ? 1 : 0, await billing.QueryAsync<int>(
            "SELECT count(*)::int FROM audit_entries WHERE subject = 'missed_call:' || @id", new { id = missed.Call.Value }));
    }

    [Fact]
    public async Task The_first_completion_stays()
    {
        var billing = await BillingSetup.OpenAsync(_database, 10);
        await billing.AddRateAsync("", 0.10m);
        var request = billing.Request();
        var funding = await billing.FundAsync(request);
        await billing.Calls.CompleteAsync(
            BillingSetup.Record(request, funding, talkSeconds: 6, HangupCause.NodeLost), CancellationToken.None);
        await billing.Calls.CompleteAsync(BillingSetup.Record(request, funding, talkSeconds: 600), CancellationToken.None);
        Assert.Equal((9.99m, 0m), await billing.MoneyAsync());
        Assert.Equal(HangupCause.NodeLost, (await billing.Calls.FindAsync(request.Call, CancellationToken.None))!.Cause);
    }

    [Fact]
    public async Task A_record_of_a_node_that_has_lost_the_call_changes_nothing_and_that_of_its_owner_settles_it()
    {
        var billing = await BillingSetup.OpenAsync(_database, 10);
        await billing.AddRateAsync("", 0.10m);
        var request = billing.Request();
        var funding = await billing.FundAsync(request);
        var identity = new CallIdentity(
            request.Call, request.Direction, request.Channel, request.User, request.Node, request.NodeStart);
        await billing.Calls.BeginAsync(identity, request.At, CancellationToken.None);
        async Task<bool> TakeAsync(string node, long token) =>
            await billing.Calls.TakeOverAsync(request.Call, request.At, (node, "1"), token, CancellationToken.None);
        Assert.True(await TakeAsync("second", 2));
        Assert.False(await TakeAsync("third", 2));
        Assert.Equal("second", await billing.QueryAsync<string>(
            "SELECT h.node FROM holds h JOIN calls c ON c.id = h.call_id AND c.node = h.node WHERE c.id = @id",
            new { id = request.Call.Value }));

        var late = BillingSetup.Record(request, funding, talkSeconds: 600);
        await billing.Calls.CompleteAsync(late, CancellationToken.None);
        Assert.Null(await billing.Calls.FindAsync(request.Call, CancellationToken.None));
        Assert.Equal(10m, (await billing.MoneyAsync()).Balance);
        await billing.Calls.CompleteAsync(
            BillingSetup.Record(request, funding, talkSeconds: 6) with { OwnerToken = 2 }, CancellationToken.None);
        Assert.Equal((9.99m, 0m), await billing.MoneyAsync());
        Assert.False(await TakeAsync("third", 3));
    }

    [Fact]
    public async Task A_call_that_nobody_answered_costs_nothing_and_an_inbound_one_was_missed()
    {
        var billing = await BillingSetup.OpenAsync(_database, 10);
        await billing.AddRateAsync("", 0.10m, fee: 1);
        foreach (var direction in Enum.GetValues<CallDirection>())
        {
            var request = billing.Request(direction: direction);
            var held = (await billing.AdmitAsync(request)).Held;
            Assert.Equal(1.10m, held);
            var record = BillingSetup.Record(request, null, talkSeconds: null, HangupCause.NoAnswer);
            await billing.Calls.CompleteAsync(record, CancellationToken.None);
            Assert.Equal((10m, 0m), await billing.MoneyAsync());
            Assert.Null((await billing.Calls.FindAsync(record.Id, CancellationToken.None))!.Price);
            var isInbound = direction == CallDirection.Inbound;
            Assert.Equal([isInbound ? "call.missed" : "call.ended"], await EventsAsync(billing, record.Id));
            Assert.Equal(isInbound ? 1 : 0, await billing.QueryAsync<int>(
                "SELECT count(*)::int FROM missed_calls WHERE call_id = @id", new { id = record.Id.Value }));
        }
    }

    [Fact]
    public async Task A_free_call_leaves_an_entry_of_nothing()
    {
        var billing = await BillingSetup.OpenAsync(_database, 10);
        await billing.AddRateAsync("", 0m);
        var request = billing.Request();
        await billing.Calls.CompleteAsync(
            BillingSetup.Record(request, await billing.FundAsync(request), talkSeconds: 60), CancellationToken.None);
        Assert.Equal(0m, await billing.QueryAsync<decimal>(
            "SELECT amount FROM ledger_entries WHERE call_id = @id", new { id = request.Call.Value }));
        Assert.Equal((10m, 0m), await billing.MoneyAsync());
    }

    /// <summary>Meta's rule: a call that takes the month across a threshold is rated whole at the lower price.</summary>
    [Fact]
    public async Task A_call_across_a_volume_threshold_is_charged_whole_at_the_lower_price()
    {
        var billing = await BillingSetup.OpenAsync(_database, 100);
        await billing.AddRateAsync("", 1m, tiers: """[{"fromMinutes": 10, "pricePerMinute": 0.5}]""");
        foreach (var (seconds, amount) in new[] { (9 * 60, 9m), (60, 1m), (60, 0.5m), (120, 1m) })
        {
            var request = billing.Request();
            await billing.Calls.CompleteAsync(
                BillingSetup.Record(request, await billing.FundAsync(request), seconds), CancellationToken.None);
            Assert.Equal(amount, (await billing.Calls.FindAsync(request.Call, CancellationToken.None))!.Price!.Amount);
        }
        Assert.Equal(88.5m, (await billing.MoneyAsync()).Balance);

        var nextMonth = billing.Request() with { At = BillingSetup.Start.AddMonths(1) };
        await billing.Calls.CompleteAsync(BillingSetup.Record(nextMonth, await billing.FundAsync(nextMonth), 60), CancellationToken.None);
        Assert.Equal(87.5m, (await billing.MoneyAsync()).Balance);
    }

    [Fact]
    public async Task Calls_that_end_at_once_each_count_their_volume_and_charge()
    {
        var billing = await BillingSetup.OpenAsync(_database, 1000);
        await billing.AddRateAsync("", 1m, tiers: """[{"fromMinutes": 8, "pricePerMinute": 0.1}]""");
        var requests = Enumerable.Range(0, 16).Select(_ => billing.Request()).ToArray();
        await Task.WhenAll(requests.Select(async request =>
            await billing.Calls.CompleteAsync(BillingSetup.Record(request, await billing.FundAsync(request), 60), CancellationToken.None)));
        Assert.Equal((1000m - 8 - 0.8m, 0m), await billing.MoneyAsync());
        Assert.Equal(16 * 60, await VolumeAsync(billing));
    }

    [Fact]
    public async Task An_account_that_falls_below_its_minimum_says_so_once_and_an_exhausted_one_too()
    {
        var billing = await BillingSetup.OpenAsync(_database, 10.05m);
        await billing.AddRateAsync("", 1m);
        var (first, second) = (billing.Request(firstSeconds: 6), billing.Request(firstSeconds: 6));
        var (one, other) = (await billing.FundAsync(first), await billing.FundAsync(second));
        await billing.Calls.CompleteAsync(BillingSetup.Record(first, one, 6), CancellationToken.None);
        Assert.Equal(["call.ended", "balance.low"], await EventsAsync(billing, first.Call));
        await billing.Calls.CompleteAsync(BillingSetup.Record(second, other, 6, HangupCause.BalanceExhausted), CancellationToken.None);
        Assert.Equal(["call.ended", "balance.exhausted"], await EventsAsync(billing, second.Call));
    }

    [Fact]
    public async Task The_pick_up_is_noted_once_and_published()
    {
        var billing = await BillingSetup.OpenAsync(_database, 10);
        var request = billing.Request();
        var identity = new CallIdentity(request.Call, request.Direction, request.Channel, request.User, request.Node, request.NodeStart);
        await billing.Calls.BeginAsync(identity, request.At, CancellationToken.None);
        for (var i = 1; i <= 2; i++)
            await billing.Calls.AnsweredAsync(
                [new CallAnswer(identity, request.At, request.At.AddSeconds(i), "100", "main", null)], CancellationToken.None);
        Assert.Equal(["call.started", "call.answered"], await EventsAsync(billing, request.Call));
        Assert.Equal(request.At.AddSeconds(1).UtcDateTime, await billing.QueryAsync<DateTime>(
            "SELECT answered_at FROM calls WHERE id = @id", new { id = request.Call.Value }));
    }

    [Fact]
    public async Task A_hold_whose_admission_was_never_heard_of_goes_with_the_call()
    {
        var billing = await BillingSetup.OpenAsync(_database, 10);
        await billing.AddRateAsync("", 1m);
        var request = billing.Request();
        await billing.AdmitAsync(request);
        await billing.Calls.CompleteAsync(BillingSetup.Record(request, null, null, HangupCause.StorageUnavailable), CancellationToken.None);
        Assert.Equal((10m, 0m), await billing.MoneyAsync());
    }

    [Fact]
    public async Task Refused_attempts_are_settled_together_as_each_would_be_alone_however_often_and_from_wherever()
    {
        var billing = await BillingSetup.OpenAsync(_database, 100);
        await billing.AddRateAsync("", 1m);
        var contact = await billing.QueryAsync<long>(
            "INSERT INTO contacts (channel, phone) VALUES (@Account, '5511987654321') RETURNING id", new { billing.Account });
        var requests = Enumerable.Range(0, 40).Select(i => billing.Request("551187654321", CallDirection.Outbound) with
        {
            At = BillingSetup.Start.AddTicks(i * 1_234_567), // finer than PostgreSQL keeps it
        }).ToArray();
        foreach (var request in requests[..10])
            await billing.AdmitAsync(request); // holds of which nobody heard
        foreach (var request in requests[..20])
            await billing.Calls.BeginAsync(
                new CallIdentity(request.Call, request.Direction, request.Channel, request.User, request.Node, request.NodeStart),
                request.At, CancellationToken.None);
        var records = requests.Select(request =>
            BillingSetup.Record(request, null, null, HangupCause.NotPermitted) with { Trunk = "main", Agent = "20\01" }).ToArray();
        await billing.Calls.CompleteAsync(records[0] with { Cause = HangupCause.NodeLost }, CancellationToken.None);

        await Task.WhenAll(Enumerable.Range(0, 6).Select(i =>
            billing.Calls.CompleteAllAsync([.. records.Skip(i), .. records.Take(i)], CancellationToken.None)));
        await billing.Calls.CompleteAsync(records[1], CancellationToken.None);

        Assert.Equal((100m, 0m), await billing.MoneyAsync());
        Assert.Equal((40L, 1L, 40L), await billing.QueryAsync<(long, long, long)>(
            "SELECT count(*), count(*) FILTER (WHERE cause = 'node_lost'), count(DISTINCT id) FROM calls WHERE channel = @Account",
            new { billing.Account }));
        Assert.Equal((39L, 39L), await billing.QueryAsync<(long, long)>(
            "SELECT count(*), count(DISTINCT call_id) FROM events "
            + "WHERE channel = @Account AND kind = 'call.refused' AND contact = @contact",
            new { billing.Account, contact }));

        var alone = billing.Request("551187654321", CallDirection.Outbound);
        await billing.Calls.CompleteAsync(records[5] with { Id = alone.Call }, CancellationToken.None);
        var (one, other) = (
            await billing.Calls.FindAsync(alone.Call, CancellationToken.None),
            await billing.Calls.FindAsync(records[5].Id, CancellationToken.None));
        Assert.Equal(one! with { Id = other!.Id }, other);
        const string data = "SELECT data::text FROM events WHERE call_id = @id AND kind <> 'call.started'";
        Assert.Equal(
            await billing.QueryAsync<string>(data, new { id = alone.Call.Value }),
            await billing.QueryAsync<string>(data, new { id = records[5].Id.Value }));
    }

    private static Task<int> VolumeAsync(BillingSetup billing) =>
        billing.QueryAsync<int>(
            "SELECT seconds::int FROM volumes WHERE account = @Account AND month = '2030-01-01'", new { billing.Account });

    private static async Task<string[]> EventsAsync(BillingSetup billing, CallId call) => await billing.QueryAsync<string[]>(
        "SELECT array_agg(kind ORDER BY id) FROM events WHERE call_id = @id", new { id = call.Value });
}
