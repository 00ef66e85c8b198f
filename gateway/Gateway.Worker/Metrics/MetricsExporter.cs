using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Gateway.Worker.Metrics;

/// <summary>
/// Collects every instrument of the `Gateway.*` meters, and the runtime's own, and writes them as Prometheus text. A series is created at
/// its first measurement; labels come from closed sets, and a metric that grows past <see cref="MaxSeries"/> series drops the rest.
/// </summary>
public sealed class MetricsExporter : IDisposable
{
    private const int MaxSeries = 500;

    /// <summary>Seconds: from one RTP packet to a long call.</summary>
    private static readonly double[] Buckets =
        [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];

    private readonly MeterListener _listener = new();
    /// <summary>By name: an instrument that is created again continues the same metric.</summary>
    private readonly ConcurrentDictionary<string, Family> _families = new();

    public MetricsExporter()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name.StartsWith("Gateway.", StringComparison.Ordinal) || instrument.Meter.Name == "System.Runtime")
                listener.EnableMeasurementEvents(instrument, _families.GetOrAdd(instrument.Name, static (_, i) => new Family(i), instrument));
        };
        // The state is null when an instrument is disposed of while it is read: at a stop.
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => (state as Family)?.Record(value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, state) => (state as Family)?.Record(value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => (state as Family)?.Record(value, tags));
        _listener.Start();
    }

    /// <summary>The current values of everything, in the text exposition format.</summary>
    public string Collect()
    {
        _listener.RecordObservableInstruments();
        var text = new PrometheusText();
        foreach (var family in _families.Values.OrderBy(f => f.Name, StringComparer.Ordinal))
            family.Write(text);
        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    /// <summary>One metric with its series.</summary>
    private sealed class Family(Instrument instrument)
    {
        private readonly ConcurrentDictionary<string, Series> _series = new();
        private readonly string _type = instrument.GetType().Name switch
        {
            var name when name.Contains("UpDown", StringComparison.Ordinal) || name.Contains("Gauge", StringComparison.Ordinal) => "gauge",
            var name when name.Contains("Histogram", StringComparison.Ordinal) => "histogram",
            _ => "counter",
        };

        /// <summary>
        /// Dots become underscores; a counter ends in `_total`, and a gauge does not end in `_count` as some of the runtime's do, since
        /// that suffix belongs to histograms.
        /// </summary>
        public string Name => (_type, instrument.Name.Replace('.', '_').Replace('-', '_')) switch
        {
            ("counter", var name) when !name.EndsWith("_total", StringComparison.Ordinal) => name + "_total",
            (not "histogram", var name) when name.EndsWith("_count", StringComparison.Ordinal) => name[..^"_count".Length] + "_current",
            (_, var name) => name,
        };

        public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var key = Key(tags);
            if (!_series.TryGetValue(key, out var series))
            {
                if (_series.Count >= MaxSeries)
                    return;
                series = _series.GetOrAdd(key, new Series(Labels(tags), _type == "histogram" ? Buckets.Length + 1 : 0));
            }
            if (_type == "histogram")
                series.Observe(value);
            else if (instrument.IsObservable || instrument.GetType().Name.StartsWith("Gauge", StringComparison.Ordinal))
                series.Set(value);
            else
                series.Add(value);
        }

        public void Write(PrometheusText text)
        {
            if (_series.IsEmpty)
                return;
            text.Header(Name, _type, instrument.Description ?? instrument.Name);
            foreach (var (_, series) in _series.OrderBy(s => s.Key, StringComparer.Ordinal))
                series.Write(text, Name);
        }

        private static string Key(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (tags.Length == 0)
                return "";
            var key = "";
            foreach (var (name, value) in tags)
                key += name + "=" + value + ";";
            return key;
        }

        private static KeyValuePair<string, string>[] Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var labels = new KeyValuePair<string, string>[tags.Length];
            for (var i = 0; i < tags.Length; i++)
                labels[i] = new(tags[i].Key.Replace('.', '_'), tags[i].Value?.ToString() ?? "");
            return labels;
        }
    }

    private sealed class Series(KeyValuePair<string, string>[] labels, int buckets)
    {
        private readonly long[] _counts = new long[buckets];
        private readonly Lock _lock = new();
        private double _value;

        public void Add(double value)
        {
            lock (_lock)
                _value += value;
        }

        public void Set(double value)
        {
            lock (_lock)
                _value = value;
        }

        public void Observe(double value)
        {
            var bucket = Array.BinarySearch(Buckets, value);
            lock (_lock)
            {
                _counts[bucket < 0 ? ~bucket : bucket]++;
                _value += value;
            }
        }

        public void Write(PrometheusText text, string name)
        {
            lock (_lock)
            {
                if (buckets == 0)
                {
                    text.Sample(name, labels, _value);
                    return;
                }
                long cumulative = 0;
                for (var i = 0; i < buckets; i++)
                    text.Sample(name + "_bucket", labels, cumulative += _counts[i], i < Buckets.Length ? PrometheusText.Number(Buckets[i]) : "+Inf");
                text.Sample(name + "_sum", labels, _value);
                text.Sample(name + "_count", labels, cumulative);
            }
        }
    }
}
