using System.Net;
using System.Text;
using Gateway.Sip.Messages;
using Gateway.Sip.Registrar;
using Gateway.Sip.Transactions;
using Gateway.Sip.Trunks;
using Media.Protocols.Primitives;
using Testing;

namespace Gateway.Sip.Tests.Registrar;

/// <summary>The edge proxy: messages in, messages out.</summary>
public sealed class EdgeProxyTests
{
    private const string Secret = "a secret of the whole cluster, 32";

    /// <summary>A node that runs calls, a phone that is registered here, and somebody else.</summary>
    private static readonly SipFlow Node = Flow("10.0.0.1:5060"), Phone = Flow("192.0.2.7:31000"), Other = Flow("203.0.113.9:5060");

    private readonly RegisteredFlows _phones = new();
    private readonly TransactionContext _context = new(
        new LocalAddresses([new LocalAddress(SipTransport.Udp, Address("10.0.0.2:5060"), new HostPort("10.0.0.2", 5060))]),
        new SeededEntropy(1), TransactionTimers.Default, 1300, 100);
    private readonly FlowTokens _tokens = new(Secret);
    private readonly EdgeProxy _edge;
    private bool _isOpen = true;

    public EdgeProxyTests()
    {
        _edge = new EdgeProxy(_tokens, _phones, _context, _ => _isOpen);
        _phones.Add(Phone);
        _phones.SetNodes([IPAddress.Parse("10.0.0.1")]);
    }

    [Fact]
    public void An_invite_of_a_node_goes_to_the_phone_by_the_path_that_it_registered_by()
    {
        var sent = Pass(Request("INVITE", RouteToPhone()), Node);
        Assert.Equal(Phone, sent.Flow);
        Assert.False(sent.IsToNode);
        var request = (SipRequest)sent.Message;
        Assert.Equal("sip:alice@192.168.1.7:5062", request.Uri.ToString());
        Assert.Equal("69", request.Headers["Max-Forwards"]);
        Assert.Equal(["<sip:proxy.of.the.phone;lr>"], request.Headers.All("Route"));
        Assert.Equal("v=0", Encoding.ASCII.GetString(request.Body.Span));
        Assert.Equal(
            ["10.0.0.2:5060", "10.0.0.1:5060"], request.Headers.All("Via").Select(text => Via(text).SentBy.ToString()));
        Assert.Equal(("10.0.0.1", 5060), (Via(request, 1).Received, Via(request, 1).ResponsePort));
        var record = Assert.Single(request.RecordRoutes).Uri;
        Assert.Equal(("10.0.0.2:5060", true), (record.HostPort.ToString(), record.IsLooseRouter));
    }

    [Fact]
    public void Its_responses_go_back_to_where_it_came_from()
    {
        var invite = (SipRequest)Pass(Request("INVITE", RouteToPhone()), Node).Message;
        var sent = Pass(SipResponse.CreateFor(invite, 180, "phone"), Phone);
        Assert.Equal(Node, sent.Flow);
        Assert.Equal("z9hG4bKcall", sent.Message.TopVia.Branch);
        Assert.Single(sent.Message.Headers.All("Via"));
    }

    [Fact]
    public void What_belongs_to_one_transaction_keeps_one_branch()
    {
        string Branch(string method, string branch) => Via(Pass(Request(method, RouteToPhone(), branch), Node).Message, 0).Branch!;
        var invite = Branch("INVITE", "z9hG4bKcall");
        Assert.StartsWith("z9hG4bK", invite);
        Assert.Equal(invite, Branch("INVITE", "z9hG4bKcall"));
        Assert.Equal(invite, Branch("CANCEL", "z9hG4bKcall"));
        Assert.Equal(invite, Branch("ACK", "z9hG4bKcall"));
        Assert.NotEqual(invite, Branch("INVITE", "z9hG4bKother"));
    }

    [Fact]
    public void Requests_inside_the_dialog_pass_both_ways()
    {
        var route = RouteOfDialog();
        var toPhone = Pass(InDialog("BYE", route), Node);
        Assert.Equal((Phone, false), (toPhone.Flow, toPhone.IsToNode));
        Assert.False(toPhone.Message.Headers.Contains("Route"));
        var toNode = Pass(InDialog("BYE", route), Phone);
        Assert.Equal((Node, true), (toNode.Flow, toNode.IsToNode));
        Assert.Empty(toNode.Message.RecordRoutes);
        Assert.Equal(Phone, Pass(SipResponse.CreateFor((SipRequest)toNode.Message, 200, null), Node).Flow);
    }

