using Dapper;
using Gateway.Calls;
using Gateway.Calls.Quality;
using Gateway.Calls.Records;
using Media.Protocols.Primitives;
using Gateway.Storage;
using Gateway.Storage.Calls;
using Gateway.Worker.Configuration;
using Gateway.Worker.Spool;
using Gateway.Worker.Tests.Calls.Bench;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Testing;

namespace Gateway.Worker.Tests.Spool;

[Collection(StoresCollection.Name)]
public sealed class RecordSpoolTests : IAsyncLifetime
{
    private readonly string _path = Directory.CreateTempSubdirectory("gateway-spool-").FullName;
    private readonly NpgsqlDataSource _database;

    public RecordSpoolTests(Stores stores) => _database = NpgsqlDataSource.Create(stores.Postgres);

    private string Folder => Path.Combine(_path, "n1");

    public async Task InitializeAsync() => await Migrator.MigrateAsync(_database, CancellationToken.None);

    public async Task DisposeAsync()
    {
        await _database.DisposeAsync();
        Directory.Delete(_path, recursive: true);
    }

    [Fact]
    public async Task A_record_is_settled_and_its_file_goes()
    {
        using var spool = Open();
        var record = Records.One();
        await spool.AddAsync(record);
        Assert.Single(Files());

        Assert.True(await spool.SettleAllAsync(CancellationToken.None));
        Assert.Empty(Files());
        Assert.Equal(1, await RowsAsync(record.Id));
    }

    [Fact]
    public async Task What_an_earlier_process_left_is_settled_and_what_was_settled_already_changes_nothing()
    {
        var record = Records.One();
        using (var earlier = Open())
            await earlier.AddAsync(record);
        var copy = Path.Combine(_path, "copy");
        File.Copy(Files().Single(), copy);

        for (var start = 0; start < 2; start++)
        {
            using (var spool = Open())
                Assert.True(await spool.SettleAllAsync(CancellationToken.None));
            Assert.Empty(Files());
            Assert.Equal(1, await RowsAsync(record.Id));
            File.Copy(copy, Path.Combine(Folder, SpoolFile.NameOf(record))); // as when the process died before it removed the file
        }
    }

    [Fact]
    public async Task While_PostgreSQL_takes_records_at_once_none_becomes_a_file()
    {
        using var spool = Open();
        await spool.StartAsync(CancellationToken.None);
        for (var i = 0; i < 2; i++) // the first may come before the store is known to answer
        {
            var record = Records.One();
            await spool.AddAsync(record);
            await Eventually.SeeAsync(() => RowsAsync(record.Id), rows => rows == 1, "the record is settled");
            await Eventually.SeeAsync(() => spool.Count == 0, "nothing waits");
        }
        var last = Records.One();
        await spool.AddAsync(last);
        Assert.Equal((1, 0), (await RowsAsync(last.Id), Files().Length));
        await spool.StopAsync();
    }

    [Fact]
    public async Task A_record_that_only_the_log_of_a_killed_process_has_is_settled_by_the_next_and_once()
    {
        var record = Records.One();
        using (var killed = Open())
            await killed.AddAsync(record);
        File.Delete(Files().Single());

        for (var start = 0; start < 2; start++)
        {
            var store = new NotedStore(new PostgresCallStore(_database));
            using var spool = Open(store);
            await spool.StartAsync(CancellationToken.None);
            Assert.Equal(start == 0 ? [record.Id] : [], store.Settled);
            Assert.Equal(1, await RowsAsync(record.Id));
            await spool.StopAsync();
        }
    }

    [Fact]
    public async Task An_unreadable_file_and_a_refused_record_keep_nobody_from_being_settled()
    {
        var refused = Records.One(endsAfter: 1) with { SipStatus = 7 }; // the table has 100 to 699
        var good = Records.One(endsAfter: 2);
        using (var earlier = Open())
        {
            await earlier.AddAsync(refused);
            await earlier.AddAsync(good);
        }
        var broken = Path.Combine(Folder, "20200101T0000000000000-" + new string('a', 32) + SpoolFile.Ending);
        File.WriteAllText(broken, "gateway-record 1 beef\n{");

        using var spool = Open();
        Assert.True(await spool.SettleAllAsync(CancellationToken.None));
        Assert.Equal(1, await RowsAsync(good.Id));
        Assert.Equal(1, spool.Count);
        Assert.Equal(SpoolFile.NameOf(refused), Path.GetFileName(Assert.Single(Files())));
        Assert.True(File.Exists(Path.Combine(Folder, "set-aside", Path.GetFileName(broken))));
    }

