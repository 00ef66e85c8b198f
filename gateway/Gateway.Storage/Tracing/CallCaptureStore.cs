using Dapper;
using Gateway.Calls;
using Npgsql;

namespace Gateway.Storage.Tracing;

/// <summary>A capture file of a call.</summary>
/// <param name="Id">As its maker was told.</param>
/// <param name="Call">Whose.</param>
/// <param name="Node">Who made it.</param>
/// <param name="MadeAt">When it was finished.</param>
/// <param name="Packets">The packets in it.</param>
/// <param name="IsFull">More came than it had room for.</param>
/// <param name="File">In the format of tcpdump.</param>
public sealed record StoredCapture(string Id, CallId Call, string Node, DateTimeOffset MadeAt, int Packets, bool IsFull, byte[] File);

/// <summary>The capture files of calls in PostgreSQL, for a day.</summary>
public sealed class CallCaptureStore(NpgsqlDataSource database)
{
    /// <summary>So long a file is kept.</summary>
    public static readonly TimeSpan Keep = TimeSpan.FromDays(1);

    public async Task AddAsync(StoredCapture capture, CancellationToken cancellation)
    {
        const string add =
            """
            INSERT INTO call_captures (id, call_id, node, made_at, packets, is_full, file)
            VALUES (@Id, @call, @Node, @at, @Packets, @IsFull, @File)
            """;
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            add, new
            {
                capture.Id, call = capture.Call.Value, capture.Node, at = capture.MadeAt.UtcDateTime, capture.Packets, capture.IsFull,
                capture.File,
            },
            cancellationToken: cancellation));
    }

    /// <summary>Null: there is none of this call under this id, or not yet, or no longer.</summary>
    public async Task<StoredCapture?> FindAsync(string id, CallId call, CancellationToken cancellation)
    {
        const string find =
            """
            SELECT id, call_id, node, made_at, packets, is_full, file FROM call_captures WHERE id = @id AND call_id = @call
            """;
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var row = await connection.QuerySingleOrDefaultAsync<(string Id, string Call, string Node, DateTime At, int Packets, bool IsFull,
            byte[] File)?>(new CommandDefinition(find, new { id, call = call.Value }, cancellationToken: cancellation));
        return row is var (found, of, node, at, packets, isFull, file)
            ? new StoredCapture(found, new CallId(of), node, at, packets, isFull, file) : null;
    }

    /// <summary>Deletes the files made before a time.</summary>
    public async Task DropAsync(DateTimeOffset before, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            "DELETE FROM call_captures WHERE made_at < @before", new { before = before.UtcDateTime }, cancellationToken: cancellation));
    }
}
