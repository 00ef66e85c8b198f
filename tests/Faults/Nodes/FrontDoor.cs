using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Faults.Facts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Faults.Nodes;

/// <summary>
/// What stands before the nodes' webhook addresses, as HAProxy does: each webhook goes to one node, to the next where that refuses the
/// connection, and is answered 504 where a node that has it does not answer, so that WhatsApp sends it again.
/// </summary>
internal sealed class FrontDoor : IAsyncDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Timeout };
    private readonly HistoryLog _history;
    private readonly Random _random;
    private readonly Lock _gate = new();
    private WebApplication _app = null!;

    private FrontDoor(HistoryLog history, int seed) => (_history, _random) = (history, new Random(seed));

    /// <summary>The nodes' ids and webhook addresses.</summary>
    public List<(string Node, string Url)> Targets { get; } = [];

    public string Url => _app.Urls.Single() + "/hook";

    public static async Task<FrontDoor> OpenAsync(HistoryLog history, int seed)
    {
        var door = new FrontDoor(history, seed);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        door._app = builder.Build();
        door._app.MapPost("/hook", door.PassAsync);
        await door._app.StartAsync();
        return door;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _http.Dispose();
    }

    private async Task PassAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var signature = context.Request.Headers["X-Hub-Signature-256"].ToString();
        context.Response.StatusCode = await DeliverAsync(body.ToArray(), signature);
    }

    private async Task<int> DeliverAsync(byte[] body, string signature)
    {
        foreach (var (node, url) in InTurn())
        {
            try
            {
                var status = await PostAsync(url, body, signature);
                foreach (var (call, happened) in About(body))
                    _history.Add(new Fact.Delivered(DateTimeOffset.UtcNow, call, happened, node, status));
                return status;
            }
            catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConnectionError)
            {
                // the next one
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                return StatusCodes.Status504GatewayTimeout;
            }
        }
        return StatusCodes.Status503ServiceUnavailable;
    }

    private async Task<int> PostAsync(string url, byte[] body, string signature)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("X-Hub-Signature-256", signature);
        using var response = await _http.SendAsync(request);
        return (int)response.StatusCode;
    }

    private (string Node, string Url)[] InTurn()
    {
        (string Node, string Url)[] order = [.. Targets];
        lock (_gate)
            _random.Shuffle(order);
        return order;
    }

    private static IEnumerable<(string Call, string Event)> About(byte[] body) =>
        from entry in JsonNode.Parse(body)!["entry"]!.AsArray()
        from change in entry!["changes"]!.AsArray()
        from call in change!["value"]!["calls"]?.AsArray() ?? []
        select ((string)call!["id"]!, (string?)call["event"] ?? "");
}
