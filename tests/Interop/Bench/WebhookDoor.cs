using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Interop.Bench;

/// <summary>
/// What stands before the nodes' webhook addresses: each webhook goes to the first node that takes connections, as it is.
/// </summary>
internal sealed class WebhookDoor : IAsyncDisposable
{
    private const string Signature = "X-Hub-Signature-256";

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private readonly IReadOnlyList<string> _targets;
    private WebApplication _app = null!;

    private WebhookDoor(IReadOnlyList<string> targets) => _targets = targets;

    public string Url => _app.Urls.Single() + "/hook";

    /// <param name="targets">The nodes' webhook addresses, the preferred first.</param>
    public static async Task<WebhookDoor> OpenAsync(params IReadOnlyList<string> targets)
    {
        var door = new WebhookDoor(targets);
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
        var signature = context.Request.Headers[Signature].ToString();
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        foreach (var target in _targets)
        {
            try
            {
                context.Response.StatusCode = await PostAsync(target, body.ToArray(), signature);
                return;
            }
            catch (HttpRequestException)
            {
                // the next one
            }
        }
    }

    private async Task<int> PostAsync(string target, byte[] body, string signature)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, target) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add(Signature, signature);
        using var response = await _http.SendAsync(request);
        return (int)response.StatusCode;
    }
}
