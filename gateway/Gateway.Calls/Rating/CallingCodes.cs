using System.Globalization;
using PhoneNumbers;

namespace Gateway.Calls.Rating;

/// <summary>
/// Telephone numbers and the countries they belong to, by the numbering plans of libphonenumber. Countries that share a code are told
/// apart as far as their number ranges do it; numbers of no country (+1 800, +1 555, satellites) have none. XK (Kosovo) is the code that
/// everybody uses, if not ISO.
/// </summary>
public static class CallingCodes
{
    private static readonly PhoneNumberUtil Plans = PhoneNumberUtil.GetInstance();

    /// <summary>libphonenumber's "countries": of a code that no country has, and of one that no single country has.</summary>
    private const string Unknown = "ZZ", International = "001";

    /// <summary>E.164 §6.</summary>
    private const int MaxDigits = 15, MaxCodeDigits = 3;

    /// <summary>Shared by 25 countries, none of which has its freephone and premium numbers (NANPA).</summary>
    private const int NorthAmerica = 1;

    /// <summary>
    /// The prefixes that a rate for this user may have, the shortest first, beginning with the empty one. Numbers are
    /// as they are written today (<see cref="NumberSpelling.Current"/>: 55 and area and 9…, 52 without 1, 229 01…); an Argentine one has a
    /// 9 behind 54 where it is a mobile's, and none where it is a landline's. A user known by BSUID alone (`BR.1349…`) has the country's
    /// code, and where that is first another country's, those of a mobile number of the country; one known by nothing has only the empty
    /// one.
    /// </summary>
    public static IReadOnlyList<string> PrefixesOf(WhatsAppUser user)
    {
        var digits = user.Phone is { } phone
            ? NumberSpelling.Current(phone)
            : CountryPartOf(user) is { } country ? BeginningOf(country) : "";
        return [.. Enumerable.Range(0, Math.Min(digits.Length, MaxDigits) + 1).Select(length => digits[..length])];
    }

    /// <summary>ISO 3166 alpha-2 of a number's country, or null where it belongs to
    /// none. Digits with country code and without "+".</summary>
    public static string? CountryOf(string phoneDigits)
    {
        if (Read(phoneDigits) is not { } number || Plans.GetRegionCodeForNumber(number) is not { } country || country == International)
            return null;
        return number.CountryCode == NorthAmerica && Plans.GetNumberType(number)
            is PhoneNumberType.TOLL_FREE or PhoneNumberType.PREMIUM_RATE or PhoneNumberType.PERSONAL_NUMBER ? null : country;
    }

    /// <summary>The user's country by the number or, without one, by the country part of the BSUID. Null where neither gives it.</summary>
    public static string? CountryOf(WhatsAppUser user) =>
        user.Phone is { } phone
            ? CountryOf(phone)
            : CountryPartOf(user) is { } country && CallingCodeOf(country) is not null ? country : null;

    /// <summary>
    /// The country code that numbers of this country begin with: "US" is "1", "KZ" is "7". Null for what is no country with numbers.
    /// </summary>
    public static string? CallingCodeOf(string iso2) =>
        Plans.GetCountryCodeForRegion(iso2) is > 0 and var code ? code.ToString(CultureInfo.InvariantCulture) : null;

    /// <summary>
    /// The reason why no telephone has such a number, as a sentence without it; null where one may. Any length that a country has for any
    /// kind of number will do.
    /// </summary>
    public static string? FaultOf(string phoneDigits)
    {
        if (Read(NumberSpelling.Current(phoneDigits)) is not { } number)
            return "Its country code is assigned to nobody";
        return Plans.IsPossibleNumberWithReason(number) == PhoneNumberUtil.ValidationResult.IS_POSSIBLE
            ? null
            : "No number of its country has so many digits";
    }

    /// <summary>
    /// Null where the digits begin with no country code. Taken apart as they stand: libphonenumber's parser would mend what it takes for a
    /// slip.
    /// </summary>
    private static PhoneNumber? Read(string digits)
    {
        for (var length = 1; length <= MaxCodeDigits && length < digits.Length && digits.Length <= MaxDigits; length++)
        {
            var code = int.Parse(digits.AsSpan(0, length), NumberStyles.None, CultureInfo.InvariantCulture);
            if (Plans.GetRegionCodeForCountryCode(code) == Unknown)
                continue;
            var national = digits.AsSpan(length);
            var number = new PhoneNumber.Builder()
                .SetCountryCode(code).SetNationalNumber(ulong.Parse(national, NumberStyles.None, CultureInfo.InvariantCulture));
            var zeros = national.Length - national.TrimStart('0').Length;
            if (zeros > 0)
                number.SetNumberOfLeadingZeros(Math.Min(zeros, national.Length - 1));
            return number.Build();
        }
        return null;
    }

    /// <summary>The digits that numbers of a country begin with, as far as the country alone determines them.</summary>
    private static string BeginningOf(string country)
    {
        if (CallingCodeOf(country) is not { } code)
            return "";
        if (Plans.GetRegionCodeForCountryCode(Plans.GetCountryCodeForRegion(country)) == country)
            return code;
        var example = Plans.GetExampleNumberForType(country, PhoneNumberType.MOBILE) ?? Plans.GetExampleNumber(country);
        return example is null ? code : code + Plans.GetNationalSignificantNumber(example);
    }

    /// <summary>`US.1349…` and `US.ENT.1349…` (Meta: "Business-scoped user IDs").</summary>
    private static string? CountryPartOf(WhatsAppUser user) =>
        user.UserId is { Length: > 3 } id && id[2] == '.' && char.IsAsciiLetterUpper(id[0])
            && char.IsAsciiLetterUpper(id[1]) ? id[..2] : null;
}
