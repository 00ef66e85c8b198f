using Gateway.Sip.Messages;

namespace Gateway.Sip.Tests.Messages;

public sealed class SipUriTests
{
    [Theory]
    [InlineData("sip:alice@atlanta.example")]
    [InlineData("sips:alice:secret@atlanta.example:5061;transport=tcp?subject=x&priority=urgent")]
    [InlineData("sip:+15551234567;phone-context=x@[2001:db8::1]:5070;user=phone")]
    [InlineData("sip:biloxi.example;method=REGISTER;lr")]
    [InlineData("sip:#31#0123@pbx")]
    [InlineData("tel:+1-201-555-0123;ext=7")]
    [InlineData("urn:service:sos")]
    public void What_was_read_is_written_unchanged(string text)
    {
        Assert.True(SipUri.TryParse(text, out var uri));
        Assert.Equal(text, uri.ToString());
    }

    [Theory]
    [InlineData("sip:+15551234567;npdi;rn=+15550001@pbx;user=phone", "+15551234567")]
    [InlineData("sip:%2B15551234567;phone-context=x@pbx", "+15551234567")]
    [InlineData("sip:+15551234567@pbx", "+15551234567")]
    [InlineData("sip:alice;day=tuesday@pbx", "alice;day=tuesday")]
    [InlineData("tel:+15551234567;ext=7", "+15551234567")]
    public void A_telephone_number_is_told_from_what_it_carries(string text, string subscriber)
    {
        Assert.True(SipUri.TryParse(text, out var uri));
        Assert.Equal(subscriber, uri.Subscriber);
    }

    [Theory]
    [InlineData("")]
    [InlineData("sip")]
    [InlineData("sip:")]
    [InlineData("sip:a@")]
    [InlineData("sip:a@host:99999")]
    [InlineData("sip:a@[2001:db8::1")]
    [InlineData("sip:a@[192.0.2.1]")]
    [InlineData("sip:a%4@host")]
    [InlineData("sip:a%zz@host")]
    [InlineData("sip:a b@host")]
    [InlineData("sip:a@host;=x")]
    [InlineData("sip:a@ho\r\nst")]
    [InlineData("sip:a@host>")]
    [InlineData("tel:")]
    [InlineData("tel:alice")]
    [InlineData("1sip:a@host")]
    public void What_is_no_uri_is_refused(string text) => Assert.False(SipUri.TryParse(text, out _));

    /// <summary>The examples of RFC 3261 §19.1.4.</summary>
    [Theory]
    [InlineData("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", true)]
    [InlineData("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true)]
    [InlineData("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5", true)]
    [InlineData("sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
        "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com", true)]
    [InlineData(
        "sip:alice@atlanta.com?subject=project%20x&priority=urgent", "sip:alice@atlanta.com?priority=urgent&subject=project%20x", true)]
    [InlineData("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false)]
    [InlineData("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false)]
    [InlineData("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false)]
    [InlineData("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", false)]
    [InlineData("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", false)]
    [InlineData("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false)]
    [InlineData("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false)]
    [InlineData("sip:a%2Fb@host", "sip:a/b@host", false)]
    [InlineData("sip:a@[2001:db8:0::1]", "sip:a@[2001:DB8::1]", true)]
    [InlineData("tel:+1-201-555-0123", "tel:+12015550123", true)]
    [InlineData("sip:a@host", "sips:a@host", false)]
    public void Comparison_follows_the_rfc(string a, string b, bool equivalent)
    {
        Assert.True(SipUri.TryParse(a, out var left));
        Assert.True(SipUri.TryParse(b, out var right));
        Assert.Equal(equivalent, left.IsEquivalentTo(right));
        Assert.Equal(equivalent, right.IsEquivalentTo(left));
    }

    [Fact]
    public void Plain_text_is_escaped_on_the_way_in_and_read_back()
    {
        var uri = SipUri.Create("Zoë \"x\" <y>@z\r\nEvil: 1", new HostPort("2001:db8::1", 5060)).WithParameter("x", "a;b=c");
        Assert.DoesNotContain('\n', uri.ToString());
        Assert.True(SipUri.TryParse(uri.ToString(), out var again));
        Assert.Equal("Zoë \"x\" <y>@z\r\nEvil: 1", again.User);
        Assert.Equal("a;b=c", again.Parameters["x"]);
        Assert.Equal(new HostPort("2001:db8::1", 5060), again.HostPort);
    }
}
