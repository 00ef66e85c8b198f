using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using AdminApi.Platform;

namespace AdminApi.Browser;

/// <summary>
/// The way of the phone in the browser to a gateway: a WebSocket of this program's origin, whose messages (SIP, RFC 7118) go to and from a
/// node as they are. It ends with either end, and with the session; the audio of a call goes past it, and goes on.
/// </summary>
internal static class PhoneRelay
{
    /// <summary>Below the console.</summary>
    public const string Path = "/phone/socket";

    /// <summary>RFC 7118 §5.</summary>
    private const string Protocol = "sip";

    /// <summary>Names the node that a browser's phone was at: what is left of a call is there, where its connection has broken.</summary>
    private const string NodeCookie = "console_phone_node";

    /// <summary>A SIP message with a description, twice over; the node has its own limit.</summary>
    private const int MaxMessage = 64 * 1024;

    /// <summary>RFC 6455 §7.4.2: one of our own, since the session is over.</summary>
    private const WebSocketCloseStatus SignedOut = (WebSocketCloseStatus)4401;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(3), CloseTimeout = TimeSpan.FromSeconds(2);

    /// <summary>How long a session that was revoked keeps its phone at most.</summary>
    private static readonly TimeSpan SessionCheck = TimeSpan.FromSeconds(10);

    /// <summary>Opens the node's end by the ticket of the query first, so that the browser hears of a failure.</summary>
    public static async Task<IResult> RunAsync(
        HttpContext context, string ticket, AdminApiOptions options, SessionCookie sessions, IHostApplicationLifetime lifetime)
    {
        if (!context.WebSockets.IsWebSocketRequest || !context.WebSockets.WebSocketRequestedProtocols.Contains(Protocol))
            return Problems.InvalidRequest.Of($"This address is a WebSocket of the protocol {Protocol}.");
        if (!IsOwnOrigin(context.Request))
            return Problems.InvalidRequest.Of("Another site's page may not open it.");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        var (opened, at) = await ConnectAsync(options.PhoneNodes, context.Request.Cookies[NodeCookie], ticket, stop.Token);
        using var node = opened;
        if (node is null)
            return Problems.Unavailable.Of("No gateway takes the phone: none answers, or the ticket was used or is too old.");
        context.Response.Cookies.Append(NodeCookie, at, new CookieOptions
        {
            HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = context.Request.IsHttps, Path = ConsoleFiles.Path + Path,
        });
        using var browser = await context.WebSockets.AcceptWebSocketAsync(Protocol);
        Task<WebSocketCloseStatus>[] pumps = [PumpAsync(browser, node, stop.Token), PumpAsync(node, browser, stop.Token)];
        var first = await Task.WhenAny([.. pumps, WatchAsync(context, sessions, stop.Token)]);
        var status = first.IsCompletedSuccessfully ? await first : WebSocketCloseStatus.EndpointUnavailable;
        await Task.WhenAll(CloseAsync(browser, status), CloseAsync(node, WebSocketCloseStatus.NormalClosure));
        // What the other ends say to it is waited for: a read that is cancelled takes its socket with it.
        await Task.WhenAny(Task.WhenAll(pumps), Task.Delay(CloseTimeout, stop.Token));
        await stop.CancelAsync();
        return Results.Empty;
    }

    /// <summary>Browsers name the origin of the page; other programs need not.</summary>
    private static bool IsOwnOrigin(HttpRequest request) =>
        request.Headers.Origin is not [{ Length: > 0 } origin]
        || (Uri.TryCreate(origin, UriKind.Absolute, out var page) && page.Authority == request.Host.Value);

    /// <summary>
    /// The first node that answers, begun at that of before, or at any: a ticket is used by a node that takes it alone.
    /// </summary>
    private static async Task<(ClientWebSocket? Socket, string Node)> ConnectAsync(
        IReadOnlyList<Uri> nodes, string? before, string ticket, CancellationToken cancellation)
    {
        var known = nodes.Select(NameOf).ToList();
        var first = known.FindIndex(name => name == before) is >= 0 and var found ? found : Random.Shared.Next(Math.Max(1, nodes.Count));
        for (var i = 0; i < nodes.Count; i++)
        {
            var socket = new ClientWebSocket();
            socket.Options.AddSubProtocol(Protocol);
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            timeout.CancelAfter(ConnectTimeout);
            try
            {
                var (place, query) = ((first + i) % nodes.Count, "ticket=" + Uri.EscapeDataString(ticket));
                await socket.ConnectAsync(new UriBuilder(nodes[place]) { Query = query }.Uri, timeout.Token);
                return (socket, known[place]);
            }
            catch (Exception e) when (e is WebSocketException or OperationCanceledException && !cancellation.IsCancellationRequested)
            {
                socket.Dispose();
            }
        }
        return (null, "");
    }

    /// <summary>The same at every instance of this program, and says nothing of the network behind it.</summary>
    private static string NameOf(Uri node) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(node.AbsoluteUri)))[..16];

    /// <summary>Copies messages until one end closes; how it did is the result.</summary>
    private static async Task<WebSocketCloseStatus> PumpAsync(WebSocket from, WebSocket to, CancellationToken cancellation)
    {
        var buffer = new byte[MaxMessage];
        var length = 0;
        while (true)
        {
            var part = await from.ReceiveAsync(buffer.AsMemory(length), cancellation);
            if (part.MessageType == WebSocketMessageType.Close)
                return from.CloseStatus is { } status and not WebSocketCloseStatus.Empty ? status : WebSocketCloseStatus.NormalClosure;
            length += part.Count;
            if (part.EndOfMessage)
            {
                await to.SendAsync(buffer.AsMemory(0, length), part.MessageType, endOfMessage: true, cancellation);
                length = 0;
            }
            else if (length == buffer.Length)
            {
                return WebSocketCloseStatus.MessageTooBig;
            }
        }
    }

    private static async Task<WebSocketCloseStatus> WatchAsync(HttpContext context, SessionCookie sessions, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(SessionCheck);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            try
            {
                if (context.Request.Cookies.ContainsKey(SessionCookie.Name) && await sessions.FindCallerAsync(context) is null)
                    return SignedOut;
            }
            catch (Exception e) when (ErrorEdge.IsStoreUnavailable(e))
            {
                // Nobody knows; the phone goes on.
            }
        }
        return WebSocketCloseStatus.EndpointUnavailable;
    }

    private static async Task CloseAsync(WebSocket socket, WebSocketCloseStatus status)
    {
        using var timeout = new CancellationTokenSource(CloseTimeout);
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
                await socket.CloseOutputAsync(status, null, timeout.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or InvalidOperationException)
        {
            // It is closed one way or another.
        }
    }
}
