using Gateway.Calls.Dialling;

namespace Gateway.Calls.Tests.Dialling;

/// <summary>Numbers as the PBXs of several countries dial them.</summary>
public class DialPlanTests
{
    private static readonly DialRules Germany = new() { CountryCode = "49", NationalPrefix = "0", InternationalPrefixes = ["00"] };
    private static readonly DialRules Bavaria = Germany with { Strip = "9" };
    private static readonly DialRules America =
        new() { CountryCode = "1", NationalPrefix = "1", InternationalPrefixes = ["011"], Strip = "9" };
    private static readonly DialRules Italy =
        new() { CountryCode = "39", InternationalPrefixes = ["00"], Unprefixed = UnprefixedNumber.National };
    private static readonly DialRules Australia =
        new() { CountryCode = "61", NationalPrefix = "0", InternationalPrefixes = ["00", "0011"], Unprefixed = UnprefixedNumber.Refuse };
    private static readonly DialRules Prefixing = new() { Prefix = "+44" };

    public static TheoryData<string, string?, DialRules, string> Numbers => new()
    {
        { "+4915511234567", null, Germany, "4915511234567" },
        { "+49(0)15511234567", null, Germany, "4915511234567" }, // a zero that is dialled within the country alone
        { "+49 (0) 155-11234567", null, new DialRules(), "4915511234567" },
        { "+39(0)612345678", null, new DialRules(), "390612345678" },
        { "004915511234567", null, Germany, "4915511234567" },
        { "015511234567", null, Germany, "4915511234567" },
        { "0 (155) 112-345.67", null, Germany, "4915511234567" },
        { "4915511234567", null, Germany, "4915511234567" },
        { "9015511234567", null, Bavaria, "4915511234567" },
        { "9004915511234567", null, Bavaria, "4915511234567" },
        { "+919812345678", null, Bavaria, "919812345678" }, // an access code is never part of a number with "+"
        { "90114915511234567", null, America, "4915511234567" },
        { "0114915511234567", null, America, "4915511234567" },
        { "915551230001", null, America, "15551230001" },
        { "15551230001", null, America, "15551230001" },
        { "0612345678", null, Italy, "390612345678" }, // Italy's zero is part of the number
        { "3312345678", null, Italy, "393312345678" },
        { "0011493012345678", null, Australia, "493012345678" },
        { "0412345678", null, Australia, "61412345678" },
        { "7911123456", null, Prefixing, "447911123456" },
        { "5551230001", "+1", new DialRules(), "15551230001" },
        { "15551230001", "+1", America, "15551230001" },
        { "015511234567", "+49", Germany, "4915511234567" },
        { "015511234567", "pbx.example.com", Germany, "4915511234567" },
        { "+4915511234567", "+1", Germany, "4915511234567" },
        { "15551230001", null, new DialRules(), "15551230001" },
    };

    [Theory]
    [MemberData(nameof(Numbers))]
    public void A_number_gets_its_country_code_by_the_trunks_rules(string dialled, string? context, DialRules rules, string number)
    {
        Assert.Empty(rules.Validate());
        Assert.Equal((number, null), (DialPlan.Resolve(dialled, context, rules).Number, DialPlan.Resolve(dialled, context, rules).Refusal));
    }

    public static TheoryData<string, string?, DialRules> Doubtful => new()
    {
        { "015511234567", null, new DialRules() }, // a national number of no country
        { "004915511234567", null, new DialRules() },
        { "0114915511234567", null, new DialRules() },
        { "015511234567", "+49", new DialRules() }, // the country of this zero is not configured
        { "15551230001", "+1", new DialRules() },
        { "5551230001", null, America with { CountryCode = "49" } with { Unprefixed = UnprefixedNumber.Refuse } },
        { "412345678", null, Australia },
        { "1555123000", null, America },
        { "+11551230001", null, America },
        { "+99915511234567", null, Germany }, // assigned to nobody
        { "+2101551123", null, Germany },
        { "201", null, Germany },
        { "9", null, Bavaria },
        { "+4915511234567890123", null, Germany },
        { "++4915511234567", null, Germany },
        { "49a15511234567", null, Germany },
        { "*97", null, Germany },
        { "", null, Germany },
    };

    [Theory]
    [MemberData(nameof(Doubtful))]
    public void A_number_that_is_not_plausible_is_refused_with_the_reason_and_without_the_number(
        string dialled, string? context, DialRules rules)
    {
        var result = DialPlan.Resolve(dialled, context, rules);
        Assert.Null(result.Number);
        Assert.False(string.IsNullOrEmpty(result.Refusal));
        Assert.True(dialled.Length < 4 || !result.Refusal.Contains(dialled, StringComparison.Ordinal));
    }

    [Fact]
    public void Rules_that_mean_nothing_are_faults()
    {
        Assert.NotEmpty(new DialRules { NationalPrefix = "0" }.Validate());
        Assert.NotEmpty(new DialRules { Unprefixed = UnprefixedNumber.National }.Validate());
        Assert.NotEmpty(new DialRules { CountryCode = "+49" }.Validate());
        Assert.NotEmpty(new DialRules { Strip = "" }.Validate());
        Assert.NotEmpty(new DialRules { InternationalPrefixes = ["0 0"] }.Validate());
        Assert.NotEmpty(new DialRules { Prefix = "+" }.Validate());
    }
}
