using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;
using Gateway.Sip.Trunks;
using Media.Protocols.Primitives;
using Microsoft.Extensions.Logging;

namespace Gateway.Sip.Transport;

/// <summary>
/// All TCP, TLS and WebSocket connections: accepted, opened when needed, found again by id or by the peer's address. A connection that a
/// peer opened is also found by the address its Via asks for (RFC 5923 §5 alias), since that is where its dialogs send us.
/// </summary>
internal sealed partial class StreamTransport : IConnectionOwner, IAsyncDisposable
{
    /// <summary>Before a connection that floods is read again: it takes a small part of a processor at the most.</summary>
    private static readonly TimeSpan FloodPause = TimeSpan.FromMilliseconds(20);

    /// <summary>Bytes of surplus messages a second that all connections together drop without a pause.</summary>
    private const int SurplusPerSecond = 16_777_216;

    private static readonly TimeSpan SweepInterval = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly Dictionary<long, StreamConnection> _byId = [];
    private readonly Dictionary<(SipTransport, TransportAddress), StreamConnection> _byPeer = [];
    private readonly List<Task> _accepting = [];
    private readonly List<Acceptor> _acceptors = [];
    private readonly RateLimit _surplus = new(SurplusPerSecond, SurplusPerSecond);
    private readonly ConnectionShares _shares;
    private readonly SipSources _sources;
    private readonly LogLimit _connectLog = new(TimeSpan.FromSeconds(30));
    private readonly LogLimit _refusalLog = new(TimeSpan.FromMinutes(1));
    private readonly List<Socket> _listening = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly ChannelWriter<EndpointInput> _inbox;
    private readonly StreamSockets _sockets;
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
        _sockets = new StreamSockets(sources, tls);
        _inbox = inbox;
        _metrics = metrics;
        _time = time;
        _clock = new InstantClock(time);
        _logger = logger;
        _sweep = time.CreateTimer(_ => CloseOverdue(), null, SweepInterval, SweepInterval);
    }

    public SipTransportLimits Limits { get; }

    /// <summary>The paths of registered phones; null: there are none.</summary>
    public RegisteredFlows? Phones { get; init; }

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
        var socket = _sockets.Listen(listener, bind);
        _listening.Add(socket);
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

    public bool TryDrop(int bytes)
    {
        lock (_surplus)
            return _surplus.TryTake(Now, bytes);
    }

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
            if (transmit.Flow.Transport.IsWebSocket() || _outgoing >= Limits.MaxOutgoing || _stop.IsCancellationRequested)
                return null;
            _outgoing++;
            var flow = transmit.Flow with { Connection = ++_lastId };
            var opened = new StreamConnection(this, flow, isOutgoing: true, isExpected: true);
            _byId.Add(flow.Connection, opened);
            _byPeer[peer] = opened;
            _ = RunAsync(opened, stop => _sockets.OpenAsync(flow, stop)); // ends in Remove, whatever happens
            return opened;
        }
    }

    /// <summary>
    /// Keeps a WebSocket until it ends. False: its source has too many, and <paramref name="open"/> was not called.
    /// </summary>
    /// <param name="source">Where it comes from.</param>
    /// <param name="user">The registered user that it was opened for; null: whoever opened it has proved nothing yet.</param>
    /// <param name="open">Opens it.</param>
    public async Task<bool> KeepAsync(SipFlow source, string? user, Func<CancellationToken, Task<IMessagePort>> open)
    {
        if (TryAdmit(source, isProved: user is not null) is not { } connection)
            return false;
        if (user is not null)
            Phones?.Admit(connection.Flow, user);
        try
        {
            await RunAsync(connection, open);
        }
        finally
        {
            Phones?.Dismiss(connection.Flow);
        }
        return true;
    }

    private void Admit(Socket socket, int listener, SipTransport transport)
    {
        var source = new SipFlow(transport, TransportAddress.From((IPEndPoint)socket.RemoteEndPoint!), listener);
        if (TryAdmit(source, isProved: false) is { } connection)
            _ = RunAsync(connection, stop => _sockets.AcceptAsync(socket, transport, stop)); // ends in Remove, whatever happens
        else
            socket.Dispose();
    }

    /// <summary>Null: the source has too many.</summary>
    private StreamConnection? TryAdmit(SipFlow source, bool isProved)
    {
        var isExpected = isProved || _sources.TrunkOf(source) is not null;
        lock (_lock)
        {
            if (!_stop.IsCancellationRequested && _shares.TryEnter(source.Remote, isExpected, isProved))
            {
                var flow = source with { Connection = ++_lastId };
                var connection = new StreamConnection(this, flow, isOutgoing: false, isExpected);
                _byId.Add(flow.Connection, connection);
                _byPeer[(flow.Transport, flow.Remote)] = connection;
                return connection;
            }
        }
        _metrics.Closed(ConnectionEnd.Limit);
        if (_refusalLog.TryPass(Now, out var suppressed))
            LogRefused(_logger, source.Remote.ToIPAddress(), isExpected, suppressed);
        return null;
    }

    private async Task RunAsync(StreamConnection connection, Func<CancellationToken, Task<IMessagePort>> open)
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
