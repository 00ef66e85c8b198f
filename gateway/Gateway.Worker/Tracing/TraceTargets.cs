using Gateway.Worker.Tracing.Hep;
using Gateway.Worker.Tracing.Spans;

namespace Gateway.Worker.Tracing;

/// <summary>Where traces go beside PostgreSQL.</summary>
/// <param name="Spans">Null: there is no collector.</param>
/// <param name="Hep">Sends where a capture server is configured.</param>
internal sealed record TraceTargets(CallSpans? Spans = null, HepSender? Hep = null);
