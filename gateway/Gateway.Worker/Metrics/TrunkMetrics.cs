using System.Diagnostics.Metrics;
using Gateway.Sip.Trunks;

namespace Gateway.Worker.Metrics;

/// <summary>The state and registration of trunks, and the remaining validity of our certificates.</summary>
internal sealed class TrunkMetrics : IDisposable
{
    private readonly Meter _meter = new("Gateway.Trunks");

    /// <param name="trunks">The configured names.</param>
    /// <param name="health">Null for an unknown trunk.</param>
    /// <param name="expiries">Our certificates and when they run out (UTC).</param>
    /// <param name="time">What the expiries are held against.</param>
    public TrunkMetrics(
        Func<IEnumerable<string>> trunks, Func<string, TrunkHealth?> health, Func<IEnumerable<(string Name, DateTime NotAfter)>> expiries,
        TimeProvider time)
    {
        _meter.CreateObservableGauge(
            "gateway_sip_trunk_up",
            () => trunks().Select(name => Of(name, health(name)?.State == TrunkState.Up ? 1 : 0)),
            description: "1: the trunk answers, or is not probed; 0: it does not answer, or has not answered yet");
        _meter.CreateObservableGauge(
            "gateway_sip_trunk_registered",
            () => trunks().Where(name => health(name)?.Registered is not null)
                .Select(name => Of(name, health(name)!.Registered == true ? 1 : 0)),
            description: "1: we are registered at the trunk; 0: it refuses or does not answer; absent where we do not register");
        _meter.CreateObservableGauge(
            "gateway_sip_certificate_seconds",
            () => expiries().Select(certificate => new Measurement<double>(
                (certificate.NotAfter - time.GetUtcNow().UtcDateTime).TotalSeconds,
                new KeyValuePair<string, object?>("certificate", certificate.Name))),
            description: "Time until a TLS certificate of ours runs out; server: that of the listeners, else the trunk's");
    }

    private static Measurement<int> Of(string trunk, int value) => new(value, new KeyValuePair<string, object?>("trunk", trunk));

    public void Dispose() => _meter.Dispose();
}
