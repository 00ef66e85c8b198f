using System.Text;
using Gateway.Sip.Auth;
using Gateway.Sip.Messages;
using Gateway.Sip.Tests.Dialogs;
using Gateway.Sip.Trunks;

namespace Gateway.Sip.Tests.Trunks;

public class TextMessageTests
{
    private const string First = "10.0.0.2:5060";
    private const string Second = "10.0.0.3:5060";

    private readonly SipBench _bench = new();
    private readonly List<int> _statuses = [];

    [Fact]
    public void Brings_a_text_to_a_user_and_reports_the_final_status()
    {
        var gateway = _bench.AddAgent("10.0.0.1:5060", SipBench.Trunk(First));
        var peer = _bench.AddPeer(First);
        Send(gateway, "Zoë waits \u23f3");
        var request = peer.Last("MESSAGE");
        Assert.Equal("sip:201@10.0.0.2", request.Uri.ToString());
        Assert.Equal("text/plain;charset=UTF-8", request.ContentType);
        Assert.Equal("Zoë waits \u23f3", Encoding.UTF8.GetString(request.Body.Span));
        Assert.False(request.Headers.Contains("Contact")); // RFC 3428 §4
        peer.Respond(request, 100);
        _bench.Run();
        Assert.Empty(_statuses);
        peer.Respond(request, 202, "pbx");
        _bench.Run();
        Assert.Equal([202], _statuses);
    }

    [Fact]
    public void Answers_a_challenge_once()
    {
        var gateway = _bench.AddAgent(
            "10.0.0.1:5060", SipBench.Trunk(First) with { Credentials = new SipCredentials("gw", "secret") });
        var peer = _bench.AddPeer(First);
        Send(gateway, "text");
        for (var i = 0; i < 2; i++)
        {
            var challenge = $"Digest realm=\"pbx\", nonce=\"n{i}\", algorithm=SHA-256, qop=\"auth\"";
            peer.Respond(peer.Last("MESSAGE"), 407, "pbx", null, ("Proxy-Authenticate", challenge));
            _bench.Run();
        }
        Assert.Equal(2, _bench.CountOf("MESSAGE"));
        Assert.True(peer.Last("MESSAGE").Headers.Contains("Proxy-Authorization"));
        Assert.Equal(2u, peer.Last("MESSAGE").CSeq.Number);
        Assert.Equal([407], _statuses);
    }

    [Fact]
    public void Goes_to_the_next_server_where_the_first_is_silent()
    {
        var gateway = _bench.AddAgent("10.0.0.1:5060", SipBench.Trunk(First) with { BackupServers = [Second] });
        var second = _bench.AddPeer(Second);
        Send(gateway, "text");
        _bench.Run(6); // the first has had its 4 s
        second.Respond(second.Last("MESSAGE"), 200, "pbx");
        _bench.Run();
        Assert.Equal([200], _statuses);
    }

    [Fact]
    public void Reports_408_where_nobody_answers_and_503_where_there_is_no_server()
    {
        var gateway = _bench.AddAgent("10.0.0.1:5060", SipBench.Trunk(First));
        Send(gateway, "text");
        _bench.Run(10);
        Assert.Equal([408], _statuses);
        gateway.Trunks[0].SetTargets([]);
        Send(gateway, "text");
        Assert.Equal([408, 503], _statuses);
    }

    [Fact]
    public void A_text_that_no_datagram_should_carry_is_not_sent()
    {
        var gateway = _bench.AddAgent("10.0.0.1:5060", SipBench.Trunk(First));
        Send(gateway, new string('x', TextMessage.MaxBytes + 1));
        Assert.Equal([513], _statuses);
        Assert.Empty(_bench.Log);
    }

    private void Send(TestAgent gateway, string text)
    {
        new TextMessage(gateway.Agent.Core, gateway.Trunks[0], "201", text, _statuses.Add).Send(_bench.Now);
        _bench.Run();
    }
}
