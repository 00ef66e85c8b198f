namespace Gateway.Calls;

/// <summary>
/// The spellings of one subscriber's number: Brazil, Argentina and Mexico have mobile numbers with and without an extra 9, 9 and 1, other
/// countries have changed the length of all numbers (<see cref="RenumberingTable"/>), and WhatsApp may report another spelling than was
/// dialled. Digits with country code and without "+" throughout.
/// </summary>
public static class NumberSpelling
{
    /// <summary>
    /// A number by its country's present plan; rates are matched with this spelling. An Argentine number without the 9 is a landline.
    /// </summary>
    public static string Current(string digits) => digits switch
    {
        // Brazil: 55, two-digit area, then 8 digits; mobiles (first digit 6-9) gained a leading 9.
        { Length: 12 } when digits.StartsWith("55", StringComparison.Ordinal) && digits[4] is >= '6' and <= '9' =>
            string.Concat(digits.AsSpan(0, 4), "9", digits.AsSpan(4)),
        // Argentina: within the country, mobiles are dialled with 15 after the area code instead of 9 before it.
        { Length: 14 } when digits.StartsWith("54", StringComparison.Ordinal) && AreaBefore15(digits) is { } area and > 0 =>
            string.Concat("549", digits.AsSpan(2, area), digits.AsSpan(2 + area + 2)),
        // Mexico: 52, formerly 1 for mobiles, then ten digits.
        { Length: 13 } when digits.StartsWith("521", StringComparison.Ordinal) => string.Concat("52", digits.AsSpan(3)),
        _ => RenumberingTable.Current(digits),
    };

    /// <summary>The one spelling for all spellings of a subscriber's number; contacts are keyed by it.</summary>
    public static string Canonical(string digits) => Current(digits) switch
    {
        // Argentina: 54, then 9 for mobiles, then ten digits, which no mobile shares with a landline.
        { Length: 12 } current when current.StartsWith("54", StringComparison.Ordinal) => string.Concat("549", current.AsSpan(2)),
        var current => current,
    };

    /// <summary>All spellings under which a number may have been stored: the canonical one first.</summary>
    public static IReadOnlyList<string> Of(string digits)
    {
        var canonical = Canonical(digits);
        IEnumerable<string> others =
        [
            digits, Current(digits), .. RenumberingTable.Former(canonical),
            .. canonical is { Length: 13 }
                && canonical.StartsWith("55", StringComparison.Ordinal) ? [canonical.Remove(4, 1)] : Array.Empty<string>(),
            .. canonical is { Length: 13 }
                && canonical.StartsWith("549", StringComparison.Ordinal) ? [canonical.Remove(2, 1)] : Array.Empty<string>(),
            .. canonical is { Length: 12 }
                && canonical.StartsWith("52", StringComparison.Ordinal) ? [canonical.Insert(2, "1")] : Array.Empty<string>(),
        ];
        return [canonical, .. others.Where(other => other != canonical && Canonical(other) == canonical).Distinct()];
    }

    /// <summary>The reason why no present number begins with this prefix, with the present prefix; null where one may.</summary>
    public static string? FaultOfPrefix(string prefix)
    {
        if (prefix.StartsWith("521", StringComparison.Ordinal))
            return $"No number begins like this any more: Mexico has no 1 after 52, write 52{prefix[3..]}.";
        if (prefix.StartsWith("55", StringComparison.Ordinal) && prefix.Length > 4 && prefix[4] is >= '6' and <= '8')
            return $"No number begins like this any more: mobile numbers of Brazil have a 9 after the area code, write " +
                $"{prefix.Insert(4, "9")}.";
        return RenumberingTable.CurrentPrefixes(prefix) switch
        {
            [] => null,
            [var current] => $"No number begins like this any more: write {current}.",
            var several =>
                $"No number begins like this any more: write " +
                $"{string.Join(" and ", several.Take(3))}{(several.Count > 3 ? " and others" : "")}.",
        };
    }

    /// <summary>
    /// The digits of the area code before 15, with twelve digits after 54: 11 and an eight-digit number, else three or four and the rest of
    /// ten. 0 where none fits.
    /// </summary>
    private static int AreaBefore15(string digits)
    {
        if (digits.AsSpan(2, 2) is "11")
            return digits.AsSpan(4, 2) is "15" ? 2 : 0;
        return digits.AsSpan(5, 2) is "15" ? 3 : digits.AsSpan(6, 2) is "15" ? 4 : 0;
    }
}
