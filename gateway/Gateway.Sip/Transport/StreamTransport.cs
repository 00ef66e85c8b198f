using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Threading.Channels;
using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;
using Gateway.Sip.Trunks;
using Media.Protocols.Primitives;
using Microsoft.Extensions.Logging;

namespace Gateway.Sip.Transport;

/// <summary>
/// All TCP and TLS connections: accepted, opened when needed, found again by id or by the peer's address. A connection that a peer opened
/// is also found by the address its Via asks for (RFC 5923 §5 alias), since that is where its dialogs send us.
/// </summary>
internal sealed partial class StreamTransport : IConnectionOwner, IAsyncDisposable
{
    private const int Backlog = 512;

    /// <summary>ip(7), tcp(7): levels.</summary>
    private const int SolIp = 0;
    private const int SolTcp = 6;

    /// <summary>tcp(7): TCP_USER_TIMEOUT, milliseconds that what we sent may stay without acknowledgement.</summary>
    private const int TcpUserTimeout = 18;

    /// <summary>ip(7): IP_BIND_ADDRESS_NO_PORT.</summary>
    private const int BindAddressNoPort = 24;

    /// <summary>Between two reads of a few kilobytes from a connection that floods: what belongs to calls still passes in time.</summary>
    private static readonly TimeSpan FloodPause = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan SweepInterval = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly Dictionary<long, StreamConnection> _byId = [];
    private readonly Dictionary<(SipTransport, TransportAddress), StreamConnection> _byPeer = [];
    private readonly List<Task> _accepting = [];
    private readonly List<Acceptor> _acceptors = [];
    private readonly Dictionary<int, IPAddress> _boundTo = [];
    private readonly ConnectionShares _shares;
    private readonly SipSources _sources;
    private readonly LogLimit _connectLog = new(TimeSpan.FromSeconds(30));
    private readonly LogLimit _refusalLog = new(TimeSpan.FromMinutes(1));
    private readonly List<Socket> _listening = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly ChannelWriter<EndpointInput> _inbox;
    private readonly TlsCertificates _tls;
    private readonly SipMetrics _metrics;
    private readonly InstantClock _clock;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ITimer _sweep;
    private long _lastId;
    private int _outgoing;

    public StreamTransport(
        SipTransportLimits limits, SipSources sources, TlsCertificates tls, ChannelWriter<EndpointInput> inbox, SipMetrics metrics,
        TimeProvider time, ILogger logger)
    {
        Limits = limits;
        _sources = sources;
        _shares = new ConnectionShares(limits);
        _tls = tls;
        _inbox = inbox;
        _metrics = metrics;
        _time = time;
        _clock = new InstantClock(time);
        _logger = logger;
        _sweep = time.CreateTimer(_ => CloseOverdue(), null, SweepInterval, SweepInterval);
    }

    public SipTransportLimits Limits { get; }

    public Instant Now => _clock.Now;

    public int Count
    {
        get
        {
            lock (_lock)
                return _byId.Count;
        }
    }

    public bool IsOpen(long connection)
    {
        lock (_lock)
            return _byId.TryGetValue(connection, out var known) && !known.IsClosed;
    }

    /// <summary>The reason why no connection can be accepted at the moment; null while all is well.</summary>
    public string? Fault => _acceptors.Select(acceptor => acceptor.Fault).FirstOrDefault(fault => fault is not null);

