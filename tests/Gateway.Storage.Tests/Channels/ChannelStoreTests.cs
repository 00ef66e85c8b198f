using Dapper;
using Gateway.Calls;
using Gateway.Calls.Channels;
using Gateway.Storage.Channels;
using Npgsql;
using Testing;

namespace Gateway.Storage.Tests.Channels;

[Collection(StoresCollection.Name)]
public sealed class ChannelStoreTests(Stores stores) : IAsyncLifetime
{
    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(stores.Postgres);
    private readonly ChannelId _id = new(Guid.NewGuid().ToString("n"));

    private ChannelStore Store => new(_database, TimeProvider.System);

    public async Task InitializeAsync()
    {
        await Migrator.MigrateAsync(_database, CancellationToken.None);
        await Store.SeedAsync([new(_id, "4930123456", "DE")], CancellationToken.None);
    }

    public Task DisposeAsync() => _database.DisposeAsync().AsTask();

    [Fact]
    public async Task A_number_of_the_configuration_is_there_and_open()
    {
        var channel = await FindAsync();
        Assert.Equal(("4930123456", "DE", 1L, false), (
            channel.Facts.Settings.Number, channel.Country, channel.Facts.Settings.Version, channel.Facts.Settings.IsManaged));
        Assert.Null(ChannelRules.MayCall(channel.Facts, CallDirection.Inbound, DateTimeOffset.UnixEpoch));
        Assert.Null(ChannelRules.MayCall(channel.Facts, CallDirection.Outbound, DateTimeOffset.UnixEpoch));
        Assert.Empty(channel.Routes);
    }

    [Fact]
    public async Task A_second_start_changes_the_number_and_nothing_else()
    {
        await ChangeAsync(1, settings => settings with { ContactsMayCall = false });
        await Store.SeedAsync([new(_id, "12025550100", "US")], CancellationToken.None);
        var channel = await FindAsync();
        Assert.Equal(("12025550100", false, 2L), (
            channel.Facts.Settings.Number, channel.Facts.Settings.ContactsMayCall, channel.Facts.Settings.Version));
        Assert.Equal(
            HangupCause.CountryNotServed, ChannelRules.MayCall(channel.Facts, CallDirection.Outbound, DateTimeOffset.UnixEpoch)?.Cause);
    }

    [Fact]
    public async Task Settings_come_back_as_they_were_saved_and_the_change_is_published()
    {
        Assert.True(CallHours.TryCreate(new("Europe/Berlin", [new("monday", "0900", "1700")], [new("2026-12-25")]), out var hours, out _));
        var wanted = new ChannelSettings
        {
            Id = _id,
            Number = "4930123456",
            Name = "Service 'desk'",
            CallingEnabled = false,
            ContactsMayCall = false,
            WeMayCall = false,
            CallbackPermission = true,
            IconIsVisible = false,
            IconCountries = ["US", "BR"],
            CallHours = hours,
            MaxCallSeconds = 3600,
            AsksPermission = true,
            PermissionText = "May we?",
            Template = new("call_permission", "en"),
            IsManaged = true,
        };
        var done = Assert.IsType<ChannelChange.Done>(await ChangeAsync(1, _ => wanted));
        Assert.Equal(2, done.Channel.Facts.Settings.Version);
        var expected = ChannelDocument.Of(wanted with { Version = 2 });
        var found = ChannelDocument.Of((await FindAsync()).Facts.Settings);
        Assert.Equal(JsonText.Of(expected), JsonText.Of(found));
        Assert.Equal(["channel.updated"], await EventsAsync());
        await using var connection = await _database.OpenConnectionAsync();
        var audit = await connection.QuerySingleAsync<(string Actor, string Before, string After)>(
            "SELECT actor, before->'settings'->>'callingEnabled', after->'settings'->>'callingEnabled' FROM audit_entries WHERE subject " +
                "= @subject", new { subject = $"channel:{_id}" });
        Assert.Equal(("key:test", "true", "false"), audit);
    }

    [Fact]
    public async Task Of_two_changes_of_one_version_the_second_is_refused()
    {
        var changes = await Task.WhenAll(
            ChangeAsync(1, settings => settings with { Name = "one" }), ChangeAsync(1, settings => settings with { Name = "two" }),
            ChangeAsync(1, settings => settings with { Name = "three" }));
        Assert.Single(changes.OfType<ChannelChange.Done>());
        Assert.Equal(2, changes.OfType<ChannelChange.Stale>().Count());
        Assert.IsType<ChannelChange.NotFound>(
            await Store.ChangeAsync(new("none"), 1, "key:test", "channel.update", c => new(c.Facts.Settings, []), CancellationToken.None));
    }

