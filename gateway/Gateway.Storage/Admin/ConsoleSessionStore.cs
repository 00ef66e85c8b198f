using Dapper;
using Npgsql;

namespace Gateway.Storage.Admin;

/// <summary>A log-in at the console.</summary>
public sealed record ConsoleSession
{
    /// <summary>As in the audit log.</summary>
    public required string Actor { get; init; }

    /// <summary>The key that was exchanged for it; null: none that is stored.</summary>
    public string? Key { get; init; }

    /// <summary>As granted at the log-in.</summary>
    public required string[] Scopes { get; init; }

    /// <summary>The agent for whom it stands; null: nobody.</summary>
    public string? Agent { get; init; }

    public DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>
/// Log-ins at the console, and links for one log-in each, by the SHA-256 of their secret text. PostgreSQL's clock decides what has expired.
/// </summary>
public sealed class ConsoleSessionStore(NpgsqlDataSource database)
{
    private const string Columns = "actor, key, scopes, agent, expires_at AS ExpiresAt";

    /// <summary>An agent whom an issuer names, and who is not there, is none.</summary>
    private const string Insert =
        $"""
        INSERT INTO console_sessions (hash, is_link, actor, key, scopes, agent, expires_at)
        VALUES (@hash, @isLink, @Actor, @Key, @Scopes, (SELECT id FROM agents WHERE id = @Agent), @ExpiresAt)
        """;

    private const string Find = $"SELECT {Columns} FROM console_sessions WHERE hash = @hash AND NOT is_link AND expires_at > now()";

    private const string Use = $"DELETE FROM console_sessions WHERE hash = @hash AND is_link AND expires_at > now() RETURNING {Columns}";

    private const string Delete = "DELETE FROM console_sessions WHERE hash = @hash";

    private const string Purge = "DELETE FROM console_sessions WHERE expires_at < now()";

    /// <param name="hash">Of its secret text.</param>
    /// <param name="session">The log-in.</param>
    /// <param name="isLink">True: it is used by <see cref="UseLinkAsync"/>, and is no session itself.</param>
    /// <param name="cancellation">The caller's token.</param>
    public Task AddAsync(byte[] hash, ConsoleSession session, bool isLink, CancellationToken cancellation) => ExecuteAsync(
        Insert,
        new { hash, isLink, session.Actor, session.Key, session.Scopes, session.Agent, ExpiresAt = session.ExpiresAt.UtcDateTime },
        cancellation);

    public Task<ConsoleSession?> FindAsync(byte[] hash, CancellationToken cancellation) => OneAsync(Find, hash, cancellation);

    /// <summary>The log-in of a link, once; null: there is none, it has expired, or somebody used it.</summary>
    public Task<ConsoleSession?> UseLinkAsync(byte[] hash, CancellationToken cancellation) => OneAsync(Use, hash, cancellation);

    public Task EndAsync(byte[] hash, CancellationToken cancellation) => ExecuteAsync(Delete, new { hash }, cancellation);

    /// <summary>Deletes what has expired.</summary>
    public Task PurgeAsync(CancellationToken cancellation) => ExecuteAsync(Purge, new { }, cancellation);

    private async Task<ConsoleSession?> OneAsync(string sql, byte[] hash, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleOrDefaultAsync<ConsoleSession>(
            new CommandDefinition(sql, new { hash }, cancellationToken: cancellation));
    }

    private async Task ExecuteAsync(string sql, object parameters, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(sql, parameters, cancellationToken: cancellation));
    }
}
