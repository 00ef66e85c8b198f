using System.Collections.Concurrent;
using System.Text.Json;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Rules;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Messages;
using Gateway.Storage;
using Media.Protocols.Primitives;

namespace Gateway.Worker.LostNodes;

/// <summary>
/// Hangs up the phones of calls whose node was lost, by the dialogs that it stored: a phone that only rang would go on, and a PBX without
/// session timers would never notice.
/// </summary>
internal sealed partial class LostPhones(
    ICallRegistry registry, SipEndpoint sip, TimeProvider time, ILogger<LostPhones> logger) : IDisposable
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    /// <summary>A node that takes a call over knows by then whether it can go on with it.</summary>
    private static readonly TimeSpan TakenWithin = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<CallId, Task> _hangUps = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly InstantClock _clock = new(time);

    /// <summary>Completes when every call given so far was hung up, or that was given up: Redis is waited for no longer.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_hangUps.Values);
    }

    public void Dispose() => _stop.Dispose();

    /// <summary>
    /// Takes the dialogs that the lost node stored, and hangs them up as soon as SIP runs here; does nothing where none were stored. False:
    /// Redis did not answer, or another node is at it and may die before it is done, and Redis is asked again until it has an answer.
    /// </summary>
    /// <param name="call">The call.</param>
    /// <param name="answered">Those that it had when it was answered, where Redis has lost later ones; null: none are known.</param>
    /// <param name="cancellation">The caller's token.</param>
    public async Task<bool> HangUpAsync(CallId call, string? answered, CancellationToken cancellation)
    {
        var taken = await registry.TakeDialogAsync(call, cancellation);
        var done = new TaskCompletionSource();
        if ((taken is not (true, null) || answered is not null) && _hangUps.TryAdd(call, done.Task))
            _ = HangUpTakenAsync(call, taken, answered, done);
        return taken.WasAnswered;
    }

    private async Task HangUpTakenAsync(CallId call, TakenDialog taken, string? answered, TaskCompletionSource done)
    {
        try
        {
            while (!taken.WasAnswered)
            {
                await Task.Delay(Retry, time, _stop.Token);
                taken = await registry.TakeDialogAsync(call, CancellationToken.None);
            }
            if ((taken.Text ?? answered) is not { } text)
                return;
            await HangUpStoredAsync(call, text);
            await registry.ForgetDialogAsync(call, CancellationToken.None);
        }
        catch (OperationCanceledException)
        {
            LogNotHungUp(call, "this node is stopping");
        }
        finally
        {
            _hangUps.TryRemove(call, out _);
            done.SetResult();
        }
    }

    /// <summary>
    /// Hangs up the phones of a call that another node has taken from this one, if that node could not go on with it: it may not know them
    /// all. Never throws.
    /// </summary>
    /// <param name="call">Let go of here.</param>
    /// <param name="phones">Its dialogs.</param>
    public async Task HangUpIfEndedAsync(CallId call, Task<IReadOnlyList<SipDialogSnapshot>> phones)
    {
        try
        {
            for (var until = _clock.Now + TakenWithin; _clock.Now < until; await Task.Delay(Retry, time, _stop.Token))
                if (await registry.WasEndedAsync(call, _stop.Token) == true)
                {
                    await HangUpAsync(call, await phones);
                    return;
                }
        }
        catch (OperationCanceledException)
        {
            // This node stops, and nobody has said that there was anything to hang up.
        }
        catch (Exception e) // A defect in a leg: its dialogs are not known.
        {
            LogNotHungUp(call, e.Message);
        }
    }

    private async Task HangUpStoredAsync(CallId call, string text)
    {
        try
        {
            await HangUpAsync(call, StoredDialogs.Read(text));
        }
        catch (JsonException) // Another version's.
        {
            LogNotHungUp(call, "the stored dialog cannot be read");
        }
    }

    private async Task HangUpAsync(CallId call, IReadOnlyList<SipDialogSnapshot> phones)
    {
        var reason = SipReason.Q850(CauseTable.Q850(HangupCause.NodeLost), nameof(HangupCause.NodeLost));
        foreach (var dialog in phones)
            if (await sip.EndDialogAsync(dialog, reason))
                LogHungUp(call, dialog.Trunk);
            else
                LogNotHungUp(call, "its trunk is not configured here, or no listener serves its address");
    }

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "Call {CallId}: its node was lost, and its agent's side was hung up on trunk {Trunk}")]
    private partial void LogHungUp(CallId callId, string trunk);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Call {CallId}: its node was lost; its agent's side was not hung up: {Reason}")]
    private partial void LogNotHungUp(CallId callId, string reason);
}
