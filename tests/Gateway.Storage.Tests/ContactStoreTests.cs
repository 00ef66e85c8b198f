using Dapper;
using Gateway.Calls;
using Gateway.Calls.Permissions;
using Gateway.Calls.Records;
using Gateway.Storage.Contacts;
using Npgsql;
using Testing;

namespace Gateway.Storage.Tests;

[Collection(StoresCollection.Name)]
public sealed class ContactStoreTests(Stores stores) : IAsyncLifetime
{
    private static readonly PermissionLimits Limits = new();
    private static readonly WhatsAppUser Phone = new("15550001"), Id = new(null, "US.1"), Both = new("15550001", "US.1");

    /// <summary>Whole seconds, as Meta's times are.</summary>
    private readonly DateTimeOffset _now = DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds());
    private readonly ChannelId _channel = new(Guid.NewGuid().ToString("n"));
    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(stores.Postgres);

    private ContactStore Contacts => new(_database, Limits);

    private PermissionRequestStore Requests => new(_database, Limits);

    public async Task InitializeAsync()
    {
        await Migrator.MigrateAsync(_database, CancellationToken.None);
        await using var connection = await _database.OpenConnectionAsync();
        await connection.ExecuteAsync("INSERT INTO channels (id, number) VALUES (@id, '15559999')", new { id = _channel.Value });
    }

    public Task DisposeAsync() => _database.DisposeAsync().AsTask();

    [Theory]
    [InlineData("22997123456", "2290197123456")]
    [InlineData("22507123456", "2250707123456")]
    [InlineData("24106123456", "24166123456")]
    [InlineData("551187654321", "5511987654321")]
    public async Task Somebody_who_was_noted_under_a_former_spelling_is_the_same_person_and_one_again(string former, string current)
    {
        await using (var connection = await _database.OpenConnectionAsync())
        {
            await connection.ExecuteAsync(
                "INSERT INTO contacts (channel, phone, permission, permission_since) VALUES (@id, @former, 'permanent', now()), (@id, " +
                    "@current, 'none', NULL)",
                new { id = _channel.Value, former, current });
        }
        await ApplyAsync(new WhatsAppUser(current), permission => permission.Connected(_now));
        var found = (await Contacts.FindAsync(_channel, new WhatsAppUser(former), CancellationToken.None))!;
        Assert.Equal((current, PermissionState.Permanent), (found.User.Phone, found.Permission.State));
        var listed = await new ContactPages(_database)
            .ListAsync(new ContactQuery(_channel, former, null, null, null, 10), _now, CancellationToken.None);
        Assert.Equal(found.Id, Assert.Single(listed).Id);
    }

    [Fact]
    public async Task What_is_known_comes_back_as_it_was_stored()
    {
        var stored = await ApplyAsync(Both with { Name = "Ann\0a", UserName = "ann" }, permission => permission
            .Granted(_now, _now.AddHours(5), isPermanent: false, PermissionDecider.Automatic, Limits)
            .Unanswered(_now.AddSeconds(1), Limits)
            .Connected(_now.AddSeconds(-1))
            .WindowOpened(_now, Limits) with { CallsBarredUntil = _now.AddHours(1), RequestsBarredUntil = _now.AddHours(2) });

        var found = await Contacts.FindAsync(_channel, Phone, CancellationToken.None);
        Assert.Equal(stored.Permission with { RecentRequests = [] }, found!.Permission with { RecentRequests = [] });
        Assert.Equal(Both with { Name = "Anna", UserName = "ann" }, found.User);
        Assert.Equal(found.Id, (await Contacts.FindAsync(_channel, Id, CancellationToken.None))!.Id);
        Assert.Equal(found.Id, (await Contacts.FindAsync(found.Id, CancellationToken.None))!.Id);
        Assert.Equal(["permission.granted", "window.opened"], await EventsAsync(found.Id));
    }

    [Fact]
    public async Task What_is_announced_again_changes_nothing_and_writes_no_event()
    {
        for (var i = 0; i < 3; i++)
            await GrantAsync(Phone);

        Assert.Equal(["permission.granted"], await EventsAsync((await FindAsync(Phone))!.Id));
    }

    [Fact]
    public async Task Both_spellings_of_a_number_are_one_person()
    {
        await GrantAsync(new WhatsAppUser("554187654321"));

        Assert.True(PermissionRules.MayCall((await FindAsync(new WhatsAppUser("5541987654321")))!.Permission, _now));
    }

    [Fact]
    public async Task A_row_known_by_phone_learns_its_user_id_from_a_message_that_carries_both()
    {
        await GrantAsync(Phone);
        await OpenWindowAsync(Both);

        Assert.True(PermissionRules.MayCall((await FindAsync(Id))!.Permission, _now));
    }

    [Fact]
    public async Task Two_rows_that_turn_out_to_be_one_person_are_joined_with_permission_window_requests_and_timeline()
    {
        await GrantAsync(Phone);
        await AskAsync(Phone);
        await OpenWindowAsync(Id);
        var former = (await FindAsync(Id))!.Id;

        await OpenWindowAsync(Both, _now.AddMinutes(-1));

        var joined = (await FindAsync(Phone))!;
        Assert.Equal((joined.Id, Both), ((await FindAsync(Id))!.Id, joined.User));
        Assert.True(PermissionRules.MayCall(joined.Permission, _now));
        Assert.Equal(_now.AddHours(24), joined.Permission.WindowUntil);
        Assert.Single(joined.Permission.RecentRequests);
        Assert.Equal([former], joined.FormerIds);
        Assert.Equal(joined.Id, (await Contacts.FindAsync(former, CancellationToken.None))!.Id);

        var revoked = (await Contacts.RevokeAsync(former, "admin", null, _now, CancellationToken.None))!;
        Assert.Equal((joined.Id, false), (revoked.Id, PermissionRules.MayCall(revoked.Permission, _now)));
    }

    [Fact]
    public async Task A_number_that_another_person_has_taken_over_brings_no_permission_along()
    {
        await GrantAsync(Both);
        await OpenWindowAsync(new WhatsAppUser(Phone.Phone, "US.2"));

        Assert.False(PermissionRules.MayCall((await FindAsync(Phone))!.Permission, _now));
        Assert.True(PermissionRules.MayCall((await FindAsync(Id))!.Permission, _now));
    }

    [Theory]
    [InlineData("15550001", null, "15550002", null)]
    [InlineData("15550001", null, "15550002", "US.2")]
    [InlineData(null, "US.1", null, "US.2")]
    [InlineData("15550001", "US.1", "15550002", "US.2")]
    public async Task A_user_who_changes_number_or_id_keeps_permission_and_window(
        string? phone, string? id, string? newPhone, string? newId)
    {
        await GrantAsync(Both);
        await OpenWindowAsync(Both);
        // Announced twice, and after the first message under the new name.
        await OpenWindowAsync(new WhatsAppUser(newPhone, newId), _now.AddHours(-1));
        for (var i = 0; i < 2; i++)
            await Contacts.MoveAsync(
                _channel, new WhatsAppUser(phone, id), new WhatsAppUser(newPhone, newId), _now, CancellationToken.None);

        var moved = (await FindAsync(new WhatsAppUser(newPhone, newId)))!;
        Assert.True(PermissionRules.MayCall(moved.Permission, _now));
        Assert.Equal(_now.AddHours(24), moved.Permission.WindowUntil);
        Assert.Equal(moved.Id, (await FindAsync(new WhatsAppUser(newPhone, newId)))!.Id);
        Assert.Equal(moved.Id, (await Contacts.FindAsync(moved.Id, CancellationToken.None))!.Id);
    }

    [Fact]
    public async Task A_change_that_is_announced_again_days_later_does_not_take_in_whoever_has_the_number_by_then()
    {
        await GrantAsync(Phone);
        var later = new WhatsAppUser("15550002");
        Assert.True(await Contacts.MoveAsync(_channel, Phone, later, _now, CancellationToken.None));
        await GrantAsync(Phone, _now.AddDays(2));

        await Contacts.MoveAsync(_channel, Phone, later, _now.AddDays(-3), CancellationToken.None);

        Assert.NotEqual((await FindAsync(Phone))!.Id, (await FindAsync(later))!.Id);
    }

    [Fact]
    public async Task Of_many_who_ask_at_once_one_sends()
    {
        await OpenWindowAsync(Phone);
        var asked = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(() => Requests.BeginAsync(
            new PermissionAsk(_channel, i % 2 == 0 ? Phone : Both, "agent:200"), hasTemplate: false, _now, CancellationToken.None))));

        Assert.Single(asked, result => result.Id is not null);
        Assert.All(asked.Where(result => result.Id is null), result =>
            Assert.Equal((RequestRule.DailyLimit, _now.AddHours(24)), (result.Verdict.Broken!.Value, result.Verdict.FreeAt!.Value)));
    }

    [Fact]
    public async Task A_request_that_surely_failed_does_not_count_and_one_whose_answer_was_lost_does()
    {
        await OpenWindowAsync(Phone);
        var error = new WhatsAppError(WhatsAppErrorCodes.RecipientClientTooOld, "Too old");
        await Requests.FailedAsync((await AskAsync(Phone))!.Value, error, isSure: true, CancellationToken.None);
        var lost = await AskAsync(Phone);
        await Requests.FailedAsync(lost!.Value, error, isSure: false, CancellationToken.None);
        Assert.Null(await AskAsync(Phone));

        await Requests.SentAsync(lost.Value, Ask(Phone), "wamid.1", _now, CancellationToken.None);
        await Requests.FailedAsync("wamid.1", error, CancellationToken.None); // announced by a webhook
        Assert.NotNull(await AskAsync(Phone));
    }

    [Fact]
    public async Task A_grant_answers_the_request_and_hands_out_the_waiting_agent_once()
    {
        await OpenWindowAsync(Phone);
        var id = (await AskAsync(Phone))!.Value;
        await Requests.SentAsync(id, Ask(Phone), "wamid.1", _now, CancellationToken.None);
        var contact = (await FindAsync(Phone))!.Id;
        Assert.True(await Requests.WaitAsync(contact, "main", "201", CancellationToken.None));

        var returnCalls = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ReplyAsync(isGranted: true, _now.AddSeconds(5))));

        Assert.Equal(new ReturnCall("main", "201"), Assert.Single(returnCalls, agent => agent is not null));
        var request = Assert.Single(await Requests.ListAsync(contact, 10, CancellationToken.None));
        Assert.Equal((PermissionRequestState.Accepted, _now.AddSeconds(5)), (request.State, request.AnsweredAt!.Value));
        Assert.Equal(["window.opened", "permission.requested", "permission.granted"], await EventsAsync(contact));
    }

    [Fact]
    public async Task A_grant_that_Meta_answered_before_its_webhook_still_answers_the_request_and_of_several_agents_the_last_is_rung()
    {
        await OpenWindowAsync(Phone);
        await Requests.SentAsync((await AskAsync(Phone))!.Value, Ask(Phone), "wamid.0", _now, CancellationToken.None);
        var later = new PermissionAsk(_channel, Phone, "agent:202", "main", "202");
        var more = new PermissionRequestStore(_database, Limits with { RequestsPerDay = 2 });
        var second = (await more.BeginAsync(later, hasTemplate: true, _now.AddHours(1), CancellationToken.None)).Id!.Value;
        await Requests.SentAsync(second, later, "wamid.1", _now.AddHours(1), CancellationToken.None);
        var at = _now.AddHours(2);
        await ApplyAsync(Phone, permission => permission.Granted(at, at.AddDays(7), isPermanent: false, PermissionDecider.Meta, Limits));

        var reply = new ContactReply(_channel, Phone, true, false, at.AddDays(7), PermissionDecider.User, "wamid.1");
        Assert.Equal(new ReturnCall("main", "202"), await Contacts.ReplyAsync(reply, at.AddSeconds(-3), at, CancellationToken.None));
        Assert.Null(await Contacts.ReplyAsync(reply, at.AddSeconds(-3), at, CancellationToken.None));

        var requests = await Requests.ListAsync((await FindAsync(Phone))!.Id, 10, CancellationToken.None);
        Assert.Equal([PermissionRequestState.Accepted, PermissionRequestState.Sent], requests.Select(request => request.State));
    }

    [Fact]
    public async Task A_refusal_bars_the_next_request_and_rings_nobody()
    {
        await OpenWindowAsync(Phone);
        await Requests.SentAsync((await AskAsync(Phone))!.Value, Ask(Phone), "wamid.1", _now, CancellationToken.None);

        Assert.Null(await ReplyAsync(isGranted: false, _now.AddHours(2)));

        var (verdict, _) = await Requests.BeginAsync(Ask(Phone), hasTemplate: true, _now.AddHours(25), CancellationToken.None);
        Assert.Equal((RequestRule.DeclinedRecently, _now.AddHours(26)), (verdict.Broken!.Value, verdict.FreeAt!.Value));
    }

    [Fact]
    public async Task An_expiry_is_published_once_and_again_for_the_next_permission()
    {
        await GrantAsync(Phone, _now.AddDays(-10));
        var contact = (await FindAsync(Phone))!.Id;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Contacts.AnnounceExpiredAsync(_now, CancellationToken.None)));
        Assert.Equal(["permission.granted", "permission.expired"], await EventsAsync(contact));

        await GrantAsync(Phone, _now.AddDays(-5));
        await Contacts.AnnounceExpiredAsync(_now, CancellationToken.None);
        await Contacts.AnnounceExpiredAsync(_now, CancellationToken.None);
        Assert.Equal(["permission.granted", "permission.expired", "permission.granted", "permission.expired"], await EventsAsync(contact));
    }

    [Fact]
    public async Task However_many_learn_at_once_who_somebody_is_it_ends_in_one_row_that_has_it_all()
    {
        for (var round = 0; round < 15; round++)
        {
            var both = new WhatsAppUser($"1555100{round:0000}", $"US.100{round}");
            WhatsAppUser[] names = [new(both.Phone), new(null, both.UserId), both];
            await Task.WhenAll(Enumerable.Range(0, 12).Select(i => Task.Run(() => i == 11
                ? Contacts.MoveAsync(_channel, names[0], both, _now, CancellationToken.None)
                : (Task)ApplyAsync(names[i % 3], known => i < 3
                    ? known.Granted(_now, null, isPermanent: true, PermissionDecider.User, Limits)
                    : known.WindowOpened(_now.AddSeconds(i), Limits)))));

            var known = await ApplyAsync(both, same => same);
            Assert.Equal(PermissionState.Permanent, known.Permission.State);
            Assert.Equal(_now.AddSeconds(10) + Limits.Window, known.Permission.WindowUntil);
            Assert.All(names, name => Assert.Equal(known.Id, FindAsync(name).Result!.Id));
        }
    }

    [Fact]
    public async Task A_call_that_is_settled_again_counts_once()
    {
        var at = _now.AddTicks(1_234_567); // PostgreSQL keeps microseconds
        var call = new CallRecord
        {
            Id = new CallId("c"), WhatsAppId = new("wacid.1"), Direction = CallDirection.Outbound, Channel = _channel, User = Phone,
            StartedAt = at.AddSeconds(-9),
            EndedAt = at, Cause = HangupCause.NoAnswer, Node = "n",
        };
        await GrantAsync(Phone);
        for (var i = 0; i < 3; i++)
            await ApplyAsync(Phone, permission => permission.After(call, Limits));
        Assert.Equal(1, (await FindAsync(Phone))!.Permission.Unanswered);

        var answered = call with { AnsweredAt = at.AddSeconds(10), EndedAt = at.AddSeconds(20), Cause = HangupCause.PbxHungUp };
        for (var i = 0; i < 3; i++)
            await ApplyAsync(Phone, permission => permission.After(answered, Limits));
        var known = (await FindAsync(Phone))!;
        Assert.Equal((0, 4), (known.Permission.Unanswered, known.Version));
        Assert.Equal(["permission.granted", "window.opened"], await EventsAsync(known.Id));
    }

    [Fact]
    public async Task Many_who_tell_different_things_at_once_lose_none_of_them()
    {
        await GrantAsync(Both);
        await Task.WhenAll(Enumerable.Range(0, 24).Select(i => Task.Run(() => (i % 3) switch
        {
            0 => ApplyAsync(i % 2 == 0 ? Phone : Both, permission =>
                permission.Unanswered(_now.AddMinutes(i), Limits with { UnansweredUntilRevoked = 100 })),
            1 => OpenWindowAsync(i % 2 == 0 ? Id : Both),
            _ => GrantAsync(Both),
        })));

        var known = (await FindAsync(Both))!;
        Assert.True(PermissionRules.MayCall(known.Permission, _now));
        Assert.Equal(_now.AddHours(24), known.Permission.WindowUntil);
        Assert.Equal(_now.AddMinutes(21), known.Permission.LastUnansweredAt);
    }

    private PermissionAsk Ask(WhatsAppUser user) => new(_channel, user, "agent:200", "main", "200");

    private async Task<long?> AskAsync(WhatsAppUser user) =>
        (await Requests.BeginAsync(Ask(user), hasTemplate: true, _now, CancellationToken.None)).Id;

    private Task<ReturnCall?> ReplyAsync(bool isGranted, DateTimeOffset at) => Contacts.ReplyAsync(
        new ContactReply(_channel, Phone, isGranted, IsPermanent: false, null, PermissionDecider.User, "wamid.1"), at, at,
        CancellationToken.None);

    private Task<Contact?> FindAsync(WhatsAppUser user) => Contacts.FindAsync(_channel, user, CancellationToken.None);

    private Task<Contact> ApplyAsync(WhatsAppUser user, Func<ContactPermission, ContactPermission> transition) =>
        Contacts.ApplyAsync(_channel, user, _now, transition, null, CancellationToken.None);

    private Task<Contact> GrantAsync(WhatsAppUser user, DateTimeOffset? at = null) =>
        ApplyAsync(user, permission => permission.Granted(at ?? _now, null, isPermanent: false, PermissionDecider.User, Limits));

    private Task<Contact> OpenWindowAsync(WhatsAppUser user, DateTimeOffset? at = null) =>
        ApplyAsync(user, permission => permission.WindowOpened(at ?? _now, Limits));

    private async Task<IReadOnlyList<string>> EventsAsync(long contact)
    {
        await using var connection = await _database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<string>("SELECT kind FROM events WHERE contact = @contact ORDER BY id", new { contact })];
    }
}
