using System.Net;
using System.Net.Sockets;
using System.Text;
using Benchmarks;

namespace Load.Servers;

/// <summary>Users and phones at both sides of a server that speaks SIP.</summary>
internal sealed class SipEnds : IDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);

    private readonly SipAnswerer _phones = new();
    private readonly SipCaller _users;
    private readonly int _server;

    /// <param name="server">The port that it listens at.</param>
    public SipEnds(int server) => (_server, _users) = (server, new SipCaller(server));

    /// <summary>Where the phones listen.</summary>
    public int PhonesPort => _phones.Port;

    /// <summary>Returns when the server answers an OPTIONS.</summary>
    public async Task ReadyAsync(Func<string?> died, CancellationToken stop)
    {
        using var socket = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var from = ((IPEndPoint)socket.Client.LocalEndPoint!).Port;
        for (var until = DateTime.UtcNow + StartTimeout; DateTime.UtcNow < until;)
        {
            if (died() is { } log)
                throw new InvalidOperationException("The server ended by itself:\n" + log);
            var id = Guid.NewGuid().ToString("n");
            var text = $"OPTIONS sip:127.0.0.1:{_server} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{from};branch=z9hG4bK{id};rport\r\n"
                + $"Max-Forwards: 1\r\nFrom: <sip:probe@127.0.0.1>;tag=probe\r\nTo: <sip:127.0.0.1:{_server}>\r\nCall-ID: {id}\r\n"
                + "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
            await socket.SendAsync(Encoding.ASCII.GetBytes(text), new IPEndPoint(IPAddress.Loopback, _server), stop);
            using var wait = CancellationTokenSource.CreateLinkedTokenSource(stop);
            wait.CancelAfter(TimeSpan.FromMilliseconds(300));
            try
            {
                await socket.ReceiveAsync(wait.Token);
                return;
            }
            catch (Exception e) when (e is SocketException || e is OperationCanceledException && !stop.IsCancellationRequested)
            {
                await Task.Delay(100, stop);
            }
        }
        throw new InvalidOperationException("The server does not answer.");
    }

    public async Task<bool> PlaceAsync(string user, BridgeFarEnd ends, CancellationToken stop)
    {
        _phones.Expect(user, ends.Phone);
        if (await _users.InviteAsync(user, ends.User.Offer(), stop) is not { } answer)
            return false;
        ends.User.TakeAnswer(answer);
        return true;
    }

    public async Task HangUpAsync(string user, CancellationToken stop)
    {
        await _users.ByeAsync(user, stop);
        await Task.WhenAny(_phones.EndedAsync(user), Task.Delay(ILoadedServer.Timeout, stop));
        _phones.Forget(user);
    }

    public void Dispose()
    {
        _users.Dispose();
        _phones.Dispose();
    }
}
