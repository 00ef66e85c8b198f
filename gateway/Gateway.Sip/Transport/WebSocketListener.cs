using System.Net;
using System.Net.Security;
using Gateway.Sip.Transactions;
using Gateway.Sip.Trunks;
using Media.Protocols.Primitives;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Sip.Transport;

/// <summary>
/// A listener for WebSockets of the sub-protocol "sip" (RFC 7118 §4), at any path. A page of another origin is refused; a ticket in the
/// query opens the WebSocket for its user, who needs no password then.
/// </summary>
internal sealed partial class WebSocketListener : IAsyncDisposable
{
    private const string SubProtocol = "sip";

    /// <summary>The parameter of the query.</summary>
    private const string Ticket = "ticket";

    private const int MaxTicketLength = 256;

    /// <summary>Tickets that are looked up at one time; more wait.</summary>
    private const int MaxLookups = 8;

    private static readonly TimeSpan LookupTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(1);

    /// <summary>A phone that vanished without a word is noticed after both: a ping is sent, and no pong comes.</summary>
    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PongTimeout = TimeSpan.FromSeconds(20);

    private readonly WebApplication _server;
    private readonly SemaphoreSlim _lookups = new(MaxLookups);
    private readonly LogLimit _failureLog = new(TimeSpan.FromMinutes(1));
    private readonly LogLimit _originLog = new(TimeSpan.FromMinutes(1));
    private readonly int _listener;
    private readonly SipTransport _transport;
    private readonly WebSocketAdmission _admission;
    private readonly StreamTransport _streams;
    private readonly ILogger _logger;

    /// <param name="listener">Its index among all.</param>
    /// <param name="options">What is bound.</param>
    /// <param name="admission">Who is let in.</param>
    /// <param name="streams">Keeps the connections.</param>
    /// <param name="tls">For <see cref="SipTransport.Wss"/>.</param>
    /// <param name="logger">For refusals.</param>
    public WebSocketListener(
        int listener, SipListenerOptions options, WebSocketAdmission admission, StreamTransport streams, TlsCertificates tls,
        ILogger logger)
    {
        (_listener, _transport, _admission, _streams, _logger) = (listener, options.Transport, admission, streams, logger);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = streams.Limits.MaxConnections;
            kestrel.Limits.MaxConcurrentUpgradedConnections = streams.Limits.MaxConnections;
            kestrel.Limits.RequestHeadersTimeout = streams.Limits.FirstMessageTimeout;
            kestrel.Limits.KeepAliveTimeout = streams.Limits.FirstMessageTimeout;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Listen(options.Bind, at =>
            {
                at.Protocols = HttpProtocols.Http1;
                if (options.Transport == SipTransport.Wss)
                    at.UseHttps(new TlsHandshakeCallbackOptions
                    {
                        HandshakeTimeout = streams.Limits.ConnectTimeout,
                        OnConnection = _ => ValueTask.FromResult(OptionsOf(tls)),
                    });
            });
        });
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        _server = builder.Build();
        _server.UseWebSockets();
        _server.Run(HandleAsync);
    }

    /// <summary>Binds and begins to accept; the bound address.</summary>
    /// <exception cref="IOException">It cannot be bound.</exception>
    public async Task<IPEndPoint> StartAsync(IPEndPoint bind, CancellationToken cancellation)
    {
        await _server.StartAsync(cancellation);
        return new IPEndPoint(bind.Address, new Uri(_server.Urls.Single()).Port);
    }

    /// <summary>After the connections are closed.</summary>
    public async ValueTask DisposeAsync()
    {
        using var timeout = new CancellationTokenSource(StopTimeout);
        await _server.StopAsync(timeout.Token);
        await _server.DisposeAsync();
        _lookups.Dispose();
    }

    private static SslServerAuthenticationOptions OptionsOf(TlsCertificates tls)
    {
        var options = tls.ServerOptions(new TlsVerdict());
        options.ApplicationProtocols = [SslApplicationProtocol.Http11];
        return options;
    }

    private async Task HandleAsync(HttpContext http)
    {
        http.Response.Headers.Connection = "close";
        if (!http.WebSockets.IsWebSocketRequest
            || !http.WebSockets.WebSocketRequestedProtocols.Contains(SubProtocol, StringComparer.OrdinalIgnoreCase))
        {
            http.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            http.Response.Headers.Upgrade = "websocket";
            return;
        }
        if (!_admission.Allows(http.Request.Headers.Origin, http.Request.Host))
        {
            if (_originLog.TryPass(_streams.Now, out var suppressed))
                LogOrigin(_logger, http.Request.Headers.Origin.ToString(), suppressed);
            http.Response.StatusCode = StatusCodes.Status403Forbidden;
            return;
        }
        string? user = null;
        if (http.Request.Query.TryGetValue(Ticket, out var ticket))
        {
            (http.Response.StatusCode, user) = await TakeAsync(ticket.ToString(), http.RequestAborted);
            if (user is null)
                return;
        }
        var remote = TransportAddress.From(new IPEndPoint(http.Connection.RemoteIpAddress!, http.Connection.RemotePort));
        if (!await _streams.KeepAsync(new SipFlow(_transport, remote, _listener), user, _ => AcceptAsync(http)))
            http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
    }

    private static async Task<IMessagePort> AcceptAsync(HttpContext http)
    {
        http.Response.Headers.Remove("Connection");
        return new WebSocketPort(await http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            SubProtocol = SubProtocol, KeepAliveInterval = PingInterval, KeepAliveTimeout = PongTimeout,
        }));
    }

    /// <summary>The user of a ticket; null with the status of the refusal.</summary>
    private async Task<(int Status, string? User)> TakeAsync(string ticket, CancellationToken aborted)
    {
        if (ticket.Length is 0 or > MaxTicketLength || _admission.Tickets is not { } tickets)
            return (StatusCodes.Status403Forbidden, null);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        timeout.CancelAfter(LookupTimeout);
        try
        {
            await _lookups.WaitAsync(timeout.Token);
            try
            {
                var user = await tickets.TakeAsync(ticket, timeout.Token).AsTask().WaitAsync(timeout.Token);
                return user is null ? (StatusCodes.Status403Forbidden, null) : (StatusCodes.Status200OK, user);
            }
            finally
            {
                _lookups.Release();
            }
        }
#pragma warning disable CA1031 // the store is the host's: whatever it throws means that it does not know now
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (_failureLog.TryPass(_streams.Now, out var suppressed))
                LogUnavailable(_logger, e.Message, suppressed);
            return (StatusCodes.Status503ServiceUnavailable, null);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A WebSocket of a page at {Origin} was refused with 403 (sip.allowedOrigins); "
        + "{Suppressed} more refused since the last line")]
    private static partial void LogOrigin(ILogger logger, string origin, long suppressed);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A phone's ticket could not be looked up, its WebSocket was answered 503: {Reason}; "
        + "{Suppressed} more since the last line")]
    private static partial void LogUnavailable(ILogger logger, string reason, long suppressed);

    /// <summary>The endpoint starts and stops it, no signal of the system.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
