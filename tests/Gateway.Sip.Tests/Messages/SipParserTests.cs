using System.Text;
using Gateway.Sip.Messages;

namespace Gateway.Sip.Tests.Messages;

public sealed class SipParserTests
{
    private const string Invite =
        "INVITE sip:bob@biloxi.example SIP/2.0\r\n" +
        "v: SIP/2.0/UDP pc33.atlanta.example;branch=z9hG4bKnashds8;rport, SIP/2.0/TCP [2001:db8::9]:5061;branch=z9hG4bKx\r\n" +
        "Max-Forwards: 70\r\n" +
        "t: \"Bob \\\"the\\\" builder\" <sip:bob@biloxi.example>\r\n" +
        "f: Alice <sip:alice@atlanta.example>\r\n ;tag=1928301774\r\n" +
        "i: a84b4c76e66710@pc33.atlanta.example\r\n" +
        "CSeq: 314159 INVITE\r\n" +
        "m: <sip:alice@pc33.atlanta.example;transport=tcp>\r\n" +
        "Supported: 100rel, timer\r\nk: replaces\r\n" +
        "Content-Type: application/sdp\r\n" +
        "l: 4\r\n\r\nv=0\n";

    [Fact]
    public void Reads_short_forms_lists_and_folded_lines()
    {
        var request = Parse<SipRequest>(Invite);

        Assert.Equal(SipMethod.Invite, request.Method);
        Assert.Equal("bob", request.Uri.User);
        Assert.Equal("UDP", request.TopVia.Transport);
        Assert.True(request.TopVia.WantsResponsePort);
        Assert.Equal(["SIP/2.0/UDP pc33.atlanta.example;branch=z9hG4bKnashds8;rport", "SIP/2.0/TCP [2001:db8::9]:5061;branch=z9hG4bKx"],
            request.Headers.All("Via"));
        Assert.Equal("Bob \"the\" builder", request.To.DisplayName);
        Assert.Equal("", request.ToTag);
        Assert.Equal("1928301774", request.FromTag);
        Assert.Equal("tcp", request.Contact!.Uri.Transport);
        Assert.Equal(["100rel", "timer", "replaces"], request.Headers.Tokens("Supported"));
        Assert.Equal("v=0\n", Encoding.ASCII.GetString(request.Body.Span));
    }

    [Fact]
    public void Writes_what_it_read()
    {
        var first = SipWriter.Write(Parse<SipRequest>(Invite));
        var second = SipWriter.Write(Parse<SipRequest>(Encoding.UTF8.GetString(first)));
        Assert.Equal(first, second);
        Assert.EndsWith("Content-Length: 4\r\n\r\nv=0\n", Encoding.UTF8.GetString(first), StringComparison.Ordinal);
    }

    [Fact]
    public void A_response_copies_what_ties_it_to_its_request()
    {
        var request = Parse<SipRequest>(Invite);
        var ok = SipResponse.CreateFor(request, 200, "local");
        Assert.Equal(request.Headers.All("Via"), ok.Headers.All("Via"));
        Assert.Equal("local", ok.ToTag);
        Assert.Equal(request.CSeq, ok.CSeq);
        Assert.Equal("", SipResponse.CreateFor(request, 100, "local").ToTag);
    }

    [Fact]
    public void Nothing_added_to_a_header_can_begin_another_one()
    {
        var request = Parse<SipRequest>(Invite);
        request.Headers.Add("X-Name", "Eve\r\nX-Injected: yes\r\n\r\nbody");
        var again = Parse<SipRequest>(Encoding.UTF8.GetString(SipWriter.Write(request)));
        Assert.False(again.Headers.Contains("X-Injected"));
        Assert.Equal("Eve  X-Injected: yes    body", again.Headers["X-Name"]);
    }

    private static T Parse<T>(string text) where T : SipMessage
    {
        Assert.True(SipParser.TryParse(Encoding.UTF8.GetBytes(text), out var message, out var error), error.ToString());
        return Assert.IsType<T>(message);
    }
}
