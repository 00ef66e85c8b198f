using Media.Engine.Legs;
using Media.Engine.Quality;
using Media.Native.Dtls;
using Media.Protocols.Datagrams;
using Media.Protocols.Ice;
using Media.Protocols.Primitives;
using Media.Protocols.Rtp;
using Media.Protocols.Sdp;
using Media.Protocols.Srtp;
using Media.Protocols.Stun;

namespace Media.Engine.Session;

/// <summary>
/// The WhatsApp leg: ICE, then DTLS on the path ICE chose, then SRTP with the keys of DTLS. Nothing but STUN is looked at from an address
/// ICE has not validated, and nothing but ICE and DTLS is sent before <see cref="Open"/>.
/// </summary>
internal sealed class WebRtcLeg : MediaLeg
{
    private enum State
    {
        New,
        Connecting,
        Securing,
        Connected,
        Failed,
    }

    /// <summary>Pause before connectivity checks are begun anew.</summary>
    private static readonly TimeSpan RestartAfter = TimeSpan.FromSeconds(1);

    /// <summary>A leg that went on from another process and is not answered for so long is lost: nobody waits longer in silence.</summary>
    private static readonly TimeSpan ResumeTimeout = TimeSpan.FromSeconds(15);

    private readonly IMediaPort _port;
    private readonly IDtlsIdentity _identity;
    private readonly DeadlineTable<MediaDeadline> _deadlines;
    private readonly WebRtcSignalling _signalling;
    private State _state;
    private bool _isOpen;
    private IceAgent? _ice;
    private IDtlsHandshake? _dtls;
    private IcePath _path;
    private bool _hasNewPath;
    private HandshakeKeys? _keys;

    /// <param name="context">What sessions share.</param>
    /// <param name="port">The session's.</param>
    /// <param name="identity">The certificate that our description names.</param>
    /// <param name="deadlines">The session's; this leg keeps those of ICE and DTLS in it.</param>
    public WebRtcLeg(MediaContext context, IMediaPort port, IDtlsIdentity identity, DeadlineTable<MediaDeadline> deadlines)
        : base(CallLeg.WhatsApp, context)
    {
        (_port, _identity, _deadlines) = (port, identity, deadlines);
        _signalling = new WebRtcSignalling(context, port, identity, Output.Ssrc);
    }

    public override bool CanSend => _isOpen && _state == State.Connected;

    protected override bool CanReport => CanSend;

    public bool IsConnected => _state == State.Connected;

    /// <summary>The reason why the leg fell; null while it has not.</summary>
    public WhatsAppFailure? Failure { get; private set; }

    /// <summary>True once for each pair that ICE chooses.</summary>
    public bool TryTakePath(out IcePath path)
    {
        path = _path;
        return _hasNewPath && !(_hasNewPath = false);
    }

    public SdpResult AnswerOffer(string offer, Instant now) => Start(_signalling.Answer(offer), now);

    public SdpResult CreateOffer() => _signalling.CreateOffer();

    public SdpResult ApplyAnswer(string answer, Instant now) => Start(_signalling.ApplyAnswer(answer), now);

    /// <summary>
    /// Lets media through. What the PBX speaks is chosen where WhatsApp takes it too; the choice then holds for the call.
    /// </summary>
    public void Open(AudioCodec? pbxCodec, Instant now)
    {
        if (_isOpen)
            return;
        _isOpen = true;
        LastHeard = now;
        if (_signalling.Parameters is { } agreed)
            Choose(agreed, pbxCodec, now);
    }

    /// <summary>All that another process needs to go on, but the counters; null: the leg is not connected and open.</summary>
    public WhatsAppLegSnapshot? Save() =>
        CanSend && _keys is { } keys ? _signalling.Save(_path, Sending.Codec, keys, Cname) : null;

