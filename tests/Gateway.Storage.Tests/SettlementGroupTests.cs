using Gateway.Calls;
using Gateway.Calls.Permissions;
using Gateway.Calls.Records;
using Npgsql;
using Testing;

namespace Gateway.Storage.Tests;

/// <summary>Calls that are settled together, with their users' permissions.</summary>
[Collection(StoresCollection.Name)]
public sealed class SettlementGroupTests(Stores stores) : IAsyncLifetime
{
    private static readonly PermissionLimits Limits = new();

    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(stores.Postgres);

    public Task InitializeAsync() => Migrator.MigrateAsync(_database, CancellationToken.None);

    public Task DisposeAsync() => _database.DisposeAsync().AsTask();

    [Fact]
    public async Task Each_is_charged_and_counted_once_in_whatever_groups_and_however_often_they_come()
    {
        var billing = await BillingSetup.OpenAsync(_database, 1000);
        await billing.AddRateAsync("", 1m, tiers: """[{"fromMinutes": 8, "pricePerMinute": 0.1}]""");
        var records = new List<CallRecord>();
        for (var i = 0; i < 30; i++)
        {
            var request = billing.Request("49151" + i % 7, i % 2 == 0 ? CallDirection.Inbound : CallDirection.Outbound);
            var funding = await billing.FundPermittedAsync(request);
            records.Add(BillingSetup.Record(request, funding, i % 3 == 0 ? null : 60, HangupCause.NoAnswer) with
            {
                WhatsAppId = new WhatsAppCallId("wacid." + request.Call),
                Trunk = "20\01",
                EarlierAgents = i == 1 ? [new EarlierAgent("100", request.At.AddSeconds(5), request.At.AddSeconds(9))] : [],
                WhatsAppQuality = i == 1 ? new LegQuality(3000, 3, 4.2, 80, 4.3) : null,
            });
        }
        await Task.WhenAll(Enumerable.Range(0, 6).Select(i =>
            billing.Calls.CompleteAllAsync([.. records.Skip(i * 5), .. records.Take(i * 7)], Limits, CancellationToken.None)));
        await billing.Calls.CompleteAsync(records[4], CancellationToken.None);

        // of each direction ten minutes: eight at the first price, what goes beyond at the second
        Assert.Equal((1000m - 2 * (8 + 2 * 0.1m), 0m), await billing.MoneyAsync());
        Assert.Equal((20L, -2 * (8 + 2 * 0.1m), 20L), await billing.QueryAsync<(long, decimal, long)>(
            "SELECT count(*), sum(amount), count(DISTINCT call_id) FROM ledger_entries WHERE account = @Account AND kind = 'charge'",
            new { billing.Account }));
        Assert.Equal((30L, 30L), await billing.QueryAsync<(long, long)>(
            "SELECT count(*), count(DISTINCT call_id) FROM events WHERE channel = @Account AND kind LIKE 'call.%'",
            new { billing.Account }));
        Assert.Equal((7L, 7L), await billing.QueryAsync<(long, long)>(
            "SELECT count(*), count(DISTINCT phone) FROM contacts WHERE channel = @Account AND last_connected_at IS NOT NULL",
            new { billing.Account }));
        Assert.Equal(7, await billing.QueryAsync<int>(
            "SELECT count(*)::int FROM events WHERE channel = @Account AND kind = 'window.opened'", new { billing.Account }));
        var stored = await billing.Calls.FindAsync(records[1].Id, CancellationToken.None);
        Assert.Equal("20" + 1, stored!.Trunk);
        Assert.Equal(records[1].EarlierAgents, stored.EarlierAgents);
        Assert.Equal(records[1].WhatsAppQuality, stored.WhatsAppQuality);
    }

