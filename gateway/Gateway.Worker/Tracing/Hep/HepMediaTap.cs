using Media.Engine;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Tracing.Hep;

/// <summary>Passes a call's RTCP on to the capture server. RTP is not its business.</summary>
internal sealed class HepMediaTap(HepSender hep, string call) : IMediaTap
{
    public void Handle(CallLeg leg, bool isSent, bool isRtcp, ReadOnlySpan<byte> packet)
    {
        if (isRtcp)
            hep.AddRtcp(call, leg, isSent, packet.ToArray()); // a few a call every five seconds
    }
}
