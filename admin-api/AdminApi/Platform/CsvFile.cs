using System.Globalization;
using System.Text;
using Gateway.Storage;
using Media.Protocols.Primitives;

namespace AdminApi.Platform;

/// <summary>
/// Rows as CSV (RFC 4180), fetched and written page by page, so that any period costs the same memory. An error after the first page aborts
/// the connection: an incomplete file never ends like a complete one.
/// </summary>
/// <param name="name">The file's name, without its ending.</param>
/// <param name="columns">The header.</param>
/// <param name="read">The page after a row; after null: the first. One with fewer than <see cref="CsvFile.Rows"/> is the last.</param>
/// <param name="fields">The fields of a row, as many as there are columns.</param>
/// <param name="hasMark">Begins with a byte order mark.</param>
internal sealed class CsvFile<T>(
    string name, IReadOnlyList<string> columns, Func<T?, CancellationToken, Task<IReadOnlyList<T>>> read, Func<T, string?[]> fields,
    bool hasMark) : IResult where T : class
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var cancellation = httpContext.RequestAborted;
        var page = await read(null, cancellation);
        httpContext.Response.ContentType = "text/csv; charset=utf-8";
        httpContext.Response.Headers.ContentDisposition = $"attachment; filename={name}.csv";
        try
        {
            await httpContext.Response.Body.WriteAsync(ByteOrderMark.Encode(string.Join(',', columns) + "\r\n", hasMark), cancellation);
            while (page.Count > 0)
            {
                await httpContext.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(Lines(page)), cancellation);
                if (page.Count < CsvFile.Rows)
                    return;
                page = await read(page[^1], cancellation);
            }
        }
        catch
        {
            httpContext.Abort();
            throw;
        }
    }

    private string Lines(IReadOnlyList<T> rows)
    {
        var text = new StringBuilder();
        foreach (var row in rows)
            text.AppendJoin(',', fields(row).Select(CsvFile.Quoted)).Append("\r\n");
        return text.ToString();
    }
}

/// <summary>The spelling of fields in a <see cref="CsvFile{T}"/>.</summary>
internal static class CsvFile
{
    /// <summary>The rows of one page.</summary>
    public const int Rows = 1000;

    public static string? Name<T>(T? value) where T : struct, Enum => value is { } member ? WireName.Of(member) : null;

    public static string? Time(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public static string? Money(decimal? amount) => amount is { } value ? JsonText.Money(value) : null;

    public static string? Number(double? value, string format = "0.###") => value?.ToString(format, CultureInfo.InvariantCulture);

    /// <summary>Escapes names chosen by others, which must not become formulas in a spreadsheet.</summary>
    public static string? Harmless(string? text) => text is ['=' or '+' or '-' or '@' or '\t' or '\r', ..] ? "'" + text : text;

    public static string Quoted(string? text) =>
        text is null ? "" : text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
