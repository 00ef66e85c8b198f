using Media.Engine.Codecs;
using Media.Engine.Legs;
using Media.Engine.Quality;
using Media.Protocols.Datagrams;
using Media.Protocols.Dtmf;
using Media.Protocols.Ice;
using Media.Protocols.Primitives;
using Media.Protocols.Rtp;
using Media.Protocols.Sdp;
using Media.Protocols.Srtp;

namespace Media.Engine.Session;

/// <summary>
/// The pbx leg: RTP, SDES-SRTP or WebRTC on a port pair of the session's own. The PBX may renegotiate it at any time: codec, address,
/// direction and keys change here and nowhere else.
/// </summary>
internal sealed class RtpLeg : MediaLeg
{
    private readonly IMediaPort _port;
    private readonly PbxSide _side;
    private PbxSdp _sdp;
    private readonly RtpLatch _rtpSource = new();
    private readonly RtpLatch _rtcpSource = new(isRtcp: true);
    private readonly Dictionary<PbxMediaProfile, PbxLocalMedia> _described = []; // as each party knows us
    private PbxMediaProfile _profile = new();
    private AudioDecoder? _listening;
    private readonly PhoneTransport _webRtc;
    private SdesKeys? _keys;
    private TransportAddress _local;

    public RtpLeg(MediaContext context, IMediaPort port, PbxSide side, IDtlsIdentity identity)
        : base(CallLeg.Pbx, context)
    {
        (_port, _side, _sdp) = (port, side, new PbxSdp(context.Entropy));
        _webRtc = new PhoneTransport(context, port, side, identity, Protect);
    }

    /// <summary>The parameters that the last exchange agreed; null before the first.</summary>
    public PbxMediaParameters? Parameters { get; private set; }

    public PbxMediaProfile Profile => _profile;

    public override bool CanSend =>
        Parameters is { } agreed && agreed.Direction.CanSend()
        && (_webRtc.IsUsed ? _webRtc.IsConnected : !agreed.RemoteRtp.IsNone && !_rtpSource.Target.IsNone);

    protected override bool SendsMetrics => Parameters is { VoipMetrics: true };

    protected override bool CanReport => _webRtc.IsUsed ? _webRtc.IsConnected : !_rtpSource.Target.IsNone;

    /// <summary>A description of the PBX's was taken: before that there is nobody to be heard.</summary>
    public bool IsAgreed => Parameters is not null;

    /// <summary>The time at which to call <see cref="HandleDeadline"/>.</summary>
    public Instant TransportDeadline => _webRtc.NextDeadline;

    /// <summary>The reason why a phone that speaks WebRTC is lost; null while it is not.</summary>
    public WebRtcFailure? Failure => _webRtc.Failure;

    public bool IsHeld => Parameters is { Held: true };

    /// <summary>
    /// All that another process needs to go on, but the counters; null: nothing is agreed, or the phone speaks WebRTC, whose ICE no other
    /// process can go on with.
    /// </summary>
    public PbxLegSnapshot? Save() => !IsAgreed || _webRtc.IsUsed || _sdp.Save() is not { } sdp ? null : new PbxLegSnapshot
    {
        Side = _side,
        Sdp = sdp,
        Rtp = _rtpSource.Target,
        Rtcp = _rtcpSource.Target,
        Cname = Cname,
    };

    /// <summary>Goes on with the leg of another process, from ports of its own: media goes where it went before.</summary>
    public SdpRefusal Resume(PbxLegSnapshot from, in LegCounters counters, PbxMediaProfile profile, Instant now)
    {
        bool? ipv6 = from.Rtp.IsNone ? null : !from.Rtp.IsIPv4;
        if (!_port.TryOpenPair(_side, ipv6, profile.Address, now, out var local, out var refusal))
            return refusal;
        GoOnFrom(counters, from.Cname);
        _sdp = PbxSdp.Resume(from.Sdp, Context.Entropy);
        // What was accepted before is not remembered here: a replay of it could pass for a restart.
        Apply(from.Sdp.Agreed, profile, local, now, followsRestarts: false);
        Srtp?.GoOnFrom(Output.Ssrc, counters.Srtp);
        _rtpSource.GoOn(from.Rtp);
        _rtcpSource.GoOn(from.Rtcp);
        return SdpRefusal.None;
    }

    public SdpResult CreateOffer(PbxMediaProfile profile, Instant now)
    {
        profile = InUse(profile);
        if (!_port.TryOpenPair(_side, GoesOn(profile) ? null : profile.IPv6, profile.Address, now, out var local, out var refusal))
            return SdpResult.Refused(refusal);
        if (!IsAgreed)
            _profile = profile;
        return new SdpResult(_sdp.CreateOffer(Describe(profile, local, null), isElsewhere: IsAgreed && !GoesOn(profile)));
    }

    /// <summary>Takes an answer to the last offer that was made for this profile, whatever was offered for others since.</summary>
    public SdpResult ApplyAnswer(string answer, PbxMediaProfile profile, Instant now, TransportAddress signaller = default)
    {
        profile = InUse(profile);
        if (!_sdp.TryApplyAnswer(answer, _described.GetValueOrDefault(profile), out var parameters, out var error))
            return SdpResult.Refused(error);
        Apply(parameters, profile, _described[profile].Rtp, now, signaller);
        return new SdpResult(null);
    }

