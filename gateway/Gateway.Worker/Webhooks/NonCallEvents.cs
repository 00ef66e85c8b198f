using System.Threading.Channels;
using Gateway.WhatsApp.Webhooks;
using Gateway.Worker.Metrics;
using Npgsql;

namespace Gateway.Worker.Webhooks;

/// <summary>Takes what webhooks tell beside calls.</summary>
internal interface INonCallEventHandler
{
    /// <summary>
    /// False where it is not of this handler's kinds. It is asked again after an exception, so what it does may be repeated.
    /// </summary>
    Task<bool> TryHandleAsync(WebhookEvent happened, CancellationToken cancellation);
}

/// <summary>
/// Webhook events that belong to no call (permissions, messages, settings, restrictions): handled one after the other beside the calls,
/// which never wait for them. While the store is unavailable the first one is tried again and the others wait.
/// </summary>
internal sealed partial class NonCallEvents(IEnumerable<INonCallEventHandler> handlers, TimeProvider time, ILogger<NonCallEvents> logger)
    : IDisposable
{
    /// <summary>About 10 MB. Beyond it, what comes is counted, and Meta is asked to send it again.</summary>
    private const int Capacity = 10_000;

    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(200), LongestRetry = TimeSpan.FromSeconds(10);

    private readonly INonCallEventHandler[] _handlers = [.. handlers];
    private readonly Channel<(WebhookEvent Event, TaskCompletionSource<bool> Done)> _waiting =
        Channel.CreateBounded<(WebhookEvent, TaskCompletionSource<bool>)>(
            new BoundedChannelOptions(Capacity) { SingleReader = true });
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Completes when it was handled; false: there is no room for it.</summary>
    public Task<bool> AddAsync(WebhookEvent happened)
    {
        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_waiting.Writer.TryWrite((happened, done)))
            return done.Task;
        CallMetrics.Webhook("overflowed");
        return Task.FromResult(false);
    }

    /// <summary>Until <see cref="Complete"/>, and then until what waits has been tried once.</summary>
    public async Task RunAsync()
    {
        await foreach (var (happened, done) in _waiting.Reader.ReadAllAsync())
        {
            CallMetrics.Webhook(await HandleAsync(happened));
            done.SetResult(true);
        }
    }

    public void Complete()
    {
        _waiting.Writer.TryComplete();
        _stop.Cancel();
    }

    public void Dispose() => _stop.Dispose();

    private async Task<string> HandleAsync(WebhookEvent happened)
    {
        for (var wait = FirstRetry; ; wait = wait * 2 < LongestRetry ? wait * 2 : LongestRetry)
        {
            try
            {
                foreach (var handler in _handlers)
                    if (await handler.TryHandleAsync(happened, CancellationToken.None))
                        return "handled";
                return "not_a_call";
            }
            catch (Exception e) when (e is NpgsqlException { IsTransient: true } or TimeoutException && !_stop.IsCancellationRequested)
            {
                LogFailure(e, happened.GetType().Name);
                await Task.Delay(wait, time, _stop.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            }
            catch (Exception e) // The edge of one event: what is wrong with it must not stop the events after it.
            {
                LogFailure(e, happened.GetType().Name);
                return "failed";
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A webhook event ({Kind}) could not be handled")]
    private partial void LogFailure(Exception e, string kind);
}
