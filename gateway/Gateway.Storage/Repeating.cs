using Npgsql;

namespace Gateway.Storage;

/// <summary>Repeats a transaction that PostgreSQL aborted only because of a conflict with another one.</summary>
internal static class Repeating
{
    private const int MaxTries = 5;

    /// <param name="transaction">Starts from the beginning each time, and may be repeated.</param>
    /// <param name="cancellation">Ends the waiting between tries.</param>
    public static async Task<T> OnConflictAsync<T>(Func<Task<T>> transaction, CancellationToken cancellation)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await transaction();
            }
            catch (PostgresException e) when (IsConflict(e) && tries < MaxTries)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(5, 20 * tries)), cancellation);
            }
        }
    }

    /// <summary>The same for a transaction of several statements: committed where <paramref name="work"/> returns.</summary>
    public static Task<T> InTransactionAsync<T>(
        this NpgsqlDataSource database, Func<NpgsqlTransaction, Task<T>> work, CancellationToken cancellation) =>
        OnConflictAsync(
            async () =>
            {
                await using var connection = await database.OpenConnectionAsync(cancellation);
                await using var transaction = await connection.BeginTransactionAsync(cancellation);
                var result = await work(transaction);
                await transaction.CommitAsync(cancellation);
                return result;
            },
            cancellation);

    /// <summary>True for a conflict, unique keys included: the next try will find the row that was written first.</summary>
    private static bool IsConflict(PostgresException e) => e.SqlState is PostgresErrorCodes.SerializationFailure
        or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.UniqueViolation;
}
