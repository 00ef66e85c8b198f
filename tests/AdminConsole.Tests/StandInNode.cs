using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using Gateway.Storage.Directory;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Sandbox.Handsets;
using Testing.Peers;

namespace AdminConsole.Tests;

/// <summary>
/// As much of a gateway as the phone in the browser meets: it takes tickets, registers whoever has one, rings all of them with a WebRTC
/// peer's description, and answers or refuses what they dial. That a real one does the same is proved in tests/Interop.
/// </summary>
public sealed class StandInNode : IAsyncDisposable
{
    private readonly ConcurrentDictionary<WebSocket, (string User, string Contact)> _phones = new();
    private readonly ConcurrentDictionary<string, StandInCall> _calls = new();
    private readonly ConcurrentQueue<SipMessageText> _received = new();
    private WebApplication _app = null!;

    public string Url { get; private set; } = "";

    /// <summary>What redeems tickets; set when there is a database.</summary>
    public PhoneTicketStore? Tickets { get; set; }

    /// <summary>Headers of a 403 to what is dialled; null: it is answered.</summary>
    public string? Refusal { get; set; }

    /// <summary>Everything that phones have sent.</summary>
    public IEnumerable<SipMessageText> Received => _received;

    /// <summary>The users that are registered now.</summary>
    public IEnumerable<string> Registered => _phones.Values.Select(phone => phone.User).Where(user => user.Length > 0);

    /// <summary>The addresses of the phones that are registered now, each registration's own.</summary>
    public IEnumerable<string> Contacts => _phones.Values.Where(phone => phone.User.Length > 0).Select(phone => phone.Contact);

    /// <summary>The call that a phone has dialled last.</summary>
    public StandInCall? Dialled { get; private set; }

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.UseWebSockets();
        _app.Map("/", AcceptAsync);
        await _app.StartAsync();
        Url = _app.Urls.Single().Replace("http:", "ws:", StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        Drop();
        foreach (var call in _calls.Values)
            await call.DisposeAsync();
        await _app.DisposeAsync();
    }

    /// <summary>Breaks all connections.</summary>
    public void Drop()
    {
        foreach (var phone in _phones.Keys)
            phone.Abort();
    }

    /// <summary>A user calls: every registered phone rings.</summary>
    public async Task<StandInCall> CallAsync(string user, string name, string payload = "", string whatsAppId = "wacid.S")
    {
        var call = new StandInCall();
        _calls[call.Id] = call;
        var headers =
            $"X-WhatsApp-Call-Id: {whatsAppId}\r\nX-WhatsApp-Direction: inbound\r\nX-WhatsApp-Business-Number: +493012345678\r\n" +
            $"X-WhatsApp-User-Phone: +{user}\r\nX-WhatsApp-User-Name: {Uri.EscapeDataString(name)}\r\n" +
            (payload.Length > 0 ? $"X-WhatsApp-Cta-Payload: {Uri.EscapeDataString(payload)}\r\n" : "");
        await call.RingAsync(
            _phones.Where(phone => phone.Value.User.Length > 0).Select(phone => (phone.Key, phone.Value.Contact)), user, headers);
        return call;
    }

    internal static Task SendAsync(WebSocket phone, string text) =>
        phone.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, CancellationToken.None);

    private async Task AcceptAsync(HttpContext context)
    {
        var ticket = context.Request.Query["ticket"].ToString();
        if (!context.WebSockets.IsWebSocketRequest || await Tickets!.TakeAsync(ticket, CancellationToken.None) is null)
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return;
        }
        using var phone = await context.WebSockets.AcceptWebSocketAsync("sip");
        _phones[phone] = ("", "");
        var buffer = new byte[65536];
        try
        {
            while (await phone.ReceiveAsync(buffer, context.RequestAborted) is { MessageType: not WebSocketMessageType.Close } part)
                if (Encoding.UTF8.GetString(buffer, 0, part.Count) is var text && text.Contains("\r\n\r\n", StringComparison.Ordinal))
                    await HandleAsync(phone, new SipMessageText(text));
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // It broke, as a test wants.
        }
        finally
        {
            _phones.TryRemove(phone, out _);
        }
    }

    private async Task HandleAsync(WebSocket phone, SipMessageText message)
    {
        _received.Enqueue(message);
        var known = _calls.GetValueOrDefault(message["Call-ID"]);
        if (message.Status > 0)
        {
            if (known is not null)
                await known.HandleResponseAsync(phone, message);
            return;
        }
        switch (message.StartLine.Split(' ')[0])
        {
            case "REGISTER":
                var isGone = message["Contact"].Contains("expires=0", StringComparison.Ordinal);
                _phones[phone] = (isGone ? "" : UserOf(message["From"]), AddressOf(message["Contact"]));
                await SendAsync(phone, Response(message, 200, "OK", $"Contact: {message["Contact"]}\r\n"));
                break;
            case "INVITE" when known is not null:
                await SendAsync(phone, Response(message, 200, "OK", StandInCall.Contact, await known.RenegotiateAsync(message.Body)));
                break;
            case "INVITE" when Refusal is not null:
                await SendAsync(phone, Response(message, 403, "Forbidden", Refusal + "\r\n"));
                break;
            case "INVITE":
                var call = Dialled = new StandInCall(message["Call-ID"]);
                _calls[call.Id] = call;
                await call.AnswerAsync(phone, message);
                break;
            case "ACK":
                break;
            default:
                await SendAsync(phone, Response(message, 200, "OK"));
                if (message.StartLine.StartsWith("BYE", StringComparison.Ordinal))
                    known?.HandleBye();
                break;
        }
    }

    /// <summary>The URI of a name-addr.</summary>
    internal static string AddressOf(string value) => value[(value.IndexOf('<') + 1)..value.IndexOf('>')];

    private static string UserOf(string value) => AddressOf(value).Split(':', '@')[1];

    internal static string Response(SipMessageText request, int status, string reason, string headers = "", string body = "")
    {
        var to = request["To"];
        return $"SIP/2.0 {status} {reason}\r\n{string.Join("\r\n", request.All("Via"))}\r\nFrom: {request["From"]}\r\n" +
            $"To: {to}{(to.Contains("tag=", StringComparison.Ordinal) ? "" : ";tag=node")}\r\nCall-ID: {request["Call-ID"]}\r\n" +
            $"CSeq: {request["CSeq"]}\r\n{headers}{(body.Length > 0 ? "Content-Type: application/sdp\r\n" : "")}" +
            $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";
    }
}
