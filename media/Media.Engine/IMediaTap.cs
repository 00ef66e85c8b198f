using Media.Protocols.Primitives;

namespace Media.Engine;

/// <summary>Sees a call's RTP and RTCP in the clear. Called on the call's media loop, which waits for it: it copies and returns.</summary>
public interface IMediaTap
{
    /// <param name="leg">Whose packet.</param>
    /// <param name="isSent">Sent by us.</param>
    /// <param name="isRtcp">A compound RTCP packet; else one of RTP.</param>
    /// <param name="packet">Decrypted, or not encrypted yet; valid during the call.</param>
    void Handle(CallLeg leg, bool isSent, bool isRtcp, ReadOnlySpan<byte> packet);
}
