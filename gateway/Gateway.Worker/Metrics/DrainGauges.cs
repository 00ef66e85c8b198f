using System.Diagnostics.Metrics;

namespace Gateway.Worker.Metrics;

/// <summary>What is left of a node that stops.</summary>
internal sealed class DrainGauges : IDisposable
{
    private readonly Meter _meter = new("Gateway.Drain");

    /// <param name="calls">Its live calls; 0 in service.</param>
    /// <param name="secondsLeft">Until they are ended; 0 in service.</param>
    public DrainGauges(Func<int> calls, Func<double> secondsLeft)
    {
        _meter.CreateObservableGauge(
            "gateway_drain_calls", calls, "{call}", "Calls that are left of this node, which stops; 0 in service");
        _meter.CreateObservableGauge(
            "gateway_drain_left_seconds", secondsLeft, "s", "Time that those calls have until they are ended; 0 in service");
    }

    public void Dispose() => _meter.Dispose();
}
