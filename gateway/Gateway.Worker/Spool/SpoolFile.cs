using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Calls;

namespace Gateway.Worker.Spool;

/// <summary>
/// What waits for PostgreSQL as one file: a line with what the file is and the SHA-256 of all that follows, then a <see cref="CallRecord"/> or a
/// <see cref="SpooledAnswer"/> as JSON. Its name begins with the time of what happened, so the names' order is the order of time, and a pick-up
/// comes before the end of its call.
/// </summary>
internal static class SpoolFile
{
    /// <summary>Of a finished record.</summary>
    public const string Ending = ".record";

    /// <summary>Of a pick-up.</summary>
    public const string AnswerEnding = ".answer";

    private const string RecordKind = "gateway-record 1 ";
    private const string AnswerKind = "gateway-answer 1 ";
    private const string TimeFormat = "yyyyMMdd'T'HHmmssfffffff";

    private static readonly JsonSerializerOptions Format = new()
    {
        Converters = { new JsonStringEnumConverter(allowIntegerValues: false) },
        RespectNullableAnnotations = true,
    };

    public static string NameOf(CallRecord record) => NameOf(record.EndedAt, record.Id, Ending);

    public static string NameOf(SpooledAnswer answer) => NameOf(answer.AnsweredAt, answer.Call.Id, AnswerEnding);

    /// <summary>The time of what happened that a file's name tells; null where it is not a name of ours.</summary>
    public static DateTimeOffset? TimeOf(string name) =>
        DateTimeOffset.TryParseExact(
            name.Split('-')[0], TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time
            : null;

    public static byte[] Encode(CallRecord record) => Encode(RecordKind, JsonSerializer.SerializeToUtf8Bytes(record, Format));

    public static byte[] Encode(SpooledAnswer answer) => Encode(AnswerKind, JsonSerializer.SerializeToUtf8Bytes(answer, Format));

    /// <summary>The <see cref="CallRecord"/> or <see cref="SpooledAnswer"/>, or why the bytes are none.</summary>
    public static (object? Entry, string? Fault) Decode(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)'\n');
        var type = bytes.StartsWith(Encoding.ASCII.GetBytes(RecordKind)) ? typeof(CallRecord)
            : bytes.StartsWith(Encoding.ASCII.GetBytes(AnswerKind)) ? typeof(SpooledAnswer) : null;
        if (end < 0 || type is null)
            return (null, "it does not begin as a record does");
        var sum = bytes[RecordKind.Length..end];
        var body = bytes[(end + 1)..];
        if (!sum.SequenceEqual(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(body)))))
            return (null, "its checksum is another");
        try
        {
            return JsonSerializer.Deserialize(body, type, Format) is { } entry ? (entry, null) : (null, "it is empty");
        }
        catch (JsonException e)
        {
            return (null, e.Message);
        }
    }

    private static string NameOf(DateTimeOffset at, CallId call, string ending) =>
        at.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture) + "-" + call + ending;

    private static byte[] Encode(string kind, byte[] body) =>
        [.. Encoding.ASCII.GetBytes(kind + Convert.ToHexStringLower(SHA256.HashData(body)) + "\n"), .. body];
}
