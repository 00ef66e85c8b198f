using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace AdminApi.Tests.Kit;

/// <summary>One webhook as received.</summary>
public sealed record ReceivedWebhook(string Id, long Timestamp, string Signature, string Body)
{
    public JsonElement Json => JsonSerializer.Deserialize<JsonElement>(Body);
}

/// <summary>A receiver of webhooks; answers 200 unless set otherwise.</summary>
public sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly Channel<ReceivedWebhook> _received = Channel.CreateUnbounded<ReceivedWebhook>();
    private readonly Queue<Func<HttpContext, Task>> _answers = [];
    private readonly WebApplication _app;

    private WebhookReceiver(WebApplication app) => _app = app;

    public string Url => _app.Urls.First() + "/hook";

    public int Waiting => _received.Reader.Count;

    public static async Task<WebhookReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var receiver = new WebhookReceiver(builder.Build());
        receiver._app.MapPost("/hook", receiver.ReceiveAsync);
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <summary>The statuses of the next responses; each is used once.</summary>
    public void AnswerNext(Func<HttpContext, Task> answer)
    {
        lock (_answers)
            _answers.Enqueue(answer);
    }

    public void AnswerNext(int status) => AnswerNext(context =>
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    });

    public async Task<ReceivedWebhook> NextAsync() =>
        await _received.Reader.ReadAsync(new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token);

    private async Task ReceiveAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var headers = context.Request.Headers;
        var received = new ReceivedWebhook(
            headers["webhook-id"].ToString(), long.Parse(headers["webhook-timestamp"].ToString()), headers["webhook-signature"].ToString(),
            await reader.ReadToEndAsync());
        Func<HttpContext, Task>? answer;
        lock (_answers)
            _answers.TryDequeue(out answer);
        await _received.Writer.WriteAsync(received);
        if (answer is not null)
            await answer(context);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
