using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sandbox.Tests;

/// <summary>A stand-in for the browser: implements the phone page's side of the socket.</summary>
internal sealed class PhonePage : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly byte[] _buffer = new byte[64 * 1024];
    private JsonNode? _last;

    public static async Task<PhonePage> OpenAsync(Rig rig, string user)
    {
        var page = new PhonePage();
        await page._socket.ConnectAsync(
            new Uri(rig.Url.Replace("http", "ws", StringComparison.Ordinal) + "/phone/socket?user=" + user), default);
        await page.ReadAsync("hello");
        await rig.PutAsync("users/" + user, new { handset = "browser" });
        return page;
    }

    /// <summary>The next message, which must be of this type.</summary>
    public async Task<JsonNode> ReadAsync(string type)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var part = await _socket.ReceiveAsync(_buffer.AsMemory(), limit.Token);
        _last = JsonNode.Parse(_buffer.AsSpan(0, part.Count))!;
        Assert.Equal(type, (string?)_last["type"]);
        return _last;
    }

    /// <summary>Answers the request that was read last.</summary>
    public Task AnswerLastAsync(object members)
    {
        var answer = (JsonObject)JsonSerializer.SerializeToNode(members)!;
        answer["request"] = (int)_last!["request"]!;
        return SendAsync(answer);
    }

    /// <summary>Sends an event about the call that was read last.</summary>
    public Task SendAsync(object members)
    {
        var message = (JsonObject)JsonSerializer.SerializeToNode(members)!;
        message["handset"] = (string?)_last?["handset"];
        return SendAsync(message);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default);
        }
        catch (WebSocketException)
        {
            // The sandbox closed first.
        }
        _socket.Dispose();
    }

    private Task SendAsync(JsonObject message) =>
        _socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(message), WebSocketMessageType.Text, true, default);
}