    [Fact]
    public async Task Permissions_are_changed_as_by_one_call_after_the_other()
    {
        var billing = await BillingSetup.OpenAsync(_database, 10);
        var contact = await billing.QueryAsync<long>(
            """
            INSERT INTO contacts (channel, phone, permission, permission_since, unanswered)
            VALUES (@Account, '5511987654321', 'permanent', '2020-01-01Z', 1) RETURNING id
            """,
            new { billing.Account });
        var records = Enumerable.Range(0, 3).Select(i => BillingSetup.Record(
            billing.Request("551187654321", CallDirection.Outbound) with { At = BillingSetup.Start.AddMinutes(i) }, null, null,
            HangupCause.NoAnswer) with { WhatsAppId = new WhatsAppCallId($"wacid.{i}.{contact}") }).ToArray();
        for (var i = 0; i < 2; i++) // the second time changes nothing
            await billing.Calls.CompleteAllAsync(records, Limits, CancellationToken.None);

        Assert.Equal(("revoked", 0, 1L), await billing.QueryAsync<(string, int, long)>(
            """
            SELECT permission, unanswered, (SELECT count(*) FROM events WHERE contact = contacts.id AND kind = 'permission.revoked')
            FROM contacts WHERE id = @contact
            """,
            new { contact }));
    }

    [Fact]
    public async Task Two_rows_that_a_call_shows_to_be_one_person_are_joined_and_calls_of_both_find_the_one()
    {
        var billing = await BillingSetup.OpenAsync(_database, 10);
        var id = "DE." + Guid.NewGuid().ToString("n")[..8];
        await billing.ExecuteAsync(
            "INSERT INTO contacts (channel, phone, user_id) VALUES (@Account, '491511', NULL), (@Account, NULL, @id)",
            new { billing.Account, id });
        CallRecord[] records =
        [
            BillingSetup.Record(billing.Request(), null, 10), // known by phone
            BillingSetup.Record(billing.Request(), null, 10) with { User = new WhatsAppUser(null, id) },
            BillingSetup.Record(billing.Request(), null, 10) with { User = new WhatsAppUser("491511", id, Name: "An\0na") },
        ];
        await billing.Calls.CompleteAllAsync(records, Limits, CancellationToken.None);
        Assert.Equal((1L, "Anna", "491511", id), await billing.QueryAsync<(long, string, string, string)>(
            "SELECT count(*), min(name), min(phone), min(user_id) FROM contacts WHERE channel = @Account", new { billing.Account }));
        Assert.Equal((3L, 1L), await billing.QueryAsync<(long, long)>(
            """
            SELECT count(*), count(DISTINCT contact) FROM events
            WHERE kind = 'call.ended' AND channel = @Account AND contact IN (SELECT id FROM contacts)
            """,
            new { billing.Account }));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_that_comes_too_late_is_none_where_an_earlier_offer_of_it_was_taken(bool isTogether)
    {
        var billing = await BillingSetup.OpenAsync(_database, 10);
        var whatsAppId = new WhatsAppCallId("wacid." + billing.Account);
        var taken = BillingSetup.Record(billing.Request(), null, 10) with { WhatsAppId = whatsAppId };
        var late = BillingSetup.Record(billing.Request(), null, null, HangupCause.OfferedTooLate) with { WhatsAppId = whatsAppId };
        if (!isTogether)
            await billing.Calls.CompleteAllAsync([taken], CancellationToken.None);
        await billing.Calls.CompleteAllAsync(isTogether ? [late, taken] : [late], CancellationToken.None);
        Assert.Null(await billing.Calls.FindAsync(late.Id, CancellationToken.None));
        Assert.NotNull(await billing.Calls.FindAsync(taken.Id, CancellationToken.None));
    }

    [Fact]
    public async Task Where_one_cannot_be_written_none_is()
    {
        var billing = await BillingSetup.OpenAsync(_database, 10);
        var (good, bad) = (BillingSetup.Record(billing.Request(), null, 10), BillingSetup.Record(billing.Request(), null, 10));
        await Assert.ThrowsAsync<PostgresException>(() => billing.Calls.CompleteAllAsync(
            [good, bad with { SipStatus = 7 }], Limits, CancellationToken.None)); // the table has 100 to 699
        Assert.Null(await billing.Calls.FindAsync(good.Id, CancellationToken.None));
        Assert.Equal(0, await billing.QueryAsync<int>(
            "SELECT count(*)::int FROM contacts WHERE channel = @Account", new { billing.Account }));
    }
}
