using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Testing.Peers;

/// <summary>A webhook as it came.</summary>
public sealed record SignedWebhook(byte[] Body, string Signature);

/// <summary>
/// An address that stands before those of several nodes. Who opens it says to which of them a webhook goes; it is passed on as it came.
/// </summary>
public sealed class WebhookDoor : IAsyncDisposable
{
    private const string Signature = "X-Hub-Signature-256";

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private WebApplication _app = null!;

    private WebhookDoor()
    {
    }

    public string Url => _app.Urls.Single() + "/hook";

    /// <param name="deliver">Passes a webhook on, and gives the status of the answer.</param>
    /// <param name="timeout">For a node's answer; null: the client's own.</param>
    public static async Task<WebhookDoor> OpenAsync(Func<WebhookDoor, SignedWebhook, Task<int>> deliver, TimeSpan? timeout = null)
    {
        var door = new WebhookDoor();
        door._http.Timeout = timeout ?? door._http.Timeout;
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        door._app = builder.Build();
        door._app.MapPost("/hook", async (HttpContext context) =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            var webhook = new SignedWebhook(body.ToArray(), context.Request.Headers[Signature].ToString());
            context.Response.StatusCode = await deliver(door, webhook);
        });
        await door._app.StartAsync();
        return door;
    }

    /// <summary>The first that takes connections has it; 503: none does.</summary>
    /// <param name="targets">The nodes' webhook addresses, the preferred first.</param>
    public static Task<WebhookDoor> OpenAsync(params IReadOnlyList<string> targets) => OpenAsync(async (door, webhook) =>
    {
        foreach (var target in targets)
        {
            try
            {
                return await door.PassAsync(target, webhook);
            }
            catch (HttpRequestException)
            {
                // the next one
            }
        }
        return StatusCodes.Status503ServiceUnavailable;
    });

    /// <returns>The status of the node's answer. Throws what HttpClient throws.</returns>
    public async Task<int> PassAsync(string target, SignedWebhook webhook)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, target) { Content = new ByteArrayContent(webhook.Body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add(Signature, webhook.Signature);
        using var response = await _http.SendAsync(request);
        return (int)response.StatusCode;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _http.Dispose();
    }
}
