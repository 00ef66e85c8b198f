using System.Net.Sockets;
using System.Threading.Channels;
using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;
using Gateway.Sip.Trunks;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Transport;

/// <summary>
/// One TCP, TLS or WebSocket connection: a task that reads and frames, a task that writes from a queue bounded in bytes. Sending never
/// waits: a peer that does not read loses its connection when the queue is full, and nobody else notices.
/// </summary>
// the token source has no timer and nothing to free; Close may be inside it on another thread when the connection ends
#pragma warning disable CA1001
internal sealed class StreamConnection
#pragma warning restore CA1001
{
    /// <summary>
    /// Pings that are answered, and line ends that are read without further thought. RFC 5626 §4.4.1 knows a ping in each 95 s.
    /// </summary>
    private const double LineEndsPerSecond = 5;
    private const double LineEndsAtOnce = 50;

    /// <summary>
    /// Bytes of surplus messages that are dropped between two pauses, as long as all connections together leave room: what belongs to calls
    /// stands behind them in the stream. A source that belongs to no trunk pauses after each read.
    /// </summary>
    private const int SurplusAtOnce = 262_144;

    private readonly Channel<(ReadOnlyMemory<byte> Bytes, long Transaction)> _queue =
        // bounded by bytes, below
        Channel.CreateUnbounded<(ReadOnlyMemory<byte>, long)>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly IConnectionOwner _owner;
    private readonly SipFlow _flow;
    private long _queuedBytes;
    private int _closed;
    private readonly Instant _openedAt;
    private readonly RateLimit _lineEnds = new(LineEndsPerSecond, LineEndsAtOnce);
    private int _surplusLineEnds;
    private int _surplusBytes;
    private volatile bool _sawMessage;
    private bool _sawRequest;

    public StreamConnection(IConnectionOwner owner, SipFlow flow, bool isOutgoing, bool isExpected)
    {
        _owner = owner;
        _flow = flow;
        IsOutgoing = isOutgoing;
        IsExpected = isExpected;
        LastActivity = _openedAt = owner.Now;
    }

    public long Id => _flow.Connection;

    public SipFlow Flow => _flow;

    public bool IsOutgoing { get; }

    /// <summary>We opened it, its source belongs to a trunk, or a phone has registered over it.</summary>
    public bool IsExpected { get; set; }

    /// <summary>A whole message came by it.</summary>
    public bool SawMessage => _sawMessage;

    /// <summary>The time at which a whole message or a ping last came, or anything went: single bytes keep no connection open.</summary>
    public Instant LastActivity { get; private set; }

    /// <summary>The reason why it was closed, once it is.</summary>
    public ConnectionEnd End { get; private set; }

    /// <summary>The reason why it could not be opened, in the words of TLS or the system.</summary>
    public string? Reason { get; private set; }

    public bool IsClosed => Volatile.Read(ref _closed) != 0;

    /// <summary>
    /// The reason why it is to be closed now; null: it may go on. A source that belongs to no trunk has to send a whole message at once,
    /// and has to come again after a minute: what it may rightly send is a request in a dialog that it took over from another node of its
    /// cluster.
    /// </summary>
    /// <param name="now">Of the owner's clock.</param>
    /// <param name="isRegistered">A phone is registered over it and can be reached by it only.</param>
    public ConnectionEnd? Overdue(Instant now, bool isRegistered)
    {
        if (isRegistered)
            return null;
        if (!IsExpected && now >= _openedAt + (_sawMessage ? _owner.Limits.UnexpectedLifetime : _owner.Limits.FirstMessageTimeout))
            return _sawMessage ? ConnectionEnd.Idle : ConnectionEnd.Silent;
        return now >= LastActivity + _owner.Limits.IdleTimeout ? ConnectionEnd.Idle : null;
    }

    /// <summary>False: closed, or closed now because the peer does not read.</summary>
    public bool TrySend(ReadOnlyMemory<byte> bytes, long transaction)
    {
        if (IsClosed)
            return false;
        if (Interlocked.Add(ref _queuedBytes, bytes.Length) > _owner.Limits.MaxQueuedBytes)
        {
            Close(ConnectionEnd.NotReading);
            return false;
        }
        return _queue.Writer.TryWrite((bytes, transaction));
    }

    public void Close(ConnectionEnd reason)
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
            return;
        End = reason;
        _queue.Writer.TryComplete();
        _stop.Cancel();
    }

    /// <summary>Opens the stream, then reads and writes until either ends. What was not sent is reported.</summary>
    public async Task RunAsync(Func<CancellationToken, Task<IMessagePort>> open)
    {
        try
        {
            await using var port = await OpenAsync(open);
            var writing = WriteAsync(port);
            var reading = ReadAsync(port);
            await Task.WhenAny(reading, writing);
            Close(ConnectionEnd.Peer);
            await Task.WhenAll(reading, writing);
        }
        catch (Exception e) when (
            e is IOException or SocketException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
        {
            Reason = e.Message;
            Close(ConnectionEnd.Connect);
        }
        finally
        {
            Close(ConnectionEnd.Error);
            while (_queue.Reader.TryRead(out var unsent))
                _owner.ReportFailure(unsent.Transaction, Reason);
        }
    }

    private async Task<IMessagePort> OpenAsync(Func<CancellationToken, Task<IMessagePort>> open)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        deadline.CancelAfter(_owner.Limits.ConnectTimeout);
        return await open(deadline.Token);
    }

    private async Task WriteAsync(IMessagePort port)
    {
        long transaction = 0;
        try
        {
            await foreach (var (bytes, id) in _queue.Reader.ReadAllAsync(_stop.Token))
            {
                transaction = id;
                await port.SendAsync(bytes, _stop.Token);
                Interlocked.Add(ref _queuedBytes, -bytes.Length);
                LastActivity = _owner.Now;
                transaction = 0;
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            if (transaction != 0)
                _owner.ReportFailure(transaction);
        }
    }

    private async Task ReadAsync(IMessagePort port)
    {
        try
        {
            while (await port.ReceiveAsync(_stop.Token))
            {
                var before = _surplusBytes;
                if (!await DrainAsync(port))
                    return;
                if (_surplusLineEnds == 0 && MayReadOn(_surplusBytes - before))
                    continue;
                await _owner.PauseAsync(_flow, _surplusLineEnds, _stop.Token);
                (_surplusBytes, _surplusLineEnds) = (0, 0);
            }
        }
        catch (IOException)
        {
            Close(ConnectionEnd.Error);
        }
        catch (OperationCanceledException)
        {
            // closed by us
        }
    }

    /// <summary>False: the connection has had its part of what may be dropped, or all have.</summary>
    private bool MayReadOn(int dropped) =>
        dropped == 0 || (IsExpected && _surplusBytes <= SurplusAtOnce && _owner.TryDrop(dropped));

    /// <summary>False: the stream makes no sense any more.</summary>
    private async Task<bool> DrainAsync(IMessagePort port)
    {
        while (true)
        {
            switch (port.TryRead(out var frame))
            {
                case SipFrameKind.None:
                    return true;
                case SipFrameKind.Ping:
                    if (TryTakeLineEnd())
                        TrySend("\r\n"u8.ToArray(), 0); // RFC 5626 §3.5.1
                    break;
                case SipFrameKind.Pong:
                    TryTakeLineEnd();
                    break;
                case SipFrameKind.Message when !_owner.TryTake(_flow, frame.Span):
                    _surplusBytes += frame.Length;
                    break;
                case SipFrameKind.Message:
                    LastActivity = _owner.Now;
                    await _owner.DeliverAsync(Parse(frame.Span), _stop.Token);
                    break;
                case SipFrameKind.Broken:
                    await _owner.DeliverAsync(new EndpointInput.Malformed(new SipParseError(port.Fault), _flow), _stop.Token);
                    Close(ConnectionEnd.Malformed);
                    return false;
            }
        }
    }

    /// <summary>False: one of a flood, which is passed over.</summary>
    private bool TryTakeLineEnd()
    {
        if (_lineEnds.TryTake(_owner.Now))
        {
            LastActivity = _owner.Now;
            return true;
        }
        _surplusLineEnds++;
        return false;
    }

    private EndpointInput Parse(ReadOnlySpan<byte> frame)
    {
        if (!SipParser.TryParse(frame, out var message, out var error))
            return new EndpointInput.Malformed(error, _flow);
        _sawMessage = true;
        if (!_sawRequest && !IsOutgoing && message is SipRequest request)
        {
            _sawRequest = true;
            _owner.AddAlias(this, request.TopVia);
        }
        return new EndpointInput.Received(message, _flow);
    }
}

/// <summary>The services that a connection needs of those that keep it.</summary>
internal interface IConnectionOwner
{
    SipTransportLimits Limits { get; }

    Instant Now { get; }

    /// <summary>A message was not sent.</summary>
    void ReportFailure(long transaction, string? reason = null);

    ValueTask DeliverAsync(EndpointInput input, CancellationToken stop);

    /// <summary>False: the source has sent too much lately, and the message is dropped.</summary>
    bool TryTake(SipFlow flow, ReadOnlySpan<byte> message);

    /// <summary>True when so many bytes of surplus messages, dropped just now, leave time to read on at once.</summary>
    bool TryDrop(int bytes);

    /// <summary>Waits before a flooding stream is read again.</summary>
    Task PauseAsync(SipFlow flow, int lineEnds, CancellationToken stop);

    /// <summary>The peer may be reached here by what its Via asks for (RFC 5923 §5).</summary>
    void AddAlias(StreamConnection connection, ViaHeader via);
}
