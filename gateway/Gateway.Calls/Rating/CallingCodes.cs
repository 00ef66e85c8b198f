using System.Collections.Frozen;

namespace Gateway.Calls.Rating;

/// <summary>
/// Telephone numbers and the countries they belong to (ITU-T E.164 assigned codes; for +1 the area codes of NANPA). Countries that share a
/// code are distinguished as far as their number ranges allow; ranges that belong to no country (freephone, +1 555, satellites) have none.
/// </summary>
public static class CallingCodes
{
    private static readonly FrozenDictionary<string, string> CountryByRange = CallingCodeTable.Ranges.ToFrozenDictionary(r => r.Digits, r => r.Country);
    private static readonly FrozenDictionary<string, string> FirstRange =
        CallingCodeTable.Ranges.Where(r => r.Country != CallingCodeTable.NoCountry)
            .GroupBy(r => r.Country).ToFrozenDictionary(g => g.Key, g => g.First().Digits);

    private static readonly int LongestRange = CallingCodeTable.Ranges.Max(r => r.Digits.Length);

    /// <summary>E.164 §6.</summary>
    private const int MaxDigits = 15;

    /// <summary>
    /// The prefixes that a rate for this user may have, the shortest first, beginning with the empty one. Numbers are
    /// as they are written today (<see cref="NumberSpelling.Current"/>: 55 and area and 9…, 52 without 1, 229 01…); an Argentine one has a
    /// 9 after 54 if it is a mobile number, and none if it is a landline. A user known by BSUID alone (`BR.1349…`) has those of
    /// the country's first number range; one without both has only the empty one.
    /// </summary>
    public static IReadOnlyList<string> PrefixesOf(WhatsAppUser user)
    {
        var digits = user.Phone is { } phone
            ? NumberSpelling.Current(phone)
            : CountryPartOf(user) is { } country ? FirstRange.GetValueOrDefault(country, "") : "";
        return [.. Enumerable.Range(0, Math.Min(digits.Length, MaxDigits) + 1).Select(length => digits[..length])];
    }

    /// <summary>ISO 3166 alpha-2 of a number's country, or null where it belongs to
    /// none. Digits with country code and without "+".</summary>
    public static string? CountryOf(string phoneDigits)
    {
        for (var length = Math.Min(LongestRange, phoneDigits.Length); length > 0; length--)
            if (CountryByRange.TryGetValue(phoneDigits[..length], out var country))
                return country == CallingCodeTable.NoCountry ? null : country;
        return null;
    }

    /// <summary>True where the digits begin with an assigned code, even one of no country (+1 555).</summary>
    public static bool IsAssigned(string phoneDigits)
    {
        for (var length = Math.Min(LongestRange, phoneDigits.Length); length > 0; length--)
            if (CountryByRange.ContainsKey(phoneDigits[..length]))
                return true;
        return false;
    }

    /// <summary>The user's country by the number or, without one, by the country part of the BSUID. Null where neither gives it.</summary>
    public static string? CountryOf(WhatsAppUser user) =>
        user.Phone is { } phone ? CountryOf(phone) : CountryPartOf(user) is { } country && FirstRange.ContainsKey(country) ? country : null;

    /// <summary>The country code of this country's numbers: "US" is "1", "KZ" is "7". Null for a country without numbers.</summary>
    public static string? CallingCodeOf(string iso2)
    {
        if (!FirstRange.TryGetValue(iso2, out var range))
            return null;
        return Enumerable.Range(1, range.Length).Select(length => range[..length]).First(CountryByRange.ContainsKey);
    }

    /// <summary>`US.1349…` and `US.ENT.1349…` (Meta: "Business-scoped user IDs").</summary>
    private static string? CountryPartOf(WhatsAppUser user) =>
        user.UserId is { Length: > 3 } id && id[2] == '.' && char.IsAsciiLetterUpper(id[0]) && char.IsAsciiLetterUpper(id[1]) ? id[..2] : null;
}
