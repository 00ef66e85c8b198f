using System.Collections.Concurrent;
using Sandbox.Graph;
using Sandbox.Handsets;
using Sandbox.Numbers;
using Sandbox.Permissions;
using Sandbox.Users;
using Sandbox.Webhooks;

namespace Sandbox.Calls;

/// <summary>
/// All calls, and the part common to both directions: finding them, the media timers, and the single way in which a call ends. The two
/// directions' own steps are <see cref="InboundCalls"/> and <see cref="OutboundCalls"/>.
/// </summary>
public sealed partial class CallHandler(
    SandboxOptions options, PermissionStore permissions, WebhookBodies bodies, WebhookSender webhooks, TimeProvider time,
    ILogger<CallHandler> log)
{
    /// <summary>Ended calls kept for inspection.</summary>
    private const int MaxKept = 20_000;

    private readonly ConcurrentDictionary<string, SandboxCall> _calls = new();
    private readonly ConcurrentQueue<string> _order = new();

    public IEnumerable<SandboxCall> All => _calls.Values;

    public SandboxCall? Find(string? id) => id is null ? null : _calls.GetValueOrDefault(id);

    public int LiveCount(BusinessNumber number) => _calls.Values.Count(call => call.IsLive && call.Number == number);

    public bool HasLiveCall(BusinessNumber number, SandboxUser user) =>
        _calls.Values.Any(call => call.IsLive && call.Number == number && call.User == user);

    public int StartedToday(BusinessNumber number) =>
        _calls.Values.Count(call => !call.Inbound && call.Number == number && time.GetUtcNow() - call.CreatedAt < TimeSpan.FromDays(1));

    public void Add(SandboxCall call)
    {
        _calls[call.Id] = call;
        _order.Enqueue(call.Id);
        while (_order.Count > MaxKept && _order.TryPeek(out var oldest) && Find(oldest) is not { IsLive: true }
            && _order.TryDequeue(out oldest))
            _calls.TryRemove(oldest, out _);
    }

    /// <summary>Runs one step of a call alone; a step that fails ends the call instead of being lost.</summary>
    public async Task<T> WithAsync<T>(SandboxCall call, Func<Task<T>> step)
    {
        await call.Gate.WaitAsync();
        try
        {
            return await step();
        }
        finally
        {
            call.Gate.Release();
        }
    }

    /// <summary>Replaces the timer of the call's state.</summary>
    public void Arm(SandboxCall call, TimeSpan after, Func<Task> expired)
    {
        call.Deadline?.Dispose();
        call.Deadline = time.CreateTimer(_ => _ = RunAsync(call, expired), null, after, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Runs an action without awaiting it, under the call's gate; a failure ends the call and is logged.</summary>
    public async Task RunAsync(SandboxCall call, Func<Task> step)
    {
        try
        {
            await WithAsync(call, async () =>
            {
                if (call.IsLive)
                    await step();
                return true;
            });
        }
        catch (Exception fault)
        {
            LogFailed(log, call.Id, fault);
            call.Note("handset", "failed", fault.Message);
            await WithAsync(call, () => EndAsync(call, "FAILED", "handset", 138019));
        }
    }

    /// <summary>Both sides are connected: times start, the handset sends, the media timers run.</summary>
    public async Task ActivateAsync(SandboxCall call)
    {
        await call.Handset.OpenAudioAsync(CancellationToken.None);
        call.StartedAt = time.GetUtcNow();
        call.MoveTo(CallState.Active);
        permissions.RecordConnected(call.Number, call.User);
        Arm(call, options.Timers.MediaCheck, () => CheckMediaAsync(call));
    }

    private async Task CheckMediaAsync(SandboxCall call)
    {
        var report = await call.Handset.ReportAsync(CancellationToken.None);
        var now = time.GetUtcNow();
        if (report.HasMedia && report.PacketsReceived == 0 && now - call.StartedAt >= options.Timers.FirstMedia)
            await EndAsync(call, "FAILED", "no media at start", 138021);
        else if (report.HasMedia && report.LastMediaAt is { } last && now - last >= options.Timers.Silence)
            await EndAsync(call, "FAILED", "media stopped", 138021);
        else
            Arm(call, options.Timers.MediaCheck, () => CheckMediaAsync(call));
    }

    /// <summary>Ends a call: terminate webhook, counters, handset disposed. A second end does nothing. The gate must be held.</summary>
    public async Task<bool> EndAsync(SandboxCall call, string outcome, string by, int? errorCode = null)
    {
        if (!call.IsLive)
            return false;
        var wasRinging = !call.Inbound && call.StartedAt is null;
        call.EndedAt = time.GetUtcNow();
        (call.Outcome, call.ErrorCode) = (outcome, errorCode);
        call.MoveTo(CallState.Ended);
        call.Note("state", "ended by", by);
        call.Deadline?.Dispose();
        webhooks.Send(call.Number, call.Id, bodies.Terminate(call), call, "terminate");
        call.HeldConnect?.Invoke();
        if (wasRinging && by is "user" or "ring timeout" && permissions.RecordMissed(call.Number, call.User))
            webhooks.Send(call.Number, call.User.Phone, bodies.PermissionReply(
                call.Number, call.User, false, false, null, "automatic", null), call, "permission_revoked");
        await PutAwayAsync(call);
        return true;
    }

    private async Task PutAwayAsync(SandboxCall call)
    {
        try
        {
            call.LastReport = await call.Handset.ReportAsync(CancellationToken.None);
            await call.Handset.DisposeAsync();
        }
        catch (Exception fault) when (fault is HandsetException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            call.Note("handset", "failed", fault.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Call {CallId} failed in the sandbox")]
    private static partial void LogFailed(ILogger logger, string callId, Exception fault);
}