    public SdpResult AnswerOffer(string offer, PbxMediaProfile profile, Instant now, TransportAddress signaller = default)
    {
        var ice = PbxSdp.ReadIce(offer, out var isWebRtc);
        profile = profile with { IsWebRtc = isWebRtc ?? _webRtc.IsUsed };
        bool? ipv6 = profile.IsWebRtc || GoesOn(profile) ? null : PbxSdp.AsksForIPv6(offer);
        if (!_port.TryOpenPair(_side, ipv6, profile.Address, now, out var local, out var refusal))
            return refusal == SdpRefusal.NoAddress ? SdpResult.Refused(SdpError.OtherAddressFamily) : SdpResult.Refused(refusal);
        if (!_sdp.TryAnswerOffer(offer, Describe(profile, local, ice), out var answer, out var parameters, out var error))
            return SdpResult.Refused(error);
        Apply(parameters, profile, local, now, signaller);
        return new SdpResult(answer);
    }

    /// <summary>The phone has left the call, which goes on: nothing is sent to it any more. Another may be described.</summary>
    public void Leave(Instant now)
    {
        Parameters = null;
        _sdp.Forget();
        _webRtc.Close(now);
        _rtpSource.Clear();
        _rtcpSource.Clear();
    }

    /// <summary>Takes a datagram from the RTP port. True: it is an RTP packet of the PBX's, decrypted.</summary>
    public bool TryReceive(Span<byte> datagram, TransportAddress source, Instant now, out RtpPacketReader packet)
    {
        packet = default;
        if (_webRtc.IsUsed)
            return TryReceiveWebRtc(datagram, source, now, out packet);
        if (Parameters is not { } agreed || !_rtpSource.Accepts(source, _profile, now))
            return Drop(DropReason.UnexpectedSource);
        var kind = DatagramKinds.Classify(datagram);
        if (kind == DatagramKind.Rtcp && agreed.RtcpMux)
        {
            if (source == _rtpSource.Target)
                AcceptRtcp(datagram, now);
            return false;
        }
        if (kind != DatagramKind.Rtp)
            return Drop(DropReason.Malformed);
        if (!TryDecrypt(datagram, out packet))
            return false;
        if (!IsKnown(packet.PayloadType))
            return Drop(DropReason.PayloadType);
        if (!_rtpSource.Confirm(source, packet.Header, _profile, now))
            return Drop(DropReason.UnexpectedSource);
        return true;
    }

    /// <summary>Lets time pass for ICE and DTLS.</summary>
    public void HandleDeadline(Instant now) => _webRtc.HandleDeadline(now);

    public void HandleRtcp(Span<byte> datagram, TransportAddress source, Instant now)
    {
        if (!_rtcpSource.Accepts(source, _profile, now) || DatagramKinds.Classify(datagram) != DatagramKind.Rtcp)
        {
            Drop(DropReason.UnexpectedSource);
            return;
        }
        if (AcceptRtcp(datagram, now))
            _rtcpSource.Confirm(source, default, _profile, now);
    }

    public override void Dispose()
    {
        _webRtc.Dispose();
        _listening?.Dispose();
        base.Dispose();
    }

    protected override Span<byte> Begin() => _webRtc.IsUsed && !_webRtc.IsConnected ? default : Context.RtpPacket;

    protected override void Transmit(Span<byte> packet, int length)
    {
        if (!_port.TrySend(_side, rtcp: false, packet[..length], _webRtc.IsUsed ? _webRtc.Remote : _rtpSource.Target))
            Drop(DropReason.SendFailed);
    }

    protected override void TransmitRtcp(ReadOnlySpan<byte> packet)
    {
        var isOwnPort = !Parameters!.RtcpMux;
        var target = _webRtc.IsUsed ? _webRtc.Remote : (isOwnPort ? _rtcpSource : _rtpSource).Target;
        if (!target.IsNone && !_port.TrySend(_side, isOwnPort, packet, target))
            Drop(DropReason.SendFailed);
    }

    /// <summary>Keys in telephone-events; in tones, where the profile asks for it and no event has come.</summary>
    public override void ReadKeys(in RtpPacketReader packet, Instant now)
    {
        base.ReadKeys(packet, now);
        if (DigitsIn?.Tones is not { } tones || !TryGetCodec(packet.PayloadType, out var codec))
            return;
        if (_listening?.Codec != codec)
        {
            _listening?.Dispose();
            _listening = new AudioDecoder(codec, 8000, Context.Options.Opus.Implementation);
        }
        Span<short> samples = stackalloc short[8 * 120]; // Opus' longest packet, ms
        tones.Listen(samples[.._listening.Decode(packet.Payload, samples)], now);
    }

    /// <summary>The profile is that of the PBX which the call is with.</summary>
    private bool GoesOn(PbxMediaProfile profile) => IsAgreed && profile == _profile;

