using Dapper;
using Gateway.Calls;
using Gateway.Calls.Channels;
using Gateway.Storage.Channels;
using Npgsql;
using Testing;

namespace Gateway.Storage.Tests.Channels;

[Collection(StoresCollection.Name)]
public sealed class ChannelSyncStoreTests(Stores stores) : IAsyncLifetime
{
    private const string NoCallsOut = "RESTRICTED_BUSINESS_INITIATED_CALLING", NoCallsIn = "RESTRICTED_USER_INITIATED_CALLING";

    private static readonly DateTimeOffset Now = new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly MetaSettings Metas =
        new() { Status = "ENABLED", IconCountries = ["US"], CallHours = new("Europe/Berlin", [new("monday", "0900", "1700")]) };

    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(stores.Postgres);
    private readonly ChannelId _id = new(Guid.NewGuid().ToString("n"));
    private readonly string _number = string.Concat(Guid.NewGuid().ToByteArray().Select(b => b % 10))[..15];

    private ChannelSyncStore Store => new(_database);

    public async Task InitializeAsync()
    {
        await Migrator.MigrateAsync(_database, CancellationToken.None);
        await new ChannelStore(_database, TimeProvider.System).SeedAsync([new(_id, _number, null)], CancellationToken.None);
    }

    public Task DisposeAsync() => _database.DisposeAsync().AsTask();

    [Fact]
    public async Task What_Meta_has_is_kept_and_drift_is_published_once()
    {
        SettingDrift[] drift = [new("callingEnabled", "ENABLED", "DISABLED")];
        await Store.RecordFailureAsync(_id, "no answer", CancellationToken.None);
        await RecordAsync(Metas, drift);
        await RecordAsync(Metas, drift);
        Assert.True(Assert.Single(await Store.LookAsync([_id], Now, CancellationToken.None)).Drifts);
        var channel = await FindAsync();
        Assert.Equal(JsonText.Of(Metas), JsonText.Of(channel.Facts.Meta));
        Assert.Equal(drift, channel.Sync.Drift);
        Assert.Equal((Now, null, null, null), (channel.Sync.ReadAt, channel.Sync.PushedVersion, channel.Sync.PushedAt, channel.Sync.Error));
        Assert.Equal(["channel.drifted"], await EventsAsync());
        await RecordAsync(Metas, [], pushed: 7);
        var pushed = (await FindAsync()).Sync;
        Assert.Equal((7L, Now, "ENABLED"), (pushed.PushedVersion, pushed.PushedAt, pushed.Pushed?.Status));
        Assert.Single(await EventsAsync());
    }

    [Fact]
    public async Task A_webhook_changes_what_it_names()
    {
        await RecordAsync(Metas, []);
        await Store.MergeAsync(_id, new MetaSettings { Status = "DISABLED" }, CancellationToken.None);
        var meta = (await FindAsync()).Facts.Meta!;
        Assert.Equal(("DISABLED", "US", "Europe/Berlin"), (meta.Status, Assert.Single(meta.IconCountries), meta.CallHours?.TimeZone));
    }

    [Fact]
    public async Task A_restriction_announced_again_is_no_news_and_one_after_its_end_is()
    {
        await Store.RestrictAsync(_id, new(NoCallsOut, null, Now, Now.AddDays(7)), CancellationToken.None);
        await Store.RestrictAsync(_id, new(NoCallsOut, null, Now, Now.AddDays(7)), CancellationToken.None);
        await Store.RestrictAsync(_id, new(NoCallsOut, "low quality", Now.AddHours(1), Now.AddDays(7)), CancellationToken.None);
        Assert.Equal([new(NoCallsOut, "low quality", Now, Now.AddDays(7))], (await FindAsync()).Facts.Restrictions);
        Assert.Equal(["channel.restricted"], await EventsAsync());
        await Store.RestrictAsync(_id, new(NoCallsOut, null, Now.AddDays(8), Now.AddDays(15)), CancellationToken.None);
        Assert.Equal(2, (await EventsAsync()).Count());
    }

