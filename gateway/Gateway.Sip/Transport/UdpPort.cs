using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Gateway.Sip.Messages;
using Gateway.Sip.Registrar;
using Gateway.Sip.Transactions;
using Media.Protocols.Primitives;
using Microsoft.Extensions.Logging;

namespace Gateway.Sip.Transport;

/// <summary>One UDP listener: a socket that receives on a task of its own and sends from the endpoint's loop.</summary>
internal sealed partial class UdpPort : IAsyncDisposable
{
    private const int MaxDatagram = 65_535;
    private const int SocketBufferBytes = 4 * 1024 * 1024;

    private readonly Socket _socket;
    private readonly int _listener;
    private readonly SipSources _sources;
    private readonly ChannelWriter<EndpointInput> _inbox;
    private readonly SipMetrics _metrics;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private Task _receiving = Task.CompletedTask;

    public UdpPort(
        int listener, IPEndPoint bind, SipSources sources, ChannelWriter<EndpointInput> inbox, SipMetrics metrics, ILogger logger)
    {
        _listener = listener;
        _sources = sources;
        _inbox = inbox;
        _metrics = metrics;
        _logger = logger;
        _socket = new Socket(bind.AddressFamily, SocketType.Dgram, ProtocolType.Udp)
        {
            ReceiveBufferSize = SocketBufferBytes,
            SendBufferSize = SocketBufferBytes,
        };
        if (bind.Address.Equals(IPAddress.IPv6Any))
            _socket.DualMode = true;
        try
        {
            _socket.Bind(bind);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    public IPEndPoint Bound => (IPEndPoint)_socket.LocalEndPoint!;

    public void Start() => _receiving = ReceiveAsync(_stop.Token);

    /// <summary>False: the kernel refused the datagram.</summary>
    public bool TrySend(ReadOnlySpan<byte> bytes, TransportAddress remote)
    {
        try
        {
            _socket.SendTo(bytes, SocketFlags.None, EndPointOf(remote));
            _metrics.Sent(SipTransport.Udp);
            return true;
        }
        catch (SocketException e)
        {
            LogSendFailed(_logger, e.SocketErrorCode);
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _receiving;
        _socket.Dispose();
        _stop.Dispose();
    }

    private IPEndPoint EndPointOf(TransportAddress remote)
    {
        var endPoint = remote.ToIPEndPoint();
        if (_socket.AddressFamily == AddressFamily.InterNetworkV6 && remote.IsIPv4)
            endPoint.Address = endPoint.Address.MapToIPv6();
        return endPoint;
    }

    private async Task ReceiveAsync(CancellationToken stop)
    {
        var buffer = new byte[MaxDatagram];
        var remote = new SocketAddress(_socket.AddressFamily);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var length = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, remote, stop);
                Handle(buffer.AsSpan(0, length), AddressOf(remote));
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException e)
            {
                LogReceiveFailed(_logger, e.SocketErrorCode); // an ICMP error of an earlier datagram; the socket goes on
            }
        }
    }

    /// <summary>Of sockaddr_in and sockaddr_in6 (ip(7), ipv6(7)), without allocating: a flood is dropped by its address.</summary>
    private static TransportAddress AddressOf(SocketAddress remote)
    {
        ReadOnlySpan<byte> bytes = remote.Buffer.Span;
        return TransportAddress.FromBytes(
            remote.Family == AddressFamily.InterNetwork ? bytes.Slice(4, 4) : bytes.Slice(8, 16),
            BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]));
    }

    private void Handle(ReadOnlySpan<byte> bytes, TransportAddress remote)
    {
        var flow = new SipFlow(SipTransport.Udp, remote, _listener);
        if (!_sources.TryTake(flow, bytes))
            return;
        if (StunKeepAlive.IsStun(bytes))
        {
            if (_sources.IsRegistered(flow) && StunKeepAlive.Answer(bytes, remote) is { } answer)
                TrySend(answer, remote);
            return;
        }
        EndpointInput input;
        if (SipParser.TryParse(bytes, out var message, out var error))
            input = new EndpointInput.Received(message, flow);
        else if (error.Fault == SipParseFault.KeepAlive)
            return;
        else
            input = new EndpointInput.Malformed(error, flow);
        if (!_inbox.TryWrite(input))
            _metrics.Overflowed();
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "A datagram could not be sent: {Error}")]
    private static partial void LogSendFailed(ILogger logger, SocketError error);

    [LoggerMessage(Level = LogLevel.Debug, Message = "A datagram could not be received: {Error}")]
    private static partial void LogReceiveFailed(ILogger logger, SocketError error);
}