    [Fact]
    public async Task Calls_are_settled_before_refused_attempts_also_those_that_end_meanwhile_and_these_in_groups()
    {
        var store = new NotedStore(new PostgresCallStore(_database));
        using var spool = Open(store);
        var (first, later) = (Records.One(endsAfter: 900), Records.One(endsAfter: 901));
        var refused = Enumerable.Range(0, 250).Select(i => Records.Refused(i)).ToArray();
        foreach (var record in refused)
            await spool.AddAsync(record);
        await spool.AddAsync(first);
        store.OnGroup = () => store.Settled.Count == 101 ? spool.AddAsync(later) : Task.CompletedTask;

        Assert.True(await spool.SettleAllAsync(CancellationToken.None));
        CallId[] expected =
            [first.Id, .. refused[..100].Select(r => r.Id), later.Id, .. refused[100..].Select(r => r.Id)];
        Assert.Equal(expected, store.Settled);
        Assert.Empty(Files());
        foreach (var id in expected)
            Assert.Equal(1, await RowsAsync(id));
    }

    [Fact]
    public async Task A_refused_attempt_that_the_store_refuses_keeps_none_of_its_group_from_being_settled()
    {
        using var spool = Open();
        var (bad, good) = (Records.Refused(1) with { SipStatus = 7 }, Records.Refused(2));
        var belied = Records.One(3);
        await spool.AddAsync(bad);
        await spool.AddAsync(good);
        File.WriteAllBytes(Path.Combine(Folder, SpoolFile.NameOf(Records.Refused(4))), SpoolFile.Encode(belied));
        spool.Dispose();

        using var next = Open();
        Assert.True(await next.SettleAllAsync(CancellationToken.None));
        Assert.Equal((1, 1), (await RowsAsync(good.Id), await RowsAsync(belied.Id)));
        Assert.Equal(SpoolFile.NameOf(bad), Path.GetFileName(Assert.Single(Files())));
    }

    [Fact]
    public async Task A_disk_that_fails_costs_no_record_while_the_process_lives()
    {
        using var spool = Open();
        var record = Records.One();
        Directory.Delete(Folder, recursive: true);
        await spool.AddAsync(record);
        Assert.Equal(1, spool.Count);

        Assert.True(await spool.SettleAllAsync(CancellationToken.None));
        Assert.Equal((0, 1), (spool.Count, await RowsAsync(record.Id)));
    }

    private RecordSpool Open(ICallStore? store = null) => new(
        Options(), store ?? new PostgresCallStore(_database), TimeProvider.System, NullLogger<RecordSpool>.Instance);

    private GatewayOptions Options() => new()
    {
        Node = new NodeOptions { Id = "n1" },
        WhatsApp = new WhatsAppOptions { AppSecrets = [], VerifyToken = new Secret("v") },
        Sip = new SipOptions { Listen = [], Trunks = [] },
        Channels = [],
        Storage = new StorageOptions { Postgres = new Secret(""), Redis = new Secret(""), Spool = _path },
    };

    private string[] Files() => Directory.GetFiles(Folder, "*" + SpoolFile.Ending);

    private async Task<long> RowsAsync(CallId id)
    {
        await using var connection = await _database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<long>("SELECT count(*) FROM calls WHERE id = @Value AND ended_at IS NOT NULL", id);
    }

    /// <summary>PostgreSQL, with the order in which calls were settled.</summary>
    private sealed class NotedStore(ICallStore store) : ICallStore
    {
        public List<CallId> Settled { get; } = [];

        /// <summary>Happens after a group.</summary>
        public Func<Task> OnGroup { get; set; } = () => Task.CompletedTask;

        public async Task CompleteAsync(CallRecord record, CancellationToken cancellation)
        {
            await store.CompleteAsync(record, cancellation);
            lock (Settled)
                Settled.Add(record.Id);
        }

        public async Task CompleteAllAsync(IReadOnlyList<CallRecord> records, CancellationToken cancellation)
        {
            await store.CompleteAllAsync(records, cancellation);
            Settled.AddRange(records.Select(record => record.Id));
            await OnGroup();
        }

        public Task AnsweredAsync(IReadOnlyList<CallAnswer> answers, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<bool> DialogsAsync(CallId call, DateTimeOffset startedAt, string dialogs, CancellationToken cancellation) =>
            throw new NotSupportedException();

        public Task TalkedAsync(CallId call, WhatsAppCallId whatsAppId, DateTimeOffset pickUp, CancellationToken cancellation) =>
            throw new NotSupportedException();

        public Task SilentAsync(CallId call, DateTimeOffset startedAt, DateTimeOffset at, CallLeg leg, CancellationToken cancellation) =>
            throw new NotSupportedException();

        public Task RecoveredAsync(
            CallId call, DateTimeOffset startedAt, DateTimeOffset at, Recovery recovery, CancellationToken cancellation) =>
            throw new NotSupportedException();

        public Task DegradedAsync(
            CallId call, DateTimeOffset startedAt, DateTimeOffset at, Degradation degradation, CancellationToken cancellation) =>
            throw new NotSupportedException();

        public Task<IReadOnlyList<CallRecord>> ListAsync(CallQuery query, CancellationToken cancellation) =>
            throw new NotSupportedException();

        public Task<CallRecord?> FindAsync(CallId call, CancellationToken cancellation) => throw new NotSupportedException();
    }
}
