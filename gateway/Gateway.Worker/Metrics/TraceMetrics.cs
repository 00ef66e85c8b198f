using System.Diagnostics.Metrics;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Metrics;

/// <summary>Where traces go.</summary>
internal enum TraceTarget
{
    /// <summary>PostgreSQL.</summary>
    Store,

    /// <summary>A collector of OpenTelemetry.</summary>
    Otlp,

    /// <summary>A capture server that takes HEP.</summary>
    Hep,
}

/// <summary>The metrics of traces.</summary>
internal static class TraceMetrics
{
    private static readonly Meter Meter = new("Gateway.Tracing");

    private static readonly Counter<long> Written = Meter.CreateCounter<long>(
        "gateway_traces_sent", "{trace}", "Traces of calls that were stored or sent, and HEP packets, by target");

    private static readonly Counter<long> Drops = Meter.CreateCounter<long>(
        "gateway_traces_dropped", "{trace}", "The same that were dropped, since the target is slow, away or refuses them");

    public static void Sent(TraceTarget target, int count = 1) => Written.Add(count, Label(target));

    public static void Dropped(TraceTarget target, int count = 1) => Drops.Add(count, Label(target));

    private static KeyValuePair<string, object?> Label(TraceTarget target) => new("target", WireName.Of(target));
}
