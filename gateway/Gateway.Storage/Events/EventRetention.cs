using Dapper;
using Npgsql;

namespace Gateway.Storage.Events;

/// <summary>
/// Deletes events that are older than they are kept, and than a day. One that a webhook endpoint has not been sent yet, or that is not
/// counted in statistics yet, stays until it is.
/// </summary>
public sealed class EventRetention(NpgsqlDataSource database)
{
    private const int Batch = 5000;

    private const string Purge = "SELECT purge_events(@before, @Batch)";

    /// <summary>Deletes, in small transactions, events that happened before a time.</summary>
    /// <returns>Their number.</returns>
    public async Task<long> PurgeAsync(DateTimeOffset before, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        for (var deleted = 0L; ;)
        {
            var now = await connection.ExecuteScalarAsync<int>(
                new CommandDefinition(Purge, new { before = before.UtcDateTime, Batch }, cancellationToken: cancellation));
            deleted += now;
            if (now < Batch)
                return deleted;
        }
    }
}
