using Gateway.Calls;

namespace Gateway.WhatsApp;

/// <summary>
/// Phone numbers as WhatsApp writes them: country code and digits, no "+". Some have two spellings (<see cref="NumberSpelling"/>), so
/// equality is asked of <see cref="SameNumber"/>, never of the strings.
/// </summary>
public static class WaId
{
    /// <summary>ITU-T E.164 §6: at most 15 digits; the lower bound refuses short codes, which WhatsApp users never have.</summary>
    public const int MinDigits = 6, MaxDigits = 15;

    private const int MaxTyped = 40;

    /// <summary>Accepts "+", spaces, dots, dashes and brackets around the digits; anything else is refused.</summary>
    public static bool TryNormalise(string? text, out string digits)
    {
        digits = "";
        if (text is null || text.Length > MaxTyped)
            return false;

        Span<char> kept = stackalloc char[MaxDigits];
        var count = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsAsciiDigit(c))
            {
                if (count == MaxDigits)
                    return false;
                kept[count++] = c;
            }
            else if (!(c is ' ' or '-' or '.' or '(' or ')' || (c == '+' && count == 0)))
            {
                return false;
            }
        }
        if (count < MinDigits || kept[0] == '0')
            return false;
        digits = new string(kept[..count]);
        return true;
    }

    /// <summary>True when both are spellings of one number. False when either is not a number.</summary>
    public static bool SameNumber(string? left, string? right) =>
        TryNormalise(left, out var a) && TryNormalise(right, out var b) && NumberSpelling.Canonical(a) == NumberSpelling.Canonical(b);
}
