using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.WhatsApp.Graph;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gateway.WhatsApp.Tests;

/// <summary>A request as received.</summary>
internal sealed record Seen(string Method, string PathAndQuery, string Authorization, JsonNode? Body);

/// <summary>A Graph API with scripted responses, in order; the last one repeats.</summary>
internal sealed class ScriptedGraph : IAsyncDisposable
{
    public const string Ok = """{"messaging_product":"whatsapp","success":true}""";

    private readonly ConcurrentQueue<Func<HttpContext, Task>> _script = new();
    private LoopbackServer _server = null!;
    private HttpClient _http = null!;

    public ConcurrentQueue<Seen> Requests { get; } = new();

    public GraphClient Client { get; private set; } = null!;

    public static GraphNumber Number { get; } = new("100200300400", new GraphToken("secret-token"));

    public static async Task<ScriptedGraph> StartAsync(
        Func<GraphOptions, GraphOptions>? change = null, SocketsHttpHandler? handler = null, ILogger? logger = null)
    {
        var graph = new ScriptedGraph();
        graph._server = await LoopbackServer.StartAsync(app => app.MapFallback(graph.AnswerAsync));
        graph._http = new HttpClient(handler ?? GraphClient.CreateHandler()) { Timeout = Timeout.InfiniteTimeSpan };
        var options = new GraphOptions { BaseUrl = graph._server.Url, FirstBackoff = TimeSpan.FromMilliseconds(1) };
        graph.Client = new GraphClient(graph._http, change is null ? options : change(options), TimeProvider.System, logger: logger);
        return graph;
    }

    public ScriptedGraph Then(int status, string body, params (string Name, string Value)[] headers)
    {
        _script.Enqueue(async context =>
        {
            context.Response.StatusCode = status;
            foreach (var (name, value) in headers)
                context.Response.Headers[name] = value;
            await context.Response.WriteAsync(body);
        });
        return this;
    }

    public ScriptedGraph ThenError(int status, int code, params (string Name, string Value)[] headers) =>
        Then(status, $$$"""{"error":{"message":"(#{{{code}}}) x","type":"OAuthException","code":{{{code}}}}}""", headers);

    public ScriptedGraph ThenCut()
    {
        _script.Enqueue(context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        return this;
    }

    public ScriptedGraph ThenHang()
    {
        _script.Enqueue(async context =>
        {
            var gone = new TaskCompletionSource();
            await using var registration = context.RequestAborted.Register(gone.SetResult);
            await gone.Task;
        });
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var text = await reader.ReadToEndAsync();
        Requests.Enqueue(new Seen(context.Request.Method, context.Request.Path + context.Request.QueryString,
            context.Request.Headers.Authorization.ToString(), text.Length == 0 ? null : JsonNode.Parse(text)));
        if (_script.Count > 1)
        {
            _script.TryDequeue(out var next);
            await next!(context);
        }
        else if (_script.TryPeek(out var last))
        {
            await last(context);
        }
    }
}
