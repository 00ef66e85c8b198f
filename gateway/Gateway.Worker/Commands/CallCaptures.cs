using System.Collections.Concurrent;
using Gateway.Calls;
using Gateway.Storage.Commands;
using Gateway.Storage.Tracing;
using Gateway.Worker.Configuration;
using Gateway.Worker.Tracing;
using Gateway.Worker.Tracing.Captures;
using Media.Engine;

namespace Gateway.Worker.Commands;

/// <summary>
/// Captures live calls of this node on demand: at most <see cref="AtOnce"/> at a time, each for a limited time and into limited room. The
/// file goes to PostgreSQL when the time or the call is over.
/// </summary>
internal sealed partial class CallCaptures(
    GatewayOptions options, SipTraces sip, CallCaptureStore store, TimeProvider time, ILogger<CallCaptures> logger)
{
    private const int AtOnce = 2;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan StoreTimeout = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<CallId, CallCapture> _running = new();

    /// <summary>Begins to capture a call.</summary>
    /// <param name="command">Which, and how much.</param>
    /// <param name="setTap">Gives the call's media a tap, or takes it away.</param>
    /// <param name="isLive">The call goes on.</param>
    public CommandReply Begin(NodeCommand.CaptureCall command, Action<IMediaTap?> setTap, Func<bool> isLive)
    {
        var capture = new CallCapture(command.Call, command.MaxBytes, time);
        if (_running.Count >= AtOnce || !_running.TryAdd(command.Call, capture))
            return CommandReply.Refused(CommandRefusal.CaptureInProgress, "This call, or others of the node, are captured already");
        sip.Capture(command.Call, capture);
        setTap(capture);
        LogBegun(command.Call, command.Seconds, command.RequestedBy);
        _ = RunAsync(command, capture, setTap, isLive);
        return CommandReply.Done;
    }

    private async Task RunAsync(NodeCommand.CaptureCall command, CallCapture capture, Action<IMediaTap?> setTap, Func<bool> isLive)
    {
        try
        {
            var until = time.GetUtcNow() + TimeSpan.FromSeconds(command.Seconds);
            while (time.GetUtcNow() < until && !capture.IsFull && isLive())
                await Task.Delay(Look, time);
            setTap(null);
            sip.Capture(command.Call, null);
            using var timeout = new CancellationTokenSource(StoreTimeout, time);
            await store.AddAsync(
                new StoredCapture(
                    command.Id, command.Call, options.Node.Id, time.GetUtcNow(), capture.Packets, capture.IsFull, capture.Read()),
                timeout.Token);
        }
        catch (Exception e) // The edge of one capture: its call does not notice.
        {
            LogLost(e, command.Call);
        }
        finally
        {
            _running.TryRemove(new(command.Call, capture));
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Call {CallId}: its SIP and its audio are captured for at most {Seconds} s; asked " +
        "for by {RequestedBy}")]
    private partial void LogBegun(CallId callId, int seconds, string requestedBy);

    [LoggerMessage(Level = LogLevel.Error, Message = "Call {CallId}: its capture could not be stored, and is lost")]
    private partial void LogLost(Exception e, CallId callId);
}
