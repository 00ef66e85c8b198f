using Media.Engine.Metrics;
using Media.Engine.Net;
using Media.Native.Dtls;
using Media.Protocols.Datagrams;
using Media.Protocols.Ice;
using Media.Protocols.Primitives;
using Media.Protocols.Rtp;
using Media.Protocols.Sdp;
using Media.Protocols.Srtp;

namespace Media.Engine.Legs;

/// <summary>
/// ICE, then DTLS on the path ICE chose, then SRTP with the keys of DTLS. Nothing but STUN is looked at from an address ICE has not
/// validated, and nothing but ICE and DTLS is sent before <see cref="Open"/>.
/// </summary>
internal sealed class WhatsAppLeg : MediaLeg
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
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly WhatsAppSignalling _signalling;
    private State _state;
    private bool _isOpen;
    private IceAgent? _ice;
    private DtlsEndpoint? _dtls;
    private IcePath _path;
    private Instant _giveUpAt = Instant.Never;
    private Instant _retransmitAt = Instant.Never;
    private Instant _retryAt = Instant.Never;

    public WhatsAppLeg(CallMedia call, MediaLoop loop)
        : base(CallLeg.WhatsApp, loop) => _signalling = new WhatsAppSignalling(call, loop, Output.Ssrc);

    public override bool CanSend => _isOpen && _state == State.Connected;

    protected override bool CanReport => CanSend;

    public bool IsConnected => _state == State.Connected;

    /// <summary>Why the leg fell; null while it has not.</summary>
    public WhatsAppFailure? Failure { get; private set; }

    public Instant NextDeadline => _state switch
    {
        State.New or State.Failed => Instant.Never,
        _ => Instant.Min(Instant.Min(_ice!.NextDeadline, _retransmitAt), Instant.Min(_retryAt, _giveUpAt)),
    };

    public SdpResult AnswerOffer(string offer, Instant now) => Start(_signalling.Answer(offer), now);

    public SdpResult CreateOffer() => _signalling.CreateOffer();

    public SdpResult ApplyAnswer(string answer, Instant now) => Start(_signalling.ApplyAnswer(answer), now);

    /// <summary>Lets media through. What the PBX speaks is chosen where WhatsApp takes it too; the choice then holds for the call.</summary>
    public void Open(AudioCodec? pbxCodec, Instant now)
    {
        if (_isOpen)
            return;
        _isOpen = true;
        LastHeard = now;
        if (_signalling.Parameters is { } agreed)
            Choose(agreed, pbxCodec, now);
    }

    public void HandleStun(ReadOnlySpan<byte> datagram, TransportAddress local, TransportAddress remote, Instant now)
    {
        if (_state is State.New or State.Failed)
            return;
        if (_ice!.HandleDatagram(datagram, local, remote, now) != IceVerdict.Accepted)
            Drop(DropReason.RefusedStun);
        else if (_ice.IsValidated(remote))
            _signalling.Claim(remote);
        _ice.HandleDeadline(now); // a refusal may have been the last hope
        DrainIce(now);
    }

    /// <summary>The response is to a check of ours.</summary>
    public bool IsAwaiting(Media.Protocols.Stun.StunTransactionId transaction) => _ice is { } ice && ice.IsAwaiting(transaction);

    /// <summary>Takes a datagram that is not STUN. True: it was an RTP packet, now in <see cref="MediaLeg.Incoming"/>.</summary>
    public bool Handle(DatagramKind kind, Span<byte> datagram, TransportAddress remote, Instant now)
    {
        if (_state is State.New or State.Failed || !_ice!.IsValidated(remote))
            return Drop(DropReason.Unvalidated);
        switch (kind)
        {
            case DatagramKind.Dtls:
                _dtls!.HandleDatagram(datagram);
                DrainDtls(now);
                return false;
            case DatagramKind.Rtp when _state == State.Connected:
                if (!TryAccept(datagram, now, out var packet))
                    return false;
                Accept(packet, now);
                return true;
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
        if (_retryAt <= now)
        {
            _retryAt = Instant.Never;
            _ice = _signalling.StartIce(Loop.Options.WhatsApp.ConnectTimeout);
        }
        if (_ice!.NextDeadline <= now)
            _ice.HandleDeadline(now);
        DrainIce(now);
        if (_retransmitAt <= now)
        {
            _dtls!.HandleTimeout();
            DrainDtls(now);
        }
        if (_giveUpAt <= now && _state is State.Connecting or State.Securing)
            Fail(_state == State.Securing ? WhatsAppFailure.DtlsTimeout : WhatsAppFailure.IceFailed);
    }

    /// <summary>Says goodbye and gives everything back.</summary>
    public void Close(Instant now)
    {
        SendGoodbye(now);
        if (_state == State.Connected)
        {
            _dtls!.Shutdown();
            DrainDtls(now);
        }
        _state = State.Failed;
        _signalling.Release();
    }

    public override void Dispose()
    {
        _dtls?.Dispose();
        base.Dispose();
    }

    protected override Span<byte> Begin() => _signalling.Port!.Begin(_path.Local);

    protected override void Transmit(Span<byte> packet, int length) => _signalling.Port!.End(_path.Local, length, _path.Remote);

    protected override void TransmitRtcp(ReadOnlySpan<byte> packet) => Send(packet, _path.Local, _path.Remote);

    private SdpResult Start(SdpResult result, Instant now)
    {
        if (!result.Succeeded || _state != State.New)
            return result;
        var agreed = _signalling.Parameters!;
        DtlsFingerprint[] fingerprints =
            [.. agreed.RemoteFingerprints.Select(text => DtlsFingerprint.TryParse(text, out var fingerprint) ? fingerprint : default)];
        _state = State.Connecting;
        _giveUpAt = now + Loop.Options.WhatsApp.ConnectTimeout;
        Choose(agreed, null, now);
        _dtls = new DtlsEndpoint(agreed.DtlsClient ? DtlsRole.Client : DtlsRole.Server, _signalling.Certificate, fingerprints);
        _ice = _signalling.StartIce(Loop.Options.WhatsApp.ConnectTimeout);
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
        while (_ice!.TryPollTransmit(Loop.Scratch, now, out var transmit))
            Send(Loop.Scratch.AsSpan(0, transmit.Length), transmit.Local, transmit.Remote);
        while (_state != State.Failed && _ice.TryPollEvent(out var happened))
        {
            switch (happened.Kind)
            {
                case IceEventKind.Connected or IceEventKind.PathChanged:
                    _path = happened.Path;
                    _signalling.Claim(_path.Remote);
                    Secure(now);
                    break;
                case IceEventKind.ConsentLost:
                    Fail(WhatsAppFailure.ConsentLost);
                    break;
                default:
                    // The relay may have our checks before it has our description, or answer only when the user does: until the time is
                    // up, ICE starts over, with the same credentials.
                    _retryAt = now + RetryAfter;
                    break;
            }
        }
    }

    private void Secure(Instant now)
    {
        if (_state == State.Connecting)
            _state = State.Securing;
        if (_dtls!.Role == DtlsRole.Client)
            _dtls.Start();
        DrainDtls(now);
    }

    private void DrainDtls(Instant now)
    {
        var dtls = _dtls!;
        while (!_path.Remote.IsNone && dtls.TryPollTransmit(Loop.Scratch, out var length))
            Send(Loop.Scratch.AsSpan(0, length), _path.Local, _path.Remote);
        _retransmitAt = dtls.TimeUntilRetransmit is { } wait ? now + wait : Instant.Never;
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

    private void TakeKeys(DtlsEndpoint dtls)
    {
        if (!dtls.TryExportKeys(out var keys))
        {
            Fail(WhatsAppFailure.DtlsFailed);
            return;
        }
        Srtp = new SrtpSession(
            (SrtpProfile)keys.Profile, // both are IANA's numbers
            new SrtpKeys(keys.LocalKey, keys.LocalSalt), new SrtpKeys(keys.RemoteKey, keys.RemoteSalt), NativeSrtpPrimitives.Instance);
        keys.Clear();
        _giveUpAt = Instant.Never;
        _state = State.Connected;
    }

    private void Send(ReadOnlySpan<byte> datagram, TransportAddress local, TransportAddress remote)
    {
        var buffer = _signalling.Port!.Begin(local);
        if (buffer.IsEmpty)
            return;
        datagram.CopyTo(buffer);
        _signalling.Port.End(local, datagram.Length, remote);
    }

    private void Fail(WhatsAppFailure reason)
    {
        if (_state == State.Failed)
            return;
        var isHangUp = reason == WhatsAppFailure.DtlsClosed && _state == State.Connected; // as every WhatsApp client ends its calls
        _state = State.Failed;
        Failure = reason;
        if (!isHangUp)
            Loop.Counters.Fail(reason);
    }
}
