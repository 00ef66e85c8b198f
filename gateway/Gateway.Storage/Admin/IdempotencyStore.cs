using Dapper;
using Npgsql;

namespace Gateway.Storage.Admin;

/// <summary>A stored response.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Headers">JSON object of its headers.</param>
/// <param name="Body">The body as it was sent.</param>
public sealed record KeptAnswer(int Status, string Headers, byte[] Body);

/// <summary>The state of a request with an idempotency key: exactly one of the flags is true, or <see cref="Answer"/> is set.</summary>
/// <param name="IsFirst">The request is new: carry it out, then call Finish or Forget.</param>
/// <param name="IsOther">The key was used with another request.</param>
/// <param name="IsRunning">The same request is in progress.</param>
/// <param name="Answer">The response that the same request got before.</param>
/// <param name="Wait">While in progress: the time until it counts as abandoned, unless it is renewed.</param>
public sealed record IdempotentStart(bool IsFirst, bool IsOther, bool IsRunning, KeptAnswer? Answer, TimeSpan Wait = default);

/// <summary>Responses to requests that spend or send, kept for a day so that a repetition gets the same one.</summary>
public sealed class IdempotencyStore(NpgsqlDataSource database)
{
    /// <summary>
    /// A request without a response that was not renewed for this time was cut short by a crash; its repetition may try again.
    /// </summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan Kept = TimeSpan.FromDays(1);

    private const string Begin =
        """
        INSERT INTO idempotent_requests AS r (actor, key, request_hash) VALUES (@actor, @key, @hash)
        ON CONFLICT (actor, key) DO UPDATE SET created_at = now()
        WHERE r.status IS NULL AND r.request_hash = excluded.request_hash AND r.created_at < now() - @Lease
        RETURNING true
        """;

    private const string Find =
        """
        SELECT request_hash = @hash AS IsSame, status, headers::text AS Headers, body, created_at + @Lease - now() AS Wait
        FROM idempotent_requests WHERE actor = @actor AND key = @key
        """;

    private const string Renew = "UPDATE idempotent_requests SET created_at = now() WHERE actor = @actor AND key = @key AND status IS NULL";

    private const string Finish =
        """
        UPDATE idempotent_requests SET status = @Status, headers = @Headers::jsonb, body = @Body
        WHERE actor = @actor AND key = @key AND status IS NULL
        """;

    private const string Forget = "DELETE FROM idempotent_requests WHERE actor = @actor AND key = @key AND status IS NULL";

    private const string Purge = "DELETE FROM idempotent_requests WHERE created_at < now() - @Kept";

    public async Task<IdempotentStart> BeginAsync(string actor, string key, byte[] hash, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        if (await connection.ExecuteScalarAsync<bool>(
            new CommandDefinition(Begin, new { actor, key, hash, Lease }, cancellationToken: cancellation)))
            return new IdempotentStart(true, false, false, null);
        var row = await connection.QuerySingleOrDefaultAsync<Row>(
            new CommandDefinition(Find, new { actor, key, hash, Lease }, cancellationToken: cancellation));
        return row switch
        {
            { IsSame: false } => new IdempotentStart(false, true, false, null),
            { Status: { } status } => new IdempotentStart(false, false, false, new KeptAnswer(status, row.Headers ?? "{}", row.Body ?? [])),
            // also where it was deleted between the two statements: the next try begins it
            _ => new IdempotentStart(false, false, true, null, row?.Wait ?? default),
        };
    }

    /// <summary>Renews the lease of a request in progress.</summary>
    public async Task RenewAsync(string actor, string key, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(Renew, new { actor, key }, cancellationToken: cancellation));
    }

    public async Task FinishAsync(string actor, string key, KeptAnswer answer, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            Finish, new { actor, key, answer.Status, answer.Headers, answer.Body }, cancellationToken: cancellation));
    }

    /// <summary>Deletes a request that failed without a response worth keeping; its repetition is carried out anew.</summary>
    public async Task ForgetAsync(string actor, string key, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(Forget, new { actor, key }, cancellationToken: cancellation));
    }

    public async Task PurgeAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(Purge, new { Kept }, cancellationToken: cancellation));
    }

    private sealed record Row
    {
        public bool IsSame { get; init; }
        public int? Status { get; init; }
        public string? Headers { get; init; }
        public byte[]? Body { get; init; }
        public TimeSpan Wait { get; init; }
    }
}
