using Dapper;
using Npgsql;

namespace Gateway.Storage.Calls;

/// <summary>The offers of Meta's that have begun calls (<see cref="Accounts.PostgresAdmissionStore"/> writes them).</summary>
public sealed class CallOffers(NpgsqlDataSource database)
{
    /// <summary>Far above the time for which a user lets a phone ring.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromDays(1);

    /// <summary>Deletes those that nobody repeats any more.</summary>
    /// <returns>The number deleted.</returns>
    public async Task<int> DeleteOldAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.ExecuteAsync(new CommandDefinition(
            "DELETE FROM call_offers WHERE offered_at < @until", new { until = (now - Kept).UtcDateTime },
            cancellationToken: cancellation));
    }
}
