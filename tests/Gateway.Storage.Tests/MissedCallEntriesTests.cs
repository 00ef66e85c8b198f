using Gateway.Calls;
using Gateway.Calls.Records;
using Gateway.Storage.Admin;
using Npgsql;
using Testing;

namespace Gateway.Storage.Tests;

/// <summary>The work list of missed calls: an entry for each user, whose marks stay, and which closes when the user is reached.</summary>
[Collection(StoresCollection.Name)]
public sealed class MissedCallEntriesTests(Stores stores) : IAsyncLifetime
{
    private const string User = "5511987654321", SameUserOtherwiseSpelled = "551187654321";

    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(stores.Postgres);
    private BillingSetup _billing = null!;
    private int _minutes;

    private MissedCallStore Missed => new(_database);

    public async Task InitializeAsync()
    {
        await Migrator.MigrateAsync(_database, CancellationToken.None);
        _billing = await BillingSetup.OpenAsync(_database, 20);
    }

    public Task DisposeAsync() => _database.DisposeAsync().AsTask();

    [Fact]
    public async Task A_user_who_calls_in_vain_again_is_one_entry_with_the_marks_of_those_before()
    {
        var first = await MissAsync(User);
        Assert.NotNull((await Missed.SaveAsync(
            first.Id.Value, 1, MissedCallState.Assigned, "anna", "Wants a refund", "test", CancellationToken.None)).After);
        await MissAsync("491511");
        var last = await MissAsync(SameUserOtherwiseSpelled);

        var entry = Assert.Single(await OpenAsync(), row => row.UserHandle != "491511");
        Assert.Equal((last.Id.Value, 2, "assigned", "anna", "Wants a refund"),
            (entry.CallId, entry.Calls, entry.State, entry.Assignee, entry.Note));
        Assert.Equal((first.EndedAt, last.EndedAt), (entry.FirstMissedAt, entry.MissedAt));
        var older = (await Missed.FindAsync(first.Id.Value, CancellationToken.None))!;
        Assert.Equal(("closed", last.Id.Value), (older.State, older.MergedInto));
        Assert.Empty((await ListAsync(MissedCallState.Closed)));
    }

    [Fact]
    public async Task Calls_of_a_user_that_are_settled_together_or_at_one_moment_are_one_entry()
    {
        var records = Enumerable.Range(0, 12).Select(_ => Record(User)).ToArray();
        await _billing.Calls.CompleteAllAsync(records[..4], CancellationToken.None);
        await Task.WhenAll(records[4..].Select(record => _billing.Calls.CompleteAsync(record, CancellationToken.None)));
        var entry = Assert.Single(await OpenAsync());
        Assert.Equal((records[^1].Id.Value, 12), (entry.CallId, entry.Calls));
    }

    [Fact]
    public async Task Users_who_show_no_number_are_not_taken_for_one()
    {
        foreach (var _ in (int[])[1, 2])
            await _billing.Calls.CompleteAsync(Record(User) with { User = new WhatsAppUser(null) }, CancellationToken.None);
        Assert.Equal([1, 1], (await OpenAsync()).Select(row => row.Calls));
        await _billing.Calls.CompleteAsync(
            Record(User, talkSeconds: 10) with { User = new WhatsAppUser(null) }, CancellationToken.None);
        Assert.Equal(2, (await OpenAsync()).Count);
    }

    [Theory]
    [InlineData(CallDirection.Outbound)]
    [InlineData(CallDirection.Inbound)]
    public async Task An_entry_closes_when_the_user_is_reached_and_a_later_call_begins_another(CallDirection direction)
    {
        await MissAsync(User);
        await MissAsync(User);
        await _billing.Calls.CompleteAsync(Record(SameUserOtherwiseSpelled, direction, talkSeconds: 10), CancellationToken.None);
        Assert.Empty(await OpenAsync());
        Assert.Equal(2, Assert.Single(await ListAsync(MissedCallState.Closed)).Calls);

        var again = await MissAsync(User);
        var entry = Assert.Single(await OpenAsync());
        Assert.Equal((again.Id.Value, 1), (entry.CallId, entry.Calls));
    }

    [Fact]
    public async Task A_user_whom_only_a_queue_answered_was_not_reached()
    {
        await MissAsync(User);
        var waited = Record(User, talkSeconds: 30) with { Flow = new FlowId("inbound"), WaitedFrom = BillingSetup.Start };
        await _billing.Calls.CompleteAsync(waited, CancellationToken.None);
        Assert.Equal(2, Assert.Single(await OpenAsync()).Calls);
    }

    private async Task<CallRecord> MissAsync(string user)
    {
        var record = Record(user);
        await _billing.Calls.CompleteAsync(record, CancellationToken.None);
        return record;
    }

    private CallRecord Record(string user, CallDirection direction = CallDirection.Inbound, int? talkSeconds = null) => BillingSetup.Record(
        _billing.Request(user, direction) with { At = BillingSetup.Start.AddMinutes(++_minutes) }, null, talkSeconds,
        talkSeconds is null ? HangupCause.NoAnswer : HangupCause.WhatsAppHungUp);

    private async Task<IReadOnlyList<MissedCallRow>> OpenAsync() =>
        [.. (await ListAsync(null)).Where(row => row.State != "closed")];

    private Task<IReadOnlyList<MissedCallRow>> ListAsync(MissedCallState? state) => Missed.ListAsync(
        new MissedCallQuery(state, null, _billing.Channel.Value, null, null, null, null, 100), CancellationToken.None);
}
