using System.Net;
using System.Net.Sockets;

namespace Testing.Peers;

/// <summary>A link to a server that can be cut: nothing passes, and nobody is told, until it is mended.</summary>
public sealed class TcpLink : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly List<TcpClient> _open = [];
    private readonly Task _accepts;
    private volatile bool _isCut;

    /// <param name="server">Its port on loopback.</param>
    public TcpLink(int server)
    {
        Server = server;
        _listener.Start();
        _accepts = AcceptAsync();
    }

    /// <summary>Where new connections go.</summary>
    public int Server { get; set; }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Cut() => _isCut = true;

    /// <summary>What is open breaks, and both ends learn it; new connections pass.</summary>
    public void Mend()
    {
        CloseAll();
        _isCut = false;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        CloseAll();
        await _accepts;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = CarryAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // the link is disposed
        }
    }

    private async Task CarryAsync(TcpClient client)
    {
        var server = new TcpClient { NoDelay = true };
        client.NoDelay = true;
        lock (_gate)
            _open.AddRange([client, server]);
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, Server, _stop.Token);
            await Task.WhenAny(PassAsync(client, server), PassAsync(server, client));
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // an end of it has gone
        }
        client.Dispose();
        server.Dispose();
    }

    private async Task PassAsync(TcpClient from, TcpClient to)
    {
        var buffer = new byte[16384];
        while (await from.GetStream().ReadAsync(buffer, _stop.Token) is var length and > 0)
            if (!_isCut)
                await to.GetStream().WriteAsync(buffer.AsMemory(0, length), _stop.Token);
    }

    private void CloseAll()
    {
        lock (_gate)
        {
            foreach (var client in _open)
                client.Dispose();
            _open.Clear();
        }
    }
}
