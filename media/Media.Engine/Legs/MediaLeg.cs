using Media.Engine.Codecs;
using Media.Engine.Quality;
using Media.Protocols.Dtmf;
using Media.Protocols.Jitter;
using Media.Protocols.Primitives;
using Media.Protocols.Quality;
using Media.Protocols.Rtcp;
using Media.Protocols.Rtp;
using Media.Protocols.Sdp;
using Media.Protocols.Srtp;

namespace Media.Engine.Legs;

/// <summary>
/// The base that both legs have in common: one stream out, one stream in, telephone-events and RTCP on it, SRTP around it. How packets
/// travel is the derived leg's. Owned by its session.
/// </summary>
internal abstract class MediaLeg : IDisposable
{
    private static readonly TimeSpan MaxReorderWindow = TimeSpan.FromMilliseconds(120);

    /// <summary>Silence is generated long before.</summary>
    private const int LongestIdleMs = 60_000;

    private RtpTimestamp _lineSeen;
    private Instant _lineMovedAt = Instant.Never;
    private string _cname;
    private readonly ReceivedTypes _received = new();
    private readonly LegMeter _meter;

    protected MediaLeg(CallLeg kind, MediaContext context)
    {
        Kind = kind;
        Context = context;
        Output = new RtpOutput(context.Entropy);
        Incoming = new JitterBuffer(
            new JitterBufferOptions { Window = context.Options.ReorderWindow, MaxReordering = 2, MaxWindow = MaxReorderWindow });
        _meter = new LegMeter(kind, context.Counters, Incoming);
        _cname = context.Entropy.NextHex(16);
        Protection = new LossProtection(context.Options.Opus);
    }

    public CallLeg Kind { get; }

    public RtpOutput Output { get; }

    /// <summary>The peer's stream, in order.</summary>
    public JitterBuffer Incoming { get; }

    /// <summary>The schedule by which the peer's packets are played to the other leg; null: at once, with their own time.</summary>
    public AdaptivePlayout? Playout { get; set; }

    /// <summary>Sees every packet in the clear; null: nobody does.</summary>
    public IMediaTap? Tap { get; set; }

    /// <summary>Media may be sent now, and there is somewhere to send it.</summary>
    public abstract bool CanSend { get; }

    /// <summary>RTCP may be sent now. It goes on while a held leg takes no media.</summary>
    protected abstract bool CanReport { get; }

    /// <summary>The peer is told what is heard of it.</summary>
    protected virtual bool SendsMetrics => false;

    /// <summary>The loss on the way to the peer that encoders prepare for.</summary>
    public LossProtection Protection { get; }

    /// <summary>The codecs that may be received.</summary>
    public IReadOnlyList<AgreedCodec> Codecs { get; private set; } = [];

    /// <summary>The codec that is sent; valid once <see cref="Codecs"/> are.</summary>
    public AgreedCodec Sending { get; private set; }

    public AgreedTelephoneEvent? TelephoneEvent { get; private set; }

    /// <summary>Milliseconds of audio per packet sent.</summary>
    public int PacketTime { get; private set; } = 20;

    /// <summary>The format that the peer's Opus decoder asks for.</summary>
    public OpusFormat Opus { get; private set; }

    /// <summary>Key presses from the peer; null before anything was agreed.</summary>
    public DigitReaders? DigitsIn { get; private set; }

    /// <summary>Key presses to the peer.</summary>
    public TelephoneEventWriter? DigitsOut { get; private set; }

    /// <summary>The time at which the last authentic media packet came; the leg's beginning before the first.</summary>
    public Instant LastHeard { get; set; }

    /// <summary>Units of the RTP clock in a millisecond of what is sent.</summary>
    public int UnitsPerMs => Sending.Codec.ClockRate() / 1000;

    /// <summary>The peer's last packet was comfort noise: it pauses on purpose (RFC 3389).</summary>
    public bool IsPausing { get; private set; }

    protected MediaContext Context { get; }

    protected RtcpSession? Rtcp { get; private set; }

    protected SrtpSession? Srtp { get; set; }

    /// <summary>RTCP's name for us.</summary>
    protected string Cname => _cname;

