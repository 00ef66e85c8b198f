using Media.Protocols.Rtp;

namespace Media.Engine.Bridge;

/// <summary>The timestamp that a stream's next packet would carry if the sender made no pause; default: nothing is expected.</summary>
internal readonly struct RtpExpectation(RtpTimestamp next)
{
    /// <summary>Longer pauses are filled by generated audio before the next packet comes, so they are not to be added again.</summary>
    private const int MaxMs = 60;

    private readonly bool _isKnown = true;

    /// <summary>How much the sender left out before <paramref name="timestamp"/>, ms.</summary>
    public int PauseBefore(RtpTimestamp timestamp, int clockRate) =>
        _isKnown ? Math.Clamp(timestamp.DistanceFrom(next) / (clockRate / 1000), 0, MaxMs) : 0;
}
