using System.Globalization;
using System.Text.Json;

namespace Gateway.WhatsApp.Meta;

/// <summary>
/// Reads members of Meta's JSON, which is looser than its documentation: numbers come as strings and the other way round, single objects
/// where lists are documented, members are absent. A member that cannot be used is null, never an exception; text is bounded.
/// </summary>
internal static class JsonFields
{
    /// <summary>9999-12-31 in Unix seconds; anything above is milliseconds or nonsense.</summary>
    private const long MaxUnixSeconds = 253_402_300_799, MaxUnixMilliseconds = 9_999_999_999_999;

    /// <summary>Above this a number of "seconds" is in milliseconds (the year 5138).</summary>
    private const long MillisecondsAbove = 99_999_999_999;

    /// <summary>A string, or a number as text; null when absent, empty, of another type or longer than <paramref name="max"/>.</summary>
    public static string? Text(this JsonElement parent, string name, int max)
    {
        if (!TryGet(parent, name, out var member))
            return null;
        if (member.ValueKind == JsonValueKind.Number)
            return member.GetRawText() is { } raw && raw.Length <= max ? raw : null;
        if (member.ValueKind != JsonValueKind.String)
            return null;
        var text = member.GetString();
        return string.IsNullOrEmpty(text) || text.Length > max ? null : text;
    }

    /// <summary>Like <see cref="Text"/>, but cut instead of dropped: for words shown to people.</summary>
    public static string? Words(this JsonElement parent, string name, int max)
    {
        var text = parent.Text(name, int.MaxValue);
        if (text is null || text.Length <= max)
            return text;
        return text[..(char.IsHighSurrogate(text[max - 1]) ? max - 1 : max)];
    }

    public static long? Number(this JsonElement parent, string name)
    {
        if (!TryGet(parent, name, out var member))
            return null;
        if (member.ValueKind == JsonValueKind.Number)
            return member.TryGetInt64(out var number) ? number : null;
        return member.ValueKind == JsonValueKind.String
            && long.TryParse(member.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var parsed)
                ? parsed
                : null;
    }

    public static int? Integer(this JsonElement parent, string name) =>
        parent.Number(name) is >= int.MinValue and <= int.MaxValue and var number ? (int)number : null;

    public static bool Flag(this JsonElement parent, string name) =>
        TryGet(parent, name, out var member) && (member.ValueKind == JsonValueKind.True
            || (member.ValueKind == JsonValueKind.String && string.Equals(member.GetString(), "true", StringComparison.OrdinalIgnoreCase)));

    /// <summary>A Unix time in seconds (or milliseconds, recognised by its size).</summary>
    public static DateTimeOffset? Time(this JsonElement parent, string name) => parent.Number(name) switch
    {
        > 0 and <= MillisecondsAbove and <= MaxUnixSeconds and var seconds => DateTimeOffset.FromUnixTimeSeconds(seconds),
        > MillisecondsAbove and <= MaxUnixMilliseconds and var milliseconds => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds),
        _ => null,
    };

    /// <summary>An object member; an undefined element (for which every reader here returns null) when it is anything else.</summary>
    public static JsonElement Child(this JsonElement parent, string name) =>
        TryGet(parent, name, out var member) && member.ValueKind == JsonValueKind.Object ? member : default;

    /// <summary>The elements of a list; a lone object counts as a list of one.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement parent, string name)
    {
        if (!TryGet(parent, name, out var member))
            return [];
        return member.ValueKind switch
        {
            JsonValueKind.Array => member.EnumerateArray(),
            JsonValueKind.Object => [member],
            _ => [],
        };
    }

    public static bool Has(this JsonElement parent, string name) => TryGet(parent, name, out _);

    private static bool TryGet(JsonElement parent, string name, out JsonElement member)
    {
        member = default;
        return parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out member)
            && member.ValueKind != JsonValueKind.Null;
    }
}