    [Fact]
    public async Task A_listed_restriction_ends_when_it_is_listed_no_more_and_another_does_not()
    {
        await Store.RestrictAsync(_id, new(NoCallsIn, null, Now, Now.AddDays(7)), CancellationToken.None);
        await RecordAsync(Metas, [], new ChannelRestriction(NoCallsOut, "quality", Now, null));
        Assert.Equal(2, (await FindAsync()).Facts.Restrictions.Count);
        await RecordAsync(Metas, []);
        Assert.Equal(NoCallsIn, Assert.Single((await FindAsync()).Facts.Restrictions).Type);
    }

    [Fact]
    public async Task A_warning_stands_beside_restrictions_and_is_no_event()
    {
        await Store.RestrictAsync(
            _id, new("LOW_USER_INITIATED_CALLING_QUALITY", "Answer more calls.", Now, Now.AddDays(7)), CancellationToken.None);
        Assert.Single((await FindAsync()).Facts.Restrictions);
        Assert.Empty(await EventsAsync());
    }

    [Fact]
    public async Task A_channel_is_due_when_it_changed_or_was_read_too_long_ago()
    {
        async Task<bool> IsDueAsync(DateTimeOffset readBefore) =>
            Assert.Single(await Store.LookAsync([_id], readBefore, CancellationToken.None)).IsDue;
        Assert.True(await IsDueAsync(Now));
        await RecordAsync(Metas, []);
        Assert.False(await IsDueAsync(Now));
        Assert.True(await IsDueAsync(Now.AddSeconds(1)));
        var channels = new ChannelStore(_database, TimeProvider.System);
        await channels.PushAgainAsync(_id, 1, "key:test", CancellationToken.None);
        Assert.True(await IsDueAsync(Now));
        await RecordAsync(Metas, [], pushed: 2);
        Assert.False(await IsDueAsync(Now));
    }

    [Fact]
    public async Task One_node_at_a_time_holds_a_channel()
    {
        await using (var first = await Store.TryLockAsync(_id, CancellationToken.None))
        {
            Assert.NotNull(first);
            Assert.Null(await Store.TryLockAsync(_id, CancellationToken.None));
        }
        await using var next = await Store.TryLockAsync(_id, CancellationToken.None);
        Assert.NotNull(next);
    }

    [Fact]
    public async Task A_channel_is_found_by_its_number()
    {
        Assert.Equal([_id], await Store.OfNumberAsync(_number, CancellationToken.None));
        Assert.Empty(await Store.OfNumberAsync("0", CancellationToken.None));
    }

    [Fact]
    public async Task Rules_for_countries_are_added_changed_and_taken_away_by_version()
    {
        var store = new CallingCountryStore(_database);
        Assert.Contains(new("US", true, false), await store.ListAsync(CancellationToken.None));
        Assert.Null(await store.SetAsync(new("US", false, false), 0, "key:test", CancellationToken.None));
        Assert.Equal(new("XA", false, true, 1), await store.SetAsync(new("XA", false, true), 0, "key:test", CancellationToken.None));
        Assert.Equal(new("XA", true, true, 2), await store.SetAsync(new("XA", true, true), 1, "key:test", CancellationToken.None));
        Assert.False(await store.RemoveAsync("XA", 1, "key:test", CancellationToken.None));
        Assert.True(await store.RemoveAsync("XA", 2, "key:test", CancellationToken.None));
        Assert.Null(await store.RemoveAsync("XA", 2, "key:test", CancellationToken.None));
    }

    private Task RecordAsync(MetaSettings settings, IReadOnlyList<SettingDrift> drift, params ChannelRestriction[] restrictions) =>
        Store.RecordAsync(_id, settings, drift, restrictions, pushed: null, Now, CancellationToken.None);

    private Task RecordAsync(MetaSettings settings, IReadOnlyList<SettingDrift> drift, long pushed) =>
        Store.RecordAsync(_id, settings, drift, [], (pushed, Metas), Now, CancellationToken.None);

    private async Task<StoredChannel> FindAsync() =>
        (await new ChannelStore(_database, TimeProvider.System).FindAsync(_id, CancellationToken.None))!;

    private async Task<IEnumerable<string>> EventsAsync()
    {
        await using var connection = await _database.OpenConnectionAsync();
        return await connection.QueryAsync<string>("SELECT kind FROM events WHERE channel = @id ORDER BY id", new { id = _id.Value });
    }
}
