using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Tests.Endpoint;
using Gateway.Sip.Transactions;
using Gateway.Sip.Transport;

namespace Gateway.Sip.Tests.Transport;

/// <summary>Sources that belong to no trunk (127.0.1.x here) open connections; the trunk (127.0.0.1) keeps working.</summary>
public class ConnectionFloodTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    private static readonly SipTransportLimits Limits =
        new() { MaxConnections = 40, FirstMessageTimeout = TimeSpan.FromSeconds(1), UnexpectedLifetime = TimeSpan.FromSeconds(2) };

    [Theory]
    [InlineData("")]
    [InlineData("O")]
    [InlineData("\r\n\r\n")]
    [InlineData("OPTIONS sip:gw@127.0.0.1 SIP/2.0\r\nContent-Length: 60000\r\n\r\nslow")]
    public async Task Connections_without_a_message_leave_the_trunk_its_calls_and_are_closed_soon(string sent)
    {
        await using var pbx = await EndpointBench.StartAsync(SipTransport.Tcp, trunks: EndpointBench.Trunk(9, SipTransport.Tcp));
        await using var gateway = await EndpointBench.StartAsync(
            SipTransport.Tcp, limits: Limits, trunks: EndpointBench.Trunk(EndpointBench.PortOf(pbx), SipTransport.Tcp));
        List<Socket> flood = [];
        try
        {
            for (var i = 0; i < 120; i++)
            {
                var socket = await ConnectAsync(gateway, IPAddress.Parse($"127.0.1.{1 + i % 20}"));
                flood.Add(socket);
                await SendAsync(socket, sent);
            }
            var call = gateway.Invite(EndpointBench.Call());
            await (await EndpointBench.IncomingAsync(pbx)).AnswerAsync(EndpointBench.Answer);
            await EndpointBench.NextAsync<SipCallEvent.Answered>(call);
            using var trunk = await ConnectAsync(gateway, IPAddress.Loopback);
            await SendAsync(trunk, Options("trunk"));
            Assert.StartsWith("SIP/2.0 200", await ReadAsync(trunk));
            foreach (var socket in flood)
                Assert.True(await IsClosedAsync(socket));
            using var later = await ConnectAsync(gateway, IPAddress.Parse("127.0.1.1"));
            await SendAsync(later, Options("later"));
            Assert.StartsWith("SIP/2.0 403", await ReadAsync(later));
            await call.HangUpAsync();
        }
        finally
        {
            flood.ForEach(socket => socket.Dispose());
        }
    }

    [Fact]
    public async Task A_source_of_no_trunk_keeps_no_connection_however_often_it_speaks()
    {
        await using var gateway = await EndpointBench.StartAsync(
            SipTransport.Tcp, limits: Limits, trunks: EndpointBench.Trunk(9, SipTransport.Tcp));
        using var socket = await ConnectAsync(gateway, IPAddress.Parse("127.0.1.1"));
        var end = DateTime.UtcNow + Timeout;
        var answers = 0;
        for (var answer = " "; answer.Length > 0 && DateTime.UtcNow < end; answers++)
        {
            await SendAsync(socket, Options($"again{answers}"));
            answer = await ReadAsync(socket);
            await Task.Delay(100);
        }
        Assert.InRange(answers, 3, 60);
        Assert.True(DateTime.UtcNow < end);
    }

    [Fact]
    public async Task One_address_of_a_trunk_does_not_take_the_connections_of_another()
    {
        await using var gateway = await EndpointBench.StartAsync(
            SipTransport.Tcp, limits: Limits with { MaxPerTrunkAddress = 30 },
            trunks: EndpointBench.Trunk(9, SipTransport.Tcp) with { AllowedSources = [IPNetwork.Parse("127.0.0.0/16")] });
        List<Socket> flood = [];
        try
        {
            for (var i = 0; i < 60; i++)
                flood.Add(await ConnectAsync(gateway, IPAddress.Loopback));
            using var other = await ConnectAsync(gateway, IPAddress.Parse("127.0.0.2"));
            await SendAsync(other, Options("other"));
            Assert.StartsWith("SIP/2.0 200", await ReadAsync(other));
        }
        finally
        {
            flood.ForEach(socket => socket.Dispose());
        }
    }

    private static async Task<Socket> ConnectAsync(SipEndpoint endpoint, IPAddress from)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(from, 0));
        await socket.ConnectAsync(endpoint.Listeners[0].Bind);
        return socket;
    }

    private static async Task SendAsync(Socket socket, string text)
    {
        try
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(text));
        }
        catch (SocketException)
        {
            // refused already
        }
    }

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

    private static async Task<bool> IsClosedAsync(Socket socket)
    {
        string text;
        do
            text = await ReadAsync(socket);
        while (text == "\r\n"); // the answer to a ping
        return text.Length == 0;
    }

    private static string Options(string id) => $"""
        OPTIONS sip:gw@127.0.0.1 SIP/2.0
        Via: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK{id}
        From: <sip:a@127.0.0.1>;tag=1
        To: <sip:gw@127.0.0.1>
        Call-ID: {id}
        CSeq: 1 OPTIONS
        Max-Forwards: 70
        Content-Length: 0


        """.ReplaceLineEndings("\r\n");
}
