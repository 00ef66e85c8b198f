using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Prometheus;

namespace Gateway.Worker.Metrics;

/// <summary>
/// Every instrument of the `Gateway.*` meters, and the runtime's own, in a registry of prometheus-net. A series is created at its first
/// measurement.
/// </summary>
/// <remarks>
/// Its own adapter of .NET meters would put the meter before each name, show counters as gauges and forget what is quiet for five minutes:
/// names and types are an operator's contract, so the metrics are made here.
/// </remarks>
public sealed class MetricsExporter : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly MetricFactory _factory;

    /// <summary>By name: an instrument that is made anew, or twice, goes on in the same metric.</summary>
    private readonly ConcurrentDictionary<string, MetricFamily> _families = new();

    public MetricsExporter()
    {
        _factory = Prometheus.Metrics.WithCustomRegistry(Registry);
        _factory.ExemplarBehavior = ExemplarBehavior.NoExemplars();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name.StartsWith("Gateway.", StringComparison.Ordinal) || instrument.Meter.Name == "System.Runtime")
                listener.EnableMeasurementEvents(
                    instrument, _families.GetOrAdd(instrument.Name, (_, one) => new MetricFamily(one, _factory), instrument));
        };
        // The state is gone when an instrument is disposed of while it is read: at a stop.
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => (state as MetricFamily)?.Record(value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, state) => (state as MetricFamily)?.Record(value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => (state as MetricFamily)?.Record(value, tags));
        _listener.Start();
        Registry.AddBeforeCollectCallback(Observe);
    }

    /// <summary>The metrics that /metrics shows.</summary>
    public CollectorRegistry Registry { get; } = Prometheus.Metrics.NewCustomRegistry();

    public void Dispose() => _listener.Dispose();

    private void Observe()
    {
        lock (_families) // two scrapes at once would forget each other's series
        {
            _listener.RecordObservableInstruments();
            foreach (var family in _families.Values)
                family.Sweep();
        }
    }
}
