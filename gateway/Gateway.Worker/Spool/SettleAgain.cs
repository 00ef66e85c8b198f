using System.Globalization;
using Gateway.Calls.Records;
using Gateway.Storage.Calls;
using Gateway.Worker.Configuration;
using Npgsql;

namespace Gateway.Worker.Spool;

/// <summary>
/// The verb `settle`: brings a database that was restored from a dump up to date with the records that this node has kept since. Each call
/// is charged once, however often this runs and whatever the dump already has of it.
/// </summary>
internal static class SettleAgain
{
    /// <summary>The exit code: 0 all is settled, 1 some records are not, 2 the time cannot be read or there are no records.</summary>
    public static async Task<int> RunAsync(GatewayOptions options, string since, TextWriter output, CancellationToken cancellation)
    {
        if (!DateTimeOffset.TryParse(since, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var from))
        {
            await output.WriteLineAsync($"{since} is not a time such as 2026-01-31T12:00:00Z");
            return 2;
        }
        using var log = new RecordLog(options.SpoolFolder());
        if (!log.Exists)
        {
            await output.WriteLineAsync($"{options.SpoolFolder()} has no records of calls: it is not the spool of this node");
            return 2;
        }
        await using var database = options.Storage.OpenPostgres();
        var store = new PostgresCallStore(database);
        var (settled, known, failed) = (0, 0, 0);
        foreach (var (record, unreadable) in log.Since(from))
        {
            var fault = record is null ? unreadable : await TryAsync(store, record, cancellation);
            if (fault is null)
                settled++;
            else if (fault.Length == 0)
                known++;
            else
            {
                failed++;
                await output.WriteLineAsync($"{(record is null ? "an entry" : SpoolFile.NameOf(record))}: {fault}");
            }
        }
        await output.WriteLineAsync($"{settled} settled again, {known} were already there, {failed} failed");
        return failed == 0 ? 0 : 1;
    }

    /// <summary>Null: settled now. Empty: settled before. Else the fault.</summary>
    private static async Task<string?> TryAsync(PostgresCallStore store, CallRecord record, CancellationToken cancellation)
    {
        try
        {
            if (await store.FindAsync(record.Id, cancellation) is not null)
                return "";
            await store.CompleteAsync(record, cancellation);
            return null;
        }
        catch (NpgsqlException e)
        {
            return e.Message; // for example an account that is younger than the dump
        }
    }
}
