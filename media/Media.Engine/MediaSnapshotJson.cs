using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Media.Engine;

/// <summary>A <see cref="MediaSnapshot"/> as JSON, which two versions of the program side by side understand.</summary>
public static class MediaSnapshotJson
{
    public static byte[] Write(MediaSnapshot snapshot) =>
        JsonSerializer.SerializeToUtf8Bytes(snapshot, MediaSnapshotContext.Default.MediaSnapshot);

    /// <summary>Reads and validates. False: it is no snapshot that a call can be resumed from, and why.</summary>
    public static bool TryRead(ReadOnlySpan<byte> json, [NotNullWhen(true)] out MediaSnapshot? snapshot, out string error)
    {
        snapshot = null;
        try
        {
            snapshot = JsonSerializer.Deserialize(json, MediaSnapshotContext.Default.MediaSnapshot);
            error = snapshot is null ? "There is no snapshot." : string.Join(" ", snapshot.Validate());
        }
        catch (JsonException malformed)
        {
            error = $"The snapshot cannot be read at {malformed.Path ?? "its beginning"}.";
        }
        if (error.Length > 0)
            snapshot = null;
        return snapshot is not null;
    }
}

[JsonSourceGenerationOptions(
    IgnoreReadOnlyProperties = true, UseStringEnumConverter = true, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(MediaSnapshot))]
internal sealed partial class MediaSnapshotContext : JsonSerializerContext;