    [Theory]
    [InlineData("INSERT INTO accounts (id, name, currency, is_closed) VALUES (@id, 'a', 'EUR', true)", "closed")]
    [InlineData("INSERT INTO accounts (id, name, currency) VALUES (@id, 'a', 'EUR')", "no rate card")]
    [InlineData("SELECT @id", "no account")]
    public async Task An_account_that_could_not_pay_is_refused(string sql, string reason)
    {
        var account = "a" + Guid.NewGuid().ToString("n")[..12];
        await using (var connection = await _database.OpenConnectionAsync())
            await connection.ExecuteAsync(sql, new { id = account });
        var refused = Assert.IsType<ChannelChange.Refused>(await ChangeAsync(1, settings => settings with { Account = account }));
        Assert.Contains(reason, Assert.Single(refused.Errors), StringComparison.Ordinal);
        Assert.Equal(1, (await FindAsync()).Facts.Settings.Version);
        Assert.Empty(await EventsAsync());
    }

    [Fact]
    public async Task An_account_with_a_rate_card_pays()
    {
        var name = "a" + Guid.NewGuid().ToString("n")[..12];
        await using (var connection = await _database.OpenConnectionAsync())
        {
            await connection.ExecuteAsync("INSERT INTO rate_cards (id, name, currency) VALUES (@name, 'card', 'EUR')", new { name });
            await connection.ExecuteAsync(
                "INSERT INTO accounts (id, name, currency, rate_card) VALUES (@name, 'a', 'EUR', @name)", new { name });
        }
        Assert.IsType<ChannelChange.Done>(await ChangeAsync(1, settings => settings with { Account = name }));
        Assert.Equal(name, (await FindAsync()).Facts.Settings.Account);
    }

    [Fact]
    public async Task Routes_are_replaced_as_a_whole_and_keep_their_order()
    {
        CallRoute[] three = [new("main", "100"), new("spare"), new("main", "200")];
        Assert.IsType<ChannelChange.Done>(await Store.ReplaceRoutesAsync(_id, 1, "key:test", three, CancellationToken.None));
        Assert.Equal(three, (await FindAsync()).Routes);
        Assert.IsType<ChannelChange.Done>(await Store.ReplaceRoutesAsync(_id, 2, "key:test", [new("spare")], CancellationToken.None));
        Assert.Equal([new("spare")], (await FindAsync()).Routes);
        Assert.IsType<ChannelChange.Stale>(await Store.ReplaceRoutesAsync(_id, 2, "key:test", [], CancellationToken.None));
        Assert.IsType<ChannelChange.Done>(await Store.ReplaceRoutesAsync(_id, 3, "key:test", [], CancellationToken.None));
        Assert.Empty((await FindAsync()).Routes);
    }

    [Fact]
    public async Task Trunks_are_those_of_nodes_seen_lately()
    {
        var node = Guid.NewGuid().ToString("n");
        await Store.SeeNodeAsync(node, [node + "-old"], CancellationToken.None);
        await Store.SeeNodeAsync(node, [node + "-a", node + "-b"], CancellationToken.None);
        var lately = await Store.TrunksAsync(DateTimeOffset.UtcNow.AddMinutes(-1), CancellationToken.None);
        Assert.Equal([node + "-a", node + "-b"], lately.Where(name => name.StartsWith(node, StringComparison.Ordinal)).Order());
        Assert.Empty(await Store.TrunksAsync(DateTimeOffset.UtcNow.AddMinutes(1), CancellationToken.None));
    }

    private async Task<StoredChannel> FindAsync() => (await Store.FindAsync(_id, CancellationToken.None))!;

    private Task<ChannelChange> ChangeAsync(long version, Func<ChannelSettings, ChannelSettings> change) =>
        Store.ChangeAsync(
            _id, version, "key:test", "channel.update", channel => new(change(channel.Facts.Settings), []), CancellationToken.None);

    private async Task<IEnumerable<string>> EventsAsync()
    {
        await using var connection = await _database.OpenConnectionAsync();
        return await connection.QueryAsync<string>("SELECT kind FROM events WHERE channel = @id ORDER BY id", new { id = _id.Value });
    }
}
