using System.Text;
using System.Text.Json;
using AdminApi.Events;
using AdminApi.Platform;
using Gateway.Storage;
using Gateway.Storage.Events;

namespace AdminApi.Webhooks;

/// <summary>The result of sending a webhook.</summary>
/// <param name="Status">The HTTP status of the answer; null where there was none.</param>
/// <param name="Error">The reason why it does not count as delivered; null where it does.</param>
/// <param name="RetryAfter">The pause that the receiver asked for with a refusal (RFC 9110 §10.2.3).</param>
public sealed record WebhookAnswer(int? Status, string? Error, TimeSpan? RetryAfter = null);

/// <summary>Sends one webhook, signed: `{"type": …, "timestamp": …, "data": event}`. 2xx means that it was accepted.</summary>
public sealed class WebhookSender(WebhookNetwork network, AdminApiOptions options, TimeProvider clock) : IDisposable
{
    private readonly HttpClient _http = new(network.CreateHandler()) { Timeout = options.Webhooks.Timeout };

    /// <param name="target">The endpoint.</param>
    /// <param name="id">The same at every attempt to deliver this event to this endpoint.</param>
    /// <param name="happened">The event.</param>
    /// <param name="cancellation">The caller's token.</param>
    public async Task<WebhookAnswer> SendAsync(WebhookTarget target, string id, EventView happened, CancellationToken cancellation)
    {
        var body = JsonSerializer.Serialize(new { type = happened.Kind, timestamp = happened.At, data = happened }, JsonText.Options);
        var now = clock.GetUtcNow();
        string[] secrets = target.PreviousSecret is { } previous ? [target.Secret, previous] : [target.Secret];
        using var request = new HttpRequestMessage(
            HttpMethod.Post, target.Url) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", now.ToUnixTimeSeconds().ToString());
        request.Headers.Add("webhook-signature", StandardWebhookSignature.Header(secrets, id, now, body));
        request.Headers.UserAgent.ParseAdd("WhatsAppCallsGateway/1");
        try
        {
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            var status = (int)answer.StatusCode;
            return answer.IsSuccessStatusCode
                ? new WebhookAnswer(status, null)
                : new WebhookAnswer(status, $"HTTP {status}", RetryAfter(answer, now));
        }
        catch (HttpRequestException e)
        {
            return new WebhookAnswer(null, e.InnerException?.Message ?? e.Message);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new WebhookAnswer(null, $"No answer within {options.Webhooks.Timeout.TotalSeconds} s");
        }
    }

    /// <summary>The pause in seconds or until a date; the date is compared with the receiver's own
    /// clock where given, so that clocks need not agree.</summary>
    private static TimeSpan? RetryAfter(HttpResponseMessage answer, DateTimeOffset now)
    {
        var wait = answer.Headers.RetryAfter?.Delta ?? answer.Headers.RetryAfter?.Date - (answer.Headers.Date ?? now);
        return wait > TimeSpan.Zero ? wait : null;
    }

    public void Dispose() => _http.Dispose();
}
