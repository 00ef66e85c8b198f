using System.Buffers;
using Gateway.Calls;
using Gateway.WhatsApp.Meta;
using Media.Protocols.Primitives;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.WhatsApp.Webhooks;

/// <summary>
/// GET answers Meta's subscription handshake; POST takes webhooks: 200 as soon as what is in them would outlive this process, 401 for a
/// bad signature, 400 for a body that is not a webhook, 413 and 415 for one that cannot be, 408 for one that takes too long, 503 (Meta
/// retries) when the queue is full, or nothing but this process knows of them in time.
/// </summary>
public static partial class WebhookEndpoint
{
    private const string Ok = "ok";
    private const string BadSignature = "bad_signature";

    public static void MapWhatsAppWebhooks(
        this IEndpointRouteBuilder routes, WebhookEndpointOptions options, IWebhookSink sink, TimeProvider time,
        MetaClock? metaClock = null, WebhookSecrets? replaceable = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        var secrets = replaceable ?? new WebhookSecrets(options.AppSecrets, options.VerifyToken);
        var clock = metaClock ?? new MetaClock(time);
        var warnings = new WarningLimit(time);
        var logger = routes.ServiceProvider.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(WebhookEndpoint));
        routes.MapGet(options.Path, context => VerifyAsync(context, secrets.VerifyToken));
        routes.MapPost(options.Path, async context =>
        {
            var (status, result) = await ReceiveAsync(context, options, secrets.Signature, sink, (clock, time));
            WebhookMetrics.CountWebhook(result);
            if (result == BadSignature && warnings.TryPass(result, out var leftOut))
                LogBadSignature(logger, leftOut);
            context.Response.StatusCode = status;
        });
    }

    private static Task VerifyAsync(HttpContext context, string expectedToken)
    {
        var query = context.Request.Query;
        if (!WebhookVerification.TryAnswer(
            query["hub.mode"], query["hub.verify_token"], query["hub.challenge"], expectedToken, out var answer))
        {
            WebhookMetrics.CountWebhook("verification_refused");
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        }
        WebhookMetrics.CountWebhook("verified");
        context.Response.ContentType = "text/plain";
        return context.Response.WriteAsync(answer, context.RequestAborted);
    }

    private static async Task<(int Status, string Result)> ReceiveAsync(
        HttpContext context, WebhookEndpointOptions options, WebhookSignature signature, IWebhookSink sink,
        (MetaClock Metas, TimeProvider Ours) clocks)
    {
        var maxLength = options.MaxBodyLength;
        if (!context.Request.HasJsonContentType())
            return (StatusCodes.Status415UnsupportedMediaType, "not_json_type");
        if (context.Request.ContentLength > maxLength)
            return (StatusCodes.Status413PayloadTooLarge, "too_large");
        // Signed bytes are counted here, so the server's own limit does not apply.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null;

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        timeout.CancelAfter(options.BodyTimeout);
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(context.Request.ContentLength + 1 ?? 16 * 1024, maxLength + 1));
        try
        {
            var length = 0;
            while (true)
            {
                if (length == buffer.Length)
                    buffer = Grow(buffer, maxLength);
                var read = await context.Request.Body.ReadAsync(buffer.AsMemory(length), timeout.Token);
                if (read == 0)
                    break;
                length += read;
                if (length > maxLength)
                    return (StatusCodes.Status413PayloadTooLarge, "too_large");
            }
            var body = buffer.AsMemory(0, length);
            var header = context.Request.Headers[WebhookSignature.HeaderName];
            return TryRead(body, header, signature, clocks.Metas, out var batch, out var refused)
                ? await KeepAsync(batch, options, sink, clocks.Ours, context.RequestAborted) : refused;
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            context.Response.Headers.Connection = "close"; // the rest of the body is not read
            return (StatusCodes.Status408RequestTimeout, "too_slow");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static bool TryRead(
        ReadOnlyMemory<byte> body, string? header, WebhookSignature signature, MetaClock clock, out WebhookBatch batch,
        out (int Status, string Result) refused)
    {
        batch = new WebhookBatch([], []);
        refused = (StatusCodes.Status401Unauthorized, BadSignature);
        if (!signature.Matches(body.Span, header))
            return false;
        var isRead = WebhookReader.TryRead(body, out batch, out var error);
        refused = (StatusCodes.Status400BadRequest, WireName.Of(error));
        if (!isRead)
            return false;
        foreach (var happened in batch.Events)
            if (happened.Timestamp is { } sent)
                clock.HandleWebhook(sent);
        WebhookMetrics.CountBatch(batch, clock.Now);
        return true;
    }

    private static async Task<(int Status, string Result)> KeepAsync(
        WebhookBatch batch, WebhookEndpointOptions options, IWebhookSink sink, TimeProvider time, CancellationToken aborted)
    {
        if (batch.Events.Count == 0)
            return (StatusCodes.Status200OK, Ok);
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        if (sink.TryAccept(batch, waiting.Token) is not { } kept)
            return (StatusCodes.Status503ServiceUnavailable, "queue_full");
        try
        {
            if (await kept.WaitAsync(options.KeepTimeout, time, CancellationToken.None))
                return (StatusCodes.Status200OK, Ok);
        }
        catch (TimeoutException)
        {
            await waiting.CancelAsync(); // a store does not answer: what it does not know by the time Meta sends it again is taken then
        }
        return (StatusCodes.Status503ServiceUnavailable, "not_kept");
    }

    private static byte[] Grow(byte[] buffer, int maxLength)
    {
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(buffer.Length * 2L, maxLength + 1L));
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A webhook was refused: its signature does not match. If Meta sent it, check " +
        "whatsApp.appSecrets against "
        + "the app's secret (Settings, Basic), and that no proxy changes bodies; {LeftOut} more since the last line")]
    private static partial void LogBadSignature(ILogger logger, int leftOut);
}
