using System.Text.RegularExpressions;
using Dapper;
using Gateway.Calls;
using Gateway.Calls.Permissions;
using Gateway.Storage.Admin;
using Gateway.Storage.Contacts;
using Gateway.Storage.Events;
using Gateway.Storage.Parking;
using Media.Protocols.Primitives;
using Npgsql;
using Testing;

namespace Gateway.Storage.Tests;

/// <summary>Where PostgreSQL checks a closed set of the code, it is the same set.</summary>
[Collection(StoresCollection.Name)]
public sealed partial class ClosedSetTests(Stores stores)
{
    private static readonly Dictionary<string, IEnumerable<string>> Columns = new()
    {
        ["calls.direction"] = WireName.All<CallDirection>(),
        ["rates.direction"] = WireName.All<CallDirection>(),
        ["volumes.direction"] = WireName.All<CallDirection>(),
        ["ledger_entries.direction"] = WireName.All<CallDirection>(),
        // The two others follow from requests and from the clock, and are not stored.
        ["contacts.permission"] = WireName.All<PermissionState>().Except(["requested", "expired"]),
        ["contacts.permission_source"] = WireName.All<PermissionDecider>(),
        ["permission_requests.state"] = WireName.All<PermissionRequestState>(),
        ["parked_calls.state"] = WireName.All<ParkedCallState>(),
        ["missed_calls.state"] = WireName.All<MissedCallState>(),
        ["webhook_deliveries.state"] = WireName.All<DeliveryState>(),
        // of SQL alone
        ["ledger_entries.kind"] = ["top_up", "charge", "adjustment", "rerating"],
        ["call_summaries.dimension"] = ["hour", "group", "agent", "country", "account"],
        ["call_totals.dimension"] = ["day", "month", "group", "agent", "country", "account"],
        ["call_key_days.dimension"] = ["group", "agent", "country", "account"],
        ["call_key_months.dimension"] = ["group", "agent", "country", "account"],
        ["rerating_runs.state"] = ["running", "finished"],
    };

    [Fact]
    public async Task Every_checked_set_is_that_of_the_code()
    {
        const string sql =
            """
            SELECT t.relname || '.' || a.attname AS Column, pg_get_constraintdef(c.oid) AS Text
            FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = c.conkey[1]
            WHERE c.contype = 'c' AND array_length(c.conkey, 1) = 1 AND t.relkind IN ('r', 'p') AND NOT t.relispartition
                AND t.relnamespace = 'public'::regnamespace
            """;
        await using var database = NpgsqlDataSource.Create(stores.Postgres);
        await Migrator.MigrateAsync(database, CancellationToken.None);
        await using var connection = await database.OpenConnectionAsync();
        var sets = (await connection.QueryAsync<(string Column, string Text)>(sql)).Where(check => IsSet().IsMatch(check.Text)).ToArray();
        Assert.Equal(Columns.Keys.Order(), sets.Select(set => set.Column).Order());
        Assert.All(sets, set => Assert.Equal(
            Columns[set.Column].Order(), Word().Matches(set.Text).Select(word => word.Groups[1].Value).Order()));
    }

    [GeneratedRegex(@"= ANY \(ARRAY\[")]
    private static partial Regex IsSet();

    [GeneratedRegex("'([a-z_]+)'::text")]
    private static partial Regex Word();
}
