using System.Collections.Concurrent;
using System.Diagnostics;
using OpenTelemetry;

namespace Gateway.Worker.Tracing.Spans;

/// <summary>
/// Holds back the spans of live calls until it is known whether the call is exported: that is decided at its end. Spans that belong to no
/// call are not kept.
/// </summary>
/// <param name="exporter">Asked by one flow of control.</param>
internal sealed class CallSpanProcessor(BaseExporter<Activity> exporter) : BaseExportProcessor<Activity>(exporter)
{
    /// <summary>Spans of one call: more than a call has that is not in a loop.</summary>
    private const int MaxSpans = 300;

    private readonly ConcurrentDictionary<ActivityTraceId, HeldSpans> _held = new();

    /// <summary>From now on spans of this trace are held. One trace of a PBX may have several calls.</summary>
    public void Begin(ActivityTraceId trace)
    {
        var held = _held.GetOrAdd(trace, _ => new HeldSpans());
        lock (held)
            held.Calls++;
    }

    /// <summary>What was held, for one of its calls that is over.</summary>
    public Activity[] End(ActivityTraceId trace)
    {
        if (!_held.TryGetValue(trace, out var held))
            return [];
        lock (held)
        {
            Activity[] spans = [.. held.Spans];
            held.Spans.Clear();
            if (--held.Calls <= 0)
                _held.TryRemove(new(trace, held));
            return spans;
        }
    }

    /// <summary>Sends spans; takes as long as the collector does. False: it did not take them.</summary>
    public bool TryExport(Activity[] spans) => exporter.Export(new Batch<Activity>(spans, spans.Length)) == ExportResult.Success;

    protected override void OnExport(Activity data)
    {
        if (!_held.TryGetValue(data.TraceId, out var held))
            return;
        lock (held)
        {
            if (held.Spans.Count < MaxSpans)
                held.Spans.Add(data);
        }
    }

    private sealed class HeldSpans
    {
        public List<Activity> Spans { get; } = [];

        public int Calls { get; set; }
    }
}
