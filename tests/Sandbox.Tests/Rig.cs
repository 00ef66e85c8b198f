using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Sandbox.Tests;

/// <summary>One webhook as it arrived: the raw body, its signature header, and its changes one by one.</summary>
internal sealed record Received(byte[] Body, string Signature, JsonArray Changes)
{
    /// <summary>connect, terminate, RINGING, …: the subject of the only change.</summary>
    public string Label => LabelOf(Changes[0]!);

    public JsonNode Value => Changes[0]!["value"]!;

    public static string LabelOf(JsonNode change)
    {
        var value = change["value"]!;
        return (string?)value["calls"]?[0]?["event"] ?? (string?)value["statuses"]?[0]?["status"]
            ?? (string?)value["messages"]?[0]?["type"] ?? (string)change["field"]!;
    }
}

/// <summary>
/// A sandbox and a webhook receiver, both on loopback ports of their own, and an HTTP client for each side of the sandbox.
/// </summary>
internal sealed class Rig : IAsyncDisposable
{
    public const string Number = "100200300400";
    public const string User = "15550001001";

    /// <summary>Longest wait for anything; reached only when a test fails.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    private readonly Channel<Received> _webhooks = Channel.CreateUnbounded<Received>();
    private WebApplication _sandbox = null!;
    private WebApplication _receiver = null!;
    private int _refuse;

    public HttpClient Graph { get; } = new();

    public HttpClient Control { get; } = new();

    public string Url { get; private set; } = "";