    [Fact]
    public void A_phone_whose_address_changed_in_a_call_still_ends_it()
    {
        var route = RouteOfDialog();
        Assert.Equal(Node, Pass(InDialog("BYE", route), Flow("192.0.2.7:42000")).Flow);
        var anew = Flow("198.51.100.4:5060");
        Assert.Equal(403, Refusal(InDialog("BYE", route), anew));
        _phones.Add(anew);
        Assert.Equal(Node, Pass(InDialog("BYE", route), anew).Flow);
    }

    [Fact]
    public void Nothing_but_calls_of_nodes_reaches_a_phone_and_nothing_but_their_dialogs_a_node()
    {
        Assert.Equal(403, Refusal(Request("INVITE", RouteToPhone()), Other));
        Assert.Equal(403, Refusal(Request("INVITE", RouteToPhone()), Phone));
        Assert.Equal(403, Refusal(Request("INVITE", RouteOfDialog()), Phone));
        Assert.Equal(403, Refusal(InDialog("BYE", RouteOfDialog()), Other));
        var response = new FlowToken(FlowTokenKind.Response, Phone);
        Assert.Equal(403, Refusal(Request("INVITE", Route(response)), Node));
    }

    [Theory]
    [InlineData("192.0.2.7:31000", SipTransport.Udp, 0)]
    [InlineData("192.0.2.7:31000", SipTransport.Tls, long.MaxValue)]
    [InlineData("[2001:db8::7]:65535", SipTransport.Udp, 0)]
    [InlineData("[2001:db8::7]:1", SipTransport.Tcp, 7)]
    public void A_token_holds_its_paths(string address, SipTransport transport, long connection)
    {
        var flow = new SipFlow(transport, Address(address), 3, connection);
        foreach (var token in new[]
        {
            new FlowToken(FlowTokenKind.Contact, flow), new FlowToken(FlowTokenKind.Response, flow),
            new FlowToken(FlowTokenKind.Dialog, flow, Node), new FlowToken(FlowTokenKind.Dialog, Phone, flow),
        })
        {
            Assert.True(_tokens.TryRead(_tokens.Write(token), out var read));
            Assert.Equal(token, read);
        }
    }

    [Fact]
    public void A_token_that_is_not_ours_is_refused()
    {
        var token = _tokens.Write(new FlowToken(FlowTokenKind.Contact, Phone));
        Assert.Equal(28, token.Length); // no character of it is without meaning
        for (var i = 0; i < token.Length; i++)
        {
            var forged = token[..i] + (token[i] == 'A' ? 'B' : 'A') + token[(i + 1)..];
            Assert.False(_tokens.TryRead(forged, out _), forged);
        }
        Assert.False(new FlowTokens(Secret + "!").TryRead(token, out _));
        foreach (var text in new[] { "", "A", "====", token + "AAAA", new string('A', 4000) })
            Assert.False(_tokens.TryRead(text, out _), text);
        Assert.Equal(403, Refusal(Request("INVITE", $"<sip:{EdgeProxy.Prefix}AAAA@10.0.0.2;lr>"), Node));
    }

    [Fact]
    public void A_path_that_is_gone_is_a_failed_flow()
    {
        var route = RouteOfDialog();
        _phones.Remove(Phone);
        Assert.Equal(430, Refusal(Request("INVITE", RouteToPhone()), Node));
        Assert.Equal(Phone, Pass(InDialog("BYE", route), Node).Flow); // unregistered, and still in its call
        _isOpen = false;
        Assert.Equal(430, Refusal(InDialog("BYE", route), Node));
        Assert.Equal(Node, Pass(InDialog("BYE", route), Phone).Flow);
    }

    [Fact]
    public void A_listener_that_a_restart_took_away_is_a_failed_flow()
    {
        var gone = Phone with { Listener = 3 };
        _phones.Add(gone);
        Assert.Equal(430, Refusal(Request("INVITE", Route(new FlowToken(FlowTokenKind.Contact, gone))), Node));
        var tcp = Phone with { Transport = SipTransport.Tcp };
        Assert.Equal(430, Refusal(InDialog("BYE", Route(new FlowToken(FlowTokenKind.Dialog, tcp, Node))), Node));
    }

