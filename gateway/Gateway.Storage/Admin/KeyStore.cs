using Dapper;
using Npgsql;

namespace Gateway.Storage.Admin;

/// <summary>A key of the admin API as it is listed: without its hash.</summary>
public sealed record KeyRow
{
    public required string Id { get; init; }
    public required string Name { get; init; }
    public required string[] Scopes { get; init; }

    /// <summary>The agent for whom it stands; null: nobody.</summary>
    public string? Agent { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }
    public DateTimeOffset? RevokedAt { get; init; }
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>The time until which the text replaced by the last rotation still works.</summary>
    public DateTimeOffset? PreviousUntil { get; init; }

    public required string CreatedBy { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public long Version { get; init; }
}

/// <summary>The hashes that a presented key is compared with.</summary>
public sealed record KeyProof
{
    /// <summary>SHA-256 of the key's text.</summary>
    public required byte[] Hash { get; init; }

    /// <summary>The hash of the text before the rotation, while it still works.</summary>
    public byte[]? PreviousHash { get; init; }

    public required string[] Scopes { get; init; }

    /// <summary>The agent for whom it stands; null: nobody.</summary>
    public string? Agent { get; init; }

    /// <summary>True where its use was stored within the last minute.</summary>
    public bool IsNoted { get; init; }
}

/// <summary>The keys of the admin API. PostgreSQL's clock decides what has expired, so that all instances agree.</summary>
public sealed class KeyStore(NpgsqlDataSource database)
{
    private const string Columns =
        """
        id, name, scopes, agent, expires_at AS ExpiresAt, revoked_at AS RevokedAt, last_used_at AS LastUsedAt,
        previous_until AS PreviousUntil, created_by AS CreatedBy, created_at AS CreatedAt, version
        """;

    private const string Proof =
        """
        SELECT hash, CASE WHEN previous_until > now() THEN previous_hash END AS PreviousHash, scopes, agent,
               coalesce(last_used_at > now() - interval '1 minute', false) AS IsNoted
        FROM api_keys
        WHERE id = @id AND revoked_at IS NULL AND coalesce(expires_at > now(), true)
        """;

    private const string NoteUse =
        "UPDATE api_keys SET last_used_at = now() WHERE id = @id AND coalesce(last_used_at < now() - interval '1 minute', true)";

    private const string AnyAdmin =
        "SELECT EXISTS (SELECT FROM api_keys WHERE 'admin' = ANY (scopes) AND revoked_at IS NULL AND coalesce(expires_at > now(), true))";

    private const string Insert =
        $"""
        INSERT INTO api_keys (id, name, hash, scopes, expires_at, created_by, agent)
        VALUES (@id, @name, @hash, @scopes, @expiresAt, @actor, @agent)
        RETURNING {Columns}
        """;

    private const string Page = $"SELECT {Columns} FROM api_keys WHERE @after::text IS NULL OR id > @after ORDER BY id LIMIT @limit";

    private const string One = $"SELECT {Columns} FROM api_keys WHERE id = @id";

    private const string Lock = $"{One} FOR UPDATE";

    private const string Rotate =
        $"""
        UPDATE api_keys
        SET previous_hash = hash, previous_until = now() + @grace, hash = @hash, version = version + 1
        WHERE id = @id
        RETURNING {Columns}
        """;

    private const string Revoke = $"UPDATE api_keys SET revoked_at = now(), version = version + 1 WHERE id = @id RETURNING {Columns}";

    /// <summary>The hashes of a key; null where there is no such key, or it has expired or was revoked.</summary>
    public async Task<KeyProof?> FindProofAsync(string id, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleOrDefaultAsync<KeyProof>(
            new CommandDefinition(Proof, new { id }, cancellationToken: cancellation));
    }

    /// <summary>Stores that a key was used, at most once a minute.</summary>
    public async Task NoteUseAsync(string id, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(NoteUse, new { id }, cancellationToken: cancellation));
    }

    /// <summary>True where some valid key in the table has the admin scope.</summary>
    public async Task<bool> HasAdminAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.ExecuteScalarAsync<bool>(new CommandDefinition(AnyAdmin, cancellationToken: cancellation));
    }

    public async Task<KeyRow> CreateAsync(
        string id, byte[] hash, string name, IReadOnlyList<string> scopes, DateTimeOffset? expiresAt, string actor,
        CancellationToken cancellation, string? agent = null)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var parameters = new { id, hash, name, scopes = scopes.ToArray(), expiresAt = expiresAt?.UtcDateTime, actor, agent };
        var row = await connection.QuerySingleAsync<KeyRow>(
            new CommandDefinition(Insert, parameters, transaction, cancellationToken: cancellation));
        await AuditTrail.WriteAsync(transaction, actor, "key.create", $"key:{id}", null, row, cancellation);
        await transaction.CommitAsync(cancellation);
        return row;
    }

    public async Task<IReadOnlyList<KeyRow>> ListAsync(string? after, int limit, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return [.. await connection.QueryAsync<KeyRow>(new CommandDefinition(Page, new { after, limit }, cancellationToken: cancellation))];
    }

    public async Task<KeyRow?> FindAsync(string id, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleOrDefaultAsync<KeyRow>(new CommandDefinition(One, new { id }, cancellationToken: cancellation));
    }

    /// <summary>Gives a key a new text; the previous one works for <paramref name="grace"/> longer.</summary>
    public Task<Change<KeyRow>> RotateAsync(
        string id, long version, byte[] hash, TimeSpan grace, string actor, CancellationToken cancellation) =>
        ChangeAsync(Rotate, "key.rotate", id, version, new { id, hash, grace }, actor, cancellation);

    /// <summary>Revokes a key, both its texts, permanently.</summary>
    public Task<Change<KeyRow>> RevokeAsync(string id, long version, string actor, CancellationToken cancellation) =>
        ChangeAsync(Revoke, "key.revoke", id, version, new { id }, actor, cancellation);

    private async Task<Change<KeyRow>> ChangeAsync(
        string sql, string action, string id, long version, object parameters, string actor, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var before = await connection.QuerySingleOrDefaultAsync<KeyRow>(
            new CommandDefinition(Lock, new { id }, transaction, cancellationToken: cancellation));
        if (before is null || before.RevokedAt is not null)
            return default;
        if (before.Version != version)
            return new Change<KeyRow>(null, IsStale: true);
        var after = await connection.QuerySingleAsync<KeyRow>(
            new CommandDefinition(sql, parameters, transaction, cancellationToken: cancellation));
        await AuditTrail.WriteAsync(transaction, actor, action, $"key:{id}", before, after, cancellation);
        await transaction.CommitAsync(cancellation);
        return new Change<KeyRow>(after, IsStale: false);
    }
}
