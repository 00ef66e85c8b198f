using AdminApi.Events;
using AdminApi.Platform;
using Gateway.Storage.Events;

namespace AdminApi.Webhooks;

/// <summary>
/// Works off the outbox: adds new events, and runs one worker per endpoint with something due, so that an unavailable one delays no other.
/// A failed delivery is retried after a back-off that triples, plus or minus a fifth, until it is given up. An endpoint that answers with
/// Retry-After gets nothing before that time, within <see cref="LongestWait"/>.
/// </summary>
public sealed partial class WebhookDeliveries(
    WebhookOutbox outbox, WebhookSender sender, EventHead head, AdminApiOptions options, ILogger<WebhookDeliveries> log) : BackgroundService
{
    /// <summary>The parallel deliveries to one endpoint.</summary>
    private const int AtOnce = 8;

    private const int Gone = 410;

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(8);

    private readonly Dictionary<string, Task> _workers = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var seen = -1L;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (head.Position > seen)
                {
                    var position = head.Position;
                    while (await outbox.SpreadAsync(position, stoppingToken))
                    {
                    }
                    seen = position;
                }
                foreach (var endpoint in await outbox.DueEndpointsAsync(stoppingToken))
                {
                    if (!_workers.TryGetValue(endpoint, out var worker) || worker.IsCompleted)
                        _workers[endpoint] = Task.Run(() => DeliverAsync(endpoint, stoppingToken), CancellationToken.None);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e)
            {
                Report(e);
                await Task.Delay(Look, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            await Task.WhenAny(head.PassAsync(seen, stoppingToken), Task.Delay(Look, stoppingToken));
        }
        await Task.WhenAll(_workers.Values);
    }

    private async Task DeliverAsync(string endpoint, CancellationToken stop)
    {
        try
        {
            while (await outbox.TakeAsync(endpoint, AtOnce, stop) is { Count: > 0 } due)
                await Task.WhenAll(due.Select(one => DeliverAsync(endpoint, one, stop)));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // They are due again when the lease ends.
        }
        catch (Exception e)
        {
            Report(e); // the same
        }
    }

    private async Task DeliverAsync(string endpoint, DueDelivery due, CancellationToken stop)
    {
        var answer = await sender.SendAsync(
            new WebhookTarget(due.Url, due.Secret, due.PreviousSecret), IdOf(due.Event.Id, endpoint), EventView.Of(due.Event), stop);
        var state = answer.Error is null ? DeliveryState.Delivered
            : answer.Status == Gone || due.Attempts >= options.Webhooks.MaxAttempts ? DeliveryState.Failed
            : DeliveryState.Waiting;
        var (wait, asked) = (WaitAfter(due.Attempts), Shorter(answer.RetryAfter ?? TimeSpan.Zero, LongestWait));
        if (asked > TimeSpan.Zero)
            await outbox.PauseAsync(endpoint, asked, stop); // first: other instances of this program deliver to it too
        await outbox.SettleAsync(due.Delivery, due.Attempts, state, answer.Status, answer.Error, wait > asked ? wait : asked, stop);
        if (answer.Status == Gone)
            await outbox.DisableAsync(endpoint, stop);
        if (state == DeliveryState.Failed)
            GivenUp(log, endpoint, due.Event.Id, answer.Error!);
    }

    private void Report(Exception thrown)
    {
        if (ErrorEdge.IsStoreUnavailable(thrown))
            Unavailable(log, thrown.Message);
        else
            Defect(log, thrown);
    }

    /// <summary>The header `webhook-id`, by which the receiver recognises a repetition.</summary>
    public static string IdOf(long happened, string endpoint) => $"evt_{happened}_{endpoint}";

    private TimeSpan WaitAfter(int attempts)
    {
        var seconds = options.Webhooks.FirstRetry.TotalSeconds * Math.Pow(3, attempts - 1); // more than a TimeSpan holds, in the end
        return TimeSpan.FromSeconds(Math.Min(seconds, LongestWait.TotalSeconds)) * (0.8 + (0.4 * Random.Shared.NextDouble()));
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    [LoggerMessage(LogLevel.Warning, "Webhooks cannot be delivered at present: {Reason}")]
    private static partial void Unavailable(ILogger log, string reason);

    [LoggerMessage(LogLevel.Error, "Webhooks are not delivered")]
    private static partial void Defect(ILogger log, Exception thrown);

    [LoggerMessage(LogLevel.Warning, "Gave up delivering event {Event} to webhook {Endpoint}: {Reason}")]
    private static partial void GivenUp(ILogger log, string endpoint, long @event, string reason);
}
