using Gateway.Calls;
using Gateway.Calls.Admission;
using Gateway.Calls.Permissions;
using Gateway.Calls.Records;
using Gateway.Storage.Accounts;
using Gateway.Storage.Calls;
using Npgsql;
using Testing;

namespace Gateway.Storage.Tests;

/// <summary>The row and the window of a call that begin with its admission.</summary>
[Collection(StoresCollection.Name)]
public sealed class BeginWithAdmissionTests(Stores stores) : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(stores.Postgres);

    private PostgresAdmissionStore Admission => new(_database, () => new PermissionLimits());

    public Task InitializeAsync() => Migrator.MigrateAsync(_database, None);

    public Task DisposeAsync() => _database.DisposeAsync().AsTask();

    [Theory]
    [InlineData(CallDirection.Inbound, 1)]
    [InlineData(CallDirection.Outbound, 0)] // the business calls: the user has opened nothing
    public async Task A_user_who_calls_opens_the_window_once_however_often_it_is_asked(CallDirection direction, int windows)
    {
        var billing = await BillingSetup.OpenAsync(_database, 20);
        await billing.AddRateAsync("", 1m);
        var request = billing.Request("551187654321", direction) with { IsBegin = true };
        for (var i = 0; i < 3; i++)
            await Admission.AdmitAsync(request, None);
        Assert.Equal((19m, 1m), (await FreeAsync(billing), (await billing.MoneyAsync()).Held));
        Assert.Equal((1L, BillingSetup.Start.UtcDateTime), await billing.QueryAsync<(long, DateTime)>(
            "SELECT count(*), min(started_at) FROM calls WHERE channel = @Account AND ended_at IS NULL", new { billing.Account }));
        Assert.Equal((windows, windows), await WindowsAsync(billing));
        if (windows == 0)
            return;
        Assert.Equal(("5511987654321", BillingSetup.Start.AddHours(24).UtcDateTime), await billing.QueryAsync<(string, DateTime)>(
            "SELECT phone, window_until FROM contacts WHERE channel = @Account", new { billing.Account }));

        // later on the same day it is open already, the day after it is news
        foreach (var (hours, events) in new[] { (2, 1), (27, 2) })
        {
            await Admission.AdmitAsync(
                billing.Request("5511987654321") with { IsBegin = true, At = BillingSetup.Start.AddHours(hours) }, None);
            Assert.Equal((1, events), await WindowsAsync(billing));
        }

        // and its record finds nothing left to do
        await billing.Calls.CompleteAllAsync(
            [BillingSetup.Record(request, null, null, HangupCause.NoAnswer)], new PermissionLimits(), None);
        Assert.Equal((1, 2), await WindowsAsync(billing));
    }

    [Fact]
    public async Task The_event_is_the_same_as_that_of_a_call_whose_record_opens_the_window()
    {
        var billing = await BillingSetup.OpenAsync(_database, 20);
        var (one, other) = (billing.Request("491511") with { IsBegin = true }, billing.Request("491512"));
        await Admission.AdmitAsync(one, None);
        await billing.Calls.CompleteAllAsync([BillingSetup.Record(other, null, null, HangupCause.NoAnswer)], new PermissionLimits(), None);
        const string data = "SELECT data::text FROM events WHERE kind = 'window.opened' AND call_id = @id";
        Assert.Equal(
            await billing.QueryAsync<string>(data, new { id = other.Call.Value }),
            await billing.QueryAsync<string>(data, new { id = one.Call.Value }));
    }

    [Fact]
    public async Task No_admission_waits_for_a_contact_that_another_transaction_holds()
    {
        var billing = await BillingSetup.OpenAsync(_database, 20);
        await billing.ExecuteAsync("INSERT INTO contacts (channel, phone) VALUES (@Account, '491511')", new { billing.Account });
        await using var connection = await _database.OpenConnectionAsync();
        await using (var holder = await connection.BeginTransactionAsync())
        {
            await using var hold = new NpgsqlCommand("SELECT 1 FROM contacts WHERE channel = $1 FOR UPDATE", connection, holder);
            hold.Parameters.Add(new NpgsqlParameter { Value = billing.Account });
            await hold.ExecuteScalarAsync();
            var request = billing.Request() with { IsBegin = true };
            var facts = await Admission.AdmitAsync(request, None).WaitAsync(TimeSpan.FromSeconds(10));
            Assert.NotNull(facts.Contact);
            Assert.Equal((1, 0), await WindowsAsync(billing));
            await holder.RollbackAsync();
            await billing.Calls.CompleteAllAsync(
                [BillingSetup.Record(request, null, null, HangupCause.NoAnswer)], new PermissionLimits(), None);
        }
        Assert.Equal((1, 1), await WindowsAsync(billing));
    }

    /// <summary>Such as one that a node refused which could ask neither store.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_a_node_makes_of_an_offer_that_has_begun_another_call_is_recorded_only_if_it_was_answered(bool isAnswered)
    {
        var billing = await BillingSetup.OpenAsync(_database, 20);
        var offer = new WhatsAppCallId("wacid." + billing.Account);
        await Admission.AdmitAsync(billing.Request() with { IsBegin = true, Offer = offer }, None);
        var record = BillingSetup.Record(
            billing.Request(), null, isAnswered ? 10 : null, isAnswered ? HangupCause.WhatsAppHungUp : HangupCause.StorageUnavailable)
            with { WhatsAppId = offer };
        await billing.Calls.CompleteAllAsync([record], None);
        Assert.Equal(isAnswered, await billing.Calls.FindAsync(record.Id, None) is not null);
        Assert.Equal(isAnswered ? 2 : 1, await billing.QueryAsync<int>(
            "SELECT count(*)::int FROM calls WHERE channel = @Account", new { billing.Account }));
    }

    [Fact]
    public async Task Nodes_that_refuse_one_offer_record_one_call()
    {
        var billing = await BillingSetup.OpenAsync(_database, 20);
        var offer = new WhatsAppCallId("wacid." + billing.Account);
        var refused = Enumerable.Range(0, 8).Select(_ => BillingSetup.Record(
            billing.Request(), null, null, HangupCause.StorageUnavailable) with { WhatsAppId = offer }).ToArray();
        await Task.WhenAll(refused.Chunk(2).Select(some => billing.Calls.CompleteAllAsync(some, None)));
        await billing.Calls.CompleteAllAsync(refused, None); // what is repeated changes nothing
        Assert.Equal(1, await billing.QueryAsync<int>("SELECT count(*)::int FROM calls WHERE channel = @Account", new { billing.Account }));
    }

    /// <summary>Nodes that Redis does not tell of each other, and Meta's second attempt.</summary>
    [Fact]
    public async Task An_offer_begins_one_call_whoever_else_asks()
    {
        var billing = await BillingSetup.OpenAsync(_database, 20);
        var offer = new WhatsAppCallId("wacid." + billing.Account);
        var requests = Enumerable.Range(0, 8).Select(_ => billing.Request() with { IsBegin = true, Offer = offer }).ToArray();
        var facts = await Task.WhenAll(requests.Select(request => Admission.AdmitAsync(request, None)));
        var begun = Assert.Single(requests.Zip(facts), one => one.Second.BegunAs is null).First;
        Assert.Null((await Admission.AdmitAsync(begun, None)).BegunAs); // asked again, it is its own
        Assert.All(requests.Zip(facts).Where(one => one.First != begun), one => Assert.Equal(begun.Call, one.Second.BegunAs));
        Assert.Equal((begun.Call.Value, offer.Value), await billing.QueryAsync<(string, string)>(
            "SELECT id, whatsapp_call_id FROM calls WHERE channel = @Account", new { billing.Account }));

        await new CallOffers(_database).DeleteOldAsync(begun.At.AddHours(23), None);
        Assert.Equal(begun.Call, (await Admission.AdmitAsync(billing.Request() with { IsBegin = true, Offer = offer }, None)).BegunAs);
        await new CallOffers(_database).DeleteOldAsync(begun.At.AddHours(25), None);
        Assert.Null((await Admission.AdmitAsync(billing.Request() with { IsBegin = true, Offer = offer }, None)).BegunAs);
    }

    [Fact]
    public async Task A_channel_that_nobody_knows_is_an_answer_and_no_fault()
    {
        var billing = await BillingSetup.OpenAsync(_database, 20);
        var request = billing.Request() with { IsBegin = true, Channel = new ChannelId("unknown-" + billing.Account) };
        Assert.Null((await Admission.AdmitAsync(request, None)).Channel);
    }

    [Fact]
    public async Task Pick_ups_are_written_together_once_and_with_the_beginning_that_is_missing()
    {
        var billing = await BillingSetup.OpenAsync(_database, 20);
        var (begun, missing, over) = (billing.Request() with { IsBegin = true }, billing.Request(), billing.Request());
        await Admission.AdmitAsync(begun, None);
        await billing.Calls.CompleteAsync(BillingSetup.Record(over, null, null, HangupCause.NoAnswer), None);
        CallAnswer[] answers = [.. new[] { begun, missing, over, begun }.Select((request, i) => new CallAnswer(
            new CallIdentity(request.Call, request.Direction, request.Channel, request.User, request.Node, request.NodeStart),
            request.At, request.At.AddSeconds(3 + i), "100", "main", new WhatsAppCallId("wacid." + request.Call)))];
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => billing.Calls.AnsweredAsync(answers, None)));
        Assert.Equal((2L, 2L, 2L), await billing.QueryAsync<(long, long, long)>(
            """
            SELECT count(*), count(DISTINCT whatsapp_call_id),
                (SELECT count(*) FROM events WHERE channel = @Account AND kind = 'call.answered')
            FROM calls WHERE channel = @Account AND answered_at IS NOT NULL AND agent = '100' AND agent_since = answered_at
            """,
            new { billing.Account }));
        Assert.Null((await billing.Calls.FindAsync(over.Call, None))!.AnsweredAt);
    }

    private static async Task<decimal> FreeAsync(BillingSetup billing)
    {
        var (balance, held) = await billing.MoneyAsync();
        return balance - held;
    }

    /// <summary>Contacts of the channel, and windows opened.</summary>
    private static Task<(int, int)> WindowsAsync(BillingSetup billing) => billing.QueryAsync<(int, int)>(
        """
        SELECT (SELECT count(*)::int FROM contacts WHERE channel = @Account),
               (SELECT count(*)::int FROM events WHERE channel = @Account AND kind = 'window.opened')
        """,
        new { billing.Account });
}