    public Instant RtcpDeadline => Rtcp is { } rtcp && CanReport ? rtcp.NextDeadline : Instant.Never;

    /// <summary>The time at which a telephone-event is due to be sent, or one that is received counts as ended.</summary>
    public Instant DigitDeadline
    {
        get
        {
            var incoming = DigitsIn?.NextDeadline ?? Instant.Never;
            return CanSend && DigitsOut is { } outgoing ? Instant.Min(incoming, outgoing.NextDeadline) : incoming;
        }
    }

    public LegReport Quality => _meter.Read(Rtcp?.Statistics ?? default, Sent, Playout?.Delay);

    /// <summary>How far both streams have come.</summary>
    public LegCounters Counters
    {
        get
        {
            var packets = _meter.Sum(Rtcp?.Statistics ?? default);
            return new LegCounters(
                Output.Ssrc.Value, Output.Next.Value, Output.Timestamp.Value, Srtp?.PositionOf(Output.Ssrc) ?? SrtpPosition.None,
                packets.PacketsSent, packets.PacketsReceived, packets.PacketsLost);
        }
    }

    /// <summary>The quality since the last sample.</summary>
    /// <param name="isSilent">Nothing comes while the other leg is heard.</param>
    public LegSample Sample(bool isSilent) => _meter.Sample(Rtcp?.Statistics ?? default, Sent, Playout?.Delay, isSilent);

    private SentAudio Sent => new(Codecs.Count > 0 ? Sending.Codec : null, PacketTime);

    /// <summary>Counts what became of a packet of this leg's peer on its way to the other leg.</summary>
    public void Count(PlayoutOutcome outcome) => _meter.Count(outcome);

    /// <summary>Finds the codec of a received payload type.</summary>
    public bool TryGetCodec(byte payloadType, out AudioCodec codec) => _received.TryGetCodec(payloadType, out codec);

    /// <summary>The buffer for the payload of the next packet; room for the header is before it, for encryption behind it.</summary>
    public Span<byte> BeginPayload()
    {
        var packet = Begin();
        return packet.IsEmpty ? default : packet[RtpPacketWriter.HeaderLength..^SrtpSession.MaxOverhead];
    }

    /// <summary>Sends what was written since <see cref="BeginPayload"/> as audio lasting <paramref name="units"/>.</summary>
    public void SendAudio(int payloadLength, int units, Instant now)
    {
        var packet = Begin();
        var timestamp = Output.WriteAudioHeader(packet, Sending.SendPayloadType, units);
        (_lineSeen, _lineMovedAt) = (Output.Timestamp, now);
        Finish(packet, payloadLength, timestamp, now, isTimed: true);
    }

    /// <summary>Sends the telephone-event packet that is due, if one is.</summary>
    public void SendDigits(Instant now)
    {
        while (CanSend && DigitsOut is { } digits && TelephoneEvent is { } agreed && digits.NextDeadline <= now)
        {
            var packet = Begin();
            if (packet.IsEmpty
                || !digits.TryPollTransmit(packet[RtpPacketWriter.HeaderLength..], now, TimestampOf(now), out var header))
                return;
            Output.WriteHeader(packet, agreed.SendPayloadType, header.Marker, header.Timestamp);
            Finish(packet, TelephoneEventPayload.Length, header.Timestamp, now, isTimed: false);
        }
    }

    /// <summary>
    /// The timestamp that an audio packet sampled now would carry. A source that presses keys sends no audio beside them, and the time line
    /// of the audio then stands still; each press still has a timestamp of its own, without which Asterisk takes the next ones for
    /// repetitions. Where audio is left out for the keys, the time line moves on by itself.
    /// </summary>
    private RtpTimestamp TimestampOf(Instant now)
    {
        if (_lineMovedAt == Instant.Never || Output.Timestamp != _lineSeen)
            (_lineSeen, _lineMovedAt) = (Output.Timestamp, now);
        var idle = (int)Math.Min((now - _lineMovedAt).TotalMilliseconds, LongestIdleMs) - PacketTime;
        return idle > PacketTime ? Output.Timestamp + idle * UnitsPerMs : Output.Timestamp;
    }

