namespace AdminApi.Platform;

/// <summary>Text that PostgreSQL's columns can hold.</summary>
internal static class StorableText
{
    /// <summary>The fault of any other.</summary>
    public const string Rule = "Must not contain U+0000 or half a surrogate pair.";

    public static bool IsStorable(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                i++;
            else if (text[i] == '\0' || char.IsSurrogate(text[i]))
                return false;
        }
        return true;
    }
}
