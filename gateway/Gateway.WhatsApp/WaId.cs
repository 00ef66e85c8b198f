namespace Gateway.WhatsApp;

/// <summary>
/// Phone numbers as WhatsApp writes them: country code and digits, no "+". Brazil, Argentina and Mexico have two spellings of the
/// same mobile number (with and without an extra 9, 9 and 1): the one that was dialled and the one WhatsApp reports back may differ,
/// so equality is asked of <see cref="SameNumber"/>, never of the strings.
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
        TryNormalise(left, out var a) && TryNormalise(right, out var b) && Canonical(a) == Canonical(b);

    /// <summary>One spelling for all spellings of a number: the key for look-ups. The argument is normalised digits.</summary>
    public static string Canonical(string digits) => digits switch
    {
        // Brazil: 55, two-digit area, then 8 digits; mobiles (first digit 6-9) gained a leading 9.
        { Length: 12 } when digits.StartsWith("55", StringComparison.Ordinal) && digits[4] is >= '6' and <= '9' =>
            string.Concat(digits.AsSpan(0, 4), "9", digits.AsSpan(4)),
        // Argentina: 54, then 9 for mobiles, then ten digits.
        { Length: 12 } when digits.StartsWith("54", StringComparison.Ordinal) => string.Concat("549", digits.AsSpan(2)),
        // Mexico: 52, formerly 1 for mobiles, then ten digits.
        { Length: 13 } when digits.StartsWith("521", StringComparison.Ordinal) => string.Concat("52", digits.AsSpan(3)),
        _ => digits,
    };
}
