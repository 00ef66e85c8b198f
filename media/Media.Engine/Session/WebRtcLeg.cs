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
internal sealed class WebRtcLeg : MediaLeg, IWebRtcOwner
{
    /// <summary>A leg that went on from another process and is not answered for so long is lost: nobody waits longer in silence.</summary>
    private static readonly TimeSpan ResumeTimeout = TimeSpan.FromSeconds(15);

    private readonly IMediaPort _port;
    private readonly IDtlsIdentity _identity;
    private readonly WebRtcSignalling _signalling;
    private readonly WebRtcTransport _transport;
    private bool _isOpen;
    private HandshakeKeys? _keys;

    /// <param name="context">What sessions share.</param>
    /// <param name="port">The session's.</param>
    /// <param name="identity">The certificate that our description names.</param>
    /// <param name="deadlines">The session's; this leg keeps those of ICE and DTLS in it.</param>
    public WebRtcLeg(MediaContext context, IMediaPort port, IDtlsIdentity identity, DeadlineTable<MediaDeadline> deadlines)
        : base(CallLeg.WhatsApp, context)
    {
        (_port, _identity) = (port, identity);
        _signalling = new WebRtcSignalling(context, port, identity, Output.Ssrc);
        _transport = new WebRtcTransport(context, this, deadlines);
    }

    public override bool CanSend => _isOpen && _transport.IsConnected;

    protected override bool CanReport => CanSend;

    public bool IsConnected => _transport.IsConnected;

    /// <summary>The reason why the leg fell; null while it has not.</summary>
    public WebRtcFailure? Failure => _transport.Failure;

    /// <summary>True once for each pair that ICE chooses.</summary>
    public bool TryTakePath(out IcePath path) => _transport.TryTakePath(out path);

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
        CanSend && _keys is { } keys ? _signalling.Save(_transport.Path, Sending.Codec, keys, Cname) : null;

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
        Open(null, now);
        Choose(_signalling.Parameters!, from.Sending, now);
        _transport.Begin(() => _signalling.StartIce(ResumeTimeout), dtls: null, ResumeTimeout, now);
        return true;
    }

    /// <summary>The response is to a check of ours.</summary>
    public bool IsAwaiting(StunTransactionId transaction) => _transport.IsAwaiting(transaction);

    /// <summary>Takes a datagram from the shared port. True: it is an RTP packet of the peer's, decrypted.</summary>
    public bool TryReceive(
        DatagramKind kind, Span<byte> datagram, TransportAddress local, TransportAddress remote, Instant now, out RtpPacketReader packet)
    {
        packet = default;
        if (!_transport.TryReceive(kind, datagram, local, remote, now))
            return false;
        if (kind == DatagramKind.Rtp)
            return TryDecrypt(datagram, out packet);
        AcceptRtcp(datagram, now);
        return false;
    }

    public void HandleDeadline(Instant now) => _transport.HandleDeadline(now);

    /// <summary>Says goodbye.</summary>
    public void Close(Instant now)
    {
        SendGoodbye(now);
        _transport.Close(now);
    }

    public override void Dispose()
    {
        _transport.Dispose();
        base.Dispose();
    }

    public void Send(ReadOnlySpan<byte> datagram, TransportAddress local, TransportAddress remote)
    {
        var buffer = _port.Begin(local);
        if (buffer.IsEmpty)
            return;
        datagram.CopyTo(buffer);
        _port.End(local, datagram.Length, remote);
    }

    public void Claim(TransportAddress remote) => _port.Claim(remote);

    public void Protect(in HandshakeKeys keys)
    {
        _keys = keys;
        Srtp = new SrtpSession(keys.Profile, keys.Local, keys.Remote, NativeSrtpPrimitives.Instance);
    }

    public void Lose(WebRtcFailure reason, bool isHangUp)
    {
        if (!isHangUp)
            Context.Counters.Fail(reason);
    }

    protected override Span<byte> Begin() => _port.Begin(_transport.Path.Local);

    protected override void Transmit(Span<byte> packet, int length) => _port.End(_transport.Path.Local, length, _transport.Path.Remote);

    protected override void TransmitRtcp(ReadOnlySpan<byte> packet) => Send(packet, _transport.Path.Local, _transport.Path.Remote);

    private SdpResult Start(SdpResult result, Instant now)
    {
        if (!result.Succeeded || !_transport.IsNew)
            return result;
        var agreed = _signalling.Parameters!;
        var timeout = Context.Options.WhatsApp.ConnectTimeout;
        Choose(agreed, null, now);
        var dtls = _identity.Begin(agreed.DtlsClient, agreed.RemoteFingerprints);
        _transport.Begin(() => _signalling.StartIce(timeout), dtls, timeout, now);
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
}
