using OpenTelemetry.Trace;

namespace Gateway.Worker.Tracing.Spans;

/// <summary>Lets a trace begin with a call only: what the gateway does beside its calls makes no spans.</summary>
internal sealed class OfCalls : Sampler
{
    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) => new(
        samplingParameters.ParentContext.TraceId != default || samplingParameters.Name == CallSpans.CallName
            ? SamplingDecision.RecordAndSample : SamplingDecision.Drop);
}
