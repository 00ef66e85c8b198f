namespace Gateway.Calls;

/// <summary>
/// Countries that changed the length of all their numbers while WhatsApp existed, as data: the former prefix and number of digits, and the
/// present prefix; the other digits stayed. Many people still write, and WhatsApp still reports, the former numbers.
/// </summary>
internal static class RenumberingTable
{
    private readonly record struct Renumbering(string Old, int OldLength, string New);

    /// <summary>
    /// Benin 2024-11-30 (ARCEP Bénin): 01 before all. Gabon 2019-11-15 (ARCEP Gabon): the operator's digit, no 0 after 241. Viet Nam
    /// 2018-09-15 (MIC): mobiles lost a digit. `old/digits>new`.
    /// </summary>
    private const string Listed =
        """
        229/11>22901
        24101/11>24111 24102/11>24162 24104/11>24174 24105/11>24165 24106/11>24166 24107/11>24177
        2411/10>24111 2412/10>24162 2414/10>24174 2415/10>24165 2416/10>24166 2417/10>24177
        84162/12>8432 84163/12>8433 84164/12>8434 84165/12>8435 84166/12>8436 84167/12>8437 84168/12>8438 84169/12>8439
        84120/12>8470 84121/12>8479 84122/12>8477 84126/12>8476 84128/12>8478
        84123/12>8483 84124/12>8484 84125/12>8485 84127/12>8481 84129/12>8482
        84186/12>8456 84188/12>8458 84199/12>8459
        """;

    private static readonly Renumbering[] All = [.. ReadListed(), .. IvoryCoast()];

    /// <summary>Present prefixes that are not in the table: those of newer operators.</summary>
    private static readonly string[] AlsoInUse = ["24160", "24161", "24176"];

    /// <summary>The country codes in the table.</summary>
    private static readonly string[] Codes = ["225", "229", "241", "84"];

    public static string Current(string digits)
    {
        if (!IsListed(digits))
            return digits;
        foreach (var one in All)
            if (digits.Length == one.OldLength && digits.StartsWith(one.Old, StringComparison.Ordinal))
                return one.New + digits[one.Old.Length..];
        return digits;
    }

    /// <summary>The former spellings of a present number.</summary>
    public static IEnumerable<string> Former(string current) =>
        from one in All
        where current.Length == one.OldLength + one.New.Length - one.Old.Length && current.StartsWith(one.New, StringComparison.Ordinal)
        select one.Old + current[one.New.Length..];

    /// <summary>The present prefixes of numbers that formerly began with this one, where it is no
    /// longer in use; empty where it is, or never was.</summary>
    public static IReadOnlyList<string> CurrentPrefixes(string prefix)
    {
        if (!IsListed(prefix) || All.Any(one => Agree(one.New, prefix)) || AlsoInUse.Any(now => Agree(now, prefix)))
            return [];
        return [.. All.Where(one => Agree(one.Old, prefix)).Select(one => one.New + prefix[Math.Min(one.Old.Length, prefix.Length)..])
            .Distinct()];
    }

    private static bool IsListed(string digits)
    {
        foreach (var code in Codes)
            if (digits.StartsWith(code, StringComparison.Ordinal))
                return true;
        return false;
    }

    private static bool Agree(string one, string other) =>
        one.StartsWith(other, StringComparison.Ordinal) || other.StartsWith(one, StringComparison.Ordinal);

    private static IEnumerable<Renumbering> ReadListed() =>
        from entry in Listed.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        let parts = entry.Split('/', '>')
        select new Renumbering(parts[0], int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture), parts[2]);

    /// <summary>
    /// Ivory Coast 2021-01-31 (ARTCI): two digits of the operator before the eight. The second digit of a mobile number selects them
    /// (0-3 Moov 01, 4-6 MTN 05, 7-9 Orange 07), the third of a landline number, which begins with 2 or 3 (0 MTN 25, 8 Moov 21, else Orange
    /// 27).
    /// </summary>
    private static IEnumerable<Renumbering> IvoryCoast()
    {
        for (var first = 0; first <= 9; first++)
        {
            for (var second = 0; second <= 9 && first != 1; second++)
            {
                if (first is not (2 or 3))
                    yield return Ivorian($"{first}{second}", second <= 3 ? "01" : second <= 6 ? "05" : "07");
                for (var third = 0; first is 2 or 3 && third <= 9; third++)
                    yield return Ivorian($"{first}{second}{third}", third == 0 ? "25" : third == 8 ? "21" : "27");
            }
        }
    }

    private static Renumbering Ivorian(string began, string operators) => new("225" + began, 11, "225" + operators + began);
}
