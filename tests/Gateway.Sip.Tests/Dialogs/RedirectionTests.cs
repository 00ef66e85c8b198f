using Gateway.Sip.Dialogs;
using Gateway.Sip.Messages;

namespace Gateway.Sip.Tests.Dialogs;

/// <summary>3xx to our INVITE (RFC 3261 §8.1.3.4): followed within the trunk's own hosts only.</summary>
public class RedirectionTests
{
    private readonly SipBench _bench = new();

    [Theory]
    [InlineData(300)]
    [InlineData(301)]
    [InlineData(302)]
    public void Follows_a_contact_inside_the_trunk(int status)
    {
        var (gateway, pbx, call) = Ringing();
        Redirect(gateway, pbx, status, "<sip:200@10.0.0.2>");
        Assert.Equal("200", pbx.Last("INVITE").Uri.User);
        pbx.Respond(pbx.Last("INVITE"), 200, "t", "answer");
        _bench.Run();
        Assert.Equal("answer", gateway.Last<SipCallEvent.Answered>(call)!.Sdp);
    }

    [Fact]
    public void Asks_the_same_callee_by_the_proxy_that_305_names()
    {
        var (gateway, pbx, _) = Ringing("10.0.0.3:5060");
        var backup = _bench.AddPeer("10.0.0.3:5060");
        Redirect(gateway, pbx, 305, "<sip:10.0.0.3;lr>");
        Assert.Equal("100", backup.Last("INVITE").Uri.User);
    }

    [Theory]
    [InlineData("<sip:201@10.0.0.2>;q=0.2", "<sip:202@10.0.0.2>;q=0.9", "<sip:203@10.0.0.2>;q=0.5")]
    [InlineData("<sip:201@10.0.0.2>;q=0.2, <sip:202@10.0.0.2>, <sip:203@10.0.0.2>;q=0.5")]
    [InlineData("<sip:9@192.0.2.1>;q=1", "<sip:202@10.0.0.2>;q=0.9", "<sip:203@10.0.0.2>;q=0.8", "<sip:201@10.0.0.2>;q=0.7")]
    public void Tries_the_contacts_in_the_order_of_their_q(params string[] contacts)
    {
        var (gateway, pbx, call) = Ringing();
        Redirect(gateway, pbx, 302, contacts);
        List<string?> tried = [];
        for (var i = 0; i < 3; i++)
        {
            tried.Add(pbx.Last("INVITE").Uri.User);
            pbx.Respond(pbx.Last("INVITE"), 480, "x");
            _bench.Run();
        }
        Assert.Equal(["202", "203", "201"], tried);
        Assert.Equal(480, gateway.Last<SipCallEvent.Failed>(call)!.Status);
    }

    [Theory]
    [InlineData("<sip:200@192.0.2.1>")]
    [InlineData("<sip:200@other.example>")]
    [InlineData("<tel:+4930123>")]
    [InlineData("*")]
    [InlineData("")]
    public void A_redirection_out_of_the_trunk_fails_the_call_with_its_status(string contact)
    {
        var (gateway, pbx, call) = Ringing();
        Redirect(gateway, pbx, 302, contact);
        Assert.Equal(302, gateway.Last<SipCallEvent.Failed>(call)!.Status);
        Assert.Equal(1, _bench.CountOf("INVITE"));
    }

    [Fact]
    public void A_6xx_of_one_contact_ends_the_search()
    {
        var (gateway, pbx, call) = Ringing();
        Redirect(gateway, pbx, 302, "<sip:201@10.0.0.2>", "<sip:202@10.0.0.2>");
        pbx.Respond(pbx.Last("INVITE"), 603, "x");
        _bench.Run();
        Assert.Equal(603, gateway.Last<SipCallEvent.Failed>(call)!.Status);
        Assert.Equal(2, _bench.CountOf("INVITE"));
    }

    [Fact]
    public void Stops_at_the_limit_and_in_a_circle()
    {
        var (gateway, pbx, call) = Ringing();
        for (var i = 0; i < 4; i++)
            Redirect(gateway, pbx, 302, $"<sip:20{i}@10.0.0.2>");
        Assert.Equal((302, 4), (gateway.Last<SipCallEvent.Failed>(call)!.Status, _bench.CountOf("INVITE")));

        call = gateway.Invite();
        _bench.Run();
        Redirect(gateway, pbx, 302, "<sip:1@10.0.0.2>");
        Redirect(gateway, pbx, 302, "<sip:1@10.0.0.2>");
        Assert.Equal((302, 6), (gateway.Last<SipCallEvent.Failed>(call)!.Status, _bench.CountOf("INVITE")));
    }

    [Fact]
    public void A_limit_of_zero_follows_nothing()
    {
        var (gateway, pbx, call) = Ringing(limit: 0);
        Redirect(gateway, pbx, 302, "<sip:200@10.0.0.2>");
        Assert.Equal(302, gateway.Last<SipCallEvent.Failed>(call)!.Status);
    }

    [Fact]
    public void A_call_that_was_given_up_is_not_redirected()
    {
        var (gateway, pbx, call) = Ringing();
        var invite = pbx.Last("INVITE");
        pbx.Respond(invite, 180, "x");
        _bench.Run();
        gateway.HangUp(call);
        Redirect(gateway, pbx, 302, "<sip:200@10.0.0.2>");
        Assert.Equal(1, _bench.CountOf("INVITE"));
    }

    private (TestAgent Gateway, ScriptedPeer Pbx, Gateway.Sip.Dialogs.InviteSession Call) Ringing(string? backup = null, int limit = 3)
    {
        var gateway = _bench.AddAgent("10.0.0.1:5060",
            SipBench.Trunk("10.0.0.2:5060") with { MaxRedirects = limit, BackupServers = backup is null ? [] : [backup] });
        var pbx = _bench.AddPeer("10.0.0.2:5060");
        var call = gateway.Invite();
        _bench.Run();
        return (gateway, pbx, call);
    }

    private void Redirect(TestAgent gateway, ScriptedPeer pbx, int status, params string[] contacts)
    {
        var redirect = SipResponse.CreateFor(pbx.Last("INVITE"), status, "x");
        foreach (var contact in contacts.Where(text => text.Length > 0))
            redirect.Headers.Add("Contact", contact);
        _bench.Send(pbx.Address, gateway.Address, SipWriter.Write(redirect));
        _bench.Run();
    }
}
