using Gateway.Worker.Tracing.Hep;
using Gateway.Worker.Tracing.Spans;

namespace Gateway.Worker.Tracing;

/// <summary>Where traces go beside PostgreSQL.</summary>
/// <param name="Spans">Null: there is no collector.</param>
/// <param name="Hep">Null: there is no capture server.</param>
internal sealed record TraceTargets(CallSpans? Spans = null, HepSender? Hep = null);
