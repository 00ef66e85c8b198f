using System.Collections.Concurrent;
using Gateway.Calls;
using Gateway.WhatsApp.Webhooks;
using Media.Protocols.Primitives;

namespace Gateway.Worker.LostNodes;

/// <summary>
/// What Meta reports of the ends of lost calls, which it was asked to terminate. A node that dies right after a pick-up has told nobody of
/// it; Meta's webhook of the end says for how long the call was talked on. Thread-safe.
/// </summary>
internal sealed class ReportedEnds(TimeProvider time)
{
    private const int MaxCalls = 10_000;

    /// <summary>Far above what Meta takes to report an end that it was asked for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<CallId, Report> _byCall = new();
    private readonly ConcurrentDictionary<WhatsAppCallId, Report> _byWhatsAppId = new();
    private readonly InstantClock _clock = new(time);

    /// <summary>The time of the pick-up, as a terminate webhook says it; null: the call was not answered.</summary>
    public static DateTimeOffset? PickUpOf(WebhookEvent.CallTerminate end) =>
        end.StartedAt ?? ((end.EndedAt ?? end.Timestamp) is { } over && end.Duration is { } talk ? over - talk : null);

    /// <summary>Meta is asked to terminate a call.</summary>
    public void Await(CallId call, WhatsAppCallId id)
    {
        if (_byCall.Count >= MaxCalls)
        {
            _byCall.Clear();
            _byWhatsAppId.Clear();
        }
        _byWhatsAppId[id] = _byCall.GetOrAdd(call, _ => new Report(_clock.Now + Patience));
    }

    /// <summary>Meta has reported the end of a call. Does nothing where none is awaited.</summary>
    public void Note(WhatsAppCallId id, WebhookEvent.CallTerminate end)
    {
        if (_byWhatsAppId.TryGetValue(id, out var report))
            report.Came.TrySetResult(PickUpOf(end));
    }

    /// <summary>The time of the pick-up that Meta has reported; null: none.</summary>
    public DateTimeOffset? PickUpOf(CallId call) =>
        _byCall.TryGetValue(call, out var report) && report.Came.Task.IsCompleted ? report.Came.Task.Result : null;

    /// <summary>Meta is still to report the end of this call.</summary>
    public bool IsAwaited(CallId call) =>
        _byCall.TryGetValue(call, out var report) && !report.Came.Task.IsCompleted && _clock.Now < report.Until;

    /// <summary>Completes when Meta has reported the end of this call, or is waited for no longer.</summary>
    public async Task WaitAsync(CallId call)
    {
        if (IsAwaited(call) && _byCall.TryGetValue(call, out var report))
            await Task.WhenAny(report.Came.Task, Task.Delay(report.Until - _clock.Now, time));
    }

    private sealed record Report(Instant Until)
    {
        public TaskCompletionSource<DateTimeOffset?> Came { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
