namespace Gateway.Calls;

/// <summary>
/// Brazil, Argentina and Mexico have two spellings of the same mobile number (with and without an extra 9, 9 and 1): the one that was dialled
/// and the one that WhatsApp reports may differ. Whatever is looked up by a number is looked up by its one canonical spelling.
/// </summary>
public static class NumberSpelling
{
    /// <summary>One spelling for all spellings of a number. The argument is digits with country code and without "+".</summary>
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
