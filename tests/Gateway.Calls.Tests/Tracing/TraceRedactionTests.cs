using Gateway.Calls.Tracing;

namespace Gateway.Calls.Tests.Tracing;

public sealed class TraceRedactionTests
{
    private static readonly TraceRedaction Redaction = new(
        new WhatsAppUser("4915112345678", "US.13491208655302741918", "US.ENT.118", "Zoë"));

    [Theory]
    [InlineData("INVITE sip:+4915112345678@10.0.0.1 SIP/2.0", "INVITE sip:{user}@10.0.0.1 SIP/2.0")]
    [InlineData("To: <sip:015112345678@pbx>", "To: <sip:{user}@pbx>")]
    [InlineData("tel:%2B4915112345678;x=+4915112345678", "tel:{user};x={user}")]
    [InlineData("1+4915112345678 23%2B015112345678", "1+{user} 23%2B{user}")]
    [InlineData("49151123456789 12345678901234915112345678", "49151123456789 12345678901234915112345678")]
    [InlineData("X-WhatsApp-User-Id: US.13491208655302741918", "X-WhatsApp-User-Id: ***")]
    [InlineData("X-WhatsApp-User-Name: Zo%C3%AB", "X-WhatsApp-User-Name: ***")]
    [InlineData("From: \"Zoë S.\" <sip:201@pbx>;tag=1", "From: <sip:201@pbx>;tag=1")]
    [InlineData("Authorization: Digest username=\"a\", response=\"b\"", "Authorization: ***")]
    [InlineData("proxy-authorization: Digest username=\"a\"", "proxy-authorization: ***")]
    [InlineData("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3|2^20", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:***")]
    [InlineData("a=ice-pwd:asd88fgpdd777uzjYhagZg", "a=ice-pwd:***")]
    [InlineData("c=IN IP4 203.0.113.5", "c=IN IP4 203.0.113.5")]
    public void Secrets_and_the_user_are_taken_out(string text, string kept)
    {
        Assert.Equal(kept, Redaction.Of(text));
        Assert.Equal($"a\r\n{kept}\r\nb", Redaction.Of($"a\r\n{text}\r\nb"));
    }

    [Fact]
    public void A_user_without_number_is_known_by_the_id()
    {
        var hidden = new TraceRedaction(new WhatsAppUser(null, "US.1349"));
        Assert.Equal("INVITE sip:{user}@pbx", hidden.Of("INVITE sip:US.1349@pbx"));
        Assert.Equal("INVITE sip:…1349@pbx", TraceRedaction.Show("INVITE sip:{user}@pbx", "…1349"));
    }

    [Fact]
    public void Of_digits_that_repeat_themselves_the_last_ones_count()
    {
        var redaction = new TraceRedaction(new WhatsAppUser("111111111111"));
        Assert.Equal("{user} 1111112 {user}", redaction.Of("111111111111 1111112 11111111"));
    }

    [Fact]
    public void A_flood_of_digits_takes_no_time() => Assert.Equal(
        200_000, Redaction.Of(new string('7', 200_000)).Length); // ends: no part of it is tried again
}