    /// <summary>A phone that has chosen WebRTC by its own offer keeps it in ours.</summary>
    private PbxMediaProfile InUse(PbxMediaProfile profile) =>
        _webRtc.IsUsed && !profile.IsWebRtc && GoesOn(profile with { IsWebRtc = true }) ? _profile : profile;

    private bool TryReceiveWebRtc(Span<byte> datagram, TransportAddress source, Instant now, out RtpPacketReader packet)
    {
        packet = default;
        var kind = DatagramKinds.Classify(datagram);
        if (!_webRtc.TryReceive(kind, datagram, _local, source, now))
            return false;
        if (kind == DatagramKind.Rtp)
            return TryDecrypt(datagram, out packet) && (IsKnown(packet.PayloadType) || Drop(DropReason.PayloadType));
        AcceptRtcp(datagram, now);
        return false;
    }

    /// <summary>The handshake with the phone is done.</summary>
    private void Protect(HandshakeKeys keys)
    {
        Srtp?.Dispose();
        Srtp = new SrtpSession(keys.Profile, keys.Local, keys.Remote, NativeSrtpPrimitives.Instance);
    }

    private void Apply(
        PbxMediaParameters agreed, PbxMediaProfile profile, TransportAddress local, Instant now, TransportAddress signaller = default,
        bool followsRestarts = true)
    {
        var isFirst = Parameters is null;
        var isNextPhone = isFirst && Rtcp is not null;
        _profile = profile;
        _port.UsePair(_side, local);
        var isOtherClock = !isFirst && Sending.Codec.ClockRate() != agreed.Codec.Codec.ClockRate();
        var isOtherKey = !isFirst && !KeepsKeys(agreed);
        if (isFirst)
            LastHeard = now;
        if (isOtherClock || isOtherKey || isNextPhone)
            Output.Restart();
        if (isNextPhone)
            EndRtcp();
        if (isFirst || isOtherKey)
        {
            Srtp?.Dispose();
            _webRtc.Close(now);
            _keys = agreed.Srtp;
            Srtp = _keys is { } keys
                ? new SrtpSession(keys.Profile, keys.Local, keys.Remote, NativeSrtpPrimitives.Instance, followsRestarts)
                : null;
        }
        Parameters = agreed;
        var listeners = DigitsIn;
        Agree(agreed.Codecs, agreed.Codec, agreed.TelephoneEvent, Receivable(agreed), PacketTimeOf(agreed), agreed.Opus, now);
        if (isOtherKey && !isOtherClock)
            RestartRtcp(now);
        if (_profile.DetectKeyTones && DigitsIn != listeners)
            DigitsIn!.Tones = new ToneKeyDetector();
        _local = local;
        if (agreed.WebRtc is { } phone)
            _webRtc.Connect(phone, _described[profile].WebRtc!, local, now);
        if (agreed.RemoteRtp.IsNone)
            return; // an old-style hold: the PBX is still where it was
        _rtpSource.Signal(agreed.RemoteRtp, now, signaller);
        _rtcpSource.Signal(agreed.RemoteRtcp, now, signaller);
    }

    /// <summary>A PBX that reports keys by INFO would report them twice if its events counted too.</summary>
    private IReadOnlyList<RtpMap> Receivable(PbxMediaParameters agreed) =>
        [.. agreed.Receivable.Where(map => _profile.TelephoneEvents || !map.IsTelephoneEvent)];

    /// <summary>Opus has no frame of 30 ms (RFC 6716 §2.1.4).</summary>
    private static int PacketTimeOf(PbxMediaParameters agreed) =>
        agreed.Codec.Codec == AudioCodec.Opus && agreed.PacketTime == 30 ? 20 : agreed.PacketTime;

    private bool KeepsKeys(PbxMediaParameters agreed) =>
        agreed.WebRtc is { } phone ? _webRtc.GoesOnWith(phone) : !_webRtc.IsUsed && SameKeys(_keys, agreed.Srtp);

    private static bool SameKeys(SdesKeys? known, SdesKeys? agreed) =>
        known is null ? agreed is null
        : agreed is not null && known.IsSame(agreed);

    /// <summary>Our end as this profile's party gets it: the same object for as long as our address and ICE credentials are the same.
    /// </summary>
    private PbxLocalMedia Describe(PbxMediaProfile profile, TransportAddress local, IceCredentials? offered)
    {
        var webRtc = profile.IsWebRtc ? _webRtc.Describe(local, offered) : null;
        if (_described.TryGetValue(profile, out var known) && known.Rtp == local && known.WebRtc?.Ice == webRtc?.Ice)
            return known;
        return _described[profile] = new PbxLocalMedia
        {
            Rtp = local,
            Codecs = webRtc is null ? profile.Codecs : [AudioCodec.Opus, .. profile.Codecs.Where(codec => codec != AudioCodec.Opus)],
            TelephoneEvents = profile.TelephoneEvents,
            PacketTime = profile.PacketTimeMs,
            OfferRtcpMux = profile.RtcpMux,
            Srtp = profile.Security,
            WebRtc = webRtc,
            VoipMetrics = webRtc is null && Context.Options.Pbx.VoipMetrics,
        };
    }
}
