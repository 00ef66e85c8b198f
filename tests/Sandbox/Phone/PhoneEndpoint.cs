using System.Net.WebSockets;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sandbox.Calls;
using Sandbox.Handsets;
using Sandbox.Numbers;
using Sandbox.Users;

namespace Sandbox.Phone;

/// <summary>/phone: the page, its script, and the socket on which a page acts as its user's phone.</summary>
public sealed class PhoneEndpoint(
    PhoneHub hub, UserStore users, NumberStore numbers, CallHandler handler, InboundCalls inbound, OutboundCalls outbound)
{
    private const int MaxMessage = 128 * 1024;

    public void Map(IEndpointRouteBuilder routes)
    {
        MapFile(routes, "/phone", "phone.html", "text/html; charset=utf-8");
        MapFile(routes, "/phone/phone.js", "phone.js", "text/javascript; charset=utf-8");
        MapFile(routes, "/phone/listen.js", "listen.js", "text/javascript; charset=utf-8");
        MapFile(routes, "/phone/phone.css", "phone.css", "text/css; charset=utf-8");
        routes.MapGet("/phone/socket", ServeAsync);
    }

    private static void MapFile(IEndpointRouteBuilder routes, string path, string name, string type)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("Sandbox.Phone." + name)
            ?? throw new InvalidOperationException(name + " is not in the assembly.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        routes.MapGet(path, () => Results.Bytes(bytes, type));
    }

    private async Task ServeAsync(HttpContext context)
    {
        var phone = context.Request.Query["user"].ToString().TrimStart('+');
        if (!context.WebSockets.IsWebSocketRequest || !UserStore.IsPhone(phone))
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }
        var user = users.GetOrAdd(phone);
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var page = new PhoneConnection(socket);
        hub.Open(user, page);
        // Only now: a user whose handset is the browser is one whose page can ring.
        user.Handset ??= "browser";
        try
        {
            await page.SendAsync(new JsonObject
            {
                ["type"] = "hello",
                ["name"] = user.Name,
                ["numbers"] = new JsonArray([.. numbers.All.Select(number => (JsonNode)number.DisplayNumber)]),
            }, context.RequestAborted);
            await ReadAllAsync(socket, page, user, context.RequestAborted);
        }
        catch (Exception fault) when (fault is WebSocketException or OperationCanceledException or HandsetException)
        {
            // The page is gone; its remaining calls end below.
        }
        finally
        {
            hub.Close(user, page);
            foreach (var handset in page.Handsets.Values)
                await HangUpAsync(handset);
        }
    }

    private async Task ReadAllAsync(WebSocket socket, PhoneConnection page, SandboxUser user, CancellationToken cancel)
    {
        var buffer = new byte[MaxMessage];
        while (true)
        {
            var length = 0;
            ValueWebSocketReceiveResult part;
            do
            {
                part = await socket.ReceiveAsync(buffer.AsMemory(length), cancel);
                length += part.Count;
            }
            while (!part.EndOfMessage && length < buffer.Length);
            if (part.MessageType == WebSocketMessageType.Close || !part.EndOfMessage)
                return;
            if (Parse(buffer.AsSpan(0, length)) is { } message)
                await HandleAsync(page, user, message, cancel);
        }
    }

    private async Task HandleAsync(PhoneConnection page, SandboxUser user, JsonObject message, CancellationToken cancel)
    {
        if (message["request"] is JsonValue request && request.TryGetValue<int>(out var number))
        {
            page.Complete(number, message);
            return;
        }
        var handset = page.Handsets.GetValueOrDefault((string?)message["handset"] ?? "");
        switch ((string?)message["type"])
        {
            case "report":
                handset?.Learn(message);
                break;
            case "place":
                // Not awaited: placing the call requests an offer from this same page.
                _ = PlaceAsync(page, user, message, cancel);
                break;
            case "pickup" when Find(handset) is { } call:
                await outbound.AnswerAsync(call);
                break;
            case "decline" when Find(handset) is { } call:
                await outbound.DeclineAsync(call);
                break;
            case "hangup":
                await HangUpAsync(handset);
                break;
        }
    }

    private async Task PlaceAsync(PhoneConnection page, SandboxUser user, JsonObject message, CancellationToken cancel)
    {
        var number = numbers.All.FirstOrDefault(known => known.DisplayNumber == (string?)message["number"]) ?? numbers.Default;
        try
        {
            var (_, refusal) = await inbound.PlaceAsync(
                number, user, new PlaceCall("browser", (string?)message["cta"], null, null), cancel);
            if (refusal is not null)
                await page.SendAsync(new JsonObject { ["type"] = "refused", ["reason"] = refusal }, cancel);
        }
        catch (Exception fault) when (fault is HandsetException or OperationCanceledException)
        {
            // The page has closed.
        }
    }

    private async Task HangUpAsync(BrowserHandset? handset)
    {
        if (Find(handset) is { } call)
            await handler.WithAsync(call, () => handler.EndAsync(call, "COMPLETED", "user"));
    }

    private SandboxCall? Find(BrowserHandset? handset) =>
        handset is null ? null : handler.All.FirstOrDefault(call => call.Handset == handset);

    private static JsonObject? Parse(ReadOnlySpan<byte> text)
    {
        try
        {
            return JsonNode.Parse(text, documentOptions: new() { AllowDuplicateProperties = false }) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
