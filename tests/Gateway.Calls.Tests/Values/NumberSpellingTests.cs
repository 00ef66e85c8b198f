namespace Gateway.Calls.Tests.Values;

public sealed class NumberSpellingTests
{
    [Theory]
    [InlineData("551187654321", "5511987654321")] // Brazil
    [InlineData("551133334444", "551133334444")] // a landline
    [InlineData("5215512345678", "525512345678")] // Mexico
    [InlineData("54111523456789", "5491123456789")] // Argentina, as dialled within the country
    [InlineData("54221154567890", "5492214567890")]
    [InlineData("54297415123456", "5492974123456")]
    [InlineData("541143221234", "541143221234")] // a landline
    [InlineData("22997123456", "2290197123456")] // Benin
    [InlineData("22507123456", "2250707123456")] // Ivory Coast: Orange
    [InlineData("22548123456", "2250748123456")]
    [InlineData("22555123456", "2250555123456")] // MTN
    [InlineData("22501123456", "2250101123456")] // Moov
    [InlineData("22520212345", "2252720212345")] // landlines
    [InlineData("22520012345", "2252520012345")]
    [InlineData("22520812345", "2252120812345")]
    [InlineData("24106123456", "24166123456")] // Gabon
    [InlineData("2416123456", "24166123456")]
    [InlineData("24101123456", "24111123456")]
    [InlineData("841621234567", "84321234567")] // Viet Nam
    [InlineData("491551234567", "491551234567")]
    public void A_number_is_written_as_its_country_writes_it_today(string former, string current)
    {
        Assert.Equal(current, NumberSpelling.Current(former));
        Assert.Equal(current, NumberSpelling.Current(current));
    }

    [Theory]
    [InlineData("5491123456789", "541123456789", "54111523456789")]
    [InlineData("5511987654321", "551187654321")]
    [InlineData("525512345678", "5215512345678")]
    [InlineData("2290197123456", "22997123456")]
    [InlineData("2250707123456", "22507123456")]
    [InlineData("24166123456", "24106123456", "2416123456")]
    [InlineData("84321234567", "841621234567")]
    public void All_spellings_are_one_person(params string[] spellings)
    {
        Assert.Single(spellings.Select(NumberSpelling.Canonical).Distinct());
        foreach (var spelling in spellings.Where(s => s.Length != 14))
            Assert.Contains(spelling, NumberSpelling.Of(spellings[0]));
        Assert.Equal(NumberSpelling.Canonical(spellings[0]), NumberSpelling.Of(spellings[^1])[0]);
    }

    [Theory]
    [InlineData("521", "52")]
    [InlineData("52155", "5255")]
    [InlineData("551187", "5511987")]
    [InlineData("22997", "2290197")]
    [InlineData("22548", "2250748")]
    [InlineData("24106", "24166")]
    [InlineData("84162", "8432")]
    public void A_prefix_with_which_no_number_begins_any_more_is_named_with_the_right_one(string prefix, string right) =>
        Assert.Contains($"write {right}.", NumberSpelling.FaultOfPrefix(prefix));

    [Theory]
    [InlineData("")]
    [InlineData("52")]
    [InlineData("5255")]
    [InlineData("54")]
    [InlineData("5411")] // landlines
    [InlineData("549")]
    [InlineData("55119")]
    [InlineData("55113")]
    [InlineData("229")]
    [InlineData("22901")]
    [InlineData("225")]
    [InlineData("22507")]
    [InlineData("2252")]
    [InlineData("241")]
    [InlineData("24166")]
    [InlineData("24160")]
    [InlineData("84")]
    [InlineData("49155")]
    public void A_prefix_with_which_numbers_begin_is_fine(string prefix) => Assert.Null(NumberSpelling.FaultOfPrefix(prefix));
}
