using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Calls;

namespace Gateway.Worker.Spool;

/// <summary>
/// A finished record as one file: a line with what the file is and the SHA-256 of all that follows, then the record as JSON. Its name begins
/// with the end of the call, so the names' order is the order of time.
/// </summary>
internal static class SpoolFile
{
    public const string Ending = ".record";

    private const string Kind = "gateway-record 1 ";
    private const string TimeFormat = "yyyyMMdd'T'HHmmssfffffff";

    private static readonly JsonSerializerOptions Format = new()
    {
        Converters = { new JsonStringEnumConverter(allowIntegerValues: false) },
        RespectNullableAnnotations = true,
    };

    public static string NameOf(CallRecord record) =>
        record.EndedAt.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture) + "-" + record.Id + Ending;

    /// <summary>The end of the call that a file's name tells; null where it is not a name of ours.</summary>
    public static DateTimeOffset? TimeOf(string name) =>
        DateTimeOffset.TryParseExact(
            name.Split('-')[0], TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time
            : null;

    public static byte[] Encode(CallRecord record)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(record, Format);
        return [.. Encoding.ASCII.GetBytes(Kind + Convert.ToHexStringLower(SHA256.HashData(body)) + "\n"), .. body];
    }

    /// <summary>The record, or why the bytes are none.</summary>
    public static (CallRecord? Record, string? Fault) Decode(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)'\n');
        if (end < 0 || !bytes.StartsWith(Encoding.ASCII.GetBytes(Kind)))
            return (null, "it does not begin as a record does");
        var sum = bytes[Kind.Length..end];
        var body = bytes[(end + 1)..];
        if (!sum.SequenceEqual(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(body)))))
            return (null, "its checksum is another");
        try
        {
            return JsonSerializer.Deserialize<CallRecord>(body, Format) is { } record ? (record, null) : (null, "it is empty");
        }
        catch (JsonException e)
        {
            return (null, e.Message);
        }
    }
}