    public static async Task<Rig> StartAsync(Func<SandboxOptions, SandboxOptions>? change = null)
    {
        var rig = new Rig();
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        rig._receiver = builder.Build();
        rig._receiver.MapPost("/hook", rig.ReceiveAsync);
        await rig._receiver.StartAsync();

        var options = new SandboxOptions
        {
            DefaultHandset = "paper",
            Numbers = [new NumberOptions { WebhookUrl = rig._receiver.Urls.Single() + "/hook" }],
            Timers = new SandboxTimers
            {
                RingDelay = TimeSpan.FromMilliseconds(1),
                AutoDelay = TimeSpan.FromMilliseconds(1),
                MediaCheck = TimeSpan.FromMilliseconds(20),
                WebhookRetry = TimeSpan.FromMilliseconds(20),
            },
        };
        rig._sandbox = SandboxApp.Build(
            change is null ? options : change(options), "--urls", "http://127.0.0.1:0", "--Logging:LogLevel:Default", "None");
        await rig._sandbox.StartAsync();
        rig.Url = rig._sandbox.Urls.Single();
        rig.Graph.BaseAddress = new Uri(rig.Url + "/v25.0/" + Number + "/");
        rig.Graph.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "sandbox-token");
        rig.Control.BaseAddress = new Uri(rig.Url + "/sandbox/");
        return rig;
    }

    /// <summary>Answers this many of the next webhooks with 500.</summary>
    public void RefuseNext(int count) => Volatile.Write(ref _refuse, count);

    public async Task<Received> NextAsync()
    {
        using var limit = new CancellationTokenSource(Timeout);
        return await _webhooks.Reader.ReadAsync(limit.Token);
    }

    /// <summary>The next webhook, which must be about <paramref name="label"/>.</summary>
    public async Task<Received> ExpectAsync(string label)
    {
        var next = await NextAsync();
        Assert.Equal(label, next.Label);
        return next;
    }

    public async Task<JsonNode> PutAsync(string path, object body) => await SendAsync(HttpMethod.Put, path, body);

    public async Task<JsonNode> PostAsync(string path, object? body = null) => await SendAsync(HttpMethod.Post, path, body ?? new { });

    public async Task<JsonNode> CallAsync(string id) =>
        (await Control.GetFromJsonAsync<JsonNode>("calls/" + Uri.EscapeDataString(id)))!;

    /// <summary>Polls a call until it is in the expected state.</summary>
    public Task<JsonNode> CallUntilAsync(string id, Func<JsonNode, bool> wanted) => UntilAsync("calls/" + Uri.EscapeDataString(id), wanted);

    /// <summary>Polls the control API until the result is as expected.</summary>
    public async Task<JsonNode> UntilAsync(string path, Func<JsonNode, bool> wanted)
    {
        using var limit = new CancellationTokenSource(Timeout);
        JsonNode? last = null;
        try
        {
            while (true)
            {
                last = await Control.GetFromJsonAsync<JsonNode>(path, limit.Token);
                if (wanted(last!))
                    return last!;
                await Task.Delay(5, limit.Token);
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"{path} stayed {last}");
        }
    }

    public Task<JsonNode> UserAsync(object? request = null) => PutAsync("users/" + User, request ?? new { });

    public async Task<string> PlaceAsync() => (string)(await PostAsync("calls", new { user = User }))["id"]!;

    public Task<(HttpStatusCode Status, JsonNode Body)> GraphAsync(string path, object body) => GraphAsync(HttpMethod.Post, path, body);

    public Task<(HttpStatusCode Status, JsonNode Body)> ActAsync(string action, string id, string? sdp = null, string type = "answer") =>
        GraphAsync("calls", sdp is null
            ? new { messaging_product = "whatsapp", call_id = id, action }
            : new { messaging_product = "whatsapp", call_id = id, action, session = new { sdp_type = type, sdp } });

    public Task<(HttpStatusCode Status, JsonNode Body)> ConnectAsync(string? sdp = null, string to = User) =>
        GraphAsync("calls", new
        {
            messaging_product = "whatsapp", to, action = "connect", biz_opaque_callback_data = "order-1",
            session = new { sdp_type = "offer", sdp = sdp ?? BusinessSdp.Offer },
        });

    public async Task<(HttpStatusCode Status, JsonNode Body)> GraphAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = JsonContent.Create(body);
        using var response = await Graph.SendAsync(request);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }

    public async ValueTask DisposeAsync()
    {
        await _sandbox.DisposeAsync();
        await _receiver.DisposeAsync();
        Graph.Dispose();
        Control.Dispose();
    }

    private async Task<JsonNode> SendAsync(HttpMethod method, string path, object body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(body) };
        using var response = await Control.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode} {text}");
        return text.Length == 0 ? new JsonObject() : JsonNode.Parse(text)!;
    }

    private async Task ReceiveAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        if (Volatile.Read(ref _refuse) > 0 && Interlocked.Decrement(ref _refuse) >= 0)
        {
            context.Response.StatusCode = 500;
            return;
        }
        var changes = new JsonArray([.. JsonNode.Parse(body.ToArray())!["entry"]!.AsArray()
            .SelectMany(entry => entry!["changes"]!.AsArray()).Select(change => change!.DeepClone())]);
        _webhooks.Writer.TryWrite(new Received(body.ToArray(), context.Request.Headers["X-Hub-Signature-256"].ToString(), changes));
    }
}

/// <summary>SDP of a business that Meta accepts, line by line so that tests can break it.</summary>
internal static class BusinessSdp
{
    private const string Fingerprint =
        "a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF";

    public static string Offer => Write("0", "active");

    public static string Answer => Write("audio", "active");

    public static string Broken(string sdp, string line, string? with) => with is null
        ? sdp.Replace(line + "\r\n", "", StringComparison.Ordinal)
        : sdp.Replace(line, with, StringComparison.Ordinal);

    private static string Write(string mid, string setup) => string.Join("\r\n",
    [
        "v=0", "o=- 77 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE " + mid, "m=audio 40000 UDP/TLS/RTP/SAVPF 111 126",
        "c=IN IP4 127.0.0.1", "a=rtcp:9 IN IP4 0.0.0.0", "a=candidate:1 1 udp 2130706431 127.0.0.1 40000 typ host",
        "a=ice-ufrag:abcd", "a=ice-pwd:0123456789012345678901", Fingerprint, "a=setup:" + setup, "a=mid:" + mid, "a=sendrecv", "a=rtcp-mux",
        "a=rtpmap:111 opus/48000/2", "a=fmtp:111 minptime=20;useinbandfec=1", "a=rtpmap:126 telephone-event/8000", "a=ptime:20",
        "a=ssrc:1234 cname:gateway", "",
    ]);
}
