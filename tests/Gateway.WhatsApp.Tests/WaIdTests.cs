using Gateway.Calls;
using Gateway.WhatsApp.Meta;

namespace Gateway.WhatsApp.Tests;

public class WaIdTests
{
    [Theory]
    [InlineData("+1 (555) 000-1111", "15550001111")]
    [InlineData("15550001111", "15550001111")]
    [InlineData("49.30.1234567", "49301234567")]
    public void Keeps_the_digits_of_a_typed_number(string typed, string digits)
    {
        Assert.True(WaId.TryNormalise(typed, out var found));
        Assert.Equal(digits, found);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("12345")]
    [InlineData("0155500011")]
    [InlineData("1234567890123456")]
    [InlineData("1555+0001111")]
    [InlineData("1555000111a")]
    [InlineData("US.1349")]
    [InlineData("sip:15550001111")]
    [InlineData("١٥٥٥٠٠٠١١١١")]
    public void Refuses_what_is_no_number(string? typed) => Assert.False(WaId.TryNormalise(typed, out _));

    [Theory]
    [InlineData("5511987654321", "551187654321")] // Brazil: the ninth digit of mobiles
    [InlineData("5493512345678", "543512345678")] // Argentina: the mobile 9
    [InlineData("5215512345678", "525512345678")] // Mexico: the former mobile 1
    [InlineData("+1 555 000 1111", "15550001111")]
    public void Two_spellings_are_one_number(string one, string other)
    {
        Assert.True(WaId.SameNumber(one, other));
        Assert.True(WaId.SameNumber(other, one));
    }

    [Theory]
    [InlineData("551132165432", "5511932165432")] // a Brazilian landline has no ninth digit
    [InlineData("15550001111", "15550001112")]
    [InlineData("15550001111", null)]
    [InlineData("", "")]
    public void Different_numbers_stay_different(string? one, string? other) => Assert.False(WaId.SameNumber(one, other));

    [Theory]
    [InlineData("+15550001111", "15550001111", null)]
    [InlineData("US.70010020030040", null, "US.70010020030040")]
    [InlineData("US.ENT.900800", null, "US.ENT.900800")]
    public void A_dialled_handle_is_a_number_or_a_user_id(string typed, string? phone, string? userId)
    {
        Assert.True(UserHandle.TryParse(typed, out var user));
        Assert.Equal(new WhatsAppUser(phone, userId), user);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("bob")]
    [InlineData("US.1349\r\nX: y")]
    public void Anything_else_is_no_handle(string? typed) => Assert.False(UserHandle.TryParse(typed, out _));

    [Fact]
    public void Users_are_the_same_by_id_or_by_number()
    {
        Assert.True(UserHandle.IsSame(new WhatsAppUser("5511987654321", "BR.1"), new WhatsAppUser("551187654321")));
        Assert.True(UserHandle.IsSame(new WhatsAppUser(null, "BR.1"), new WhatsAppUser("551187654321", "BR.1")));
        Assert.False(UserHandle.IsSame(new WhatsAppUser(null), new WhatsAppUser(null)));
    }
}
