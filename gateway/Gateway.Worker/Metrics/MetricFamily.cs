using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Prometheus;

namespace Gateway.Worker.Metrics;

/// <summary>One metric with its series. Labels come from closed sets; past <see cref="MaxSeries"/> series the rest is dropped.</summary>
internal sealed class MetricFamily
{
    private const int MaxSeries = 500;

    /// <summary>Seconds: from one RTP packet to a long call.</summary>
    private static readonly HistogramConfiguration Seconds = new()
    {
        Buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800],
    };

    /// <summary>Rise and fall, though the runtime makes counters of them.</summary>
    private static readonly string[] NoCounters = ["dotnet.thread_pool.thread.count", "dotnet.thread_pool.queue.length"];

    private readonly ConcurrentDictionary<string, Series> _series = new();
    private readonly bool _isObserved;
    private readonly MetricFactory _factory;
    private readonly Kind _kind;
    private readonly string _name;
    private readonly string _help;
    private readonly HistogramConfiguration _buckets;

    public MetricFamily(Instrument instrument, MetricFactory factory)
    {
        _factory = factory;
        _kind = KindOf(instrument);
        _isObserved = instrument.IsObservable;
        _name = NameOf(instrument.Name, _kind);
        _buckets = (instrument as Histogram<double>)?.Advice?.HistogramBucketBoundaries is { } bounds
            ? new HistogramConfiguration { Buckets = [.. bounds] } : Seconds;
        // prometheus-net escapes label values, and not this text (prometheus.io: "Exposition formats").
        _help = (instrument.Description ?? instrument.Name)
            .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
    }

    private enum Kind
    {
        Counter,
        ObservedCounter,
        Gauge,
        UpDown,
        Histogram,
    }

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var key = Key(tags);
        if (!_series.TryGetValue(key, out var series))
        {
            if (_series.Count >= MaxSeries)
                return;
            series = _series.GetOrAdd(key, Create(tags));
        }
        series.WasSeen = true;
        series.Record(value);
    }

    /// <summary>
    /// Forgets what an observed gauge has not shown since the last sweep: a trunk that a reload has removed is neither up nor down.
    /// </summary>
    public void Sweep()
    {
        foreach (var (key, series) in _series)
        {
            if (!series.WasSeen && series.Remove is { } remove && _series.TryRemove(key, out _))
                remove();
            series.WasSeen = false;
        }
    }

    private Series Create(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var (names, values) = (new string[tags.Length], new string[tags.Length]);
        for (var i = 0; i < tags.Length; i++)
            (names[i], values[i]) = (tags[i].Key.Replace('.', '_'), tags[i].Value?.ToString() ?? "");
        return _kind switch
        {
            Kind.Counter => new Series(_factory.CreateCounter(_name, _help, names).WithLabels(values).Inc),
            Kind.ObservedCounter => new Series(_factory.CreateCounter(_name, _help, names).WithLabels(values).IncTo),
            Kind.UpDown => new Series(_factory.CreateGauge(_name, _help, names).WithLabels(values).Inc),
            Kind.Histogram => new Series(Observe(_factory.CreateHistogram(_name, _help, names, _buckets).WithLabels(values))),
            _ => Gauge(_factory.CreateGauge(_name, _help, names), values),
        };
    }

    private static Action<double> Observe(Histogram.Child histogram) => value =>
    {
        if (CallExemplar.Current is { } call)
            histogram.Observe(value, call);
        else
            histogram.Observe(value);
    };

    private Series Gauge(Gauge gauge, string[] values) => new(gauge.WithLabels(values).Set)
    {
        Remove = _isObserved && values.Length > 0 ? () => gauge.RemoveLabelled(values) : null,
    };

    private static Kind KindOf(Instrument instrument)
    {
        var type = instrument.GetType().Name;
        if (type.Contains("Histogram", StringComparison.Ordinal))
            return Kind.Histogram;
        if (type.Contains("UpDown", StringComparison.Ordinal))
            return instrument.IsObservable ? Kind.Gauge : Kind.UpDown;
        if (type.Contains("Gauge", StringComparison.Ordinal) || NoCounters.Contains(instrument.Name))
            return Kind.Gauge;
        return instrument.IsObservable ? Kind.ObservedCounter : Kind.Counter;
    }

    /// <summary>
    /// Dots become underscores; a counter ends in `_total`, and a gauge does not end in `_count` as some of the runtime's do, since that
    /// belongs to histograms.
    /// </summary>
    private static string NameOf(string instrument, Kind kind) => (kind, instrument.Replace('.', '_').Replace('-', '_')) switch
    {
        (Kind.Counter or Kind.ObservedCounter, var name) when !name.EndsWith("_total", StringComparison.Ordinal) => name + "_total",
        (not Kind.Histogram, var name) when name.EndsWith("_count", StringComparison.Ordinal) => name[..^"_count".Length] + "_current",
        (_, var name) => name,
    };

    private static string Key(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var key = "";
        foreach (var (name, value) in tags)
            key += name + "=" + value + ";";
        return key;
    }

    private sealed class Series(Action<double> record)
    {
        public bool WasSeen { get; set; }

        /// <summary>Null: it stays for ever.</summary>
        public Action? Remove { get; init; }

        public void Record(double value) => record(value);
    }
}
