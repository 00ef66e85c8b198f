using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Unicode;

namespace Gateway.Worker.Tests.Calls.Bench;

/// <summary>
/// Floods against the SIP listeners of one gateway, at a rate of their own until they are disposed; what comes back is thrown away.
/// </summary>
internal sealed class SipAttack : IAsyncDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static int _lastId;

    private readonly CancellationTokenSource _stop = new(Limit);
    private readonly List<Socket> _sockets = [];
    private readonly List<Task> _running = [];
    private readonly int _port;
    private int _sent;
    private bool _isOver;

    public SipAttack(int port) => _port = port;

    /// <summary>Requests sent so far.</summary>
    public int Sent => Volatile.Read(ref _sent);

    /// <summary>Bytes that the gateway took on flooding connections so far.</summary>
    public long StreamBytes;

    /// <summary>Connections that say nothing, eight from each of so many addresses.</summary>
    public async Task<IReadOnlyList<Socket>> OpenIdleAsync(int count, Func<int, string> addressOf)
    {
        List<Socket> opened = [];
        for (var i = 0; i < count; i++)
            opened.Add(await ConnectAsync(addressOf(i)));
        return opened;
    }

    /// <summary>Requests of these methods in turn, over UDP from the trunk's address, so many a second.</summary>
    public void Flood(int perSecond, params string[] methods) => _running.Add(Task.Factory.StartNew(
        () =>
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            socket.Connect(IPAddress.Loopback, _port);
            var (local, buffer) = (socket.LocalEndPoint!.ToString()!, new byte[1024]);
            var began = Stopwatch.GetTimestamp();
            for (var sent = 0; !_stop.IsCancellationRequested; Thread.Sleep(Step))
                for (; sent < Stopwatch.GetElapsedTime(began).TotalSeconds * perSecond; sent++, Interlocked.Increment(ref _sent))
                    socket.Send(Request(buffer, methods[sent % methods.Length], local));
        },
        TaskCreationOptions.LongRunning));

    /// <summary>Line ends without pause on so many connections from the trunk's address.</summary>
    public Task FloodLineEndsAsync(int connections)
    {
        var block = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("\r\n\r\n", 4096)));
        return FloodAsync(connections, _ => block);
    }

    /// <summary>Requests without pause on so many connections from the trunk's address.</summary>
    public Task FloodStreamsAsync(int connections, string method) => FloodAsync(
        connections,
        socket =>
        {
            var (local, buffer, block) = (socket.LocalEndPoint!.ToString()!, new byte[1024], new List<byte>());
            while (block.Count < 65_536)
                block.AddRange(Request(buffer, method, local, "TCP"));
            return [.. block];
        });

    private async Task FloodAsync(int connections, Func<Socket, byte[]> blockOf)
    {
        for (var i = 0; i < connections; i++)
        {
            var socket = await ConnectAsync("127.0.0.1");
            _running.Add(FloodAsync(socket, blockOf(socket)));
            _running.Add(ReadAsync(socket));
        }
    }

    /// <summary>The gateway's answer to one OPTIONS on a new TCP connection from the trunk's address.</summary>
    public async Task<string> AskAsync()
    {
        var socket = await ConnectAsync("127.0.0.1");
        var buffer = new byte[4096];
        var length = Request(buffer, "OPTIONS", socket.LocalEndPoint!.ToString()!, "TCP").Length;
        await socket.SendAsync(buffer.AsMemory(0, length), _stop.Token);
        return Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, _stop.Token));
    }

    public async ValueTask DisposeAsync()
    {
        if (_isOver)
            return;
        _isOver = true;
        await _stop.CancelAsync();
        _sockets.ForEach(socket => socket.Dispose());
        await Task.WhenAll(_running);
        _stop.Dispose();
    }

    private async Task<Socket> ConnectAsync(string address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _sockets.Add(socket);
        socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
        await socket.ConnectAsync(IPAddress.Loopback, _port, _stop.Token);
        return socket;
    }

    private async Task FloodAsync(Socket socket, byte[] block)
    {
        try
        {
            while (!_stop.IsCancellationRequested)
                Interlocked.Add(ref StreamBytes, await socket.SendAsync(block, _stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // the attack is over, or the gateway has had enough of it
        }
    }

    private async Task ReadAsync(Socket socket)
    {
        var buffer = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(buffer, _stop.Token) > 0)
            {
                // thrown away
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // closed by either side
        }
    }

    /// <summary>Written in place: what the attacker costs, the gateway does not get, since they share the machine.</summary>
    private static ReadOnlySpan<byte> Request(byte[] buffer, string method, string local, string transport = "UDP")
    {
        var id = Interlocked.Increment(ref _lastId);
        var tag = method is "BYE" or "INFO" ? ";tag=gone" : "";
        Utf8.TryWrite(
            buffer,
            $"{method} sip:4479{id:00000000}@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/{transport} {local};rport;branch=z9hG4bKattack{id}\r\n"
                + $"Max-Forwards: 70\r\nFrom: <sip:201@{local}>;tag={id}\r\nTo: <sip:4479{id:00000000}@127.0.0.1>{tag}\r\n"
                + $"Call-ID: attack{id}\r\nCSeq: 1 {method}\r\nContact: <sip:201@{local}>\r\nContent-Length: 0\r\n\r\n",
            out var length);
        return buffer.AsSpan(0, length);
    }
}
