using Media.Engine;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Tracing.Captures;

/// <summary>Two taps on one call.</summary>
internal sealed class TapPair(IMediaTap first, IMediaTap second) : IMediaTap
{
    public void Handle(CallLeg leg, bool isSent, bool isRtcp, ReadOnlySpan<byte> packet)
    {
        first.Handle(leg, isSent, isRtcp, packet);
        second.Handle(leg, isSent, isRtcp, packet);
    }
}
