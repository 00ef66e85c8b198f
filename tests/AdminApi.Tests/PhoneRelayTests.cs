using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using AdminApi.Platform;
using AdminApi.Tests.Kit;
using Gateway.Storage.Directory;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace AdminApi.Tests;

/// <summary>The way of the phone in the browser to a node: who may open it, and that it carries what is sent.</summary>
[Collection(ApiCollection.Name)]
public sealed class PhoneRelayTests(ApiFixture api) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ConcurrentQueue<string> _paths = new();
    private WebApplication _node = null!;
    private HttpClient _console = null!;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        _node = builder.Build();
        _node.UseWebSockets();
        _node.Map("/{name}", EchoAsync);
        await _node.StartAsync();
        var node = _node.Urls.Single().Replace("http:", "ws:", StringComparison.Ordinal);
        (_, _console) = await api.StartAsync(
            "--AdminApi:RequestsPerMinute=1000000", $"--AdminApi:Phone:Nodes=ws://127.0.0.1:1,{node}/a,{node}/b");
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task A_phone_with_a_ticket_is_connected_to_a_node_that_answers()
    {
        var key = await KeyAsync();
        for (var i = 0; i < 4; i++) // whichever node it begins with
        {
            using var phone = await OpenAsync(await TicketAsync(key), key);
            var message = "REGISTER " + new string('x', 20_000);
            await phone.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text, true, CancellationToken.None);
            Assert.Equal(message, await ReadAsync(phone));
            await phone.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }
    }

    [Fact]
    public async Task A_phone_that_connects_anew_comes_to_the_node_of_before()
    {
        var key = await KeyAsync();
        string? cookie = null;
        for (var i = 0; i < 8; i++)
        {
            using var phone = await OpenAsync(await TicketAsync(key), key, cookie: cookie);
            cookie ??= phone.HttpResponseHeaders!["Set-Cookie"].Single().Split(';')[0];
        }
        Assert.Equal(8, _paths.Count);
        Assert.Single(_paths.Distinct());
    }

    [Fact]
    public async Task A_ticket_is_taken_once_and_one_that_is_made_up_never()
    {
        var key = await KeyAsync();
        var ticket = await TicketAsync(key);
        using (await OpenAsync(ticket, key))
        {
        }
        await RefusesAsync(HttpStatusCode.ServiceUnavailable, ticket, key);
        await RefusesAsync(HttpStatusCode.ServiceUnavailable, "made-up", key);
    }

    [Fact]
    public async Task Nobody_else_opens_it()
    {
        var key = await KeyAsync();
        var ticket = await TicketAsync(key);
        await RefusesAsync(HttpStatusCode.Unauthorized, ticket, null);
        await RefusesAsync(HttpStatusCode.Forbidden, ticket, await api.KeyAsync(Scope.Read));
        await RefusesAsync(HttpStatusCode.BadRequest, ticket, key, "https://elsewhere.example");
        using (await OpenAsync(ticket, key, _console.BaseAddress!.GetLeftPart(UriPartial.Authority)))
        {
        }
    }

    [Fact]
    public async Task A_message_that_is_too_long_closes_it()
    {
        var key = await KeyAsync();
        using var phone = await OpenAsync(await TicketAsync(key), key);
        await phone.SendAsync(new byte[100_000], WebSocketMessageType.Text, true, CancellationToken.None);
        await ClosesAsync(phone);
        Assert.Equal(WebSocketCloseStatus.MessageTooBig, phone.CloseStatus);
    }

    [Fact]
    public async Task A_session_whose_key_is_revoked_loses_its_phone()
    {
        var key = await KeyAsync();
        var ticket = await TicketAsync(key);
        using var handler = new HttpClientHandler { UseCookies = false };
        using var browser = new HttpClient(handler) { BaseAddress = _console.BaseAddress };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/console/session");
        request.Headers.Add(SessionCookie.Header, "1");
        request.Content = new StringContent(JsonSerializer.Serialize(new { key }), Encoding.UTF8, "application/json");
        var cookie = (await browser.SendAsync(request)).Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        using var phone = await OpenAsync(ticket, null, cookie: cookie);
        await api.ReadAsync(api.Delete($"/v1/keys/{key.Split('_')[1]}", 1));
        await ClosesAsync(phone);
        Assert.Equal(4401, (int)phone.CloseStatus!.Value);
    }

    private async Task<string> KeyAsync() => await api.AgentKeyAsync(await CentreSamples.AgentAsync(api), Scope.Operate);

    private async Task<string> TicketAsync(string key)
    {
        var request = api.Post("/v1/agents/me/phone/tickets");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return (await api.ReadAsync(request)).GetProperty("ticket").GetString()!;
    }

    private async Task<ClientWebSocket> OpenAsync(string ticket, string? key, string? origin = null, string? cookie = null)
    {
        var phone = Phone(key, origin, cookie);
        await phone.ConnectAsync(Address(ticket), CancellationToken.None).WaitAsync(Patience);
        return phone;
    }

    private async Task RefusesAsync(HttpStatusCode status, string ticket, string? key, string? origin = null)
    {
        using var phone = Phone(key, origin, null);
        await Assert.ThrowsAsync<WebSocketException>(() => phone.ConnectAsync(Address(ticket), CancellationToken.None).WaitAsync(Patience));
        Assert.Equal(status, phone.HttpStatusCode);
    }

    private Uri Address(string ticket) =>
        new UriBuilder(_console.BaseAddress!) { Scheme = "ws", Path = "/console/phone/socket", Query = "ticket=" + ticket }.Uri;

    private static ClientWebSocket Phone(string? key, string? origin, string? cookie)
    {
        var phone = new ClientWebSocket();
        phone.Options.AddSubProtocol("sip");
        phone.Options.CollectHttpResponseDetails = true;
        if (key is not null)
            phone.Options.SetRequestHeader("Authorization", "Bearer " + key);
        if (origin is not null)
            phone.Options.SetRequestHeader("Origin", origin);
        if (cookie is not null)
            phone.Options.SetRequestHeader("Cookie", cookie);
        return phone;
    }

    private static async Task ClosesAsync(ClientWebSocket phone)
    {
        var read = phone.ReceiveAsync(new byte[100], CancellationToken.None).WaitAsync(Patience);
        Assert.Equal(WebSocketMessageType.Close, (await read).MessageType);
    }

    private static async Task<string> ReadAsync(WebSocket phone)
    {
        var (buffer, length) = (new byte[65536], 0);
        WebSocketReceiveResult part;
        do
        {
            part = await phone.ReceiveAsync(new ArraySegment<byte>(buffer, length, buffer.Length - length), CancellationToken.None)
                .WaitAsync(Patience);
            length += part.Count;
        }
        while (!part.EndOfMessage);
        return Encoding.UTF8.GetString(buffer, 0, length);
    }

    /// <summary>A node that takes whoever has a ticket, and sends back what it gets.</summary>
    private async Task EchoAsync(HttpContext context)
    {
        var ticket = context.Request.Query["ticket"].ToString();
        if (await api.Get<PhoneTicketStore>().TakeAsync(ticket, CancellationToken.None) is null)
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return;
        }
        _paths.Enqueue(context.Request.Path);
        using var phone = await context.WebSockets.AcceptWebSocketAsync("sip");
        var buffer = new byte[65536];
        try
        {
            while (await phone.ReceiveAsync(buffer, context.RequestAborted) is { MessageType: not WebSocketMessageType.Close } part)
                await phone.SendAsync(
                    buffer.AsMemory(0, part.Count), part.MessageType, part.EndOfMessage, context.RequestAborted);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The phone is gone.
        }
    }
}
