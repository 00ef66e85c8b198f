using System.Text;
using Gateway.Sip.Messages;

namespace Gateway.Sip.Tests.Messages;

/// <summary>
/// Every cut of every torture message, and damage to each of its bytes: refused with a reason, or read; never an exception.
/// </summary>
public sealed class MalformedSweepTests
{
    public static TheoryData<string> Names => [.. TortureMessage.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Cut_messages_are_refused_or_read(string name)
    {
        var whole = TortureMessage.Read(name);
        for (var length = 0; length < whole.Length; length++)
            Try(whole.AsSpan(0, length));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Damaged_messages_are_refused_or_read(string name)
    {
        var message = TortureMessage.Read(name);
        ReadOnlySpan<byte> damage =
            [0, (byte)'\r', (byte)'\n', (byte)' ', (byte)'"', (byte)'<', (byte)'>', (byte)';', (byte)':', (byte)',', (byte)'%', 0xff];
        for (var at = 0; at < Math.Min(message.Length, 1500); at++)
        {
            var original = message[at];
            for (var i = 0; i < 2; i++)
            {
                message[at] = damage[((at * 2) + i) % damage.Length];
                Try(message);
            }
            message[at] = original;
        }
    }

    [Theory]
    [InlineData("", SipParseFault.KeepAlive)]
    [InlineData("\r\n\r\n", SipParseFault.KeepAlive)]
    [InlineData("OPTIONS sip:a@b SIP/2.0\r\n", SipParseFault.NoEndOfHeaders)]
    [InlineData("\0\0\0\0\r\n\r\n", SipParseFault.BadStartLine)]
    [InlineData("SIP/2.0 99 x\r\n\r\n", SipParseFault.BadStatusCode)]
    [InlineData("SIP/2.0 700 x\r\n\r\n", SipParseFault.BadStatusCode)]
    [InlineData("SIP/3.0 200 x\r\n\r\n", SipParseFault.UnsupportedVersion)]
    [InlineData("OPTIONS sip:a@b HTTP/1.1\r\n\r\n", SipParseFault.BadStartLine)]
    [InlineData("OPTIONS sip:a@b SIP/2.0\r\nVia\r\n\r\n", SipParseFault.MissingHeader)]
    [InlineData("OPTIONS sip:a@b SIP/2.0\r\nV ia: x\r\n\r\n", SipParseFault.MissingHeader)]
    [InlineData("OPTIONS sip:a@b SIP/2.0\r\nX: a\nY: b\r\n\r\n", SipParseFault.MissingHeader)]
    [InlineData("OPTIONS sip:a@b SIP/2.0\r\nX: a\rY: b\r\n\r\n", SipParseFault.MissingHeader)]
    [InlineData("OPTIONS sip:a@b SIP/2.0\r\n\r\n", SipParseFault.MissingHeader)]
    public void A_refusal_names_its_reason(string text, SipParseFault fault)
    {
        Assert.False(SipParser.TryParse(Encoding.Latin1.GetBytes(text), out _, out var error));
        Assert.Equal(fault, error.Fault);
    }

    [Theory]
    [InlineData("From: <sip:a@b>;tag=1;tag=2", "From")]
    [InlineData("From: <sip:a@b>;tag=", "From")]
    [InlineData("From: <sip:a@b>;tag=\"a b\"", "From")]
    [InlineData("From: <sip:a@b", "From")]
    [InlineData("From: sip:a@b, sip:c@d", "From")]
    [InlineData("From: \"a\" sip:a@b", "From")]
    [InlineData("Via: SIP/2.0/UDP", "Via")]
    [InlineData("Via: SIP/1.0/UDP a", "Via")]
    [InlineData("Via: SIP/2.0/UDP a;branch=\"x", "Via")]
    [InlineData("Via: SIP/2.0/UDP a, ,SIP/2.0/UDP b", "Via")]
    [InlineData("CSeq: 1", "CSeq")]
    [InlineData("CSeq: -1 OPTIONS", "CSeq")]
    [InlineData("CSeq: 4294967296 OPTIONS", "CSeq")]
    [InlineData("Call-ID: a@b@c", "Call-ID")]
    [InlineData("Call-ID: a b", "Call-ID")]
    [InlineData("Call-ID:", "Call-ID")]
    public void A_malformed_mandatory_header_is_named(string header, string name)
    {
        var lines = new Dictionary<string, string>
        {
            ["Via"] = "Via: SIP/2.0/UDP a;branch=z9hG4bK1", ["From"] = "From: <sip:a@b>;tag=1", ["To"] = "To: <sip:a@b>",
            ["Call-ID"] = "Call-ID: 1", ["CSeq"] = "CSeq: 1 OPTIONS", [name] = header,
        };
        var text = "OPTIONS sip:a@b SIP/2.0\r\n" + string.Join("\r\n", lines.Values) + "\r\n\r\n";
        Assert.False(SipParser.TryParse(Encoding.ASCII.GetBytes(text), out _, out var error));
        Assert.Equal((SipParseFault.BadHeaderValue, name, 400), (error.Fault, error.HeaderName, error.StatusCode));
        Assert.Equal(400, error.CreateResponse("t")!.StatusCode);
    }

    [Fact]
    public void What_grows_without_end_is_refused_at_its_limit()
    {
        Assert.Equal(SipParseFault.TooLarge, FaultOf(new string('a', SipLimits.MaxMessageBytes + 1)));
        Assert.Equal(
            SipParseFault.TooLarge, FaultOf("OPTIONS sip:a@b SIP/2.0\r\nX: " + new string('a', SipLimits.MaxHeaderBytes) + "\r\n\r\n"));
        Assert.Equal(SipParseFault.TooManyHeaders, FaultOf(
            "OPTIONS sip:a@b SIP/2.0\r\n" + string.Concat(Enumerable.Repeat("Route: <sip:a>\r\n", SipLimits.MaxHeaders + 1)) + "\r\n"));
        Assert.Equal(SipParseFault.TooManyHeaders, FaultOf(
            "OPTIONS sip:a@b SIP/2.0\r\nRoute: " + string.Join(',', Enumerable.Repeat("<sip:a>", SipLimits.MaxHeaders + 1)) + "\r\n\r\n"));
        Assert.False(
            NameAddr.TryParse("<sip:a@b>" + string.Concat(Enumerable.Range(0, SipLimits.MaxParameters + 1).Select(i => $";p{i}")), out _));
        Assert.False(
            SipUri.TryParse("sip:a@b" + string.Concat(Enumerable.Range(0, SipLimits.MaxParameters + 1).Select(i => $";p{i}")), out _));
    }

    [Fact]
    public void Text_that_is_not_utf8_is_read_as_latin1()
    {
        var text =
            "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nFrom: \"Jos\u00e9\" <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: " +
            "1\r\nCSeq: 1 OPTIONS\r\n\r\n";
        Assert.True(SipParser.TryParse(Encoding.Latin1.GetBytes(text), out var message, out _));
        Assert.Equal("Jos\u00e9", message.From.DisplayName);
    }

    private static SipParseFault FaultOf(string text)
    {
        Assert.False(SipParser.TryParse(Encoding.ASCII.GetBytes(text), out _, out var error));
        return error.Fault;
    }

    private static void Try(ReadOnlySpan<byte> bytes)
    {
        if (SipParser.TryParse(bytes, out var message, out var error))
        {
            Assert.Equal(SipParseFault.None, error.Fault);
            Assert.NotEmpty(SipWriter.Write(message));
        }
        else
        {
            Assert.NotEqual(SipParseFault.None, error.Fault);
            error.CreateResponse("t");
        }
    }
}
