using System.Threading.Channels;
using Gateway.Storage.Nodes;
using Gateway.WhatsApp.Webhooks;
using Gateway.Worker.Configuration;

namespace Gateway.Worker.Nodes;

/// <summary>Reads the events that other nodes hand to this one, in order, and removes each once it outlives this process.</summary>
internal sealed partial class InboxLoop(GatewayOptions options, NodeInbox inbox, TimeProvider time, ILogger<InboxLoop> logger)
{
    private const int AtOnce = 100;

    /// <summary>The pause after which it reads even where nothing woke it: a message may be lost with a connection.</summary>
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250), BackOff = TimeSpan.FromSeconds(1);

    /// <summary>At a stop. What no store has taken by then stays in the inbox, for the next start.</summary>
    private static readonly TimeSpan LastWait = TimeSpan.FromSeconds(2);

    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    /// <summary>Handled events that are still to be removed.</summary>
    private readonly List<(InboxEntry Entry, Task Kept)> _handled = [];

    private bool _isSubscribed;

    /// <summary>Reads until it is stopped. Never throws.</summary>
    /// <param name="handle">
    /// Handles an event; it must not throw. The inner task completes when the event outlives this process.
    /// </param>
    /// <param name="stop">After it the inbox is read once more: others may not have seen that this node stops.</param>
    public async Task RunAsync(Func<ForwardedEvent, Task<Task>> handle, CancellationToken stop)
    {
        for (var isLast = false; !isLast;)
        {
            isLast = stop.IsCancellationRequested;
            var wait = Poll;
            try
            {
                await SubscribeAsync();
                while (await ReadAsync(handle)) { }
                if (isLast)
                    await Task.WhenAny(Task.WhenAll(_handled.Select(one => one.Kept)), Task.Delay(LastWait, time, CancellationToken.None));
                await RemoveAsync();
            }
            catch (Exception e) // Whatever keeps Redis from answering: nothing is lost, and it is read again.
            {
                LogUnread(e.Message);
                wait = BackOff;
            }
            if (!isLast)
                await WaitAsync(wait, stop);
        }
        await UnsubscribeAsync();
    }

    /// <summary>True while there may be more.</summary>
    private async Task<bool> ReadAsync(Func<ForwardedEvent, Task<Task>> handle)
    {
        var known = _handled.Select(one => one.Entry.Id).ToHashSet();
        var entries = (await inbox.ReadAsync(options.Node.Id, AtOnce + known.Count)).Where(entry => !known.Contains(entry.Id)).ToArray();
        foreach (var entry in entries)
        {
            var kept = Task.CompletedTask;
            if (ForwardedEvent.TryRead(entry.Text, out var forwarded))
            {
                NodeMetrics.Received(time.GetUtcNow() - entry.Since);
                kept = await handle(forwarded);
            }
            _handled.Add((entry, kept));
        }
        await RemoveAsync();
        return entries.Length == AtOnce;
    }

    private async Task RemoveAsync()
    {
        var kept = _handled.Where(one => one.Kept.IsCompleted).Select(one => one.Entry).ToArray();
        if (kept.Length == 0)
            return;
        await inbox.RemoveAsync(options.Node.Id, kept);
        _handled.RemoveAll(one => kept.Contains(one.Entry));
    }

    private async Task SubscribeAsync()
    {
        if (_isSubscribed)
            return;
        await inbox.SubscribeAsync(options.Node.Id, () => _wake.Writer.TryWrite(true));
        _isSubscribed = true;
    }

    private async Task UnsubscribeAsync()
    {
        try
        {
            if (_isSubscribed)
                await inbox.UnsubscribeAsync(options.Node.Id);
        }
        catch (Exception e) // The process ends; Redis notices by itself.
        {
            LogUnread(e.Message);
        }
    }

    private async Task WaitAsync(TimeSpan wait, CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(wait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        try
        {
            await _wake.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            // Time to read, or to stop.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Redis is unavailable: what other nodes hand to this one is not read ({Reason})")]
    private partial void LogUnread(string reason);
}