    /// <summary>Sends the RTCP report that is due, if one is.</summary>
    public void SendRtcp(Instant now)
    {
        if (!CanReport || Rtcp is not { } rtcp || rtcp.NextDeadline > now)
            return;
        var buffer = Context.Scratch.AsSpan();
        if (SendsMetrics)
            rtcp.Metrics = _meter.Metrics(rtcp.Statistics, Sent, Playout?.Delay);
        if (rtcp.TryPollTransmit(buffer, now, out var length))
            SendRtcp(buffer, length);
    }

    /// <summary>Says goodbye to the peer, if there is anyone to say it to.</summary>
    public void SendGoodbye(Instant now)
    {
        if (CanReport && Rtcp is { } rtcp)
            SendRtcp(Context.Scratch, rtcp.WriteGoodbye(Context.Scratch, now));
    }

    /// <summary>
    /// Nothing was heard for <paramref name="limit"/>: true once, and again after the next packet, however soon silence follows it.
    /// </summary>
    /// <param name="limit">Of silence.</param>
    /// <param name="other">Heard meanwhile, it makes the silence of this leg one-way audio.</param>
    /// <param name="now">The time.</param>
    public bool HasTimedOut(TimeSpan limit, MediaLeg other, Instant now) => _meter.HasTimedOut(LastHeard, other.LastHeard, limit, now);

    public virtual void Dispose() => Srtp?.Dispose();

    /// <summary>
    /// The next packet buffer for this leg; empty when nothing can be sent. Called twice before <see cref="Transmit"/>, it gives the same
    /// one.
    /// </summary>
    protected abstract Span<byte> Begin();

    /// <summary>Sends the first <paramref name="length"/> bytes of the buffer that <see cref="Begin"/> gave.</summary>
    protected abstract void Transmit(Span<byte> packet, int length);

    protected abstract void TransmitRtcp(ReadOnlySpan<byte> packet);

    /// <summary>Takes over what was agreed. A new clock rate starts new statistics, so it must come with a new stream.</summary>
    protected void Agree(
        IReadOnlyList<AgreedCodec> codecs, AgreedCodec sending, AgreedTelephoneEvent? telephoneEvent, IReadOnlyList<RtpMap> receivable,
        int packetTime, OpusFormat opus, Instant now)
    {
        var isNewClock = Rtcp is null || Sending.Codec.ClockRate() != sending.Codec.ClockRate();
        if (isNewClock || TelephoneEvent?.ClockRate != telephoneEvent?.ClockRate)
        {
            DigitsIn = new DigitReaders(sending.Codec.ClockRate());
            DigitsOut = telephoneEvent is { } agreed ? new TelephoneEventWriter(agreed.ClockRate, sending.Codec.ClockRate()) : null;
        }
        (Codecs, Sending, TelephoneEvent, PacketTime, Opus) = (codecs, sending, telephoneEvent, packetTime, opus);
        _received.Learn(codecs, telephoneEvent, receivable);
        if (isNewClock)
            RestartRtcp(now);
    }

    /// <summary>Goes on with the streams of another process. To be called before <see cref="Agree"/>.</summary>
    protected void GoOnFrom(in LegCounters counters, string cname)
    {
        _cname = cname;
        Output.GoOn(new Ssrc(counters.Ssrc), new SequenceNumber(counters.NextSequence), new RtpTimestamp(counters.Timestamp));
        _meter.End(new RtcpStatistics
        {
            PacketsSent = counters.PacketsSent,
            PacketsReceived = counters.PacketsReceived,
            PacketsLost = counters.PacketsLost,
        });
    }

    /// <summary>To be called when the stream out gets another source.</summary>
    protected void RestartRtcp(Instant now)
    {
        EndRtcp();
        var options = new RtcpSessionOptions { Local = Output.Ssrc, Cname = _cname, ClockRate = Sending.Codec.ClockRate() };
        Rtcp = new RtcpSession(options, Context.Entropy, now);
    }

    /// <summary>The peer has left: <see cref="Agree"/> begins RTCP and key presses anew for the next.</summary>
    protected void EndRtcp()
    {
        if (Rtcp is { } ended)
            _meter.End(ended.Statistics);
        Rtcp = null;
    }

