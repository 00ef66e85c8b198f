using System.Text;
using Media.Protocols.Primitives;
using Media.Protocols.Rtp;

namespace Media.Protocols.Rtcp;

/// <summary>
/// RTCP of one leg between two parties (RFC 3550 §6 and appendix A): counts both directions, schedules and
/// writes reports, reads the peer's. Packets given to it are plain, and authentic as far as the leg can tell.
/// </summary>
public sealed class RtcpSession
{
    /// <summary>
    /// The longest compound this session writes, in bytes: a sender report on one source, a 255-byte name, VoIP metrics and a goodbye.
    /// </summary>
    public const int MaxLength = 380;

    /// <summary>
    /// RFC 3550 §6.2: the minimum interval, which two parties on one voice stream always have; half of it before the first report.
    /// </summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>RFC 3550 §6.3.1: e − 3/2 compensates for timer reconsideration; kept because peers expect that spread.</summary>
    private const double Compensation = 1.21828;

    /// <summary>No path is this slow: a longer round trip is a stale or wrong reference.</summary>
    private static readonly TimeSpan MaxRoundTrip = TimeSpan.FromSeconds(30);

    private readonly Ssrc _local;
    private readonly byte[] _cname;
    private readonly int _clockRate;
    private readonly IEntropy _entropy;
    private readonly RtpReception _reception;

    private long _packetsSent;
    private long _octetsSent;
    private Instant _sentAt;
    private Instant _timedAt;
    private RtpTimestamp _timedTimestamp;
    private bool _hasReported;
    private long _receivedAtReport;
    private byte _fractionLost;

    private Ssrc _senderReportSource;
    private uint _senderReportNtp;
    private Instant _senderReportAt;
    private RtcpReportBlock _remote;
    private TimeSpan? _roundTrip;
    private bool _hasLeft;
    private double? _remoteMos;

