using System.Diagnostics.Metrics;
using Gateway.Sip;

namespace Gateway.Worker.Metrics;

/// <summary>Which trunks can carry calls: 1 up or not asked, 0 down.</summary>
internal sealed class TrunkMetrics : IDisposable
{
    private readonly Meter _meter = new("Gateway.Trunks");

    /// <param name="trunks">The configured names: a closed set.</param>
    /// <param name="health">Null for an unknown trunk.</param>
    public TrunkMetrics(IReadOnlyCollection<string> trunks, Func<string, TrunkHealth?> health) => _meter.CreateObservableGauge(
        "gateway_sip_trunk_up",
        () => trunks.Select(name => new Measurement<int>(
            health(name)?.State == TrunkState.Down ? 0 : 1, new KeyValuePair<string, object?>("trunk", name))),
        description: "1: calls can be placed on the trunk, or it has not been asked; 0: it does not answer");

    public void Dispose() => _meter.Dispose();
}
