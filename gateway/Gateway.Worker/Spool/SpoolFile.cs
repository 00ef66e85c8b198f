using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Calls;
using Gateway.Calls.Records;
using Gateway.Calls.Rules;

namespace Gateway.Worker.Spool;

/// <summary>
/// An entry that waits for PostgreSQL as one file: a line with the type and the SHA-256 of all that follows, then a
/// <see cref="CallRecord"/> or a <see cref="CallAnswer"/> as JSON. The name begins with the time of the event, so names are ordered by
/// time, and a pick-up comes before the end of its call.
/// </summary>
internal static class SpoolFile
{
    /// <summary>The extension of a finished record.</summary>
    public const string Ending = ".record";

    /// <summary>The extension of the finished record of an attempt that was refused here; <see cref="Ending"/> is part of it.</summary>
    public const string RefusedEnding = ".refused" + Ending;

    /// <summary>The extension of a pick-up.</summary>
    public const string AnswerEnding = ".answer";

    private const string RecordKind = "gateway-record 1 ";
    private const string AnswerKind = "gateway-answer 1 ";
    private const string TimeFormat = "yyyyMMdd'T'HHmmssfffffff";

    private static readonly JsonSerializerOptions Format = new()
    {
        Converters = { new JsonStringEnumConverter(allowIntegerValues: false) },
        RespectNullableAnnotations = true,
    };

    public static string NameOf(CallRecord record) =>
        NameOf(record.EndedAt, record.Id, CallOutcomes.IsRefusedHere(record) ? RefusedEnding : Ending);

    public static string NameOf(CallAnswer answer) => NameOf(answer.AnsweredAt, answer.Call.Id, AnswerEnding);

    /// <param name="entry">A <see cref="CallRecord"/> or a <see cref="CallAnswer"/>.</param>
    public static string NameOf(object entry) => entry is CallRecord record ? NameOf(record) : NameOf((CallAnswer)entry);

    /// <summary>The time of the event in a file's name; null where the name is not one of ours.</summary>
    public static DateTimeOffset? TimeOf(string name) =>
        DateTimeOffset.TryParseExact(
            name.Split('-')[0], TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var time)
            ? time
            : null;

    /// <summary>True for the first line of an entry.</summary>
    public static bool IsHead(string line) =>
        line.StartsWith(RecordKind, StringComparison.Ordinal) || line.StartsWith(AnswerKind, StringComparison.Ordinal);

    public static bool IsRefused(string name) => name.EndsWith(RefusedEnding, StringComparison.Ordinal);

    public static byte[] Encode(CallRecord record) => Encode(RecordKind, JsonSerializer.SerializeToUtf8Bytes(record, Format));

    public static byte[] Encode(CallAnswer answer) => Encode(AnswerKind, JsonSerializer.SerializeToUtf8Bytes(answer, Format));

    /// <summary>The <see cref="CallRecord"/> or <see cref="CallAnswer"/>, or the reason why the bytes are neither.</summary>
    public static (object? Entry, string? Fault) Decode(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)'\n');
        var type = bytes.StartsWith(Encoding.ASCII.GetBytes(RecordKind)) ? typeof(CallRecord)
            : bytes.StartsWith(Encoding.ASCII.GetBytes(AnswerKind)) ? typeof(CallAnswer) : null;
        if (end < 0 || type is null)
            return (null, "it does not begin like a record");
        var sum = bytes[RecordKind.Length..end];
        var body = bytes[(end + 1)..];
        if (!sum.SequenceEqual(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(body)))))
            return (null, "its checksum does not match");
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
