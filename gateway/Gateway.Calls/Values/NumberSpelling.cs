namespace Gateway.Calls;

/// <summary>
/// Numbers of one subscriber that are written in several ways: Brazil, Argentina and Mexico have mobile numbers with and without an extra 9, 9 and
/// 1, others have changed the length of all theirs (<see cref="RenumberingTable"/>), and WhatsApp may report another spelling than was dialled.
/// Digits with country code and without "+" throughout.
/// </summary>
public static class NumberSpelling
{
    /// <summary>
    /// A number as its country's plan has it today; this is what rates are held against. An Argentine number without the 9 is a landline's.
    /// </summary>
    public static string Current(string digits) => digits switch
    {
        // Brazil: 55, two-digit area, then 8 digits; mobiles (first digit 6-9) gained a leading 9.
        { Length: 12 } when digits.StartsWith("55", StringComparison.Ordinal) && digits[4] is >= '6' and <= '9' =>
            string.Concat(digits.AsSpan(0, 4), "9", digits.AsSpan(4)),
        // Argentina: mobiles are dialled within the country with 15 behind the area code instead of 9 before it.
        { Length: 14 } when digits.StartsWith("54", StringComparison.Ordinal) && AreaBefore15(digits) is { } area and > 0 =>
            string.Concat("549", digits.AsSpan(2, area), digits.AsSpan(2 + area + 2)),
        // Mexico: 52, formerly 1 for mobiles, then ten digits.
        { Length: 13 } when digits.StartsWith("521", StringComparison.Ordinal) => string.Concat("52", digits.AsSpan(3)),
        _ => RenumberingTable.Current(digits),
    };

    /// <summary>One spelling for all spellings of a subscriber's number; this is what people are known by.</summary>
    public static string Canonical(string digits) => Current(digits) switch
    {
        // Argentina: 54, then 9 for mobiles, then ten digits, which no mobile shares with a landline.
        { Length: 12 } current when current.StartsWith("54", StringComparison.Ordinal) => string.Concat("549", current.AsSpan(2)),
        var current => current,
    };

    /// <summary>All spellings under which a number may have been noted: the canonical one first.</summary>
    public static IReadOnlyList<string> Of(string digits)
    {
        var canonical = Canonical(digits);
        IEnumerable<string> others =
        [
            digits, Current(digits), .. RenumberingTable.Former(canonical),
            .. canonical is { Length: 13 } && canonical.StartsWith("55", StringComparison.Ordinal) ? [canonical.Remove(4, 1)] : Array.Empty<string>(),
            .. canonical is { Length: 13 } && canonical.StartsWith("549", StringComparison.Ordinal) ? [canonical.Remove(2, 1)] : Array.Empty<string>(),
            .. canonical is { Length: 12 } && canonical.StartsWith("52", StringComparison.Ordinal) ? [canonical.Insert(2, "1")] : Array.Empty<string>(),
        ];
        return [canonical, .. others.Where(other => other != canonical && Canonical(other) == canonical).Distinct()];
    }

    /// <summary>Why no number begins so as numbers are written today, and how such numbers begin; null where one may.</summary>
    public static string? FaultOfPrefix(string prefix)
    {
        if (prefix.StartsWith("521", StringComparison.Ordinal))
            return $"No number begins so any more: Mexico has no 1 behind 52, write 52{prefix[3..]}.";
        if (prefix.StartsWith("55", StringComparison.Ordinal) && prefix.Length > 4 && prefix[4] is >= '6' and <= '8')
            return $"No number begins so any more: mobile numbers of Brazil have a 9 behind the area code, write {prefix.Insert(4, "9")}.";
        return RenumberingTable.CurrentPrefixes(prefix) switch
        {
            [] => null,
            [var current] => $"No number begins so any more: write {current}.",
            var several => $"No number begins so any more: write {string.Join(" and ", several.Take(3))}{(several.Count > 3 ? " and others" : "")}.",
        };
    }

    /// <summary>
    /// The digits of the area code before 15, with twelve digits behind 54: 11 and an eight-digit number, else three or four and the rest of ten.
    /// 0 where none fits.
    /// </summary>
    private static int AreaBefore15(string digits)
    {
        if (digits.AsSpan(2, 2) is "11")
            return digits.AsSpan(4, 2) is "15" ? 2 : 0;
        return digits.AsSpan(5, 2) is "15" ? 3 : digits.AsSpan(6, 2) is "15" ? 4 : 0;
    }
}
