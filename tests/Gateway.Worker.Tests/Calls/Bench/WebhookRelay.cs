using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gateway.Worker.Tests.Calls.Bench;

/// <summary>
/// A relay between the emulated WhatsApp and the gateways: passes webhooks on, and holds back, changes, repeats or invents those that a
/// test selects. Everything it sends is signed again.
/// </summary>
internal sealed class WebhookRelay : IAsyncDisposable
{
    public const string AppSecret = "relay-app-secret";

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private readonly ConcurrentQueue<(string Label, string Body)> _passed = new();
    private readonly ConcurrentDictionary<string, Held> _held = new();
    private WebApplication _app = null!;

    /// <summary>The address to which WhatsApp sends its webhooks.</summary>
    public string Url => _app.Urls.Single() + "/hook";

    /// <summary>The gateways' webhook addresses.</summary>
    public List<string> Targets { get; } = [];

    /// <summary>The targets of a passing webhook, by its label; null: all of them.</summary>
    public Func<string, IReadOnlyList<string>>? Pick { get; set; }

    /// <summary>Changes passing webhooks; gets a change's label ("connect", "RINGING", …) and its value.</summary>
    public Action<string, JsonNode>? Bend { get; set; }

    /// <summary>The time at which the last connect was passed on: a timestamp of <see cref="TimeProvider.System"/>.</summary>
    public long ConnectPassed { get; private set; }

    public static async Task<WebhookRelay> StartAsync()
    {
        var relay = new WebhookRelay();
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        relay._app = builder.Build();
        relay._app.MapPost("/hook", relay.ReceiveAsync);
        await relay._app.StartAsync();
        return relay;
    }

    /// <summary>Keeps webhooks about <paramref name="label"/> until they are released.</summary>
    public Held Hold(string label) => _held[label] = new Held(this, label);

    /// <summary>
    /// Repeats the last webhook about <paramref name="label"/> (of one call, if given); returns the status of the first gateway.
    /// </summary>
    public Task<int> RepeatAsync(string label, string callId = "") =>
        SendAsync(_passed.Last(passed => passed.Label == label && passed.Body.Contains(callId, StringComparison.Ordinal)).Body);

    /// <summary>The same, changed by <see cref="Bend"/>.</summary>
    public Task<int> RepeatBentAsync(string label, string callId)
    {
        var body = JsonNode.Parse(
            _passed.Last(passed => passed.Label == label && passed.Body.Contains(callId, StringComparison.Ordinal)).Body)!;
        Bend!(label, body["entry"]![0]!["changes"]![0]!["value"]!);
        return SendAsync(body.ToJsonString());
    }

    /// <summary>Signs and sends a body to all gateways at once; the status of the first.</summary>
    public Task<int> SendAsync(string body, string secret = AppSecret, string type = "application/json") =>
        SendAsync(Targets, body, secret, type);

    public async ValueTask DisposeAsync()
    {
        foreach (var held in _held.Values)
            held.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _http.Dispose();
    }

    public async Task<int> PostAsync(string target, byte[] bytes, string? secret, string type)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, target) { Content = new ByteArrayContent(bytes) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        if (secret is not null)
        {
            var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), bytes);
            request.Headers.Add("X-Hub-Signature-256", "sha256=" + Convert.ToHexStringLower(signature));
        }
        using var response = await _http.SendAsync(request);
        return (int)response.StatusCode;
    }

    private async Task ReceiveAsync(HttpContext context)
    {
        var body = (await JsonNode.ParseAsync(context.Request.Body))!;
        var label = "";
        foreach (var change in body["entry"]!.AsArray().SelectMany(entry => entry!["changes"]!.AsArray()))
        {
            label = LabelOf(change!["value"]!);
            Bend?.Invoke(label, change["value"]!);
        }
        var text = body.ToJsonString();
        _passed.Enqueue((label, text));
        if (_held.TryGetValue(label, out var held) && held.TryKeep(text))
            return;
        if (label == "connect")
            ConnectPassed = TimeProvider.System.GetTimestamp();
        context.Response.StatusCode = await SendAsync(Pick?.Invoke(label) ?? Targets, text);
    }

    private async Task<int> SendAsync(
        IReadOnlyList<string> targets, string body, string secret = AppSecret, string type = "application/json")
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        return (await Task.WhenAll(targets.Select(target => PostAsync(target, bytes, secret, type))))[0];
    }

    private static string LabelOf(JsonNode value) =>
        (string?)value["calls"]?[0]?["event"] ?? ((string?)value["statuses"]?[0]?["status"])?.ToUpperInvariant() ?? "other";

    /// <summary>Webhooks of one kind that wait.</summary>
    public sealed class Held(WebhookRelay relay, string label) : IDisposable
    {
        private readonly Lock _gate = new();
        private readonly List<string> _bodies = [];
        private bool _isOpen;

        /// <summary>Waits until one is held.</summary>
        public Task ArrivedAsync() => Eventually.SeeAsync(
            () =>
            {
                lock (_gate)
                    return _bodies.Count > 0;
            },
            $"a webhook about {label}");

        /// <summary>Sends the held webhooks and lets the rest pass.</summary>
        public async Task ReleaseAsync()
        {
            List<string> bodies;
            lock (_gate)
            {
                _isOpen = true;
                bodies = [.. _bodies];
                _bodies.Clear();
            }
            foreach (var body in bodies)
                await relay.SendAsync(body);
        }

        public bool TryKeep(string body)
        {
            lock (_gate)
            {
                if (!_isOpen)
                    _bodies.Add(body);
                return !_isOpen;
            }
        }

        public void Dispose()
        {
            lock (_gate)
                _isOpen = true;
        }
    }
}
