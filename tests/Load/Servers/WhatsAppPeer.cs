using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Benchmarks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Load.Servers;

/// <summary>
/// As much of WhatsApp as calls by users need: signed webhooks, and a Graph API that succeeds at once. It checks nothing, so that it costs
/// little: tests/Sandbox does.
/// </summary>
internal sealed class WhatsAppPeer : IAsyncDisposable
{
    private const string Secret = "load-secret";

    /// <summary>After each, a webhook that no gateway took is sent again, as Meta does. In the end the call is given up.</summary>
    private static readonly TimeSpan[] Repeats = [.. new[] { 0.5, 1, 2, 4, 8 }.Select(TimeSpan.FromSeconds)];

    private static readonly byte[] Success = """{"messaging_product":"whatsapp","success":true}"""u8.ToArray();

    private readonly ConcurrentDictionary<string, UserCall> _calls = [];
    private readonly HttpClient _http = new();
    private readonly WebApplication _graph;
    private uint _turn;
    private IReadOnlyList<string> _webhookUrls = [];

    public WhatsAppPeer(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.Logging.ClearProviders();
        _graph = builder.Build();
        _graph.Run(HandleAsync);
    }

    /// <summary>The business number's id, and the number.</summary>
    public const string PhoneNumberId = "100200300400", Number = "15550009000";

    public static string AppSecret => Secret;

    /// <summary>Where gateways take webhooks: each goes to the next one, and on where none is taken, as behind a load balancer.</summary>
    public IReadOnlyList<string> WebhookUrls { get => Volatile.Read(ref _webhookUrls); set => Volatile.Write(ref _webhookUrls, value); }

    /// <summary>All go to the first while that takes any.</summary>
    public bool IsFirstAlone { get; set; }

    public Task StartAsync(CancellationToken stop) => _graph.StartAsync(stop);

    /// <summary>False: rejected, or not accepted in time.</summary>
    public async Task<bool> CallAsync(string user, BridgeFarEnd ends, CancellationToken stop)
    {
        var call = _calls[IdOf(user)] = new UserCall(ends);
        _ = PostAsync(user, "connect", new { sdp_type = "offer", sdp = ends.User.Offer() }, stop);
        var first = await Task.WhenAny(call.Accepted.Task, Task.Delay(ILoadedServer.Timeout, stop));
        stop.ThrowIfCancellationRequested();
        return first == call.Accepted.Task && await call.Accepted.Task;
    }

    public async Task HangUpAsync(string user, CancellationToken stop)
    {
        await PostAsync(user, "terminate", null, stop);
        _calls.TryRemove(IdOf(user), out _);
    }

    public async ValueTask DisposeAsync()
    {
        await _graph.DisposeAsync();
        _http.Dispose();
    }

    private static string IdOf(string user) => $"wacid.load{user}";

    private async Task HandleAsync(HttpContext context)
    {
        if (context.Request.Method != HttpMethods.Post)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound; // settings, which nobody has changed
            return;
        }
        using (var body = await JsonDocument.ParseAsync(context.Request.Body))
        {
            var root = body.RootElement;
            if (root.TryGetProperty("call_id", out var id) && _calls.TryGetValue(id.GetString()!, out var call))
                call.Take(root.GetProperty("action").GetString()!, root);
        }
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = Success.Length;
        await context.Response.Body.WriteAsync(Success);
    }

    private async Task PostAsync(string user, string happened, object? session, CancellationToken stop)
    {
        var call = new
        {
            id = IdOf(user), from = user, to = Number, @event = happened, timestamp = $"{DateTimeOffset.UtcNow.ToUnixTimeSeconds()}",
            direction = "USER_INITIATED", session, status = happened == "terminate" ? "COMPLETED" : null,
        };
        var value = new
        {
            messaging_product = "whatsapp", metadata = new { display_phone_number = Number, phone_number_id = PhoneNumberId },
            calls = new[] { call },
        };
        var body = JsonSerializer.SerializeToUtf8Bytes(new
        {
            @object = "whatsapp_business_account",
            entry = new[] { new { id = "1", changes = new[] { new { field = "calls", value } } } },
        });
        foreach (var pause in Repeats)
        {
            if (await TryPostAsync(body, stop))
                return;
            await Task.Delay(pause, stop);
        }
        await TryPostAsync(body, stop);
    }

    private async Task<bool> TryPostAsync(byte[] body, CancellationToken stop)
    {
        var first = IsFirstAlone ? 0 : Interlocked.Increment(ref _turn);
        var urls = WebhookUrls;
        for (var i = 0; i < urls.Count; i++)
            if (await PostAsync(urls[(int)((first + i) % urls.Count)], body, stop))
                return true;
        return false;
    }

    private async Task<bool> PostAsync(string url, byte[] body, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.Add(
            "X-Hub-Signature-256", "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), body)));
        try
        {
            using var response = await _http.SendAsync(request, stop);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException) // Nothing listens there now.
        {
            return false;
        }
    }

    private sealed class UserCall(BridgeFarEnd ends)
    {
        private int _hasAnswer;

        public TaskCompletionSource<bool> Accepted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Take(string action, JsonElement body)
        {
            if (action is not ("pre_accept" or "accept"))
            {
                Accepted.TrySetResult(false);
                return;
            }
            if (Interlocked.Exchange(ref _hasAnswer, 1) == 0)
                ends.User.TakeAnswer(body.GetProperty("session").GetProperty("sdp").GetString()!);
            if (action == "accept")
                Accepted.TrySetResult(true);
        }
    }
}
