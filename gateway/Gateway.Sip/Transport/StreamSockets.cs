using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Gateway.Sip.Transactions;

namespace Gateway.Sip.Transport;

/// <summary>
/// The sockets of TCP and TLS: those that listen, and those of connections, which leave from their listener's address and are watched for
/// peers that vanish.
/// </summary>
internal sealed class StreamSockets(SipSources sources, TlsCertificates tls)
{
    private const int Backlog = 512;

    /// <summary>ip(7), tcp(7): levels.</summary>
    private const int SolIp = 0;
    private const int SolTcp = 6;

    /// <summary>tcp(7): TCP_USER_TIMEOUT, milliseconds that what we sent may stay without acknowledgement.</summary>
    private const int TcpUserTimeout = 18;

    /// <summary>ip(7): IP_BIND_ADDRESS_NO_PORT.</summary>
    private const int BindAddressNoPort = 24;

    private readonly Dictionary<int, IPAddress> _boundTo = [];

    /// <summary>A listening socket; at start only.</summary>
    public Socket Listen(int listener, IPEndPoint bind)
    {
        var socket = new Socket(bind.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (bind.Address.Equals(IPAddress.IPv6Any))
                socket.DualMode = true;
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(bind);
            socket.Listen(Backlog);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
        if (!bind.Address.Equals(IPAddress.Any) && !bind.Address.Equals(IPAddress.IPv6Any))
            _boundTo.Add(listener, bind.Address);
        return socket;
    }

    public async Task<IMessagePort> OpenAsync(SipFlow flow, CancellationToken stop)
    {
        var socket = new Socket(flow.Remote.Family, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            BindTo(flow.Listener, socket);
            await socket.ConnectAsync(flow.Remote.ToIPEndPoint(), stop);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
        WatchPeer(socket);
        var stream = new NetworkStream(socket, ownsSocket: true);
        if (flow.Transport == SipTransport.Tcp)
            return new StreamPort(stream);
        var secure = new SslStream(stream);
        var verdict = new TlsVerdict();
        var options = tls.ClientOptions(flow, sources.TrunkOf(flow)?.Name, verdict);
        await AuthenticateOrDisposeAsync(secure, secure.AuthenticateAsClientAsync(options, stop), verdict);
        return new StreamPort(secure);
    }

    public async Task<IMessagePort> AcceptAsync(Socket socket, SipTransport transport, CancellationToken stop)
    {
        socket.NoDelay = true;
        WatchPeer(socket);
        var stream = new NetworkStream(socket, ownsSocket: true);
        if (transport == SipTransport.Tcp)
            return new StreamPort(stream);
        var secure = new SslStream(stream);
        var verdict = new TlsVerdict();
        await AuthenticateOrDisposeAsync(secure, secure.AuthenticateAsServerAsync(tls.ServerOptions(verdict), stop), verdict);
        return new StreamPort(secure);
    }

    /// <summary>
    /// A connection leaves from its listener's address: peers that know us by address look at that. The port is chosen at connect, so that
    /// one local port serves several peers.
    /// </summary>
    private void BindTo(int listener, Socket socket)
    {
        if (!_boundTo.TryGetValue(listener, out var address) || address.AddressFamily != socket.AddressFamily)
            return;
        if (OperatingSystem.IsLinux())
            socket.SetRawSocketOption(SolIp, BindAddressNoPort, BitConverter.GetBytes(1));
        socket.Bind(new IPEndPoint(address, 0));
    }

    /// <summary>
    /// A peer that vanished without a word (power, NAT table) is noticed within a minute, whether we send meanwhile or not (tcp(7)).
    /// </summary>
    private static void WatchPeer(Socket socket)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 30);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 10);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
        if (OperatingSystem.IsLinux())
            socket.SetRawSocketOption(SolTcp, TcpUserTimeout, BitConverter.GetBytes(30_000));
    }

    private static async Task AuthenticateOrDisposeAsync(SslStream tls, Task handshake, TlsVerdict verdict)
    {
        try
        {
            await handshake;
        }
        catch (Exception e)
        {
            await tls.DisposeAsync();
            if (e is AuthenticationException or IOException)
                throw new AuthenticationException(verdict.Reason ?? "TLS: " + (e.InnerException ?? e).Message, e);
            throw;
        }
    }
}
