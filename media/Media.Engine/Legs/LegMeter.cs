using Media.Engine.Quality;
using Media.Protocols.Jitter;
using Media.Protocols.Primitives;
using Media.Protocols.Rtcp;
using Media.Protocols.Sdp;

namespace Media.Engine.Legs;

/// <summary>The counts of one leg for its peer's stream, whatever RTCP sessions it had, and the quality that comes of them.</summary>
/// <param name="kind">Which leg.</param>
/// <param name="counters">Counted there as well.</param>
/// <param name="incoming">The leg's reorder buffer, which counts what is lost and what is late.</param>
internal sealed class LegMeter(CallLeg kind, MediaCounters counters, JitterBuffer incoming)
{
    private readonly long[] _outcomes = new long[Enum.GetValues<PlayoutOutcome>().Length];
    private RtcpStatistics _before; // of RTCP sessions that ended when the clock rate changed
    private JitterStatistics _counted;
    private AudioCodec? _heard;
    private Instant? _timedOut; // the silence that was reported, by its beginning
    private int _timeouts;
    private bool _isOneWay;

    /// <summary>Counts what became of packets of the peer on their way to the other leg.</summary>
    public void Count(PlayoutOutcome outcome, long packets = 1)
    {
        _outcomes[(int)outcome] += packets;
        counters.Playout[(int)kind][(int)outcome] += packets;
    }

    /// <summary>Audio of this codec came.</summary>
    public void Hear(AudioCodec codec) => _heard = codec;

    /// <summary>An RTCP session has ended; another follows.</summary>
    public void End(in RtcpStatistics last) => _before = Sum(last);

    /// <summary>The packets of the RTCP sessions that have ended and of the one under way; nothing else of them.</summary>
    public RtcpStatistics Sum(in RtcpStatistics now) => new()
    {
        PacketsSent = _before.PacketsSent + now.PacketsSent,
        PacketsReceived = _before.PacketsReceived + now.PacketsReceived,
        PacketsLost = _before.PacketsLost + now.PacketsLost,
    };

    /// <summary>A silence that is longer than the limit: true once for each.</summary>
    public bool HasTimedOut(Instant lastHeard, Instant otherLastHeard, TimeSpan limit, Instant now)
    {
        if (now - lastHeard <= limit || _timedOut == lastHeard)
            return false;
        _timedOut = lastHeard;
        _timeouts++;
        counters.Timeouts[(int)kind]++;
        _isOneWay |= now - otherLastHeard < limit / 2;
        return true;
    }

    /// <summary>The quality so far.</summary>
    /// <param name="now">Of the RTCP session under way.</param>
    /// <param name="codec">That is sent; null before one is agreed.</param>
    /// <param name="playoutDelay">What the peer's packets are held back; null: nothing.</param>
    public LegReport Read(in RtcpStatistics now, AudioCodec? codec, TimeSpan? playoutDelay)
    {
        CountOrder();
        var packets = Sum(now);
        var (received, lost) = (packets.PacketsReceived, packets.PacketsLost);
        var jitter = now.Jitter.TotalMilliseconds;
        var roundTrip = now.RoundTrip?.TotalMilliseconds;
        var playout = Outcomes;
        var score = LegScore.Of(_heard ?? codec, received, lost, playout, playoutDelay?.TotalMilliseconds ?? 2 * jitter, roundTrip);
        return new LegReport(
            NameOf(codec), packets.PacketsSent, received, lost, jitter, roundTrip,
            roundTrip is null ? null : now.RemotePacketsLost, playout, score, _timeouts, _isOneWay);
    }

    private PlayoutCounts Outcomes => new(
        _outcomes[(int)PlayoutOutcome.Lost], _outcomes[(int)PlayoutOutcome.Late], _outcomes[(int)PlayoutOutcome.Concealed],
        _outcomes[(int)PlayoutOutcome.Recovered], _outcomes[(int)PlayoutOutcome.Discarded]);

    /// <summary>Takes over what the reorder buffer has counted since the last time.</summary>
    private void CountOrder()
    {
        var now = incoming.Statistics;
        Count(PlayoutOutcome.Lost, now.Lost - _counted.Lost);
        Count(PlayoutOutcome.Late, now.Late - _counted.Late);
        _counted = now;
    }

    private static string? NameOf(AudioCodec? codec) => codec switch
    {
        AudioCodec.Opus => "opus",
        AudioCodec.Pcmu => "PCMU",
        AudioCodec.Pcma => "PCMA",
        AudioCodec.G722 => "G722",
        _ => null,
    };
}
