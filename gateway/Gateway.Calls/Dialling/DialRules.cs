namespace Gateway.Calls.Dialling;

/// <summary>What a dialled number is that begins with neither "+" nor a prefix of the rules.</summary>
public enum UnprefixedNumber
{
    /// <summary>It has its country code.</summary>
    International,

    /// <summary>It belongs to the trunk's country.</summary>
    National,

    /// <summary>It is not called.</summary>
    Refuse,
}

/// <summary>
/// How a PBX writes the numbers that it dials, in the order in which it is undone: access code, prefix, then what makes the number international
/// (ITU-T E.123) or national. All of them are optional; without any, a number has its country code.
/// </summary>
public sealed record DialRules
{
    /// <summary>The country code of national numbers, "49".</summary>
    public string? CountryCode { get; init; }

    /// <summary>Stands before national numbers and is not part of them: "0", in North America "1". Null where there is none.</summary>
    public string? NationalPrefix { get; init; }

    /// <summary>Each stands before a country code: "00", "011".</summary>
    public IReadOnlyList<string> InternationalPrefixes { get; init; } = [];

    /// <summary>An access code that is taken away where it stands in front, "9"; never from a number with "+".</summary>
    public string? Strip { get; init; }

    /// <summary>Put in front of what is left then, "+49"; never of a number with "+".</summary>
    public string? Prefix { get; init; }

    /// <summary>What a number without any prefix is.</summary>
    public UnprefixedNumber Unprefixed { get; init; }

    /// <summary>Every fault in one list; empty when usable.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> faults = [];
        if (CountryCode is { } code && (code.Length > 3 || !IsDigits(code) || code[0] == '0'))
            faults.Add("countryCode: 1 to 3 digits, without '+' and zeros in front.");
        if ((NationalPrefix is not null && !IsDigits(NationalPrefix)) || (Strip is not null && !IsDigits(Strip)) || !InternationalPrefixes.All(IsDigits))
            faults.Add("nationalPrefix, internationalPrefixes, strip: digits.");
        if (Prefix is not null && !IsDigits(Prefix.StartsWith('+') ? Prefix[1..] : Prefix))
            faults.Add("prefix: digits, '+' in front where it begins with a country code.");
        if (CountryCode is null && (NationalPrefix is not null || Unprefixed == UnprefixedNumber.National))
            faults.Add("countryCode: national numbers need one.");
        return faults;
    }

    private static bool IsDigits(string text) => text.Length is > 0 and <= 10 && text.All(char.IsAsciiDigit);
}
