using Media.Engine.Legs;
using Media.Engine.Quality;
using Media.Native.Dtls;
using Media.Protocols.Datagrams;
using Media.Protocols.Ice;
using Media.Protocols.Primitives;
using Media.Protocols.Stun;

namespace Media.Engine.Session;

/// <summary>What a transport asks of the leg that has it.</summary>
internal interface IWebRtcOwner
{
    /// <summary>Sends a datagram of ICE or DTLS.</summary>
    void Send(ReadOnlySpan<byte> datagram, TransportAddress local, TransportAddress remote);

    /// <summary>ICE has validated this address: what comes from there is the leg's.</summary>
    void Claim(TransportAddress remote);

    /// <summary>The handshake has ended: media is protected with these keys.</summary>
    void Protect(in HandshakeKeys keys);

    /// <summary>The transport has fallen, for good.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="isHangUp">The peer closed it when it was connected, as every WhatsApp client ends its calls.</param>
    void Lose(WebRtcFailure reason, bool isHangUp);
}

/// <summary>
/// The way to one WebRTC peer, of either leg: ICE, then DTLS on the path ICE chose. Nothing but STUN is looked at from an address that ICE
/// has not validated.
/// </summary>
/// <param name="context">What sessions share.</param>
/// <param name="owner">The leg.</param>
/// <param name="deadlines">Where the transport keeps those of ICE and DTLS.</param>
internal sealed class WebRtcTransport(MediaContext context, IWebRtcOwner owner, DeadlineTable<MediaDeadline> deadlines) : IDisposable
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

    private State _state;
    private Func<IceAgent>? _newAgent;
    private IceAgent? _ice;
    private IDtlsHandshake? _dtls;
    private IcePath _path;
    private bool _hasNewPath;
    private bool _isRestarting;

    public bool IsNew => _state == State.New;

    public bool IsConnected => _state == State.Connected;

    /// <summary>The reason why it fell; null while it has not.</summary>
    public WebRtcFailure? Failure { get; private set; }

    /// <summary>Media goes this way; its ends are none before <see cref="IsConnected"/>.</summary>
    public IcePath Path => _path;

    /// <summary>
    /// The peer ends the transport by closing DTLS. Off, it is lost when its consent runs out: its signalling speaks before.
    /// </summary>
    public bool EndsWithDtls { get; init; } = true;

    /// <summary>Begins with ICE.</summary>
    /// <param name="newAgent">Makes the agent, and another one for each new attempt.</param>
    /// <param name="dtls">From now on the transport's; null: the keys are known already.</param>
    /// <param name="timeout">The time in which both have to be done.</param>
    /// <param name="now">The time.</param>
    public void Begin(Func<IceAgent> newAgent, IDtlsHandshake? dtls, TimeSpan timeout, Instant now)
    {
        _state = State.Connecting;
        deadlines[MediaDeadline.Connect] = now + timeout;
        (_newAgent, _dtls) = (newAgent, dtls);
        _ice = newAgent();
        DrainIce(now);
    }

    /// <summary>ICE begins anew with other credentials (RFC 8445 §9); media goes on the old way until there is another.</summary>
    public void Restart(Func<IceAgent> newAgent, TimeSpan timeout, Instant now)
    {
        if (_state is State.New or State.Failed)
            return;
        deadlines[MediaDeadline.Connect] = now + timeout;
        deadlines.Clear(MediaDeadline.IceRestart);
        _isRestarting = true;
        _newAgent = newAgent;
        _ice = newAgent();
        DrainIce(now);
    }

    /// <summary>True once for each pair that ICE chooses.</summary>
    public bool TryTakePath(out IcePath path)
    {
        path = _path;
        return _hasNewPath && !(_hasNewPath = false);
    }

    /// <summary>The response is to a check of ours.</summary>
    public bool IsAwaiting(StunTransactionId transaction) => _ice is { } ice && ice.IsAwaiting(transaction);

    /// <summary>Takes a datagram. True: it is RTP or RTCP of the peer's, still protected.</summary>
    public bool TryReceive(
        DatagramKind kind, ReadOnlySpan<byte> datagram, TransportAddress local, TransportAddress remote, Instant now)
    {
        if (kind == DatagramKind.Stun)
        {
            HandleStun(datagram, local, remote, now);
            return false;
        }
        if (_state is State.New or State.Failed || !IsValidated(remote))
            return Drop(DropReason.Unvalidated);
        switch (kind)
        {
            case DatagramKind.Dtls when _dtls is { } dtls: // a resumed leg cannot read it
                dtls.HandleDatagram(datagram, now);
                DrainDtls(now);
                return false;
            case DatagramKind.Rtp or DatagramKind.Rtcp when _state == State.Connected:
                return true;
            default:
                return Drop(kind == DatagramKind.Unknown ? DropReason.Malformed : DropReason.Srtp);
        }
    }

    public void HandleDeadline(Instant now)
    {
        if (_state is State.New or State.Failed)
            return;
        if (deadlines.TryTakeDue(MediaDeadline.IceRestart, now))
            _ice = _newAgent!();
        if (_ice!.NextDeadline <= now)
            _ice.HandleDeadline(now);
        DrainIce(now);
        if (deadlines.IsDue(MediaDeadline.Dtls, now))
        {
            _dtls!.HandleDeadline(now);
            DrainDtls(now);
        }
        if (deadlines.IsDue(MediaDeadline.Connect, now))
            Fail(_state == State.Securing ? WebRtcFailure.DtlsTimeout : WebRtcFailure.IceFailed);
    }

    /// <summary>Says close_notify, and ends.</summary>
    public void Close(Instant now)
    {
        if (_state == State.Connected)
        {
            _dtls?.Shutdown();
            DrainDtls(now);
        }
        End();
    }

    public void Dispose() => _dtls?.Dispose();

    private bool IsValidated(TransportAddress remote) => _ice!.IsValidated(remote) || (_isRestarting && remote == _path.Remote);

    private void HandleStun(ReadOnlySpan<byte> datagram, TransportAddress local, TransportAddress remote, Instant now)
    {
        if (_state is State.New or State.Failed)
            return;
        if (_ice!.HandleDatagram(datagram, local, remote, now) != IceVerdict.Accepted)
            Drop(DropReason.RefusedStun);
        else if (_ice.IsValidated(remote))
            owner.Claim(remote);
        _ice.HandleDeadline(now); // a refusal may have been the last hope
        DrainIce(now);
    }

    private void DrainIce(Instant now)
    {
        while (_ice!.TryPollTransmit(context.Scratch, now, out var transmit))
            owner.Send(context.Scratch.AsSpan(0, transmit.Length), transmit.Local, transmit.Remote);
        while (_state != State.Failed && _ice.TryPollEvent(out var happened))
        {
            switch (happened.Kind)
            {
                case IceEventKind.Connected or IceEventKind.PathChanged:
                    _hasNewPath |= _path != happened.Path;
                    _path = happened.Path;
                    owner.Claim(_path.Remote);
                    Secure(now);
                    break;
                case IceEventKind.ConsentLost:
                    Fail(WebRtcFailure.ConsentLost);
                    break;
                default:
                    // The relay may have our checks before it has our description, or answer only when the user does: until the time is
                    // up, ICE starts over, with the same credentials.
                    deadlines[MediaDeadline.IceRestart] = now + RestartAfter;
                    break;
            }
        }
        if (_state != State.Failed)
            deadlines[MediaDeadline.Ice] = _ice.NextDeadline;
    }

    private void Secure(Instant now)
    {
        if (_dtls is null || _state == State.Connected)
            Connect();
        if (_dtls is null)
            return;
        if (_state == State.Connecting)
            _state = State.Securing;
        _dtls.Start(now);
        DrainDtls(now);
    }

    private void DrainDtls(Instant now)
    {
        if (_dtls is not { } dtls)
            return;
        while (!_path.Remote.IsNone && dtls.TryPollTransmit(context.Scratch, out var length))
            owner.Send(context.Scratch.AsSpan(0, length), _path.Local, _path.Remote);
        deadlines[MediaDeadline.Dtls] = dtls.NextDeadline;
        switch (dtls.State)
        {
            case DtlsState.Connected when _state == State.Securing:
                TakeKeys(dtls);
                break;
            case DtlsState.Failed:
                Fail(dtls.Failure switch
                {
                    DtlsFailure.FingerprintMismatch => WebRtcFailure.FingerprintMismatch,
                    DtlsFailure.Timeout => WebRtcFailure.DtlsTimeout,
                    _ => WebRtcFailure.DtlsFailed,
                });
                break;
            case DtlsState.Closed when EndsWithDtls || _state != State.Connected:
                Fail(WebRtcFailure.DtlsClosed);
                break;
        }
    }

    private void TakeKeys(IDtlsHandshake dtls)
    {
        if (!dtls.TryGetKeys(out var keys))
        {
            Fail(WebRtcFailure.DtlsFailed);
            return;
        }
        owner.Protect(keys);
        Connect();
    }

    private void Connect()
    {
        deadlines.Clear(MediaDeadline.Connect);
        _isRestarting = false;
        _state = State.Connected;
    }

    private void Fail(WebRtcFailure reason)
    {
        if (_state == State.Failed)
            return;
        Failure = reason;
        owner.Lose(reason, isHangUp: reason == WebRtcFailure.DtlsClosed && _state == State.Connected);
        End();
    }

    /// <summary>Nothing is handled or waited for any more.</summary>
    private void End()
    {
        _state = State.Failed;
        deadlines.Clear(MediaDeadline.Ice);
        deadlines.Clear(MediaDeadline.IceRestart);
        deadlines.Clear(MediaDeadline.Dtls);
        deadlines.Clear(MediaDeadline.Connect);
    }

    private bool Drop(DropReason reason)
    {
        context.Counters.Drop(reason);
        return false;
    }
}
