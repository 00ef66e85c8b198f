using Dapper;
using Gateway.Storage.Contacts;
using Gateway.Storage.Events;
using Npgsql;
using Testing;

namespace Gateway.Storage.Tests;

/// <summary>With as many rows as a few busy weeks write, every list uses an index. In a database of its own.</summary>
[Collection(StoresCollection.Name)]
public sealed class ListPlansTests(Stores stores) : IAsyncLifetime
{
    private const string Fill =
        """
        INSERT INTO channels (id, number) SELECT '10' || i, '49301' || i FROM generate_series(0, 49) i;
        INSERT INTO contacts (channel, phone, user_id) SELECT '10' || i % 50, '4915' || (1000000 + i), 'DE.' || i
            FROM generate_series(0, 149999) i;
        INSERT INTO events (kind, at, channel, contact, call_id, account, position)
        SELECT CASE WHEN i % 500 = 0 THEN 'balance.low' ELSE 'call.ended' END, '2026-01-01Z'::timestamptz + i * interval '1 minute',
        '10' || i % 50, i % 150000, 'c' || i,
            CASE WHEN i % 3 = 0 THEN 'a' || i % 400 END, i
        FROM generate_series(1, 200000) i;
        ANALYZE channels, contacts, events;
        """;

    private readonly string _name = "plans_" + Guid.NewGuid().ToString("n")[..8];
    private NpgsqlDataSource _database = null!;

    public async Task InitializeAsync()
    {
        await RunAsync($"CREATE DATABASE {_name}");
        _database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(stores.Postgres) { Database = _name }.ConnectionString);
        await Migrator.MigrateAsync(_database, CancellationToken.None);
        await using var connection = await _database.OpenConnectionAsync();
        await connection.ExecuteAsync(Fill, commandTimeout: 300); // beside other suites it may take more than the usual 30 s
    }

    public async Task DisposeAsync()
    {
        await _database.DisposeAsync();
        await RunAsync($"DROP DATABASE {_name} WITH (FORCE)");
    }

    [Fact]
    public async Task Contacts_by_person_without_a_channel_and_events_by_whatever_go_along_an_index()
    {
        var contact = new ContactQuery(null, null, null, null, null, 51);
        await ProveAsync("contacts by phone", ContactPages.Sql(contact with { Phone = "x" })
            .Replace("@phones", "ARRAY['49151001234', '49151001235']"), "contacts_of_phone");
        await ProveAsync(
            "contacts by id", ContactPages.Sql(contact with { UserId = "x" }).Replace("@userId", "'DE.77'"), "contacts_of_user_id");

        var any = new EventQuery([], null, null, null, null, null, null);
        await ProveAsync("events by kind", EventReader.Timeline(any with { Kinds = ["x"] }, null)
            .Replace("@Kind", "'balance.topped_up'"), "events_by_kind");
        await ProveAsync(
            "events by account", EventReader.Timeline(any with { Account = "x" }, null).Replace("@Account", "'a390'"), "events_by_account");
        await ProveAsync("events by channel", EventReader.Timeline(any with { Channel = "x" }, null)
            .Replace("@Channel", "'nothing'"), "events_by_channel");
        await ProveAsync(
            "events by time",
            EventReader.Timeline(any with { From = default(DateTimeOffset), To = default(DateTimeOffset) }, null)
                .Replace("@From", "'2026-01-03Z'").Replace("@To", "'2026-01-04Z'"),
            "events_by_time");
    }

    private async Task ProveAsync(string what, string sql, string index)
    {
        await using var connection = await _database.OpenConnectionAsync();
        var plan = string.Join('\n', await connection.QueryAsync<string>("EXPLAIN " + sql.Replace("@limit", "51")));
        Assert.True(
            plan.Contains(index, StringComparison.Ordinal) && !plan.Contains("Seq Scan on", StringComparison.Ordinal), $"{what}:\n{plan}");
    }

    private async Task RunAsync(string sql)
    {
        await using var owner = NpgsqlDataSource.Create(stores.Postgres);
        await using var connection = await owner.OpenConnectionAsync();
        await connection.ExecuteAsync(sql);
    }
}
