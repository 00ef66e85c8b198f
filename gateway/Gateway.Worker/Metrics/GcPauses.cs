using System.Diagnostics.Metrics;

namespace Gateway.Worker.Metrics;

/// <summary>
/// The pauses that garbage collection makes: for so long no thread runs, and no packet is sent. After each collection the runtime finalizes
/// an object that was left for it, which reads what the collection took (GC.GetGCMemoryInfo).
/// </summary>
internal sealed class GcPauses : IDisposable
{
    private static readonly GCKind[] Kinds = [GCKind.Ephemeral, GCKind.FullBlocking, GCKind.Background];

    private readonly Meter _meter = new("Gateway.Runtime");
    private readonly Histogram<double> _pauses;

    /// <summary>The number of the last collection read, of each kind: short ones are made during one in the background.</summary>
    private readonly long[] _last = [.. Kinds.Select(kind => GC.GetGCMemoryInfo(kind).Index)];

    private volatile bool _isDisposed;

    public GcPauses()
    {
        _pauses = _meter.CreateHistogram<double>("gateway_gc_pause_seconds", "s", "Pauses of all threads by garbage collection");
        _ = new Sentinel(this);
    }

    public void Dispose()
    {
        _isDisposed = true;
        _meter.Dispose();
    }

    private void Read()
    {
        for (var i = 0; i < Kinds.Length; i++)
        {
            var collection = GC.GetGCMemoryInfo(Kinds[i]);
            if (collection.Index <= _last[i])
                continue;
            _last[i] = collection.Index;
            foreach (var pause in collection.PauseDurations)
                if (pause > TimeSpan.Zero)
                    _pauses.Record(pause.TotalSeconds);
        }
    }

    private sealed class Sentinel(GcPauses pauses)
    {
        ~Sentinel()
        {
            if (pauses._isDisposed)
                return;
            pauses.Read();
            _ = new Sentinel(pauses);
        }
    }
}