    /// <exception cref="ArgumentException">The canonical name is too long.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The clock rate is not positive.</exception>
    public RtcpSession(RtcpSessionOptions options, IEntropy entropy, Instant now)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(entropy);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.ClockRate);
        _local = options.Local;
        _cname = Encoding.UTF8.GetBytes(options.Cname);
        if (_cname.Length > byte.MaxValue)
            throw new ArgumentException("A canonical name has at most 255 bytes.", nameof(options));
        _clockRate = options.ClockRate;
        _entropy = entropy;
        _reception = new RtpReception();
        NextDeadline = now + Randomize(Interval / 2);
    }

    /// <summary>The time at which the next report is due.</summary>
    public Instant NextDeadline { get; private set; }

    /// <summary>Reports of the peer on our stream so far.</summary>
    public long RemoteReports { get; private set; }

    /// <summary>What the next reports say of the peer's stream, beside their block on it; null: nothing (RFC 3611 §4.7).</summary>
    public VoipMetrics? Metrics { get; set; }

    public RtcpStatistics Statistics => new(
        _packetsSent, _octetsSent, _reception.Received, _reception.Lost, _fractionLost / 256.0, _reception.Jitter,
        Math.Max(0, _remote.CumulativeLost), _remote.FractionLost / 256.0, TimeSpan.FromSeconds((double)_remote.Jitter / _clockRate),
        _roundTrip, _hasLeft)
    {
        RemoteMos = _remoteMos,
    };

    /// <summary>An RTP packet went out.</summary>
    /// <param name="timestamp">As sent.</param>
    /// <param name="payloadLength">Bytes without header, padding and tag.</param>
    /// <param name="now">The time of sending.</param>
    /// <param name="isTimed">False for telephone-events, whose timestamp is their beginning.</param>
    public void HandleRtpSent(RtpTimestamp timestamp, int payloadLength, Instant now, bool isTimed = true)
    {
        _packetsSent++;
        _octetsSent += payloadLength;
        _sentAt = now;
        if (!isTimed && _packetsSent > 1)
            return;
        _timedAt = now;
        _timedTimestamp = timestamp;
    }

    /// <summary>An RTP packet came in.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="now">The time of arrival.</param>
    /// <param name="isTimed">False for telephone-events, whose timestamp is their beginning.</param>
    /// <param name="clockRate">Of the codec in it; 0: the one that is sent.</param>
    public void HandleRtpReceived(in RtpHeader header, Instant now, bool isTimed = true, int clockRate = 0)
    {
        _reception.Handle(header, now, clockRate == 0 ? _clockRate : clockRate, isTimed);
        _hasLeft = false;
    }

    /// <summary>An RTCP compound came in. False, with the reason, when it is malformed; unknown and feedback packets are skipped.</summary>
    public bool HandleRtcp(ReadOnlySpan<byte> compound, Instant now, out RtcpReadError error)
    {
        if (!RtcpReader.TryRead(compound, out var reader, out error))
            return false;
        while (reader.TryReadNext(out var packet))
        {
            if (packet.TryReadSenderInfo(out var info))
                (_senderReportSource, _senderReportNtp, _senderReportAt) = (info.Sender, info.Ntp.Middle, now);
            for (var i = 0; packet.TryReadReportBlock(i, out var block); i++)
            {
                if (block.Source == _local)
                    HandleReportOnUs(block, now);
            }
            if (packet.TryReadVoipMetrics(_local, out var metrics))
                _remoteMos = metrics.ConversationalMos ?? metrics.ListeningMos;
            for (var i = 0; packet.TryReadGoodbye(i, out var source); i++)
                _hasLeft |= _reception.HasSource && source == _reception.Source;
        }
        return true;
    }

    /// <summary>Writes the report that is due, if one is, and schedules the next.</summary>
    /// <param name="destination">At least <see cref="MaxLength"/> bytes.</param>
    /// <param name="now">The time.</param>
    /// <param name="length">Bytes written.</param>
    /// <exception cref="ArgumentException">The destination is too small.</exception>
    public bool TryPollTransmit(Span<byte> destination, Instant now, out int length)
    {
        length = 0;
        if (now < NextDeadline)
            return false;
        length = WriteReport(destination, now, goodbye: false);
        NextDeadline = now + Randomize(Interval);
        return true;
    }

    /// <summary>
    /// Writes the last report with a goodbye, to be sent once when the leg ends (RFC 3550 §6.6); nothing is due after it.
    /// </summary>
    /// <param name="destination">At least <see cref="MaxLength"/> bytes.</param>
    /// <param name="now">The time.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">The destination is too small.</exception>
    public int WriteGoodbye(Span<byte> destination, Instant now)
    {
        NextDeadline = Instant.Never;
        return WriteReport(destination, now, goodbye: true);
    }

    private int WriteReport(Span<byte> destination, Instant now, bool goodbye)
    {
        if (destination.Length < MaxLength)
            throw new ArgumentException($"A report may need {MaxLength} bytes.", nameof(destination));
        var writer = new RtcpWriter(destination);
        var blocks = TryTakeBlock(now, out var block) ? new ReadOnlySpan<RtcpReportBlock>(in block) : default;
        // RFC 3550 §6.4: a sender report from a party that has sent in the last two intervals.
        if (_packetsSent > 0 && now - _sentAt <= 2 * Interval)
            writer.TryAddSenderReport(DescribeSender(now), blocks);
        else
            writer.TryAddReceiverReport(_local, blocks);
        writer.TryAddCname(_local, _cname);
        if (Metrics is { } metrics && _reception.HasSource)
            writer.TryAddVoipMetrics(_local, metrics with { Source = _reception.Source });
        if (goodbye)
            writer.TryAddGoodbye(_local);
        _hasReported = true;
        return writer.Length;
    }

    /// <summary>RFC 3550 §6.4: a block on a source that was received since the last report.</summary>
    private bool TryTakeBlock(Instant now, out RtcpReportBlock block)
    {
        block = default;
        if (!_reception.HasSource || (_hasReported && _reception.Received == _receivedAtReport))
            return false;
        _receivedAtReport = _reception.Received;
        var knowsSenderReport = _senderReportNtp != 0 && _senderReportSource == _reception.Source;
        block = knowsSenderReport
            ? _reception.TakeReport(_senderReportNtp, ToShortUnits(now - _senderReportAt))
            : _reception.TakeReport(0, 0);
        _fractionLost = block.FractionLost;
        return true;
    }

    private RtcpSenderInfo DescribeSender(Instant now)
    {
        var elapsed = (now - _timedAt).Ticks * _clockRate / TimeSpan.TicksPerSecond;
        return new RtcpSenderInfo(
            _local, NtpTimestamp.From(now), _timedTimestamp + (int)elapsed, (uint)_packetsSent, (uint)_octetsSent);
    }

    private void HandleReportOnUs(in RtcpReportBlock block, Instant now)
    {
        _remote = block;
        RemoteReports++;
        if (block.LastSenderReport == 0)
            return;
        // RFC 3550 §6.4.1: A − LSR − DLSR, in 2^-16 s, modulo 2^32.
        var units = (int)(NtpTimestamp.From(now).Middle - block.LastSenderReport - block.DelaySinceLastSenderReport);
        var roundTrip = TimeSpan.FromSeconds(units / 65536.0);
        if (roundTrip <= MaxRoundTrip && roundTrip > -TimeSpan.FromSeconds(1))
            _roundTrip = roundTrip < TimeSpan.Zero ? TimeSpan.Zero : roundTrip; // clock granularity and drift
    }

    private static uint ToShortUnits(TimeSpan span) => (uint)(span.Ticks * 65536 / TimeSpan.TicksPerSecond);

    /// <summary>RFC 3550 §6.3.1: half to one and a half times the interval, so that parties do not fall in step.</summary>
    private TimeSpan Randomize(TimeSpan interval) => interval * ((0.5 + _entropy.NextUInt32() / 4294967296.0) / Compensation);
}
