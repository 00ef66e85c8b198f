using System.Diagnostics;
using Gateway.Storage;
using Npgsql;
using Testing;

namespace Benchmarks.Billing;

/// <summary>
/// The cost of the store: admissions, settlements and pages of past calls, on a private PostgreSQL that waits for the disk.
/// </summary>
internal static class BillingCost
{
    public static async Task MeasureAsync(int rows, TimeSpan duration)
    {
        using var stores = Stores.StartDurable();
        await using var database = Database.Open(stores.Postgres + ";Maximum Pool Size=64");
        await Migrator.MigrateAsync(database, CancellationToken.None);
        var clock = Stopwatch.StartNew();
        await BillingData.OpenAsync(database);
        await BillingData.FillAsync(database, rows);
        var size = await BillingData.SizeAsync(database);
        Console.WriteLine(
            $"{rows:N0} past calls in 12 months, {size / 1e9:F1} GB with their indexes, filled in {clock.Elapsed.TotalSeconds:F0} s");

        await new AdmissionLoad(database).RunAsync(perSecond: 200, duration);
        await new SettlementLoad(database).RunAsync(duration);
        await new RefusedLoad(database).RunAsync(duration);
        await new PageLoad(database).RunAsync();
    }

    /// <summary>"p50 1.2 ms, p99 3.4 ms, longest 5.6 ms".</summary>
    public static string Percentiles(IReadOnlyCollection<TimeSpan> times)
    {
        var sorted = times.Order().ToArray();
        return $"p50 {At(0.50):F1} ms, p99 {At(0.99):F1} ms, longest {sorted[^1].TotalMilliseconds:F1} ms";

        double At(double share) => sorted[(int)(share * (sorted.Length - 1))].TotalMilliseconds;
    }
}
