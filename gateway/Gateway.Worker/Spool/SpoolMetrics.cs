using System.Diagnostics.Metrics;

namespace Gateway.Worker.Spool;

/// <summary>The metrics of waiting and failed records.</summary>
internal sealed class SpoolMetrics : IDisposable
{
    private readonly Meter _meter = new("Gateway.Spool");
    private readonly Counter<long> _failures;
    private readonly Counter<long> _refusals;

    public SpoolMetrics(Func<int> records, Func<TimeSpan> age, Func<int> setAside)
    {
        _meter.CreateObservableGauge(
            "gateway_spool_records", records, "{record}", "Finished records that wait on this node's disk to be settled");
        _meter.CreateObservableGauge(
            "gateway_spool_age_seconds", () => age().TotalSeconds, "s", "Age of the oldest waiting record; 0: none waits");
        _meter.CreateObservableGauge("gateway_spool_set_aside", setAside, "{record}", "Unreadable files in the spool's set-aside folder");
        _failures = _meter.CreateCounter<long>(
            "gateway_spool_failures", "{record}", "Records that could not be written to the disk and are kept in memory");
        _refusals = _meter.CreateCounter<long>(
            "gateway_spool_refusals", "{record}", "Attempts in which PostgreSQL answered, but refused a record");
    }

    public void Failed() => _failures.Add(1);

    public void Refused() => _refusals.Add(1);

    public void Dispose() => _meter.Dispose();
}