    /// <summary>
    /// Goes on with the connected leg of another process: the same keys, no handshake, and checks from our address, which the peer has to
    /// answer before anything is sent to it. False: there is no port for it.
    /// </summary>
    public bool TryResume(WhatsAppLegSnapshot from, in LegCounters counters, Instant now)
    {
        if (!_signalling.TryResume(from))
            return false;
        GoOnFrom(counters, from.Cname);
        _keys = new HandshakeKeys(from.Profile, from.LocalKeys, from.RemoteKeys);
        Srtp = new SrtpSession(from.Profile, from.LocalKeys, from.RemoteKeys, NativeSrtpPrimitives.Instance);
        Srtp.GoOnFrom(Output.Ssrc, counters.Srtp);
        _state = State.Connecting;
        _deadlines[MediaDeadline.Connect] = now + ResumeTimeout;
        Open(null, now);
        Choose(_signalling.Parameters!, from.Sending, now);
        _ice = _signalling.StartIce(ResumeTimeout);
        DrainIce(now);
        return true;
    }

    /// <summary>The response is to a check of ours.</summary>
    public bool IsAwaiting(StunTransactionId transaction) => _ice is { } ice && ice.IsAwaiting(transaction);

    /// <summary>Takes a datagram from the shared port. True: it is an RTP packet of the peer's, decrypted.</summary>
    public bool TryReceive(
        DatagramKind kind, Span<byte> datagram, TransportAddress local, TransportAddress remote, Instant now, out RtpPacketReader packet)
    {
        packet = default;
        if (kind == DatagramKind.Stun)
        {
            HandleStun(datagram, local, remote, now);
            return false;
        }
        if (_state is State.New or State.Failed || !_ice!.IsValidated(remote))
            return Drop(DropReason.Unvalidated);
        switch (kind)
        {
            case DatagramKind.Dtls when _dtls is { } dtls: // a resumed leg cannot read it
                dtls.HandleDatagram(datagram, now);
                DrainDtls(now);
                return false;
            case DatagramKind.Rtp when _state == State.Connected:
                return TryDecrypt(datagram, out packet);
            case DatagramKind.Rtcp when _state == State.Connected:
                AcceptRtcp(datagram, now);
                return false;
            default:
                return Drop(kind == DatagramKind.Unknown ? DropReason.Malformed : DropReason.Srtp);
        }
    }

    public void HandleDeadline(Instant now)
    {
        if (_state is State.New or State.Failed)
            return;
        if (_deadlines.TryTakeDue(MediaDeadline.IceRestart, now))
            _ice = _signalling.StartIce(Context.Options.WhatsApp.ConnectTimeout);
        if (_ice!.NextDeadline <= now)
            _ice.HandleDeadline(now);
        DrainIce(now);
        if (_deadlines.IsDue(MediaDeadline.Dtls, now))
        {
            _dtls!.HandleDeadline(now);
            DrainDtls(now);
        }
        if (_deadlines.IsDue(MediaDeadline.Connect, now))
            Fail(_state == State.Securing ? WhatsAppFailure.DtlsTimeout : WhatsAppFailure.IceFailed);
    }

    /// <summary>Says goodbye.</summary>
    public void Close(Instant now)
    {
        SendGoodbye(now);
        if (_state == State.Connected)
        {
            _dtls?.Shutdown();
            DrainDtls(now);
        }
        End();
    }

    public override void Dispose()
    {
        _dtls?.Dispose();
        base.Dispose();
    }

    protected override Span<byte> Begin() => _port.Begin(_path.Local);

    protected override void Transmit(Span<byte> packet, int length) => _port.End(_path.Local, length, _path.Remote);

    protected override void TransmitRtcp(ReadOnlySpan<byte> packet) => Send(packet, _path.Local, _path.Remote);

    private void HandleStun(ReadOnlySpan<byte> datagram, TransportAddress local, TransportAddress remote, Instant now)
    {
        if (_state is State.New or State.Failed)
            return;
        if (_ice!.HandleDatagram(datagram, local, remote, now) != IceVerdict.Accepted)
            Drop(DropReason.RefusedStun);
        else if (_ice.IsValidated(remote))
            _port.Claim(remote);
        _ice.HandleDeadline(now); // a refusal may have been the last hope
        DrainIce(now);
    }

    private SdpResult Start(SdpResult result, Instant now)
    {
        if (!result.Succeeded || _state != State.New)
            return result;
        var agreed = _signalling.Parameters!;
        _state = State.Connecting;
        _deadlines[MediaDeadline.Connect] = now + Context.Options.WhatsApp.ConnectTimeout;
        Choose(agreed, null, now);
        _dtls = _identity.Begin(agreed.DtlsClient, agreed.RemoteFingerprints);
        _ice = _signalling.StartIce(Context.Options.WhatsApp.ConnectTimeout);
        DrainIce(now);
        return result;
    }