    /// <summary>Decrypts and reads one RTP packet. False: dropped and counted as such.</summary>
    protected bool TryDecrypt(Span<byte> datagram, out RtpPacketReader packet)
    {
        packet = default;
        if (Srtp is { } srtp)
        {
            if (!srtp.TryUnprotectRtp(datagram, out var length, out _))
                return Drop(DropReason.Srtp);
            datagram = datagram[..length];
        }
        if (!RtpPacketReader.TryRead(datagram, out packet))
            return Drop(DropReason.Malformed);
        Tap?.Handle(Kind, isSent: false, isRtcp: false, datagram);
        return true;
    }

    /// <summary>Counts a packet that is the peer's: for the reports to it, and for the score.</summary>
    public void CountReceived(in RtpPacketReader packet, Instant now)
    {
        Context.Counters.Received[(int)Kind]++;
        var isEvent = _received.TryGetTelephoneEvent(packet.PayloadType, out _);
        var isAudio = TryGetCodec(packet.PayloadType, out var codec);
        Rtcp?.HandleRtpReceived(packet.Header, now, isTimed: !isEvent, isAudio ? codec.ClockRate() : 0);
        if (isAudio)
            _meter.Hear(codec);
        IsPausing = !isAudio && !isEvent && IsKnown(packet.PayloadType);
        LastHeard = now;
    }

    /// <summary>Takes what a packet holds of a key press, for <see cref="DigitsIn"/>.</summary>
    public virtual void ReadKeys(in RtpPacketReader packet, Instant now)
    {
        if (_received.TryGetTelephoneEvent(packet.PayloadType, out var clockRate))
            DigitsIn?.Handle(packet, clockRate, now);
    }

    /// <summary>Puts a packet in its place in <see cref="Incoming"/>, unless it comes too late.</summary>
    public void PutInOrder(in RtpPacketReader packet, Instant now)
    {
        if (!Incoming.Push(packet, now))
            Drop(DropReason.Late);
        if (TryGetCodec(packet.PayloadType, out var codec))
            Playout?.HandleArrival(packet.Timestamp, codec.ClockRate(), now);
    }

    /// <summary>We can make something of this payload type.</summary>
    protected bool IsKnown(byte payloadType) => _received.IsKnown(payloadType);

    /// <summary>Decrypts and reads one RTCP packet. False: it was dropped, and counted as such.</summary>
    protected bool AcceptRtcp(Span<byte> datagram, Instant now)
    {
        if (Srtp is { } srtp)
        {
            if (!srtp.TryUnprotectRtcp(datagram, out var length, out _))
                return Drop(DropReason.Srtp);
            datagram = datagram[..length];
        }
        Tap?.Handle(Kind, isSent: false, isRtcp: true, datagram);
        if (Rtcp is not { } rtcp)
            return true;
        var reports = rtcp.RemoteReports;
        if (!rtcp.HandleRtcp(datagram, now, out _))
            return Drop(DropReason.Malformed);
        if (rtcp.RemoteReports != reports)
            Protection.Handle(rtcp.Statistics.RemoteFractionLost);
        return true;
    }

    protected bool Drop(DropReason reason)
    {
        Context.Counters.Drop(reason);
        return false;
    }

    private void Finish(Span<byte> packet, int payloadLength, RtpTimestamp timestamp, Instant now, bool isTimed)
    {
        var length = RtpPacketWriter.HeaderLength + payloadLength;
        Tap?.Handle(Kind, isSent: true, isRtcp: false, packet[..length]);
        if (Srtp is { } srtp && !srtp.TryProtectRtp(packet, length, out length, out _))
        {
            Drop(DropReason.Srtp);
            return;
        }
        Transmit(packet, length);
        Context.Counters.Sent[(int)Kind]++;
        Rtcp?.HandleRtpSent(timestamp, payloadLength, now, isTimed);
    }

    private void SendRtcp(Span<byte> buffer, int length)
    {
        Tap?.Handle(Kind, isSent: true, isRtcp: true, buffer[..length]);
        if (Srtp is { } srtp && !srtp.TryProtectRtcp(buffer, length, out length, out _))
            Drop(DropReason.Srtp);
        else
            TransmitRtcp(buffer[..length]);
    }
}
