namespace Gateway.Calls.Agents;

/// <summary>The rules for names that admins choose: of agents, groups, flows, steps and audio files.</summary>
public static class NameRules
{
    public const int MaxLength = 64;

    /// <summary>What a name has to be, for error messages.</summary>
    public const string Text = "1 to 64 of a-z, 0-9, '-', '_' and '.', beginning with a letter or digit";

    public static bool IsName(string? text) =>
        text is { Length: > 0 and <= MaxLength } && char.IsAsciiLetterOrDigit(text[0]) && text.All(IsPart);

    private static bool IsPart(char c) => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_' or '.';
}
