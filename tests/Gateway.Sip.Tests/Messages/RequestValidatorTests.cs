using System.Net;
using System.Text;
using Gateway.Sip.Messages;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Tests.Messages;

/// <summary>The checks of RFC 3261 §8.2 that no torture message reaches.</summary>
public sealed class RequestValidatorTests
{
    private static readonly SipCapabilities Capabilities = new(
        [SipMethod.Invite, SipMethod.Ack, SipMethod.Bye, SipMethod.Cancel, SipMethod.Options, SipMethod.Refer, SipMethod.Update,
            SipMethod.Info],
        ["timer", "100rel"],
        [MediaType.Sdp, MediaType.DtmfRelay]);

    [Theory]
    [InlineData("INVITE", "", 0)]
    [InlineData("INVITE", "Max-Forwards: 0\r\n", 483)]
    [InlineData("OPTIONS", "Max-Forwards: 0\r\n", 0)]
    [InlineData("SUBSCRIBE", "", 405)]
    [InlineData("INVITE", "Require: 100REL, timer\r\n", 0)]
    [InlineData("INVITE", "Require: timer, path\r\n", 420)]
    [InlineData("CANCEL", "Require: path\r\n", 0)]
    [InlineData("ACK", "Require: path\r\nContent-Type: x/y\r\n", 0)]
    [InlineData("INVITE", "Accept: text/plain, application/*;q=0.5\r\n", 0)]
    [InlineData("INVITE", "Accept: text/plain\r\n", 406)]
    [InlineData("INVITE", "Accept: nonsense\r\n", 0)]
    [InlineData("INVITE", "Contact: <sip:second@b>\r\n", 0)]
    [InlineData("INVITE", "Contact: nonsense\r\n", 400)]
    [InlineData("OPTIONS", "Contact: nonsense\r\n", 0)]
    [InlineData("CANCEL", "Route: nonsense\r\n", 0)]
    [InlineData("INVITE", "Route: <sip:a\r\n", 400)]
    [InlineData("INVITE", "Record-Route: nonsense\r\n", 400)]
    public void Requests_are_refused_with_the_status_of_the_rfc(string method, string headers, int status) =>
        Assert.Equal(status, Validate(method, "Contact: <sip:a@b>\r\n" + headers, "")?.StatusCode ?? 0);

    [Theory]
    [InlineData("", 400)]
    [InlineData("Contact: *\r\n", 400)]
    [InlineData("Contact: <tel:+15551234>\r\n", 400)]
    [InlineData("Contact: <sips:a@b>\r\n", 0)]
    public void An_invite_needs_one_contact_that_sip_can_reach(string headers, int status) =>
        Assert.Equal(status, Validate("INVITE", headers, "")?.StatusCode ?? 0);

    [Theory]
    [InlineData("", 0)]
    [InlineData("Content-Type: Application/SDP ; charset=utf-8\r\n", 0)]
    [InlineData("Content-Type: text/html\r\n", 415)]
    [InlineData("Content-Type: text/html\r\nContent-Disposition: alert;handling=optional\r\n", 0)]
    [InlineData("Content-Type: application/sdp\r\nContent-Encoding: gzip\r\n", 415)]
    [InlineData("Content-Type: application/sdp\r\ne: identity\r\n", 0)]
    [InlineData("Content-Type: multipart/mixed;boundary=x\r\n", 415)]
    public void Bodies_have_to_be_understood(string headers, int status) =>
        Assert.Equal(status, Validate("UPDATE", headers, "v=0\r\n")?.StatusCode ?? 0);

    [Fact]
    public void A_refusal_becomes_a_response_with_its_explanation()
    {
        var request = Request("INVITE", "Contact: <sip:a@b>\r\nRequire: path\r\n", "");
        var response = RequestValidator.Validate(request, Capabilities)!.CreateResponse(request, "t");
        Assert.Equal((420, "path", "t"), (response.StatusCode, response.Headers["Unsupported"], response.ToTag));
    }

    [Fact]
    public void The_source_is_stamped_on_the_top_via()
    {
        var via = Request("INVITE", "", "").TopVia;
        var stamped = via.StampSource(TransportAddress.From(IPAddress.Parse("192.0.2.5"), 40000));
        Assert.Equal("SIP/2.0/UDP host;branch=z9hG4bK1;rport=40000;received=192.0.2.5", stamped.ToString());
        Assert.Equal(("192.0.2.5", 40000), (stamped.Received, stamped.ResponsePort));
        Assert.True(ViaHeader.TryParse("SIP/2.0/TCP 192.0.2.5;branch=z9hG4bK1;received=10.0.0.1", out var plain));
        Assert.Equal(
            "SIP/2.0/TCP 192.0.2.5;branch=z9hG4bK1", plain.StampSource(TransportAddress.From(IPAddress.Parse("192.0.2.5"), 1)).ToString());
        var six = via.StampSource(TransportAddress.From(IPAddress.Parse("2001:db8::5"), 5060));
        Assert.True(ViaHeader.TryParse(six.ToString(), out var again));
        Assert.Equal("2001:db8::5", again.Received);
    }

    private static SipRefusal? Validate(string method, string headers, string body) =>
        RequestValidator.Validate(Request(method, headers, body), Capabilities);

    private static SipRequest Request(string method, string headers, string body)
    {
        var text =
            $"{method} sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP host;branch=z9hG4bK1;rport\r\nFrom: <sip:a@b>;tag=1\r\nTo: " +
            $"<sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 {method}\r\n{headers}\r\n{body}";
        Assert.True(SipParser.TryParse(Encoding.ASCII.GetBytes(text), out var message, out var error), error.ToString());
        return Assert.IsType<SipRequest>(message);
    }
}
