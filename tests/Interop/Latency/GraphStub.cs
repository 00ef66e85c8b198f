using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Interop.Latency;

/// <summary>A Graph API that succeeds at once and records the arrival of each action, so that its own time is not measured.</summary>
internal sealed class GraphStub : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<(string Action, long At)> _actions = Channel.CreateUnbounded<(string, long)>();

    private GraphStub(WebApplication app) => _app = app;

    public string Url => _app.Urls.Single() + "/";

    public static async Task<GraphStub> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var stub = new GraphStub(builder.Build());
        stub._app.MapPost("/{version}/{number}/calls", async (HttpRequest request) =>
        {
            var at = Stopwatch.GetTimestamp();
            var body = await JsonNode.ParseAsync(request.Body);
            stub._actions.Writer.TryWrite(((string)body!["action"]!, at));
            return Results.Json(new { messaging_product = "whatsapp", success = true });
        });
        await stub._app.StartAsync();
        return stub;
    }

    /// <summary>The time at which the next action of this kind arrived; others before it are skipped.</summary>
    public async Task<long> NextAsync(string action, CancellationToken cancellation)
    {
        while (true)
        {
            var (name, at) = await _actions.Reader.ReadAsync(cancellation);
            if (name == action)
                return at;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
