using System.Diagnostics.Metrics;

namespace Gateway.Worker.Spool;

/// <summary>What waits to be settled, and what could not be spooled as it should.</summary>
internal sealed class SpoolMetrics : IDisposable
{
    private readonly Meter _meter = new("Gateway.Spool");
    private readonly Counter<long> _failures;
    private readonly Counter<long> _refusals;

    public SpoolMetrics(Func<int> records, Func<TimeSpan> age, Func<int> setAside)
    {
        _meter.CreateObservableGauge("gateway_spool_records", records, "{record}", "Finished records that wait on this node's disk to be settled");
        _meter.CreateObservableGauge("gateway_spool_age_seconds", () => age().TotalSeconds, "s", "Age of the oldest of them; 0: none waits");
        _meter.CreateObservableGauge("gateway_spool_set_aside", setAside, "{record}", "Unreadable files in the spool's set-aside folder");
        _failures = _meter.CreateCounter<long>("gateway_spool_failures", "{record}", "Records that the disk did not take; memory keeps them");
        _refusals = _meter.CreateCounter<long>("gateway_spool_refusals", "{record}", "Tries at which PostgreSQL answered, but refused a record");
    }

    public void Failed() => _failures.Add(1);

    public void Refused() => _refusals.Add(1);

    public void Dispose() => _meter.Dispose();
}