    private void Choose(WhatsAppMediaParameters agreed, AudioCodec? preferred, Instant now)
    {
        var sending = agreed.Codecs[0];
        foreach (var codec in agreed.Codecs)
            if (codec.Codec == preferred)
                sending = codec;
        Agree(agreed.Codecs, sending, agreed.TelephoneEvent, agreed.Receivable, agreed.PacketTime, agreed.Opus, now);
    }

    private void DrainIce(Instant now)
    {
        while (_ice!.TryPollTransmit(Context.Scratch, now, out var transmit))
            Send(Context.Scratch.AsSpan(0, transmit.Length), transmit.Local, transmit.Remote);
        while (_state != State.Failed && _ice.TryPollEvent(out var happened))
        {
            switch (happened.Kind)
            {
                case IceEventKind.Connected or IceEventKind.PathChanged:
                    _hasNewPath |= _path != happened.Path;
                    _path = happened.Path;
                    _port.Claim(_path.Remote);
                    Secure(now);
                    break;
                case IceEventKind.ConsentLost:
                    Fail(WhatsAppFailure.ConsentLost);
                    break;
                default:
                    // The relay may have our checks before it has our description, or answer only when the user does: until the time is
                    // up, ICE starts over, with the same credentials.
                    _deadlines[MediaDeadline.IceRestart] = now + RestartAfter;
                    break;
            }
        }
        if (_state != State.Failed)
            _deadlines[MediaDeadline.Ice] = _ice.NextDeadline;
    }

    private void Secure(Instant now)
    {
        if (_dtls is null)
        {
            Connect();
            return;
        }
        if (_state == State.Connecting)
            _state = State.Securing;
        _dtls.Start(now);
        DrainDtls(now);
    }

    private void DrainDtls(Instant now)
    {
        if (_dtls is not { } dtls)
            return;
        while (!_path.Remote.IsNone && dtls.TryPollTransmit(Context.Scratch, out var length))
            Send(Context.Scratch.AsSpan(0, length), _path.Local, _path.Remote);
        _deadlines[MediaDeadline.Dtls] = dtls.NextDeadline;
        switch (dtls.State)
        {
            case DtlsState.Connected when _state == State.Securing:
                TakeKeys(dtls);
                break;
            case DtlsState.Failed:
                Fail(dtls.Failure switch
                {
                    DtlsFailure.FingerprintMismatch => WhatsAppFailure.FingerprintMismatch,
                    DtlsFailure.Timeout => WhatsAppFailure.DtlsTimeout,
                    _ => WhatsAppFailure.DtlsFailed,
                });
                break;
            case DtlsState.Closed:
                Fail(WhatsAppFailure.DtlsClosed);
                break;
        }
    }

    private void TakeKeys(IDtlsHandshake dtls)
    {
        if (!dtls.TryGetKeys(out var keys))
        {
            Fail(WhatsAppFailure.DtlsFailed);
            return;
        }
        _keys = keys;
        Srtp = new SrtpSession(keys.Profile, keys.Local, keys.Remote, NativeSrtpPrimitives.Instance);
        Connect();
    }

    private void Connect()
    {
        _deadlines.Clear(MediaDeadline.Connect);
        _state = State.Connected;
    }

    private void Send(ReadOnlySpan<byte> datagram, TransportAddress local, TransportAddress remote)
    {
        var buffer = _port.Begin(local);
        if (buffer.IsEmpty)
            return;
        datagram.CopyTo(buffer);
        _port.End(local, datagram.Length, remote);
    }

    private void Fail(WhatsAppFailure reason)
    {
        if (_state == State.Failed)
            return;
        var isHangUp = reason == WhatsAppFailure.DtlsClosed && _state == State.Connected; // as every WhatsApp client ends its calls
        Failure = reason;
        if (!isHangUp)
            Context.Counters.Fail(reason);
        End();
    }

    /// <summary>Nothing is handled or waited for any more.</summary>
    private void End()
    {
        _state = State.Failed;
        _deadlines.Clear(MediaDeadline.Ice);
        _deadlines.Clear(MediaDeadline.IceRestart);
        _deadlines.Clear(MediaDeadline.Dtls);
        _deadlines.Clear(MediaDeadline.Connect);
    }
}
