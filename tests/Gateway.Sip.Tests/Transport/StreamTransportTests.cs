using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Profiles;
using Gateway.Sip.Tests.Endpoint;
using Gateway.Sip.Transactions;
using Gateway.Sip.Transport;
using Gateway.Sip.Trunks;
using Testing.Peers;

namespace Gateway.Sip.Tests.Transport;

public class StreamTransportTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_call_over_tls_with_a_certificate_of_the_named_authority()
    {
        using var certificates = new TestCertificates();
        await using var pbx = await EndpointBench.StartAsync(
            SipTransport.Tls, tls: certificates.Options, trunks: EndpointBench.Trunk(9, SipTransport.Tls));
        await using var gateway = await EndpointBench.StartAsync(
            SipTransport.Tls, tls: certificates.Options, trunks: EndpointBench.Trunk(EndpointBench.PortOf(pbx), SipTransport.Tls));
        var call = gateway.Invite(EndpointBench.Call());
        var callee = await EndpointBench.IncomingAsync(pbx);
        await callee.AnswerAsync(EndpointBench.Answer);
        await EndpointBench.NextAsync<SipCallEvent.Answered>(call);
        await EndpointBench.NextAsync<SipCallEvent.Acknowledged>(callee);
        await callee.HangUpAsync();
        Assert.Equal(SipCallEnd.Remote, (await EndpointBench.NextAsync<SipCallEvent.Ended>(call)).By);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task A_server_nobody_vouches_for_is_refused_unless_the_operator_says_otherwise(bool acceptAny, bool connects)
    {
        using var certificates = new TestCertificates();
        await using var pbx = await EndpointBench.StartAsync(
            SipTransport.Tls, tls: certificates.Options, trunks: EndpointBench.Trunk(9, SipTransport.Tls));
        await using var gateway = await EndpointBench.StartAsync(
            SipTransport.Tls, tls: certificates.Options with { AuthorityPath = null, AcceptAnyServerCertificate = acceptAny },
            trunks: EndpointBench.Trunk(EndpointBench.PortOf(pbx), SipTransport.Tls));
        var call = gateway.Invite(EndpointBench.Call());
        if (connects)
            await (await EndpointBench.IncomingAsync(pbx)).RejectAsync(486);
        Assert.Equal(connects ? 486 : 503, (await EndpointBench.NextAsync<SipCallEvent.Failed>(call)).Status);
    }

    [Fact]
    public async Task A_peer_that_does_not_read_loses_its_connection_and_stalls_nobody()
    {
        await using var gateway = await EndpointBench.StartAsync(
            SipTransport.Tcp, limits: new SipTransportLimits { MaxQueuedBytes = 64 * 1024 },
            // both are one address, which is not to be limited here: the neighbour's would be among the dropped ones
            trunks: EndpointBench.Trunk(9, SipTransport.Tcp) with { MaxRequestRate = 1_000_000 });
        using var deaf = await ConnectAsync(gateway);
        deaf.ReceiveBufferSize = 1024;
        var flood = Task.Run(async () =>
        {
            try
            {
                for (var i = 0; i < 200_000; i++)
                    await deaf.SendAsync(Encoding.ASCII.GetBytes(Options($"deaf{i}", new string('x', 4000))));
            }
            catch (SocketException)
            {
                return true; // the gateway closed it
            }
            return false;
        });

        using var neighbour = await ConnectAsync(gateway);
        for (var i = 0; i < 20; i++)
        {
            await neighbour.SendAsync(Encoding.ASCII.GetBytes(Options($"good{i}")));
            Assert.StartsWith("SIP/2.0 200", await ReadAsync(neighbour));
        }
        Assert.True(await flood.WaitAsync(TimeSpan.FromSeconds(60)));
        await neighbour.SendAsync(Encoding.ASCII.GetBytes(Options("after")));
        Assert.StartsWith("SIP/2.0 200", await ReadAsync(neighbour));
    }

    [Fact]
    public async Task Answers_a_ping_and_closes_what_cannot_be_framed()
    {
        await using var gateway = await EndpointBench.StartAsync(SipTransport.Tcp, trunks: EndpointBench.Trunk(9, SipTransport.Tcp));
        using var peer = await ConnectAsync(gateway);
        await peer.SendAsync("\r\n\r\n"u8.ToArray());
        Assert.Equal("\r\n", await ReadAsync(peer));
        await peer.SendAsync("INVITE sip:x SIP/2.0\r\nContent-Length: none\r\n\r\n"u8.ToArray());
        Assert.Equal("", await ReadAsync(peer));
    }

    [Fact]
    public async Task Refuses_connections_over_the_limit_and_closes_idle_ones()
    {
        await using var gateway = await EndpointBench.StartAsync(
            SipTransport.Tcp, limits: new SipTransportLimits { MaxConnections = 1, IdleTimeout = TimeSpan.FromSeconds(1) },
            trunks: EndpointBench.Trunk(9, SipTransport.Tcp));
        using var first = await ConnectAsync(gateway);
        await first.SendAsync(Encoding.ASCII.GetBytes(Options("one")));
        Assert.StartsWith("SIP/2.0 200", await ReadAsync(first));
        using var second = await ConnectAsync(gateway);
        Assert.Equal("", await ReadAsync(second));
        Assert.Equal("", await ReadAsync(first));
    }

    [Fact]
    public async Task Uses_a_peers_connection_for_requests_when_its_via_allows()
    {
        await using var gateway = await EndpointBench.StartAsync(SipTransport.Tcp, trunks: EndpointBench.Trunk(9, SipTransport.Tcp));
        using var peer = await ConnectAsync(gateway);
        var call = await AnsweredAsync(gateway, peer, "sip:a@127.0.0.1:6;transport=tcp");
        await call.HangUpAsync();
        Assert.StartsWith("BYE sip:a@127.0.0.1:6;transport=tcp", await ReadAsync(peer));
    }

    /// <summary>As when a PBX closes the connection of its INVITE, or restarts, while the call goes on.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_bye_to_a_peer_by_name_takes_its_connection_or_else_its_servers_port(bool closes)
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        await using var gateway = await EndpointBench.StartAsync(
            SipTransport.Tcp, trunks: EndpointBench.Trunk(((IPEndPoint)server.LocalEndpoint).Port, SipTransport.Tcp));
        using var peer = await ConnectAsync(gateway);
        var call = await AnsweredAsync(gateway, peer, "sip:a@pbx.example;transport=tcp");
        if (closes)
        {
            peer.Shutdown(SocketShutdown.Send);
            Assert.Equal("", await ReadAsync(peer));
        }

        await call.HangUpAsync();
        using var timeout = new CancellationTokenSource(Timeout);
        using var heard = closes ? await server.AcceptSocketAsync(timeout.Token) : peer;
        Assert.StartsWith("BYE sip:a@pbx.example;transport=tcp", await ReadAsync(heard));
    }

    [Fact]
    public async Task A_request_too_long_for_a_datagram_leaves_by_tcp_or_by_udp_after_all()
    {
        await using var pbx = await EndpointBench.StartAsync(SipTransport.Tcp, trunks: EndpointBench.Trunk(9));
        using var udpOnly = new RawPeer(LoopbackPorts.Take());
        // Bound and not listening: TCP is refused there whatever else runs on this machine.
        using var noTcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        noTcp.Bind(new IPEndPoint(IPAddress.Loopback, udpOnly.Port));
        var longOffer = EndpointBench.Offer + string.Concat(Enumerable.Repeat("a=note:0123456789\r\n", 100));

        await using var gateway = await StartBothAsync(
            Large(EndpointBench.PortOf(pbx)) with { Name = "tcp" }, Large(udpOnly.Port) with { Name = "udp" });
        gateway.Invite(EndpointBench.Call(longOffer) with { Trunk = "tcp" });
        Assert.Equal(longOffer, (await EndpointBench.IncomingAsync(pbx)).Info.Offer);
        gateway.Invite(EndpointBench.Call(longOffer) with { Trunk = "udp" });
        var invite = await udpOnly.RequestAsync("INVITE");
        Assert.Equal("UDP", invite.TopVia.Transport);
        Assert.Equal(longOffer.Length, invite.Body.Length);
    }

    private static TrunkOptions Large(int port) =>
        EndpointBench.Trunk(port) with { Profile = EndpointBench.Profile with { LargeRequests = LargeRequest.Tcp } };

    private static async Task<SipEndpoint> StartBothAsync(params TrunkOptions[] trunks)
    {
        var endpoint = EndpointBench.Create(
            [
                new SipListenerOptions { Transport = SipTransport.Udp, Bind = new IPEndPoint(IPAddress.Loopback, 0) },
                new SipListenerOptions { Transport = SipTransport.Tcp, Bind = new IPEndPoint(IPAddress.Loopback, 0) },
            ],
            null, null, trunks);
        await endpoint.StartAsync(CancellationToken.None);
        return endpoint;
    }

    private static async Task<Socket> ConnectAsync(SipEndpoint endpoint)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(endpoint.Listeners[0].Bind);
        return socket;
    }

    /// <summary>A call of the peer's that was answered and acknowledged.</summary>
    private static async Task<SipCall> AnsweredAsync(SipEndpoint gateway, Socket peer, string contact)
    {
        await peer.SendAsync(Encoding.ASCII.GetBytes($"""
            INVITE sip:100@127.0.0.1 SIP/2.0
            Via: SIP/2.0/TCP 127.0.0.1:6;branch=z9hG4bKa;alias
            From: <sip:a@127.0.0.1>;tag=1
            To: <sip:100@127.0.0.1>
            Call-ID: alias
            CSeq: 1 INVITE
            Contact: <{contact}>
            Max-Forwards: 70
            Content-Type: application/sdp
            Content-Length: 3

            v=0
            """.ReplaceLineEndings("\r\n")));
        var call = await EndpointBench.IncomingAsync(gateway);
        await call.AnswerAsync("v=0");
        var success = await ReadAsync(peer);
        var tag = success.Split("tag=")[2].Split('\r')[0];
        await peer.SendAsync(Encoding.ASCII.GetBytes($"""
            ACK sip:100@127.0.0.1 SIP/2.0
            Via: SIP/2.0/TCP 127.0.0.1:6;branch=z9hG4bKb;alias
            From: <sip:a@127.0.0.1>;tag=1
            To: <sip:100@127.0.0.1>;tag={tag}
            Call-ID: alias
            CSeq: 1 ACK
            Content-Length: 0


            """.ReplaceLineEndings("\r\n")));
        await EndpointBench.NextAsync<SipCallEvent.Acknowledged>(call);
        return call;
    }

    /// <summary>Reads the next bytes; empty when the connection is closed.</summary>
    private static async Task<string> ReadAsync(Socket socket)
    {
        using var timeout = new CancellationTokenSource(Timeout);
        var buffer = new byte[8192];
        try
        {
            return Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, timeout.Token));
        }
        catch (SocketException)
        {
            return "";
        }
    }

    private static string Options(string id, string name = "a") => $"""
        OPTIONS sip:gw@127.0.0.1 SIP/2.0
        Via: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK{id}
        From: "{name}" <sip:a@127.0.0.1>;tag=1
        To: <sip:gw@127.0.0.1>
        Call-ID: {id}
        CSeq: 1 OPTIONS
        Max-Forwards: 70
        Content-Length: 0


        """.ReplaceLineEndings("\r\n");
}
