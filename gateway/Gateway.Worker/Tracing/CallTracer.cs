using System.Diagnostics;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Quality;
using Gateway.Calls.Records;
using Gateway.Calls.Tracing;
using Gateway.Sip.Endpoint;
using Gateway.WhatsApp.Graph;
using Media.Engine;
using Media.Protocols.Primitives;
using Media.Protocols.Quality;

namespace Gateway.Worker.Tracing;

/// <summary>
/// Takes note of what happens to one call, in memory and bounded: the beginning is kept, and the end; what is too much is left out between
/// them. Any thread may note; nobody waits.
/// </summary>
/// <param name="identity">Whose story it is.</param>
/// <param name="time">The clock of its entries.</param>
/// <param name="onEnd">Takes the tracer when the call is over, with its record; without one when another node has the call.</param>
internal sealed class CallTracer(CallIdentity identity, TimeProvider time, Action<CallTracer, CallRecord?> onEnd)
{
    /// <summary>Entries at the beginning, and at the end: more than any call has that is not in a loop.</summary>
    private const int Head = 300, Tail = 200;

    /// <summary>Bytes of the beginning, and of the end.</summary>
    private const int HeadBytes = 128 * 1024, TailBytes = 64 * 1024;

    private readonly Lock _lock = new();
    private readonly List<TracedItem> _head = [];
    private readonly Queue<TracedItem> _tail = new();
    private int _headBytes, _tailBytes, _leftOut;
    private bool _isOver;
    private CallState _state;

    public CallIdentity Identity => identity;

    /// <summary>The start of this node's part.</summary>
    public DateTimeOffset StartedAt { get; } = time.GetUtcNow();

    /// <summary>The span of the call, for those of stores and HTTP below it; null: no spans are made.</summary>
    public Activity? Span { get; init; }

    /// <summary>The call is one of the part that is kept whether or not it fails.</summary>
    public bool IsSampled { get; init; }

    /// <summary>Sees the call's RTCP; null: nobody wants it.</summary>
    public IMediaTap? MediaTap { get; init; }

    /// <summary>Now, for the duration of what begins.</summary>
    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>The SIP dialogs of this call: their Call-IDs. Changed under the lock of who keeps them all.</summary>
    public List<string> Dialogs { get; } = [];

    /// <summary>The entries that were left out.</summary>
    public int LeftOut
    {
        get
        {
            lock (_lock)
                return _leftOut;
        }
    }

    /// <summary>The trace id by which a collector will have the call's spans; null: they are not exported.</summary>
    public string? ExportedTraceOf(CallRecord record) =>
        Span is not null && (IsSampled || TraceCause.IsFailure(record)) ? Span.TraceId.ToHexString() : null;

    /// <summary>What this flow of control does from now on belongs to the call.</summary>
    public void Enter()
    {
        if (Span is not null)
            Activity.Current = Span;
    }

    /// <summary>Takes note of how long it takes to store the record.</summary>
    /// <param name="tracer">Null: nobody does.</param>
    /// <param name="settling">The record on its way to PostgreSQL or the disk.</param>
    public static Task Settling(CallTracer? tracer, Task settling) => tracer is null ? settling : tracer.SettlingAsync(settling);

    private async Task SettlingAsync(Task settling)
    {
        var began = Now;
        await settling;
        Add(new TraceEntry(began, TraceKind.Ledger, "the record is stored")
        {
            DurationMs = Math.Round((Now - began).TotalMilliseconds, 1),
        });
    }

    /// <summary>What the call is fed with.</summary>
    public void Note(CallInput input)
    {
        if (TraceNotes.Of(input, Now) is { } entry)
            Add(entry);
    }

    /// <summary>What it decides.</summary>
    public void Note(CallDecision decision)
    {
        if (TraceNotes.Of(decision, Now) is { } entry)
            Add(entry);
    }

    /// <summary>What happens in its media.</summary>
    public void Note(MediaEvent happened)
    {
        if (TraceNotes.Of(happened, Now) is { } entry)
            Add(entry);
    }

    /// <summary>The call's state, which may be the same as before. On the call's loop.</summary>
    public void Entered(CallState state)
    {
        if (_state != state)
            Add(new TraceEntry(Now, TraceKind.State, WireName.Of(_state = state)));
    }

    /// <summary>An action at Meta has its outcome.</summary>
    /// <param name="action">As Graph names it.</param>
    /// <param name="began">When it was begun.</param>
    /// <param name="error">Null: success.</param>
    public void Graph(string action, DateTimeOffset began, GraphError? error) => Add(TraceNotes.Of(action, began, Now - began, error));

    /// <summary>A sample of both legs' quality, every few seconds.</summary>
    /// <param name="sample">The sample.</param>
    /// <param name="changes">The spells of bad quality that begin and end with it.</param>
    public void Quality(in MediaSample sample, QualityChanges changes)
    {
        Add(TraceNotes.Of(CallLeg.WhatsApp, Now, sample.WhatsApp, changes));
        Add(TraceNotes.Of(CallLeg.Pbx, Now, sample.Pbx, changes));
    }

    public void Add(TraceEntry entry) => Add(new TracedItem(entry.At, entry));

    public void Add(in SipTapMessage message, string? trunk, DateTimeOffset at) => Add(new TracedItem(at, null, message, trunk));

    /// <summary>The call is over; what comes within a moment still belongs to it.</summary>
    public void End(CallRecord record) => onEnd(this, record);

    /// <summary>Another node has the call.</summary>
    public void Leave() => onEnd(this, null);

    /// <summary>Everything noted, in the order of time; from now on nothing more is.</summary>
    public TracedItem[] Take()
    {
        lock (_lock)
        {
            _isOver = true;
            return Look();
        }
    }

    /// <summary>Everything noted so far, in the order of time.</summary>
    public TracedItem[] Look()
    {
        lock (_lock)
            return [.. _head.Concat(_tail).OrderBy(item => item.At)];
    }

    private void Add(in TracedItem item)
    {
        lock (_lock)
        {
            if (_isOver)
                return;
            if (_tail.Count == 0 && _head.Count < Head && _headBytes + item.Size <= HeadBytes)
            {
                _head.Add(item);
                _headBytes += item.Size;
                return;
            }
            _tail.Enqueue(item);
            _tailBytes += item.Size;
            while (_tail.Count > Tail || (_tailBytes > TailBytes && _tail.Count > 1))
            {
                _tailBytes -= _tail.Dequeue().Size;
                _leftOut++;
            }
        }
    }
}
