namespace Gateway.Calls.Tests.Values;

public sealed class PhoneTextTests
{
    [Theory]
    [InlineData("+49 (0)155 1234567", "491551234567")]
    [InlineData("+49\u00A0155\u202F1234567", "491551234567")] // no-break spaces
    [InlineData("+49 155\u20131234\u2011567", "491551234567")] // en dash, non-breaking hyphen
    [InlineData("\u200E+49 155 1234567\u202C", "491551234567")] // marks left by copying from a contact
    [InlineData("\uFEFF49\u200B155\u00AD1234567\uFE0F", "491551234567")]
    [InlineData("49/155/1234567", "491551234567")]
    [InlineData("\uFF0B49 155 1234567", "491551234567")]
    [InlineData("+44(0)20 7946 0018", "442079460018")]
    [InlineData("+39 (0)6 12345678", "390612345678")] // Italy dials the zero from abroad too
    [InlineData("+1 (555) 000-1111", "15550001111")]
    public void One_number_comes_of_every_usual_spelling(string typed, string digits)
    {
        Assert.True(PhoneText.TryRead(typed, out var found, out var reason), reason);
        Assert.Equal(digits, found);
    }

    [Theory]
    [InlineData(null, "text")]
    [InlineData("", "6 digits")]
    [InlineData("12345", "6 digits")]
    [InlineData("0155 1234567", "country code")]
    [InlineData("0049 155 1234567", "country code")]
    [InlineData("1234567890123456", "15 digits")]
    [InlineData("49155\u00001234", "digits")]
    [InlineData("49155x1234", "digits")]
    [InlineData("49+1551234", "digits")]
    [InlineData("\u0661\u0662\u0663\u0664\u0665\u0666\u0667", "digits")]
    public void What_is_no_number_is_refused_with_the_reason(string? typed, string word)
    {
        Assert.False(PhoneText.TryRead(typed, out _, out var reason));
        Assert.Contains(word, reason);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("+49 155", "49155")]
    [InlineData("49\u00A0155", "49155")]
    [InlineData("49a", "49a")]
    public void The_beginning_of_numbers_is_read_alike(string typed, string prefix) => Assert.Equal(prefix, PhoneText.PrefixOf(typed));
}
