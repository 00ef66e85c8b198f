using System.Net;
using System.Net.Sockets;

namespace Faults.Nodes;

/// <summary>
/// A TCP link between one node and one server that can be cut, in one direction or both. While it is cut nothing passes, as where a cable
/// is out: what was sent arrives afterwards, connections stay, new ones hang.
/// </summary>
internal sealed class LinkProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly int _server;
    private volatile TaskCompletionSource _toServer = Opened(), _fromServer = Opened();

    /// <param name="server">The port on loopback that it leads to.</param>
    public LinkProxy(int server)
    {
        _server = server;
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Cut(bool toServer, bool fromServer)
    {
        if (toServer && _toServer.Task.IsCompleted)
            _toServer = New();
        if (fromServer && _fromServer.Task.IsCompleted)
            _fromServer = New();
    }

    public void Mend()
    {
        _toServer.TrySetResult();
        _fromServer.TrySetResult();
    }

    public void Dispose()
    {
        _stop.Cancel();
        Mend();
        _listener.Dispose();
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
            // Disposed.
        }
    }

    private async Task CarryAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
            try
            {
                client.NoDelay = server.NoDelay = true;
                await _toServer.Task.WaitAsync(_stop.Token);
                await server.ConnectAsync(IPAddress.Loopback, _server, _stop.Token);
                var there = PumpAsync(client.GetStream(), server.GetStream(), () => _toServer.Task);
                var back = PumpAsync(server.GetStream(), client.GetStream(), () => _fromServer.Task);
                await await Task.WhenAny(there, back); // one side has closed: so is the other
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
            {
                // Either side is gone.
            }
    }

    private async Task PumpAsync(NetworkStream from, NetworkStream to, Func<Task> isOpen)
    {
        var buffer = new byte[16_384];
        for (int length; (length = await from.ReadAsync(buffer, _stop.Token)) > 0;)
        {
            await isOpen().WaitAsync(_stop.Token);
            await to.WriteAsync(buffer.AsMemory(0, length), _stop.Token);
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TaskCompletionSource Opened()
    {
        var source = New();
        source.SetResult();
        return source;
    }
}
