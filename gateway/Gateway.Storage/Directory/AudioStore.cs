using System.Runtime.InteropServices;
using Dapper;
using Gateway.Calls.Flows;
using Gateway.Storage.Admin;
using Npgsql;

namespace Gateway.Storage.Directory;

/// <summary>An audio file as it is listed: without its samples.</summary>
public sealed record AudioFile
{
    public required string Name { get; init; }

    /// <summary>BCP 47.</summary>
    public required string Language { get; init; }

    public int DurationMs { get; init; }

    /// <summary>Of the file that was uploaded, in bytes.</summary>
    public int Size { get; init; }

    /// <summary>SHA-256 of the file that was uploaded, in hexadecimal digits.</summary>
    public required string Checksum { get; init; }

    public DateTimeOffset UploadedAt { get; init; }
    public required string UploadedBy { get; init; }
    public long Version { get; init; }
}

/// <summary>What is uploaded: 16-bit mono samples at both rates that calls use.</summary>
/// <param name="Name">The name that flows give.</param>
/// <param name="Language">BCP 47.</param>
/// <param name="At8KHz">Samples at 8 kHz.</param>
/// <param name="At16KHz">Samples at 16 kHz.</param>
/// <param name="Size">Of the file, in bytes.</param>
/// <param name="Checksum">SHA-256 of the file.</param>
public sealed record AudioUpload(string Name, string Language, short[] At8KHz, short[] At16KHz, int Size, byte[] Checksum);

/// <summary>The audio files that callers hear, by name and language. Each change is audited; nodes notice it by the directory's
/// version, and fetch samples when they first need them.</summary>
public sealed class AudioStore(NpgsqlDataSource database)
{
    private const string Columns =
        """
        name::text AS Name, language, duration_ms AS DurationMs, size, encode(checksum, 'hex') AS Checksum, uploaded_at AS UploadedAt,
        uploaded_by AS UploadedBy, version
        """;

    private const string Page =
        $"""
        SELECT {Columns} FROM audio_files
        WHERE @afterName::text IS NULL OR (name, language) > (@afterName, @afterLanguage) ORDER BY name, language LIMIT @limit
        """;

    private const string One = $"SELECT {Columns} FROM audio_files WHERE name = @name AND language = @language";

    private const string Samples8 = "SELECT at_8_khz FROM audio_files WHERE name = @name AND language = @language";
    private const string Samples16 = "SELECT at_16_khz FROM audio_files WHERE name = @name AND language = @language";

    private const string Save =
        """
        INSERT INTO audio_files (name, language, duration_ms, size, checksum, at_8_khz, at_16_khz, uploaded_by)
        VALUES (@Name, @Language, @durationMs, @Size, @Checksum, @at8, @at16, @actor)
        ON CONFLICT (name, language) DO UPDATE SET duration_ms = excluded.duration_ms, size = excluded.size, checksum = excluded.checksum,
            at_8_khz = excluded.at_8_khz, at_16_khz = excluded.at_16_khz, uploaded_at = now(), uploaded_by = excluded.uploaded_by,
            version = audio_files.version + 1
        """;

    private const string Delete = "DELETE FROM audio_files WHERE name = @name AND language = @language";

    /// <summary>Files by name and language, after a given one.</summary>
    public async Task<IReadOnlyList<AudioFile>> ListAsync(
        int limit, (string Name, string Language)? after, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return [.. await connection.QueryAsync<AudioFile>(new CommandDefinition(
            Page, new { limit, afterName = after?.Name, afterLanguage = after?.Language }, cancellationToken: cancellation))];
    }

    /// <summary>Null: there is no such file.</summary>
    public async Task<AudioFile?> FindAsync(string name, string language, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleOrDefaultAsync<AudioFile>(
            new CommandDefinition(One, new { name, language }, cancellationToken: cancellation));
    }

    /// <summary>The samples at 8000 or 16000 Hz; null: there is no such file.</summary>
    public async Task<short[]?> SamplesAsync(string name, string language, int rate, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var bytes = await connection.QuerySingleOrDefaultAsync<byte[]>(
            new CommandDefinition(rate == 8000 ? Samples8 : Samples16, new { name, language }, cancellationToken: cancellation));
        return bytes is null ? null : [.. MemoryMarshal.Cast<byte, short>(bytes)];
    }

    /// <summary>Adds or replaces a file, if it is still at <paramref name="version"/>; 0: there must be none yet.</summary>
    public Task<Outcome<AudioFile>> SaveAsync(AudioUpload file, long version, string actor, CancellationToken cancellation) =>
        database.ChangeDirectoryAsync<AudioFile>(
            async transaction =>
            {
                var before = await ReadAsync(transaction, file.Name, file.Language, cancellation);
                if ((before?.Version ?? 0) != version)
                    return Stale(version);
                var parameters = new
                {
                    file.Name, file.Language, file.Size, file.Checksum, actor, durationMs = Math.Max(1, file.At8KHz.Length / 8),
                    at8 = MemoryMarshal.AsBytes(file.At8KHz.AsSpan()).ToArray(),
                    at16 = MemoryMarshal.AsBytes(file.At16KHz.AsSpan()).ToArray(),
                };
                await transaction.ExecuteAsync(Save, parameters, cancellation);
                var after = (await ReadAsync(transaction, file.Name, file.Language, cancellation))!;
                await AuditTrail.WriteAsync(
                    transaction, actor, "audio.save", $"audio:{file.Name}/{file.Language}", before, after, cancellation);
                return after;
            },
            cancellation);

    /// <summary>Deletes a file that no flow names, and returns what it was.</summary>
    public Task<Outcome<AudioFile>> DeleteAsync(
        string name, string language, long version, string actor, CancellationToken cancellation) =>
        database.ChangeDirectoryAsync<AudioFile>(
            async transaction =>
            {
                if (await ReadAsync(transaction, name, language, cancellation) is not { } before)
                    return (StoreRefusal.NotFound, $"There is no audio file '{name}' in '{language}'.");
                if (before.Version != version)
                    return Stale(version);
                if (await DirectoryChange.UseAsync<AudioFile>(
                    transaction, $"Audio file '{name}'", flow => FlowNames.NamesAudio(flow, name), cancellation) is { } inUse)
                    return inUse;
                await transaction.ExecuteAsync(Delete, new { name, language }, cancellation);
                await AuditTrail.WriteAsync(transaction, actor, "audio.delete", $"audio:{name}/{language}", before, null, cancellation);
                return before;
            },
            cancellation);

    private static async Task<AudioFile?> ReadAsync(
        NpgsqlTransaction transaction, string name, string language, CancellationToken cancellation) =>
        (await transaction.QueryAsync<AudioFile>(One, new { name, language }, cancellation)).SingleOrDefault();

    private static Outcome<AudioFile> Stale(long version) =>
        (StoreRefusal.StaleVersion, $"It is not at version {version}. Read it again; a new file is at version 0.");
}
