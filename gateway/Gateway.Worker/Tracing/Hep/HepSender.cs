using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using Gateway.Calls.Tracing;
using Gateway.Sip.Capture;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Transactions;
using Gateway.Worker.Configuration;
using Gateway.Worker.Metrics;
using Gateway.Worker.Tracing.Captures;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Tracing.Hep;

/// <summary>
/// Sends HEP packets to the capture server from a flow of control of its own. What comes faster than they can be sent, and what a server
/// that is away does not take, is dropped and counted: SIP never waits.
/// </summary>
internal sealed partial class HepSender(LiveOptions live, TimeProvider time, ILogger<HepSender> logger) : BackgroundService
{
    private const int Capacity = 2048;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly Channel<HepPacket> _queue = Channel.CreateBounded<HepPacket>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly byte[] _buffer = new byte[ushort.MaxValue];
    private Socket? _socket;
    private string? _endpoint;
    private DateTimeOffset _nextTry;
    private bool _isAway;

    /// <summary>A capture server is configured; else nothing is queued.</summary>
    public bool IsOn => live.Options.Hep.Endpoint is not null;

    /// <summary>A SIP message.</summary>
    /// <param name="message">As it came or went.</param>
    /// <param name="call">The gateway's id of the call; null: it belongs to none, and its own Call-ID joins it with its answer.</param>
    public void Add(SipTapMessage message, string? call)
    {
        if (!IsOn)
            return;
        var (from, to) = message.IsOutgoing ? (message.Local, message.Flow.Remote) : (message.Flow.Remote, message.Local);
        Add(new HepPacket(
            HepProtocol.Sip, time.GetUtcNow(), Like(from, message.Flow.Remote), Like(to, message.Flow.Remote), message.Flow.Transport,
            call ?? message.CallId, message.Bytes));
    }

    /// <summary>The events of a call that is over, but for its SIP messages, which have gone already.</summary>
    public void Add(CallTrace trace)
    {
        if (!IsOn)
            return;
        foreach (var entry in trace.Entries.Where(entry => entry.Kind != TraceKind.Sip))
            Add(Line(trace, entry.At, $"{WireName.Of(entry.Kind)}: {entry.Summary}"));
        Add(Line(trace, trace.EndedAt, $"end: {(trace.Cause is { } cause ? WireName.Of(cause) : "moved")}: {trace.Summary}"));
    }

    /// <summary>An RTCP packet in the clear; it becomes JSON when its turn has come, not on the caller's loop.</summary>
    public void AddRtcp(string call, CallLeg leg, bool isSent, byte[] packet)
    {
        var (from, to) = StandIns.Of(leg, isSent, isRtcp: true);
        Add(new HepPacket(HepProtocol.Rtcp, time.GetUtcNow(), from, to, SipTransport.Udp, call, packet));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await _queue.Reader.WaitToReadAsync(CancellationToken.None))
            while (_queue.Reader.TryRead(out var packet))
                if (Readable(packet) is not { } readable)
                    continue; // no report is in it
                else if (await TrySendAsync(readable, stoppingToken))
                    TraceMetrics.Sent(TraceTarget.Hep);
                else
                    TraceMetrics.Dropped(TraceTarget.Hep);
    }

    public override Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        return base.StopAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _socket?.Dispose();
        base.Dispose();
    }

    private static HepPacket Line(CallTrace trace, DateTimeOffset at, string text) => new(
        HepProtocol.Log, at, Nowhere, Nowhere, SipTransport.Udp, trace.Call.Value, Encoding.UTF8.GetBytes(text));

    /// <summary>An event has no addresses; the format asks for some.</summary>
    private static TransportAddress Nowhere => TransportAddress.From(System.Net.IPAddress.Any, 0);

    /// <summary>A listener on all addresses, in the IP version of its peer.</summary>
    private static TransportAddress Like(TransportAddress address, TransportAddress peer) =>
        address.IsIPv4 == peer.IsIPv4 ? address : Nowhere with { Port = address.Port };

    /// <summary>Null: there is nothing in it that the server takes.</summary>
    private static HepPacket? Readable(in HepPacket packet) =>
        packet.Protocol != HepProtocol.Rtcp ? packet
        : RtcpJson.Of(packet.Payload.Span) is { } json ? packet with { Payload = json } : null;

    private void Add(in HepPacket packet)
    {
        if (!_queue.Writer.TryWrite(packet))
            TraceMetrics.Dropped(TraceTarget.Hep);
    }

    private async Task<bool> TrySendAsync(HepPacket packet, CancellationToken stop)
    {
        var hep = live.Options.Hep;
        if (hep.Endpoint is null || !packet.TryWrite(_buffer, hep.Agent, hep.Password?.Reveal() ?? "", out var length))
            return false;
        try
        {
            if (_endpoint != hep.Endpoint)
                Begin(hep.Endpoint);
            if (_socket is null && !await TryConnectAsync(stop))
                return false;
            for (var sent = 0; sent < length;)
                sent += await _socket!.SendAsync(_buffer.AsMemory(sent, length - sent), SocketFlags.None, stop);
            _isAway = false;
            return true;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            Close(e.Message);
            return false;
        }
    }

    /// <summary>A reload may name another server; what is said of the one before counts no longer.</summary>
    private void Begin(string endpoint)
    {
        _socket?.Dispose();
        (_socket, _endpoint, _nextTry, _isAway) = (null, endpoint, default, false);
    }

    private async Task<bool> TryConnectAsync(CancellationToken stop)
    {
        if (time.GetUtcNow() < _nextTry || !HepOptions.TryParse(_endpoint!, out var isTcp, out var host, out var port))
            return false;
        _nextTry = time.GetUtcNow() + Pause;
        var socket = isTcp ? new Socket(SocketType.Stream, ProtocolType.Tcp) : new Socket(SocketType.Dgram, ProtocolType.Udp);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(ConnectTimeout);
        try
        {
            await socket.ConnectAsync(host, port, limit.Token);
            _socket = socket;
            return true;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            socket.Dispose();
            Close(e.Message);
            return false;
        }
    }

    private void Close(string reason)
    {
        _socket?.Dispose();
        _socket = null;
        if (!_isAway)
            LogAway(_endpoint!, reason);
        _isAway = true;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The capture server {Endpoint} (hep.endpoint) does not take packets ({Reason}): " +
        "they are dropped and counted (gateway_traces_dropped_total) until it does")]
    private partial void LogAway(string endpoint, string reason);
}
