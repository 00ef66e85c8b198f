using System.ComponentModel;
using System.Globalization;
using System.Text;

namespace AdminApi.Platform;

/// <summary>One page of a list. <see cref="Next"/> is the `cursor` of the page after it, null at the end.</summary>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next);

/// <summary>Makes pages.</summary>
public static class Page
{
    /// <summary>A page of rows that were read with <see cref="PageRequest.Rows"/> as their limit:
    /// where there is one more than requested, another page follows.</summary>
    public static Page<T> Of<TRow, T>(IReadOnlyList<TRow> rows, PageRequest request, Func<TRow, T> view, Func<TRow, string> cursor) =>
        rows.Count <= request.Size
            ? new Page<T>([.. rows.Select(view)], null)
            : new Page<T>([.. rows.Take(request.Size).Select(view)], cursor(rows[request.Size - 1]));
}

/// <summary>The query of a paged list, as an [AsParameters] parameter of a handler whose endpoint is `.Paged()`.</summary>
public readonly record struct PageRequest(
    [property: Description("The number of items, 1 to 500; 50 by default.")] int? Limit,
    [property: Description("`next` of the previous page; absent for the first page.")] string? Cursor)
{
    public const int MaxSize = 500;
    public const int DefaultSize = 50;

    public int Size => Limit ?? DefaultSize;

    /// <summary>The number of rows to read: one more than <see cref="Size"/> shows whether there is another page.</summary>
    public int Rows => Size + 1;
}

/// <summary>
/// The start of the next page: opaque to callers, and checked when it comes back. Its content only becomes a parameter of a query, and
/// the caller may read every list that it leads into anyway, so it is not signed.
/// </summary>
public static class Cursor
{
    public static string Of(long id) => Encode(id.ToString(CultureInfo.InvariantCulture));

    /// <summary>Microseconds, as PostgreSQL has them.</summary>
    public static string Of(DateTimeOffset at, string id) => Encode(at.UtcDateTime.ToString("O", CultureInfo.InvariantCulture) + " " + id);

    public static string Of(string id) => Encode(id);

    /// <summary>True without a cursor too: the first page, whose <paramref name="id"/> is null.</summary>
    public static bool TryRead(string? cursor, out long? id)
    {
        id = null;
        if (cursor is null)
            return true;
        if (Decode(cursor) is not { } text || !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            return false;
        id = value;
        return true;
    }

    public static bool TryRead(string? cursor, out DateTimeOffset? at, out string? id)
    {
        (at, id) = (null, null);
        if (cursor is null)
            return true;
        if (Decode(cursor)?.Split(' ', 2) is not [var time, var name]
            || !DateTimeOffset.TryParseExact(time, "O", CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var value))
            return false;
        (at, id) = (value, name);
        return true;
    }

    public static bool TryRead(string? cursor, out string? id)
    {
        id = cursor is null ? null : Decode(cursor);
        return cursor is null || id is not null;
    }

    /// <summary>The answer to a cursor that cannot be read.</summary>
    public static ProblemResult Problem() =>
        Problems.InvalidRequest.Of(
            "cursor: is not one of this list.", [new FieldError("cursor", "Send `next` of the previous page, unchanged.")]);

    private static string Encode(string text) => System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    /// <summary>The content of a cursor; null where it is not one of ours. No list's key
    /// has control characters or is longer than this.</summary>
    private static string? Decode(string cursor)
    {
        const int longest = 400;
        if (cursor.Length > longest || !System.Buffers.Text.Base64Url.IsValid(cursor))
            return null;
        var text = Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(cursor));
        return text.Length > 0 && !text.Any(char.IsControl) && Encode(text) == cursor ? text : null;
    }
}
