using Media.Engine.Quality;
using Media.Protocols.Jitter;
using Media.Protocols.Primitives;
using Media.Protocols.Quality;
using Media.Protocols.Rtcp;
using Media.Protocols.Sdp;

namespace Media.Engine.Legs;

/// <summary>The audio that a leg sends.</summary>
/// <param name="Codec">Null before one is agreed.</param>
/// <param name="PacketMs">Milliseconds in a packet.</param>
internal readonly record struct SentAudio(AudioCodec? Codec, int PacketMs);

/// <summary>The counts of one leg for its peer's stream, whatever RTCP sessions it had, and the quality that comes of them.</summary>
/// <param name="kind">Which leg.</param>
/// <param name="counters">Counted there as well.</param>
/// <param name="incoming">The leg's reorder buffer, which counts what is lost and what is late.</param>
internal sealed class LegMeter(CallLeg kind, MediaCounters counters, JitterBuffer incoming)
{
    private readonly long[] _outcomes = new long[Enum.GetValues<PlayoutOutcome>().Length];
    private RtcpStatistics _before; // of RTCP sessions that have ended
    private JitterStatistics _counted;
    private AudioCodec? _heard;
    private Instant? _timedOut; // the silence that was reported, by its beginning
    private int _timeouts;
    private bool _isOneWay;
    private LegCounts _sampled;

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
    /// <param name="sent">What is sent.</param>
    /// <param name="playoutDelay">What the peer's packets are held back; null: nothing.</param>
    public LegReport Read(in RtcpStatistics now, SentAudio sent, TimeSpan? playoutDelay)
    {
        var (counts, packets) = (Count(now, sent), Sum(now));
        var roundTrip = now.RoundTrip?.TotalMilliseconds;
        var delay = DelayOf(now, sent, playoutDelay);
        return new LegReport(
            NameOf(sent.Codec), packets.PacketsSent, counts.Received, counts.Lost, now.Jitter.TotalMilliseconds, roundTrip,
            roundTrip is null ? null : now.RemotePacketsLost, counts.Playout, LegScore.Of(counts, delay), _timeouts, _isOneWay);
    }

    /// <summary>The quality since the last sample.</summary>
    /// <param name="now">Of the RTCP session under way.</param>
    /// <param name="sent">What is sent.</param>
    /// <param name="playoutDelay">What the peer's packets are held back; null: nothing.</param>
    /// <param name="isSilent">Nothing comes while the other leg is heard.</param>
    public LegSample Sample(in RtcpStatistics now, SentAudio sent, TimeSpan? playoutDelay, bool isSilent)
    {
        var counts = Count(now, sent);
        var since = counts.Since(_sampled);
        _sampled = counts;
        var delay = DelayOf(now, sent, playoutDelay);
        return new LegSample(
            NameOf(sent.Codec), since.Received, since.LossRatio, since.BurstRatio, now.Jitter.TotalMilliseconds,
            now.RoundTrip?.TotalMilliseconds, delay, since.Playout, LegScore.Of(since, delay),
            now.RoundTrip is null ? null : now.RemoteFractionLost, now.RemoteMos, isSilent);
    }

    /// <summary>What the peer's listener here hears of it, since the call began.</summary>
    public VoipMetrics Metrics(in RtcpStatistics now, SentAudio sent, TimeSpan? playoutDelay)
    {
        var counts = Count(now, sent);
        var expected = Math.Max(1.0, counts.Received + counts.Lost);
        var playout = playoutDelay?.TotalMilliseconds ?? 2 * now.Jitter.TotalMilliseconds;
        return new VoipMetrics(
            default, Math.Max(0, counts.Lost) / expected, (counts.Playout.Late + counts.Playout.Discarded) / expected,
            incoming.Losses.Read(sent.PacketMs), (int?)now.RoundTrip?.TotalMilliseconds, (int)playout + sent.PacketMs,
            (int?)LegScore.Rating(counts, DelayOf(now, sent, playoutDelay)), LegScore.Of(counts, 0),
            LegScore.Of(counts, DelayOf(now, sent, playoutDelay)));
    }

    private LegCounts Count(in RtcpStatistics now, SentAudio sent)
    {
        CountOrder();
        var packets = Sum(now);
        return new LegCounts(
            _heard ?? sent.Codec, packets.PacketsReceived, packets.PacketsLost, incoming.Losses.Runs, incoming.Losses.Lost, Outcomes);
    }

    private static double DelayOf(in RtcpStatistics now, SentAudio sent, TimeSpan? playoutDelay) => LegScore.DelayMs(
        now.RoundTrip?.TotalMilliseconds, playoutDelay?.TotalMilliseconds ?? 2 * now.Jitter.TotalMilliseconds, sent.PacketMs);

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
