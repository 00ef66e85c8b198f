using System.Globalization;
using System.Text;
using System.Text.Json;
using Gateway.Storage;
using Gateway.Storage.Events;

namespace AdminApi.Events;

/// <summary>
/// Events as Server-Sent Events (WHATWG HTML, "Server-sent events"): each with its position as id, so that a client that reconnects with
/// Last-Event-ID misses none. A comment every few seconds keeps proxies from closing the connection.
/// </summary>
/// <param name="events">Reads what is stored.</param>
/// <param name="head">Knows when there is more.</param>
/// <param name="query">What the client wants.</param>
/// <param name="quality">Samples of live calls; null: the client did not ask for them.</param>
/// <param name="after">The position that the client has seen; null: it begins now.</param>
/// <param name="host">Ends the stream when it stops.</param>
internal sealed class EventStream(
    EventReader events, EventHead head, EventQuery query, QualityFeed? quality, long? after, IHostApplicationLifetime host)
    : IResult
{
    private const int Batch = 200;

    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    /// <summary>The longest connection; then the client reconnects and presents its key again, which may have expired.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(httpContext.RequestAborted, host.ApplicationStopping);
        ends.CancelAfter(Longest);
        var response = httpContext.Response;
        response.ContentType = "text/event-stream";
        response.Headers["X-Accel-Buffering"] = "no"; // nginx
        // A position beyond the head belongs to another database; the client continues from here.
        var seen = Math.Min(after ?? head.Position, head.Position);
        try
        {
            await WriteAsync(response, $"retry: 2000\nid: {seen}\n\n", ends.Token);
            while (true)
            {
                if (head.Position > seen || await HasMoreAsync(seen, ends.Token))
                    seen = await SendAsync(response, seen, ends.Token);
                else if (quality is null)
                    await WriteAsync(response, ": still here\n\n", ends.Token);
                else
                    await SendSamplesAsync(response, quality, ends.Token);
            }
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            // The client has gone, or reconnects with the last id that it saw.
        }
    }

    private async Task<bool> HasMoreAsync(long seen, CancellationToken ends)
    {
        try
        {
            await head.PassAsync(seen, ends).WaitAsync(quality is null ? Heartbeat : QualityFeed.Look, ends);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private async Task<long> SendAsync(HttpResponse response, long seen, CancellationToken ends)
    {
        var until = head.Position;
        var batch = await events.FollowAsync(query, seen, until, Batch, ends);
        var text = new StringBuilder();
        foreach (var row in batch)
        {
            var data = JsonSerializer.Serialize(EventView.Of(row), JsonText.Options);
            text.Append(CultureInfo.InvariantCulture, $"id: {row.Position}\nevent: {row.Kind}\ndata: {data}\n\n");
        }
        if (text.Length > 0)
            await WriteAsync(response, text.ToString(), ends);
        return batch.Count < Batch ? until : batch[^1].Position!.Value;
    }

    /// <summary>Without an id: the client's place among the stored events stays.</summary>
    private static async Task SendSamplesAsync(HttpResponse response, QualityFeed quality, CancellationToken ends)
    {
        var text = new StringBuilder();
        foreach (var sample in await quality.NextAsync(ends))
            text.Append(
                CultureInfo.InvariantCulture, $"event: {sample.Kind}\ndata: {JsonSerializer.Serialize(sample, JsonText.Options)}\n\n");
        await WriteAsync(response, text.Length > 0 ? text.ToString() : ": still here\n\n", ends);
    }

    private static async Task WriteAsync(HttpResponse response, string text, CancellationToken cancellation)
    {
        await response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), cancellation);
        await response.Body.FlushAsync(cancellation);
    }
}