    [Fact]
    public void Hops_are_counted_and_loops_refused()
    {
        var last = Request("INVITE", RouteToPhone());
        last.Headers["Max-Forwards"] = "0";
        Assert.Equal(483, Refusal(last, Node));
        var again = (SipRequest)Pass(Request("INVITE", RouteToPhone()), Node).Message;
        again.Headers.Prepend("Route", RouteToPhone());
        Assert.Equal(482, Refusal(again, Node));
    }

    [Fact]
    public void What_is_not_for_the_edge_is_left_to_others()
    {
        Assert.Null(_edge.Handle(Request("INVITE", "<sip:10.0.0.2;lr>"), Node));
        Assert.Null(_edge.Handle(Request("INVITE", "<sip:gateway@10.0.0.2;lr>"), Node));
        Assert.Null(_edge.Handle(Request("REGISTER", RouteToPhone()), Phone));
        var invite = Request("INVITE", RouteToPhone());
        Assert.Null(_edge.Handle(SipResponse.CreateFor(invite, 200, "p"), Phone));
        invite.Headers.Prepend("Via", "SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKx;edge=AAAA");
        Assert.Null(_edge.Handle(SipResponse.CreateFor(invite, 200, "p"), Phone));
    }

    [Fact]
    public void A_response_of_nobodys_request_is_dropped()
    {
        var invite = (SipRequest)Pass(Request("INVITE", RouteToPhone()), Node).Message;
        var response = SipResponse.CreateFor(invite, 200, "p");
        response.Headers.Remove("Via");
        response.Headers.Add("Via", invite.Headers["Via"]!);
        Assert.Equal(new EdgeStep.Drop(SipDrop.StrayResponse), _edge.Handle(response, Phone));
    }

    private EdgeStep.Forward Pass(SipMessage message, SipFlow source) => Assert.IsType<EdgeStep.Forward>(_edge.Handle(message, source));

    private int Refusal(SipRequest request, SipFlow source) => Assert.IsType<EdgeStep.Refuse>(_edge.Handle(request, source)).Status;

    private string RouteToPhone() => Route(new FlowToken(FlowTokenKind.Contact, Phone));

    private string RouteOfDialog() => Pass(Request("INVITE", RouteToPhone()), Node).Message.RecordRoutes[0].ToString();

    private string Route(FlowToken token) =>
        new NameAddr(_edge.Address(token, SipTransport.Udp, new HostPort("10.0.0.2", 5060))).ToString();

    private static SipRequest InDialog(string method, string route)
    {
        var request = Request(method, route);
        request.Headers.Remove("Route");
        request.Headers.Add("Route", route);
        request.Headers["To"] = "<sip:alice@phones.example>;tag=phone";
        return request;
    }

    private static SipRequest Request(string method, string route, string branch = "z9hG4bKcall")
    {
        var text = $"""
            {method} sip:alice@192.168.1.7:5062 SIP/2.0
            Via: SIP/2.0/UDP 10.0.0.1:5060;rport;branch={branch}
            Max-Forwards: 70
            Route: {route}, <sip:proxy.of.the.phone;lr>
            From: <sip:+4479@phones.example>;tag=node
            To: <sip:alice@phones.example>
            Call-ID: one
            CSeq: 1 {method}
            Contact: <sip:10.0.0.1:5060>
            Content-Type: application/sdp
            Content-Length: 3

            v=0
            """;
        var bytes = Encoding.ASCII.GetBytes(text.ReplaceLineEndings("\r\n"));
        Assert.True(SipParser.TryParse(bytes, out var message, out var error), $"{error}");
        return (SipRequest)message;
    }

    private static ViaHeader Via(SipMessage message, int index) => Via(message.Headers.All("Via").ElementAt(index));

    private static ViaHeader Via(string text) => ViaHeader.TryParse(text, out var via) ? via : throw new FormatException(text);

    private static SipFlow Flow(string address) => new(SipTransport.Udp, Address(address), 0);

    private static TransportAddress Address(string text) => TransportAddress.From(IPEndPoint.Parse(text));
}
