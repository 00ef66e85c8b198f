using System.Globalization;
using System.Text;

namespace Gateway.Calls;

/// <summary>
/// Parses telephone numbers as people type, copy and paste them: the one place where they become digits with country code. Spaces of every
/// kind, dashes, dots, brackets, slashes and invisible characters between the digits are ignored; anything else is refused with a reason.
/// </summary>
public static class PhoneText
{
    /// <summary>ITU-T E.164 §6: at most 15 digits; the lower bound refuses short codes, which WhatsApp users never have.</summary>
    public const int MinDigits = 6, MaxDigits = 15;

    private const int MaxTyped = 64;

    /// <summary>Invisible, though Unicode counts them as letters or marks: joiners, fillers and variation selectors.</summary>
    private const string Unseen = "\u034F\u115F\u1160\u180B\u180C\u180D\u3164\uFE00\uFE0E\uFE0F\uFFA0";

    /// <summary>
    /// The zero in brackets, which is dialled only within a country: "+49 (0)155…". Italy, San Marino and the Vatican dial theirs from
    /// abroad too.
    /// </summary>
    private const string TrunkZero = "(0)";

    private static readonly string[] KeepsZero = ["39", "378", "379"];

    /// <summary>True with the digits; otherwise the reason is a sentence.</summary>
    public static bool TryRead(string? text, out string digits, out string reason)
    {
        reason = ReasonAgainst(text, out digits);
        if (reason.Length == 0 && digits.Length < MinDigits)
            reason = $"A number has at least {MinDigits} digits.";
        if (reason.Length == 0 && digits[0] == '0')
            reason = "A number begins with its country code, neither with 0 nor with 00.";
        digits = reason.Length == 0 ? digits : "";
        return reason.Length == 0;
    }

    /// <summary>The beginning of numbers, which may be empty; an invalid text is returned
    /// unchanged, to be refused by the rules of its use.</summary>
    public static string PrefixOf(string text) => ReasonAgainst(text, out var digits).Length == 0 ? digits : text;

    private static string ReasonAgainst(string? text, out string digits)
    {
        digits = "";
        if (text is null || text.Length > MaxTyped)
            return $"A number is text of at most {MaxTyped} characters.";
        var kept = new StringBuilder();
        var count = 0;
        foreach (var c in text)
        {
            if (char.IsAsciiDigit(c))
                count++;
            else if (c is '+' or '\uFF0B' && kept.Length == 0)
                continue;
            else if (MeansNothing(c))
                continue;
            else if (c is not ('(' or ')'))
                return "A number consists of digits with its country code, with only spaces, dashes, dots, slashes and brackets between " +
                    "them.";
            kept.Append(c);
        }
        if (count > MaxDigits + 1)
            return $"A number has at most {MaxDigits} digits.";
        var typed = kept.ToString();
        var keepsZero = KeepsZero.Any(code => typed.StartsWith(code + TrunkZero, StringComparison.Ordinal));
        digits = (keepsZero ? typed : typed.Replace(TrunkZero, "", StringComparison.Ordinal))
            .Replace("(", "", StringComparison.Ordinal).Replace(")", "", StringComparison.Ordinal);
        return digits.Length > MaxDigits ? $"A number has at most {MaxDigits} digits." : "";
    }

    private static bool MeansNothing(char c) =>
        c is '.' or '/' or '[' or ']' or '\u2212' || Unseen.Contains(c) || char.GetUnicodeCategory(c)
        is UnicodeCategory.Format or UnicodeCategory.SpaceSeparator or UnicodeCategory.DashPunctuation;
}
