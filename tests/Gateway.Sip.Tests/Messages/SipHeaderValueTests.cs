using System.Text;
using Gateway.Sip.Messages;

namespace Gateway.Sip.Tests.Messages;

public sealed class SipHeaderValueTests
{
    [Theory]
    [InlineData("Q.850;cause=16;text=\"Normal call clearing\"", "Q.850", 16, "Normal call clearing")]
    [InlineData("SIP ;cause=200 ;text=\"Call completed elsewhere\"", "SIP", 200, "Call completed elsewhere")]
    [InlineData("Q.850;cause=31", "Q.850", 31, null)]
    [InlineData("q.850;cause=16;text=Normal call clearing", "Q.850", 16, "Normal call clearing")]
    [InlineData("Q.850;text=Normal call clearing;cause=16", "Q.850", 16, "Normal call clearing")]
    [InlineData("Q.850;cause=16;text=\"open", "Q.850", 16, "open")]
    [InlineData("Q.850;cause=16;text=open\"", "Q.850", 16, "open")]
    [InlineData("Q850 ; CAUSE = \"17\" ; TEXT=x", "Q.850", 17, "x")]
    [InlineData("Q.850;;cause=17;", "Q.850", 17, null)]
    [InlineData("sip;cause=487", "SIP", 487, null)]
    public void Reason_is_read_and_written(string text, string protocol, int cause, string? words)
    {
        Assert.True(ReasonHeader.TryParse(text, out var reason));
        Assert.Equal(new SipReason(protocol, cause, words), reason);
        Assert.True(ReasonHeader.TryParse(ReasonHeader.Format(reason), out var again));
        Assert.Equal(reason, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Q.850")]
    [InlineData("Q.850;cause=x")]
    public void Reason_without_a_cause_is_refused(string text) => Assert.False(ReasonHeader.TryParse(text, out _));

    [Fact]
    public void The_preferred_reason_protocol_wins_wherever_it_stands()
    {
        var response = new SipResponse(486);
        response.Headers.Add("Reason", "SIP;cause=486");
        response.Headers.Add("Reason", "Q.850;cause=17");
        Assert.Equal(17, ReasonHeader.Read(response, "q.850")!.Value.Cause);
        Assert.Equal(486, ReasonHeader.Read(response, "X")!.Value.Cause);
    }

    [Theory]
    [InlineData("1800", 1800u, SessionRefresher.Unspecified)]
    [InlineData("90 ; refresher=UAS", 90u, SessionRefresher.Uas)]
    [InlineData("4000;foo=bar;refresher=uac", 4000u, SessionRefresher.Uac)]
    public void Session_expires_is_read(string text, uint seconds, SessionRefresher refresher)
    {
        Assert.True(SessionExpires.TryParse(text, out var value));
        Assert.Equal(new SessionExpires(seconds, refresher), value);
        Assert.True(SessionExpires.TryParse(value.ToString(), out var again));
        Assert.Equal(value, again);
    }

    [Fact]
    public void Rack_names_a_provisional_response()
    {
        Assert.True(RAck.TryParse("776656 1 INVITE", out var rack));
        Assert.Equal(new RAck(776656, new CSeq(1, SipMethod.Invite)), rack);
        Assert.Equal("776656 1 INVITE", rack.ToString());
        Assert.False(RAck.TryParse("776656 INVITE", out _));
    }

    [Fact]
    public void An_attended_transfer_carries_its_dialog_inside_the_refer_to_uri()
    {
        Assert.True(NameAddr.TryParse(
            "<sip:sales@pbx?Replaces=7%40pbx%3Bto-tag%3Da%3Bfrom-tag%3Db%3Bearly-only&Require=replaces>", out var referTo));
        Assert.True(ReplacesHeader.TryReadFrom(referTo.Uri, out var replaces));
        Assert.Equal(new ReplacesHeader("7@pbx", "a", "b", EarlyOnly: true), replaces);
        Assert.True(ReplacesHeader.TryParse(replaces.ToString(), out var again));
        Assert.Equal(replaces, again);
    }

    [Fact]
    public void Warning_text_is_quoted_both_ways()
    {
        Assert.True(WarningHeader.TryParse("304 gw.example \"Media \\\"opus\\\" unknown\"", out var warning));
        Assert.Equal(new WarningHeader(304, "gw.example", "Media \"opus\" unknown"), warning);
        Assert.Equal("304 gw.example \"Media \\\"opus\\\" unknown\"", warning.ToString());
    }

    [Theory]
    [InlineData(
        "multipart/mixed;boundary=b", "--b\nContent-Type: application/isup\n\n\u0001\n--b\nContent-Type: application/sdp\n\nSDP\n--b--\n")]
    [InlineData("multipart/mixed;boundary=\"b\"", "--b\r\nContent-Type: application/sdp\r\nContent-Id: <1@x>\r\n\r\nSDP\r\n")]
    [InlineData("multipart/mixed;boundary=b", "preamble\r\n--b\r\nc: application/sdp\r\n\r\nSDP\r\n--b--")]
    [InlineData("multipart/mixed;boundary=b", "--b\r\n\r\nSDP\r\n--b--")]
    [InlineData("multipart/mixed", "--b\r\nContent-Type: application/sdp\r\n\r\nSDP\r\n--b--")]
    [InlineData(
        "multipart/mixed;boundary=outer",
        "--outer\r\nContent-Type: multipart/alternative;boundary=b\r\n\r\n--b\r\nContent-Type: " +
        "application/sdp\r\n\r\nSDP\r\n--b--\r\n--outer--")]
    [InlineData("application/SDP ;charset=utf-8", "SDP")]
    [InlineData("sdp", "SDP")]
    [InlineData("", "SDP")]
    [InlineData(null, "SDP")]
    public void Sdp_is_found_however_it_is_wrapped(string? type, string body)
    {
        var request = new SipRequest(SipMethod.Invite, SipUri.Create("7", new HostPort("pbx")));
        request.SetBody(Encoding.ASCII.GetBytes(body.Replace("SDP", "v=0\r\ns=-", StringComparison.Ordinal)), type);
        Assert.True(SipBody.TryFind(request, MediaType.Sdp, out var sdp));
        Assert.Equal("v=0\r\ns=-", Encoding.ASCII.GetString(sdp.Span));
    }

    [Theory]
    [InlineData("\"\"x\"\" <sip:a@b>", "x")]
    [InlineData("O\"Neil <sip:a@b>", "O\"Neil")]
    [InlineData("\"O\"Neil\" <sip:a@b>;q=1", "O\"Neil")]
    [InlineData("\"open <sip:a@b>;tag=1", "open")]
    [InlineData("open\" <sip:a@b>;tag=1", "open")]
    [InlineData("\"a < b\" <sip:a@b>", "a < b")]
    [InlineData("\"\" <sip:a@b>", "")]
    [InlineData("Smith; John, <sip:a@b>", "Smith; John,")]
    [InlineData("Jörg 大 <sip:a@b>", "Jörg 大")]
    [InlineData("<sip:a@b>;tag=1;", null)]
    [InlineData("<sip:a@b;;lr;>;;tag=1", null)]
    [InlineData("<sip:a@b:>", null)]
    public void Odd_addresses_are_read(string text, string? name)
    {
        Assert.True(NameAddr.TryParse(text, out var address));
        Assert.Equal((name, "a", "b", 0), (address.DisplayName, address.Uri.User, address.Uri.Host, address.Uri.Port));
        Assert.True(NameAddr.TryParse(address.ToString(), out var again));
        Assert.Equal(address.ToString(), again.ToString());
    }

    [Theory]
    [InlineData("sip:@host", "", "host", 0)]
    [InlineData("sip:a@2001:db8::1", "a", "2001:db8::1", 0)]
    [InlineData("sip:2001:db8::1;transport=tcp", null, "2001:db8::1", 0)]
    [InlineData("sip:[2001:db8::1]:", null, "2001:db8::1", 0)]
    [InlineData("sip:host:", null, "host", 0)]
    public void Odd_hosts_are_read(string text, string? user, string host, int port)
    {
        Assert.True(SipUri.TryParse(text, out var uri));
        Assert.Equal((user, host, port), (uri.User, uri.Host, uri.Port));
        Assert.True(SipUri.TryParse(uri.ToString(), out var again));
        Assert.Equal(uri.ToString(), again.ToString());
        Assert.True(ViaHeader.TryParse($"SIP/2.0/UDP {(host.Contains(':') ? host : host + ":")};branch=z9hG4bK1", out var via));
        Assert.Equal(host, via.SentBy.Host);
    }

    [Fact]
    public void Sdp_is_found_beside_other_parts()
    {
        var request = new SipRequest(SipMethod.Invite, SipUri.Create("7", new HostPort("pbx")));
        const string body =
            "--b\r\nContent-Type: application/isup;version=x\r\n\r\n\u0001\u0002\r\n--b\r\nContent-Type : application/SDP ; " +
            "x=y\r\n\r\nv=0\r\n\r\n--b--\r\n";
        request.SetBody(Encoding.ASCII.GetBytes(body), "multipart/mixed ; boundary=\"b\"");
        Assert.True(SipBody.TryFind(request, MediaType.Sdp, out var sdp));
        Assert.Equal("v=0\r\n", Encoding.ASCII.GetString(sdp.Span));
        Assert.False(SipBody.TryFind(request, MediaType.Dtmf, out _));
    }
}
