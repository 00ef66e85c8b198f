using FsCheck;
using FsCheck.Fluent;
using Gateway.Calls.Rating;

namespace Gateway.Calls.Tests.Rating;

public class CallingCodesTests
{
    [Theory]
    [InlineData("12125550100", "US")]
    [InlineData("15205550100", "US")]
    [InlineData("15405550100", "US")]
    [InlineData("15415550100", "US")]
    [InlineData("15445550100", null)]
    [InlineData("14165550100", "CA")]
    [InlineData("18765550100", "JM")]
    [InlineData("16585550100", "JM")]
    [InlineData("18095550100", "DO")]
    [InlineData("17875550100", "PR")]
    [InlineData("15550001", null)] // the prefix of test numbers
    [InlineData("15551230001", null)]
    [InlineData("18005550100", null)]
    [InlineData("18885550100", null)]
    [InlineData("19005550100", null)]
    [InlineData("79161234567", "RU")]
    [InlineData("77011234567", "KZ")]
    [InlineData("447400123456", "GB")]
    [InlineData("441481960194", "GG")]
    [InlineData("447797712345", "JE")]
    [InlineData("447624123456", "IM")]
    [InlineData("393123456789", "IT")]
    [InlineData("390669812345", "VA")]
    [InlineData("3780549886377", "SM")]
    [InlineData("61412345678", "AU")]
    [InlineData("61891641234", "CX")]
    [InlineData("212650123456", "MA")]
    [InlineData("262692123456", "RE")]
    [InlineData("262639012345", "YT")]
    [InlineData("590690001234", "GP")]
    [InlineData("590590271234", "BL")]
    [InlineData("59995181234", "CW")]
    [InlineData("5997171234", "BQ")]
    [InlineData("5511987654321", "BR")]
    [InlineData("551187654321", "BR")]
    [InlineData("5493512345678", "AR")]
    [InlineData("4915123456789", "DE")]
    [InlineData("35850123456", "FI")]
    [InlineData("3581812345", "AX")]
    [InlineData("80012345678", null)]
    [InlineData("8816123456", null)]
    [InlineData("", null)]
    [InlineData("0", null)]
    public void A_number_tells_its_country(string digits, string? country) => Assert.Equal(country, CallingCodes.CountryOf(digits));

    [Theory]
    [InlineData("US", "1")]
    [InlineData("CA", "1")]
    [InlineData("JM", "1")]
    [InlineData("KZ", "7")]
    [InlineData("GG", "44")]
    [InlineData("VA", "39")]
    [InlineData("BR", "55")]
    [InlineData("BQ", "599")]
    [InlineData("--", null)]
    [InlineData("ZZ", null)]
    public void A_country_has_one_calling_code(string country, string? code) => Assert.Equal(code, CallingCodes.CallingCodeOf(country));

    [Fact]
    public void An_Argentine_landline_is_not_rated_as_a_mobile()
    {
        Assert.Contains("5411", CallingCodes.PrefixesOf(new WhatsAppUser("541143221234")));
        Assert.DoesNotContain("549", CallingCodes.PrefixesOf(new WhatsAppUser("541143221234")));
        Assert.Contains("549", CallingCodes.PrefixesOf(new WhatsAppUser("5491123456789")));
    }

    [Fact]
    public void Prefixes_are_listed_the_longest_last() =>
        Assert.Equal(["", "1", "15", "155", "1555"], CallingCodes.PrefixesOf(new WhatsAppUser("1555")));

    [Theory]
    [InlineData("5511987654321", "551187654321")]
    [InlineData("5493512345678", "54351152345678")]
    [InlineData("525512345678", "5215512345678")]
    [InlineData("2290197123456", "22997123456")]
    public void Both_spellings_of_a_number_match_the_same_prefixes(string one, string other) =>
        Assert.Equal(CallingCodes.PrefixesOf(new WhatsAppUser(one)), CallingCodes.PrefixesOf(new WhatsAppUser(other)));

    [Theory]
    [InlineData("US.1349", "1", "US")]
    [InlineData("US.ENT.900800", "1", "US")]
    [InlineData("BR.1349", "55", "BR")]
    [InlineData("KZ.1349", "77710009998", "KZ")]
    [InlineData("CA.1349", "15062345678", "CA")]
    [InlineData("ZZ.1349", "", null)]
    [InlineData("--.1349", "", null)]
    [InlineData("nonsense", "", null)]
    [InlineData(null, "", null)]
    public void A_user_known_by_id_alone_is_rated_by_its_country(string? id, string longest, string? country)
    {
        var user = new WhatsAppUser(null, id);
        Assert.Equal("", CallingCodes.PrefixesOf(user)[0]);
        Assert.Equal(longest, CallingCodes.PrefixesOf(user)[^1]);
        Assert.Equal(country, CallingCodes.CountryOf(user));
    }

    [Fact]
    public void The_number_goes_before_the_id() => Assert.Equal("KZ", CallingCodes.CountryOf(new WhatsAppUser("77011234567", "US.1")));

    [Theory]
    [InlineData("4915511234567")]
    [InlineData("390612345678")]
    [InlineData("15551230001")]
    [InlineData("5215512345678")] // former spellings are numbers too
    [InlineData("22997123456")]
    [InlineData("54351152345678")]
    [InlineData("551187654321")]
    public void A_number_of_a_length_that_its_country_has_may_be_called(string digits) => Assert.Null(CallingCodes.FaultOf(digits));

    [Theory]
    [InlineData("1555123000", "digits")]
    [InlineData("155512300011", "digits")]
    [InlineData("4412345678", "digits")]
    [InlineData("3312345678901", "digits")]
    [InlineData("99915511234567", "country code")]
    [InlineData("2101551123", "country code")]
    [InlineData("", "country code")]
    public void A_number_that_no_telephone_has_is_found_by_its_plan(string digits, string word) =>
        Assert.Contains(word, CallingCodes.FaultOf(digits));

    [Fact]
    public void Any_digits_have_at_most_one_country_and_prefixes_that_they_begin_with() =>
        Prop.ForAll(
            Gen.Choose(0, 9).ListOf().Select(d => string.Concat(d)).ToArbitrary(),
            digits => CallingCodes.CountryOf(digits) is null or { Length: 2 }
                && CallingCodes.PrefixesOf(new WhatsAppUser(digits)) is { Count: > 0 and <= 16 } prefixes
                && prefixes.All(p => NumberSpelling.Current(digits).StartsWith(p, StringComparison.Ordinal))).QuickCheckThrowOnFailure();
}
