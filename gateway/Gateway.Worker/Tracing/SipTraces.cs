using Gateway.Calls;
using Gateway.Calls.Tracing;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Endpoint;
using Gateway.Worker.Tracing.Captures;
using Gateway.Worker.Tracing.Hep;

namespace Gateway.Worker.Tracing;

/// <summary>
/// Brings SIP messages to the tracers of their calls. A call that comes in is known by its INVITE before there is a call of ours: what was
/// seen of it until then waits here, for a moment and within limits.
/// </summary>
/// <param name="time">The clock of entries.</param>
/// <param name="hep">Sends every message on; null: nobody wants them.</param>
/// <param name="isTracing">New calls are traced; null: always.</param>
internal sealed class SipTraces(TimeProvider time, HepSender? hep = null, Func<bool>? isTracing = null) : ISipTap
{
    /// <summary>Calls that may wait for a tracer, and messages of each.</summary>
    private const int MaxWaiting = 1000, MaxEarly = 8;

    /// <summary>So long a call that comes in may take to get its tracer.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, TracedDialog> _dialogs = [];
    private readonly Queue<(string CallId, DateTimeOffset At)> _waiting = new();
    private readonly Dictionary<string, CallTracer> _tracers = [];
    private readonly Dictionary<string, CallCapture> _captures = [];

    /// <summary>What began traced is traced to its end, whatever a reload says.</summary>
    public bool IsOn => isTracing?.Invoke() != false || _tracers.Count > 0;

    /// <summary>From now on dialogs of this call can be found.</summary>
    public void Add(CallTracer tracer)
    {
        lock (_lock)
            _tracers[tracer.Identity.Id.Value] = tracer;
    }

    /// <summary>The tracer of a call in progress; null: there is none.</summary>
    public CallTracer? Find(CallId call)
    {
        lock (_lock)
            return _tracers.GetValueOrDefault(call.Value);
    }

    /// <summary>From now on SIP messages of this call go into a capture too; null: no longer.</summary>
    public void Capture(CallId call, CallCapture? capture)
    {
        lock (_lock)
        {
            _captures.Remove(call.Value);
            if (capture is not null)
                _captures.Add(call.Value, capture);
        }
    }

    /// <summary>The call is over.</summary>
    public void Remove(CallTracer tracer)
    {
        lock (_lock)
        {
            _tracers.Remove(tracer.Identity.Id.Value);
            foreach (var callId in tracer.Dialogs)
                _dialogs.Remove(callId);
        }
    }

    /// <summary>A SIP call is a dialog of a call of ours, from now on or, of one that came in, from its INVITE on.</summary>
    public void Begin(SipCallInfo info, string? correlation)
    {
        lock (_lock)
        {
            if (correlation is null || !_tracers.TryGetValue(correlation, out var tracer))
                return;
            var dialog = _dialogs.GetValueOrDefault(info.CallId) ?? (_dialogs[info.CallId] = new TracedDialog());
            (dialog.Trunk, dialog.Tracer) = (info.Trunk, tracer);
            tracer.Dialogs.Add(info.CallId);
            foreach (var (message, at) in dialog.Early)
                tracer.Add(message, info.Trunk, at);
            dialog.Early.Clear();
        }
    }

    public void Handle(in SipTapMessage message)
    {
        string? call;
        lock (_lock)
            call = Note(message);
        hep?.Add(message, call);
    }

    /// <summary>A failure that no message shows: there was no answer, or no way.</summary>
    public void Handle(string callId, SipCallEvent happened)
    {
        if (happened is not SipCallEvent.Failed failed)
            return;
        lock (_lock)
        {
            if (_dialogs.GetValueOrDefault(callId) is { Tracer: { } tracer } dialog && dialog.LastStatus != failed.Status)
                tracer.Add(new TraceEntry(time.GetUtcNow(), TraceKind.Sip, Reason(failed))
                {
                    Peer = TracePeer.Pbx,
                    Trunk = dialog.Trunk,
                    IsFailure = failed.Status != 487,
                });
        }
    }

    private static string Reason(SipCallEvent.Failed failed) =>
        TraceTrunks.OfTls(failed.ReasonPhrase)
        ?? (failed.Status == 408 ? "no answer to INVITE" : $"INVITE was not sent: {failed.ReasonPhrase}");

    private string? Note(in SipTapMessage message)
    {
        var now = time.GetUtcNow();
        if (!_dialogs.TryGetValue(message.CallId, out var dialog))
        {
            if (message.IsOutgoing || !message.Bytes.Span.StartsWith("INVITE "u8))
                return null;
            dialog = _dialogs[message.CallId] = new TracedDialog();
            _waiting.Enqueue((message.CallId, now));
            ForgetOld(now);
        }
        if (!message.IsOutgoing && SipTraceEntries.StatusOf(message.Bytes.Span) is > 0 and var status)
            dialog.LastStatus = status;
        if (dialog.Tracer is { } tracer)
            tracer.Add(message, dialog.Trunk, now);
        else if (dialog.Early.Count < MaxEarly)
            dialog.Early.Add((message, now));
        var call = dialog.Tracer?.Identity.Id.Value;
        if (call is not null && _captures.TryGetValue(call, out var capture))
            capture.Handle(message);
        return call;
    }

    private void ForgetOld(DateTimeOffset now)
    {
        while (_waiting.TryPeek(out var first) && (_waiting.Count > MaxWaiting || now - first.At > LongestWait))
        {
            _waiting.Dequeue();
            if (_dialogs.GetValueOrDefault(first.CallId) is { Tracer: null })
                _dialogs.Remove(first.CallId);
        }
    }

    /// <summary>A Call-ID with what is known of it.</summary>
    private sealed class TracedDialog
    {
        public List<(SipTapMessage Message, DateTimeOffset At)> Early { get; } = [];

        public string? Trunk { get; set; }

        public CallTracer? Tracer { get; set; }

        /// <summary>Of the last response that came.</summary>
        public int LastStatus { get; set; }
    }
}
