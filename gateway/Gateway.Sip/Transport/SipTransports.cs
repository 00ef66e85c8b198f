using System.Net;
using System.Threading.Channels;
using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;
using Gateway.Sip.Trunks;
using Media.Protocols.Primitives;
using Microsoft.Extensions.Logging;

namespace Gateway.Sip.Transport;

/// <summary>
/// All listeners and connections of an endpoint (RFC 3261 §18): bytes of the core out, parsed messages into the endpoint's queue.
/// </summary>
internal sealed class SipTransports : IAsyncDisposable
{
    private readonly List<UdpPort?> _udp = [];
    private readonly List<WebSocketListener> _webSockets = [];
    private readonly WebSocketAdmission _admission;
    private readonly ChannelWriter<EndpointInput> _inbox;
    private readonly SipMetrics _metrics;
    private readonly ILogger _logger;
    private readonly SipSources _sources;
    private readonly StreamTransport _streams;
    private readonly TlsCertificates _tls;
    private readonly ITimer _watch;
    private readonly IReadOnlyList<IPNetwork> _localNetworks;

    /// <remarks><c>trunks</c>: those that paths belong to; read from several threads.</remarks>
    public SipTransports(
        SipEndpointOptions options, TrunkSet trunks, ChannelWriter<EndpointInput> inbox, SipMetrics metrics,
        TimeProvider time, ILogger logger)
    {
        _inbox = inbox;
        _metrics = metrics;
        _logger = logger;
        _localNetworks = options.LocalNetworks;
        _tls = new TlsCertificates(options, time, logger);
        _watch = _tls.Watch(time);
        _sources = new SipSources(options.Limits, source => trunks.OfAny(source)?.Options, metrics, time, logger);
        var phones = trunks.Current.FirstOrDefault(trunk => trunk.Phones is not null);
        _streams = new StreamTransport(options.Limits, _sources, _tls, inbox, metrics, time, logger) { Phones = phones?.Phones };
        _admission = new WebSocketAdmission(options.AllowedOrigins, phones?.Options.Registrar?.Tickets);
    }

    public SipMetrics Metrics => _metrics;

    public int Connections => _streams.Count;

    /// <summary>The reason why no connection can be accepted at the moment; null while all is well.</summary>
    public string? Fault => _streams.Fault;

    /// <summary>Binds every listener; the addresses as peers see them, in the same order.</summary>
    /// <exception cref="ArgumentException">A listener on all addresses has no advertised host, or a TLS listener no
    /// certificate.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">It cannot be bound; of a WebSocket listener an
    /// <see cref="IOException"/>.</exception>
    public async Task<LocalAddresses> BindAsync(IReadOnlyList<SipListenerOptions> listeners, CancellationToken cancellation)
    {
        var bound = new List<LocalAddress>();
        foreach (var listener in listeners)
        {
            var isAny = listener.Bind.Address.Equals(IPAddress.Any) || listener.Bind.Address.Equals(IPAddress.IPv6Any);
            if (isAny && listener.AdvertisedHost is null)
                throw new ArgumentException(
                    $"The SIP listener on {listener.Bind} needs an advertised host: it listens on all addresses.", nameof(listeners));
            if (listener.Transport is SipTransport.Tls or SipTransport.Wss && !_tls.CanServe)
                throw new ArgumentException($"The SIP listener on {listener.Bind} speaks TLS and needs a certificate.", nameof(listeners));
            var endPoint = await BindAsync(bound.Count, listener, cancellation);
            var advertised = new HostPort(listener.AdvertisedHost ?? endPoint.Address.ToString(), listener.AdvertisedPort ?? endPoint.Port);
            bound.Add(new LocalAddress(listener.Transport, TransportAddress.From(endPoint), advertised));
        }
        foreach (var port in _udp)
            port?.Start();
        return new LocalAddresses(bound, _localNetworks, bound.Count > 1 ? SourceAddress.Find : null);
    }

    public void Send(in SipTransmit transmit)
    {
        if (transmit.Flow.IsReliable)
            _streams.Send(transmit);
        else if (!_udp[transmit.Flow.Listener]!.TrySend(transmit.Bytes.Span, transmit.Flow.Remote) && transmit.Transaction != 0)
            _inbox.TryWrite(new EndpointInput.SendFailed(transmit.Transaction));
    }

    /// <summary>A message can leave by this path, and needs no new connection. From any thread.</summary>
    public bool IsOpen(SipFlow flow) => !flow.IsReliable || _streams.IsOpen(flow.Connection);

    /// <summary>Our certificates by name, and when each runs out (UTC).</summary>
    public IEnumerable<(string Name, DateTime NotAfter)> CertificateExpiries => _tls.Expiries;

    public void ReloadCertificates() => _tls.Reload();

    /// <inheritdoc cref="TlsCertificates.Material"/>
    public TlsMaterial Tls
    {
        get => _tls.Material;
        set => _tls.Material = value;
    }

    public async ValueTask DisposeAsync()
    {
        await _watch.DisposeAsync();
        foreach (var port in _udp)
        {
            if (port is not null)
                await port.DisposeAsync();
        }
        await _streams.DisposeAsync();
        foreach (var listener in _webSockets)
            await listener.DisposeAsync();
    }

    private async Task<IPEndPoint> BindAsync(int index, SipListenerOptions listener, CancellationToken cancellation)
    {
        if (listener.Transport.IsWebSocket())
        {
            _udp.Add(null);
            var webSockets = new WebSocketListener(index, listener, _admission, _streams, _tls, _logger);
            _webSockets.Add(webSockets);
            return await webSockets.StartAsync(listener.Bind, cancellation);
        }
        if (listener.Transport != SipTransport.Udp)
        {
            _udp.Add(null);
            return _streams.Listen(index, listener.Transport, listener.Bind);
        }
        var port = new UdpPort(index, listener.Bind, _sources, _inbox, _metrics, _logger);
        _udp.Add(port);
        return port.Bound;
    }
}
