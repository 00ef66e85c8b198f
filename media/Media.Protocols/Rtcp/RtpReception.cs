using Media.Protocols.Primitives;
using Media.Protocols.Rtp;

namespace Media.Protocols.Rtcp;

/// <summary>
/// Counts what arrives from one peer: extended highest sequence number, loss and interarrival jitter (RFC 3550 appendices A.1, A.3,
/// A.8). One source at a time; another, or a far jump, is believed when two consecutive packets confirm it. Totals go on across sources.
/// </summary>
internal sealed class RtpReception
{
    private const int MaxDropout = 3000;
    private const int MaxMisorder = 100;

    /// <summary>A transit change beyond this is a new timestamp base, not jitter.</summary>
    private const int MaxTransitSeconds = 10;

    private Instant _origin;
    private uint _baseSequence;
    private uint _cycles;
    private SequenceNumber _highest;
    private long _receivedHere;
    private long _lostBefore;
    private long _expectedAtReport;
    private long _receivedAtReport;
    private Ssrc _candidate;
    private SequenceNumber _candidateNext;
    private bool _hasCandidate;
    private bool _hasTransit;
    private int _transit;
    private uint _scaledJitter; // × 16, in units of _clockRate
    private int _clockRate = 1;

    /// <summary>A source has been received.</summary>
    public bool HasSource { get; private set; }

    public Ssrc Source { get; private set; }

    public long Received { get; private set; }

    public long Lost => _lostBefore + Math.Max(0, ExpectedHere - _receivedHere);

    public TimeSpan Jitter => TimeSpan.FromSeconds((double)JitterUnits / _clockRate);

    private uint JitterUnits => _scaledJitter >> 4;

    private uint ExtendedHighest => _cycles + _highest.Value;

    private long ExpectedHere => HasSource ? (long)ExtendedHighest - _baseSequence + 1 : 0;

    /// <param name="header">Of a packet that is authentic, as far as the leg can tell.</param>
    /// <param name="now">The time of arrival.</param>
    /// <param name="clockRate">
    /// Of the codec that the packet holds: the unit of its timestamp (RFC 3550 §6.4.1), whatever is sent back.
    /// </param>
    /// <param name="isTimed">
    /// False for packets whose timestamp is not their sampling time (telephone-events): no jitter is taken from them.
    /// </param>
    public void Handle(in RtpHeader header, Instant now, int clockRate, bool isTimed)
    {
        if (!HasSource)
        {
            _origin = now;
            Begin(header);
        }
        else if (!Follow(header))
        {
            return;
        }
        Received++;
        _receivedHere++;
        if (isTimed)
            UpdateJitter(header.Timestamp, now, clockRate);
    }

    /// <summary>The report block on the current source; begins a new reporting interval.</summary>
    public RtcpReportBlock TakeReport(uint lastSenderReport, uint delaySinceLastSenderReport)
    {
        var expected = ExpectedHere - _expectedAtReport;
        var lost = expected - (_receivedHere - _receivedAtReport);
        _expectedAtReport = ExpectedHere;
        _receivedAtReport = _receivedHere;
        var fraction = expected <= 0 || lost <= 0 ? 0 : (byte)Math.Min(255, (lost << 8) / expected);
        return new RtcpReportBlock(
            Source, (byte)fraction, (int)Math.Clamp(ExpectedHere - _receivedHere, -0x80_0000, 0x7F_FFFF), ExtendedHighest, JitterUnits,
            lastSenderReport, delaySinceLastSenderReport);
    }

    private bool Follow(in RtpHeader header)
    {
        var ahead = header.SequenceNumber.DistanceFrom(_highest);
        if (header.Ssrc == Source && ahead is < MaxDropout and > -MaxMisorder)
        {
            _hasCandidate = false;
            if (ahead <= 0)
                return true;
            if (header.SequenceNumber.Value < _highest.Value)
                _cycles += 0x1_0000;
            _highest = header.SequenceNumber;
            return true;
        }
        if (_hasCandidate && header.Ssrc == _candidate && header.SequenceNumber == _candidateNext)
        {
            _lostBefore = Lost;
            Begin(header);
            return true;
        }
        _hasCandidate = true;
        _candidate = header.Ssrc;
        _candidateNext = header.SequenceNumber.Next;
        return false;
    }

    private void Begin(in RtpHeader header)
    {
        HasSource = true;
        Source = header.Ssrc;
        _highest = header.SequenceNumber;
        _baseSequence = header.SequenceNumber.Value;
        _cycles = 0;
        _receivedHere = 0;
        _expectedAtReport = 0;
        _receivedAtReport = 0;
        _hasCandidate = false;
        _hasTransit = false;
        _scaledJitter = 0;
    }

    private void UpdateJitter(RtpTimestamp timestamp, Instant now, int clockRate)
    {
        if (clockRate != _clockRate)
        {
            _scaledJitter = (uint)((ulong)_scaledJitter * (uint)clockRate / (uint)_clockRate);
            _clockRate = clockRate;
            _hasTransit = false;
        }
        var arrival = (uint)((now - _origin).Ticks * clockRate / TimeSpan.TicksPerSecond);
        var transit = (int)(arrival - timestamp.Value);
        var change = Math.Abs((long)(transit - _transit));
        var comparable = _hasTransit && change < (long)MaxTransitSeconds * clockRate;
        _transit = transit;
        _hasTransit = true;
        if (comparable)
            _scaledJitter = (uint)(_scaledJitter + change - ((_scaledJitter + 8) >> 4));
    }
}
