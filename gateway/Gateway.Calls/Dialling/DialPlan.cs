using Gateway.Calls.Rating;

namespace Gateway.Calls.Dialling;

/// <summary>The result of resolving a dialled number.</summary>
/// <param name="Number">Digits with country code and without "+"; null: it is refused.</param>
/// <param name="Refusal">The reason, as a sentence without the number; null where it is called.</param>
/// <param name="Steps">The steps of the conversion, in order.</param>
public sealed record DialResult(string? Number, string? Refusal, IReadOnlyList<string> Steps);

/// <summary>
/// Turns what a PBX dialled into a number with country code, by the rules of its trunk. An ambiguous number is refused, because a guess
/// would ring the wrong person.
/// </summary>
public static class DialPlan
{
    /// <summary>ITU-T E.164 §6; the shortest complete numbers of any country have 7 digits with their code.</summary>
    private const int MinDigits = 7, MaxDigits = 15;

    private const int MaxTyped = 60;

    /// <param name="dialled">The user part as it was dialled, visual separators allowed (RFC 3966 §5.1.1).</param>
    /// <param name="phoneContext">Its phone-context (RFC 3966 §5.1.5): "+1" makes a local
    /// number international, a domain name is ignored.</param>
    /// <param name="rules">The rules of the trunk.</param>
    public static DialResult Resolve(string dialled, string? phoneContext, DialRules rules)
    {
        List<string> steps = [];
        if (Digits(dialled) is not { } number)
            return Refused("It is not a telephone number", steps);
        if (!number.StartsWith('+'))
            number = Prefixed(Stripped(number, rules, steps), rules, steps);
        else if (PhoneText.TryRead(dialled, out var digits, out _))
            number = "+" + digits; // without the zero of "+49 (0)155…", which is dialled only within the country
        return International(number, Digits(phoneContext ?? ""), rules, steps, out var refusal) is { } full
            ? Judged(full, steps)
            : Refused(refusal, steps);
    }

    private static string Stripped(string number, DialRules rules, List<string> steps)
    {
        if (rules.Strip is not { } code || !number.StartsWith(code, StringComparison.Ordinal))
            return number;
        return Note(steps, $"access code {code} removed", number[code.Length..]);
    }

    private static string Prefixed(string number, DialRules rules, List<string> steps) =>
        rules.Prefix is { } prefix ? Note(steps, $"{prefix} prepended", prefix + number) : number;

    /// <summary>Digits with country code, or null and why.</summary>
    private static string? International(string number, string? context, DialRules rules, List<string> steps, out string refusal)
    {
        refusal = number.Length == 0 ? "No digits are left" : "";
        if (number.Length == 0)
            return null;
        if (number[0] == '+')
            return number[1..];
        // The longest first: "0011" of a trunk that also has "00".
        foreach (var prefix in rules.InternationalPrefixes.OrderByDescending(prefix => prefix.Length))
            if (number.StartsWith(prefix, StringComparison.Ordinal))
                return Note(steps, $"international prefix {prefix} removed", number[prefix.Length..]);

        var isGlobal = context is ['+', _, ..];
        var country = isGlobal ? context![1..] : rules.CountryCode;
        var national = rules.NationalPrefix is { } trunkPrefix && number.StartsWith(trunkPrefix, StringComparison.Ordinal)
            && country?.StartsWith(rules.CountryCode!, StringComparison.Ordinal) == true ? trunkPrefix : null;
        if (isGlobal && number[0] == '0' && country != rules.CountryCode)
        {
            refusal = "It begins with 0, and the trunk's dial rules do not say whether that is part of a number of its phone-context";
            return null;
        }
        if (isGlobal)
            return Note(steps, $"phone-context +{country} prepended", country + number[(national?.Length ?? 0)..]);
        if (national is not null)
            return Note(
                steps, $"national prefix {national} removed, country code {country} prepended", country + number[national.Length..]);
        switch (rules.Unprefixed)
        {
            case UnprefixedNumber.National:
                return Note(steps, $"country code {country} prepended", country + number);
            case UnprefixedNumber.International:
                steps.Add("no prefix: taken as a number with country code");
                return number;
            default:
                refusal = "It has no prefix of this trunk's dial rules";
                return null;
        }
    }

    private static DialResult Judged(string digits, List<string> steps)
    {
        if (digits.StartsWith('0'))
            return Refused("It begins with 0, as no country code does: its prefix is missing in the trunk's dial rules", steps);
        if (digits.Length is < MinDigits or > MaxDigits)
            return Refused($"A number with country code has {MinDigits} to {MaxDigits} digits", steps);
        if (digits[0] == '1' && (digits[1] is '0' or '1'))
            return Refused("A number of country code 1 has an area code from 2 on", steps);
        return CallingCodes.FaultOf(digits) is { } fault ? Refused(fault, steps) : new DialResult(digits, null, steps);
    }

    /// <summary>"+" and digits without separators; null where there is anything else.</summary>
    private static string? Digits(string text)
    {
        if (text.Length is 0 or > MaxTyped)
            return null;
        var kept = string.Concat(text.Where(c => c is not (' ' or '-' or '.' or '(' or ')')));
        return kept.Length > 0 && kept.TrimStart('+') is { Length: > 0 } digits && kept.Length - digits.Length <= 1
            && digits.All(char.IsAsciiDigit) ? kept : null;
    }

    private static string Note(List<string> steps, string what, string result)
    {
        steps.Add($"{what}: {result}");
        return result;
    }

    private static DialResult Refused(string why, List<string> steps) => new(null, why, steps);
}