    /// <summary>Binds and begins to accept; the bound address.</summary>
    public IPEndPoint Listen(int listener, SipTransport transport, IPEndPoint bind)
    {
        var socket = new Socket(bind.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _listening.Add(socket);
        if (bind.Address.Equals(IPAddress.IPv6Any))
            socket.DualMode = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.Bind(bind);
        socket.Listen(Backlog);
        if (!bind.Address.Equals(IPAddress.Any) && !bind.Address.Equals(IPAddress.IPv6Any))
            _boundTo.Add(listener, bind.Address);
        var acceptor = new Acceptor(socket.AcceptAsync, accepted => Admit(accepted, listener, transport), _time, _logger);
        _acceptors.Add(acceptor);
        _accepting.Add(Task.Run(() => acceptor.RunAsync(_stop.Token)));
        return (IPEndPoint)socket.LocalEndPoint!;
    }

    /// <summary>Queues the message on its connection, opening one when that is allowed. A failure is reported, now or later.</summary>
    public void Send(in SipTransmit transmit)
    {
        if (Find(transmit) is { } connection && connection.TrySend(transmit.Bytes, transmit.Transaction))
            _metrics.Sent(transmit.Flow.Transport);
        else
            ReportFailure(transmit.Transaction);
    }

    public void ReportFailure(long transaction, string? reason = null)
    {
        if (transaction != 0 && !_inbox.TryWrite(new EndpointInput.SendFailed(transaction, reason)))
            LogReportLost(_logger); // the queue is full: the transaction's own timer ends it
    }

    /// <summary>False: the connection's source sends too much, and the message is not to be looked at.</summary>
    public bool TryTake(SipFlow flow, ReadOnlySpan<byte> message) => _sources.TryTake(flow, message);

    /// <summary>Lets a source that sends too much wait for its next read: the rest of its flood stays in its own buffers.</summary>
    public Task PauseAsync(SipFlow flow, int lineEnds, CancellationToken stop)
    {
        if (lineEnds > 0)
            _sources.DropLineEnds(flow, lineEnds);
        return Task.Delay(FloodPause, _time, stop);
    }

    public ValueTask DeliverAsync(EndpointInput input, CancellationToken stop) => _inbox.WriteAsync(input, stop);

    public void AddAlias(StreamConnection connection, ViaHeader via)
    {
        if (!via.Parameters.Has("alias"))
            return;
        var port = connection.Flow.Transport.PortOr(via.SentBy.Port);
        lock (_lock)
            _byPeer.TryAdd((connection.Flow.Transport, connection.Flow.Remote with { Port = (ushort)port }), connection);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _sweep.DisposeAsync();
        foreach (var socket in _listening)
            socket.Dispose();
        await Task.WhenAll(_accepting);
        StreamConnection[] open;
        lock (_lock)
            open = [.. _byId.Values];
        foreach (var connection in open)
            connection.Close(ConnectionEnd.Stopped);
        for (var i = 0; i < 100 && Count > 0; i++)
            await Task.Delay(TimeSpan.FromMilliseconds(10), _time);
        _stop.Dispose();
    }

    private StreamConnection? Find(in SipTransmit transmit)
    {
        lock (_lock)
        {
            if (transmit.Flow.Connection != 0 && _byId.TryGetValue(transmit.Flow.Connection, out var known) && !known.IsClosed)
                return known;
            if (transmit.IsResponse && transmit.Flow.Connection != 0)
                return null;
            var peer = (transmit.Flow.Transport, transmit.Flow.Remote);
            if (_byPeer.TryGetValue(peer, out known) && !known.IsClosed)
                return known;
            if (_outgoing >= Limits.MaxOutgoing || _stop.IsCancellationRequested)
                return null;
            _outgoing++;
            var flow = transmit.Flow with { Connection = ++_lastId };
            var opened = new StreamConnection(this, flow, isOutgoing: true, isExpected: true);
            _byId.Add(flow.Connection, opened);
            _byPeer[peer] = opened;
            _ = RunAsync(opened, stop => OpenAsync(flow, stop)); // ends in Remove, whatever happens
            return opened;
        }
    }

    private void Admit(Socket socket, int listener, SipTransport transport)
    {
        var flow = new SipFlow(transport, TransportAddress.From((IPEndPoint)socket.RemoteEndPoint!), listener);
        var isExpected = _sources.TrunkOf(flow) is not null;
        StreamConnection? connection = null;
        lock (_lock)
        {
            if (!_stop.IsCancellationRequested && _shares.TryEnter(flow.Remote, isExpected))
            {
                flow = flow with { Connection = ++_lastId };
                connection = new StreamConnection(this, flow, isOutgoing: false, isExpected);
                _byId.Add(flow.Connection, connection);
                _byPeer[(transport, flow.Remote)] = connection;
            }
        }
        if (connection is not null)
        {
            _ = RunAsync(connection, stop => AuthenticateAsync(socket, transport, stop)); // ends in Remove, whatever happens
            return;
        }
        socket.Dispose();
        _metrics.Closed(ConnectionEnd.Limit);
        if (_refusalLog.TryPass(Now, out var suppressed))
            LogRefused(_logger, flow.Remote.ToIPAddress(), isExpected, suppressed);
    }

    private async Task RunAsync(StreamConnection connection, Func<CancellationToken, Task<Stream>> open)
    {
        await Task.Yield();
        LogOpened(_logger, connection.Id, connection.Flow.Transport, connection.IsOutgoing);
        try
        {
            await connection.RunAsync(open);
        }
        finally
        {
            Remove(connection);
            _metrics.Closed(connection.End);
            await ReportEndAsync(connection);
            LogClosed(_logger, connection.Id, connection.End);
        }
    }

    private async Task<Stream> OpenAsync(SipFlow flow, CancellationToken stop)
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
            return stream;
        var tls = new SslStream(stream);
        var verdict = new TlsVerdict();
        var options = _tls.ClientOptions(flow, _sources.TrunkOf(flow)?.Name, verdict);
        await AuthenticateOrDisposeAsync(tls, tls.AuthenticateAsClientAsync(options, stop), verdict);
        return tls;
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

    private async Task<Stream> AuthenticateAsync(Socket socket, SipTransport transport, CancellationToken stop)
    {
        socket.NoDelay = true;
        WatchPeer(socket);
        var stream = new NetworkStream(socket, ownsSocket: true);
        if (transport == SipTransport.Tcp)
            return stream;
        var tls = new SslStream(stream);
        var verdict = new TlsVerdict();
        await AuthenticateOrDisposeAsync(tls, tls.AuthenticateAsServerAsync(_tls.ServerOptions(verdict), stop), verdict);
        return tls;
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

    /// <summary>
    /// A peer whose certificate is refused, or that refuses ours, is an operator's to mend; a registration loses its path with its
    /// connection, whoever opened it.
    /// </summary>
    private async Task ReportEndAsync(StreamConnection connection)
    {
        if (connection.End == ConnectionEnd.Connect && connection.Reason is { } reason && _connectLog.TryPass(Now, out var suppressed))
            LogNotConnected(
                _logger, connection.Flow.Transport, connection.Flow.Remote, _sources.TrunkOf(connection.Flow)?.Name, connection.IsOutgoing,
                reason, suppressed);
        if (_stop.IsCancellationRequested || !(connection.IsOutgoing || connection.SawMessage))
            return;
        try
        {
            await _inbox.WriteAsync(new EndpointInput.FlowClosed(connection.Flow), _stop.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
        {
            // the endpoint stops
        }
    }

    private void Remove(StreamConnection connection)
    {
        lock (_lock)
        {
            _byId.Remove(connection.Id);
            if (connection.IsOutgoing)
                _outgoing--;
            else
                _shares.Leave(connection.Flow.Remote, connection.IsExpected);
            foreach (var peer in _byPeer.Where(entry => entry.Value == connection).Select(entry => entry.Key).ToArray())
                _byPeer.Remove(peer);
        }
    }

    private void CloseOverdue()
    {
        List<(StreamConnection Connection, ConnectionEnd Reason)> overdue = [];
        var now = Now;
        lock (_lock)
        {
            foreach (var connection in _byId.Values)
            {
                var isRegistered = !connection.IsOutgoing && _sources.IsRegistered(connection.Flow);
                if (isRegistered && !connection.IsExpected)
                {
                    connection.IsExpected = true;
                    _shares.Promote(connection.Flow.Remote);
                }
                if (connection.Overdue(now, isRegistered) is { } reason)
                    overdue.Add((connection, reason));
            }
        }
        foreach (var (connection, reason) in overdue)
            connection.Close(reason);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Connection {Id} over {Transport} begins, opened by us: {IsOutgoing}")]
    private static partial void LogOpened(ILogger logger, long id, WireText<SipTransport> transport, bool isOutgoing);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Connection {Id} ended: {Reason}")]
    private static partial void LogClosed(ILogger logger, long id, WireText<ConnectionEnd> reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A SIP connection from {Source} was refused: its share is used up (address of a " +
        "trunk: {IsTrunk}); "
        + "{Suppressed} more like it since the last line")]
    private static partial void LogRefused(ILogger logger, IPAddress source, bool isTrunk, long suppressed);

    [LoggerMessage(Level = LogLevel.Warning, Message = "No connection over {Transport} with {Peer} (trunk {Trunk}, opened by us: " +
        "{IsOutgoing}): {Reason}; "
        + "{Suppressed} more failures since the last line")]
    private static partial void LogNotConnected(
        ILogger logger, WireText<SipTransport> transport, TransportAddress peer, string? trunk, bool isOutgoing, string reason,
        long suppressed);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A failed send could not be reported: the endpoint is behind")]
    private static partial void LogReportLost(ILogger logger);
}
