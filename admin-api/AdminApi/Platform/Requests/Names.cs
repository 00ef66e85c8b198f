using System.Text.RegularExpressions;

namespace AdminApi.Platform;

/// <summary>The rules for names given by admins.</summary>
internal static partial class Names
{
    public const string IdRule = "Must be 1 to 64 lower-case letters, digits, - and _, beginning with a letter or digit.";
    public const string NameRule = "Must be 1 to 200 characters, without control characters.";
    public const string NoteRule = "Must be at most 500 characters, without control characters.";

    public static bool IsId(string text) => IdPattern().IsMatch(text);

    public static bool IsName(string text) => !string.IsNullOrWhiteSpace(text) && text.Length <= 200 && !text.Any(char.IsControl);

    public static bool IsNote(string? text) => text is null || (text.Length <= 500 && !text.Any(char.IsControl));

    [GeneratedRegex(@"^[a-z0-9][a-z0-9_-]{0,63}\z")]
    private static partial Regex IdPattern();
}
