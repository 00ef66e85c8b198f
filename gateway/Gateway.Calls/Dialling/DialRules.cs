namespace Gateway.Calls.Dialling;

/// <summary>The meaning of a dialled number that begins with neither "+" nor a prefix of the rules.</summary>
public enum UnprefixedNumber
{
    /// <summary>It has its country code.</summary>
    International,

    /// <summary>It belongs to the trunk's country.</summary>
    National,

    /// <summary>It is refused.</summary>
    Refuse,
}

/// <summary>
/// The format in which a PBX dials numbers, in the order in which it is undone: access code, prefix, then the international (ITU-T E.123)
/// or national prefix. All of them are optional; without any, a number has its country code.
/// </summary>
public sealed record DialRules
{
    /// <summary>The country code of national numbers, "49".</summary>
    public string? CountryCode { get; init; }

    /// <summary>The prefix of national numbers, not part of them: "0", in North America "1". Null where there is none.</summary>
    public string? NationalPrefix { get; init; }

    /// <summary>The prefixes before a country code: "00", "011".</summary>
    public IReadOnlyList<string> InternationalPrefixes { get; init; } = [];

    /// <summary>An access code that is removed from the start of a number, "9"; never from a number with "+".</summary>
    public string? Strip { get; init; }

    /// <summary>Prepended to what is left then, "+49"; never to a number with "+".</summary>
    public string? Prefix { get; init; }

    /// <summary>The meaning of a number without any prefix.</summary>
    public UnprefixedNumber Unprefixed { get; init; }

    /// <summary>Every fault in one list; empty when usable.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> faults = [];
        if (CountryCode is { } code && (code.Length > 3 || !IsDigits(code) || code[0] == '0'))
            faults.Add("countryCode: must be 1 to 3 digits, without '+' and leading zeros.");
        if ((NationalPrefix is not null && !IsDigits(NationalPrefix)) || (Strip is not null && !IsDigits(Strip))
            || !InternationalPrefixes.All(IsDigits))
            faults.Add("nationalPrefix, internationalPrefixes, strip: must be digits.");
        if (Prefix is not null && !IsDigits(Prefix.StartsWith('+') ? Prefix[1..] : Prefix))
            faults.Add("prefix: must be digits, with '+' where it begins with a country code.");
        if (CountryCode is null && (NationalPrefix is not null || Unprefixed == UnprefixedNumber.National))
            faults.Add("countryCode: is required for national numbers.");
        return faults;
    }

    private static bool IsDigits(string text) => text.Length is > 0 and <= 10 && text.All(char.IsAsciiDigit);
}
