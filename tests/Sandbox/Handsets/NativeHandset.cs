using System.Text;
using Media.Engine;
using Media.Engine.Legs;
using Media.Engine.Loop;
using Media.Engine.Session;
using Media.Native.Dtls;
using Media.Native.Net;
using Media.Protocols.Datagrams;
using Media.Protocols.Dtmf;
using Media.Protocols.Ice;
using Media.Protocols.Primitives;
using Media.Protocols.Rtcp;
using Media.Protocols.Rtp;
using Media.Protocols.Srtp;
using Media.Protocols.Stun;

namespace Sandbox.Handsets;

/// <summary>
/// WhatsApp's relay and phone in one: ICE-lite, DTLS-SRTP, Opus at 16 kHz in 20 ms packets. It sends a tone and reports the audio it hears.
/// </summary>
public sealed class NativeHandset : IHandset, IMediaPeer
{
    private const byte OpusType = 111, EventType = 126;
    private static readonly TimeSpan Frame = TimeSpan.FromMilliseconds(20);

    private readonly PeerLoop _loop;
    private readonly NativeHandsetOptions _options;
    private readonly DtlsCertificate _certificate = DtlsCertificate.Generate(TimeProvider.System);
    private readonly UdpSocket _socket;
    private readonly IceCredentials _credentials;
    private readonly IceAgent _ice;
    private readonly HandsetVoice _voice;
    private readonly HandsetKeys _keys = new();
    private readonly LongestInterval _packets = new();
    private readonly RtpOutput _output = new(SystemEntropy.Instance);
    private readonly RtcpSession _rtcp;
    private readonly byte[] _packet = new byte[2048];
    private readonly long _sessionId = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
    private HandsetSdp? _remote;
    private DtlsEndpoint? _dtls;
    private SrtpSession? _srtp;
    private IcePath _path;
    private Instant _nextFrame = Instant.Never;
    private Instant _retransmitAt = Instant.Never;
    private bool _isOpen, _isDisposed;
    private long _sent;
    private DateTimeOffset? _lastMediaAt;
    private string? _failure;

    public NativeHandset(NativeHandsetOptions? options = null, PeerLoop? loop = null)
    {
        _options = options ?? new NativeHandsetOptions();
        _loop = loop ?? PeerLoop.Shared;
        var address = TransportAddress.From(_options.Address, _options.Port);
        if (!UdpSocket.TryBind(address.ToUdp(), null, out var socket, out var error))
            throw new HandsetException($"The handset's port cannot be opened: {error}.");
        _socket = socket;
        _voice = new HandsetVoice(_options.Hertz, _options.Complexity);
        _credentials = new IceCredentials(SystemEntropy.Instance.NextIceChars(16), SystemEntropy.Instance.NextIceChars(22) + "==");
        _ice = new IceAgent(
            new IceAgentOptions { Role = IceRole.Controlling, Lite = !_options.FullIce, Local = _credentials }, SystemEntropy.Instance);
        _ice.AddLocalCandidate(IceCandidate.Host(Local, ushort.MaxValue));
        _rtcp = new RtcpSession(
            new RtcpSessionOptions { Local = _output.Ssrc, Cname = "WhatsAppAudioStream1", ClockRate = 48000 }, SystemEntropy.Instance,
            _loop.Now);
    }

    public Lock Gate { get; } = new();

    /// <summary>ICE and DTLS are up.</summary>
    public bool IsConnected => _srtp is not null;

    public TransportAddress Local => _socket.Local.ToTransport();

    /// <summary>Keys received so far.</summary>
    public string Digits
    {
        get
        {
            lock (Gate)
                return _keys.Received;
        }
    }

    /// <summary>SSRCs of the business received so far; more than one is a fault.</summary>
    public HashSet<Ssrc> Sources { get; } = [];

    /// <summary>RTP or RTCP that came before <see cref="OpenAudioAsync"/>: the business opened audio too early.</summary>
    public int MediaBeforeOpen { get; private set; }

    /// <summary>Connectivity checks that were refused, as the options request.</summary>
    public int ChecksRefused { get; private set; }

    /// <summary>SRTP packets that were refused: replayed, or forged.</summary>
    public int Refused { get; private set; }

    /// <summary>Longest time between two RTP packets after the first, or since <see cref="ForgetAudio"/>.</summary>
    public TimeSpan LongestGap => _packets.Longest;

    /// <summary>Longest time between two packets with sound after the first, or since <see cref="ForgetAudio"/>.</summary>
    public TimeSpan LongestSilence => _voice.Silence.Longest;

    /// <summary>Longest time that a frame of ours left late by this machine's fault, since <see cref="ForgetAudio"/>.</summary>
    public TimeSpan LongestDelay { get; private set; }

    /// <summary>Sees each RTP packet of the business, also one whose index was used before; only its header is clear.</summary>
    public PacketTap? Tap { get; set; }

    public Instant NextDeadline => _isDisposed ? Instant.Never : Instant.Min(
        Instant.Min(_remote is null ? Instant.Never : _ice.NextDeadline, _retransmitAt),
        Instant.Min(_nextFrame, Instant.Min(
            _isOpen ? Instant.Min(_keys.NextWriteDeadline, _rtcp.NextDeadline) : Instant.Never, _keys.NextReadDeadline)));

    public Task<string> CreateOfferAsync(CancellationToken cancel) => Task.FromResult(Describe("actpass", "audio"));

    public Task ApplyAnswerAsync(string sdp, CancellationToken cancel)
    {
        Start(HandsetSdp.Parse(sdp), setup => setup switch
        {
            "active" => DtlsRole.Server,
            "passive" => DtlsRole.Client,
            _ => throw new HandsetException($"An answer cannot be setup:{setup}."),
        });
        return Task.CompletedTask;
    }

    public Task<string> AcceptOfferAsync(string sdp, CancellationToken cancel)
    {
        var offer = HandsetSdp.Parse(sdp);
        var role = offer.Setup == "passive" || offer.Setup == "actpass" && _options.DtlsClient ? DtlsRole.Client : DtlsRole.Server;
        Start(offer, _ => role);
        return Task.FromResult(Describe(role == DtlsRole.Client ? "active" : "passive", offer.Mid));
    }

    public Task OpenAudioAsync(CancellationToken cancel)
    {
        lock (Gate)
        {
            _isOpen = true;
            _nextFrame = _loop.Now;
        }
        _loop.Wake();
        return Task.CompletedTask;
    }

    public Task SendToneAsync(double hertz, CancellationToken cancel)
    {
        lock (Gate)
            _voice.Sing(hertz);
        return Task.CompletedTask;
    }

    public Task SendDigitsAsync(string digits, CancellationToken cancel)
    {
        Task sent;
        lock (Gate)
            sent = _isDisposed ? Task.CompletedTask : _keys.SendAsync(digits);
        _loop.Wake();
        return sent.WaitAsync(cancel);
    }

    public Task<HandsetReport> ReportAsync(CancellationToken cancel)
    {
        lock (Gate)
        {
            var statistics = _rtcp.Statistics;
            return Task.FromResult(new HandsetReport
            {
                Connected = IsConnected,
                PacketsReceived = _packets.Count,
                PacketsSent = _sent,
                PacketsLost = statistics.PacketsLost,
                EarlyPackets = MediaBeforeOpen,
                Sources = Sources.Count,
                LastMediaAt = _lastMediaAt,
                ToneHertz = _voice.Meter.Hertz(),
                LevelDb = _voice.Meter.LevelDb(),
                LongestSilenceMs = LongestSilence.TotalMilliseconds,
                DigitsReceived = _keys.Received,
                JitterMs = statistics.Jitter.TotalMilliseconds,
                RoundTripMs = statistics.RoundTrip?.TotalMilliseconds,
                Failure = _failure,
            });
        }
    }

    /// <summary>Clears the audio heard so far, so that later audio can be distinguished from it.</summary>
    public void ForgetAudio()
    {
        lock (Gate)
        {
            _voice.Forget();
            _packets.Forget();
            LongestDelay = TimeSpan.Zero;
        }
    }

    public ValueTask DisposeAsync()
    {
        _loop.Remove(this);
        lock (Gate)
        {
            _isDisposed = true;
            _keys.End();
            _dtls?.Dispose();
            _srtp?.Dispose();
            _voice.Dispose();
            _socket.Dispose();
            _certificate.Dispose();
        }
        return ValueTask.CompletedTask;
    }

    public void HandleDatagram(UdpSocket socket, Span<byte> datagram, TransportAddress remote, Instant now)
    {
        if (_isDisposed)
            return;
        var kind = DatagramKinds.Classify(datagram);
        if (kind == DatagramKind.Stun && ChecksRefused < _options.RefuseChecks)
        {
            ChecksRefused++;
            Refuse(datagram, remote);
        }
        else if (kind == DatagramKind.Stun)
        {
            _ice.HandleDatagram(datagram, Local, remote, now);
            DrainIce(now);
        }
        else if (!_ice.IsValidated(remote))
        {
            _failure ??= $"{kind} from {remote}, which ICE has not validated";
        }
        else if (kind == DatagramKind.Dtls)
        {
            _dtls?.HandleDatagram(datagram);
            DrainDtls(now);
        }
        else if (kind == DatagramKind.Rtp && _srtp is { } srtp)
        {
            var isFresh = srtp.TryUnprotectRtp(datagram, out var length, out var error);
            if (isFresh || error == SrtpError.Replayed)
                Tap?.Invoke(datagram, now);
            if (isFresh)
                HandleRtp(datagram[..length], now);
            else
                Refused++;
        }
        else if (kind == DatagramKind.Rtcp && _srtp is { } session && session.TryUnprotectRtcp(datagram, out var rtcpLength, out _))
        {
            _rtcp.HandleRtcp(datagram[..rtcpLength], now, out _);
            CountMedia(now);
        }
    }

    public void HandleDeadline(Instant now)
    {
        if (_remote is not null)
        {
            _ice.HandleDeadline(now);
            DrainIce(now);
        }
        if (_retransmitAt <= now)
        {
            _dtls?.HandleTimeout();
            DrainDtls(now);
        }
        if (_nextFrame <= now && now - _nextFrame > LongestDelay)
            LongestDelay = now - _nextFrame;
        for (; _nextFrame <= now; _nextFrame += Frame)
            SendFrame(now);
        if (_srtp is null || !_isOpen)
            return;
        SendKeys(now);
        _keys.HandleDeadline(now);
        if (_rtcp.TryPollTransmit(_packet, now, out var length) && _srtp.TryProtectRtcp(_packet, length, out length, out _))
            Send(length, _path.Remote);
    }

    private void Start(HandsetSdp remote, Func<string, DtlsRole> role)
    {
        if (!DtlsFingerprint.TryParse(remote.Fingerprint, out var fingerprint))
            throw new HandsetException("The fingerprint cannot be read.");
        lock (Gate)
        {
            _remote = remote;
            _dtls = new DtlsEndpoint(role(remote.Setup), _certificate, fingerprint);
            _ice.SetRemote(new IceCredentials(remote.Ufrag, remote.Password), lite: false);
            foreach (var line in remote.Candidates)
                if (IceCandidate.TryParse(line, out var candidate, out _))
                    _ice.AddRemoteCandidate(candidate);
        }
        _loop.Add(this, _socket);
    }

    private string Describe(string setup, string mid) => HandsetOffer.Write(
        new HandsetOffer.Facts(
            _sessionId, Local, _credentials, _options.FalseFingerprint ?? _certificate.Fingerprint.ToString(), setup, mid, _output.Ssrc,
            _options.FullIce, _options.Pcmu));

    private void Refuse(ReadOnlySpan<byte> request, TransportAddress remote)
    {
        if (!StunReader.TryRead(request, out var message, out _))
            return;
        var error = new StunWriter(_packet, StunClass.Error, message.TransactionId);
        error.AddErrorCode(StunErrorCode.BadRequest);
        if (error.TryFinish(Encoding.ASCII.GetBytes(_credentials.Password), out var length))
            Send(length, remote);
    }

    private void DrainIce(Instant now)
    {
        while (_ice.TryPollTransmit(_packet, now, out var transmit))
            Send(transmit.Length, transmit.Remote);
        while (_ice.TryPollEvent(out var happened))
        {
            if (happened.Kind is IceEventKind.Connected or IceEventKind.PathChanged)
            {
                _path = happened.Path;
                if (_dtls!.Role == DtlsRole.Client)
                    _dtls.Start();
                DrainDtls(now);
            }
            else
            {
                _failure ??= $"ICE: {happened.Kind} {happened.Failure}";
            }
        }
    }

    private void DrainDtls(Instant now)
    {
        if (_dtls is null || _path.Remote.IsNone)
            return;
        while (_dtls.TryPollTransmit(_packet, out var length))
            Send(length, _path.Remote);
        _retransmitAt = _dtls.TimeUntilRetransmit is { } wait ? now + wait : Instant.Never;
        if (_dtls.State == DtlsState.Failed)
            _failure ??= $"DTLS: {_dtls.Failure} {_dtls.FailureReason}";
        if (_srtp is null && _dtls.TryExportKeys(out var keys))
            _srtp = new SrtpSession(
                (SrtpProfile)keys.Profile, new SrtpKeys(keys.LocalKey, keys.LocalSalt), new SrtpKeys(keys.RemoteKey, keys.RemoteSalt),
                NativeSrtpPrimitives.Instance);
    }

    private void HandleRtp(ReadOnlySpan<byte> datagram, Instant now)
    {
        if (!RtpPacketReader.TryRead(datagram, out var packet))
            return;
        CountMedia(now);
        _packets.Note(now);
        Sources.Add(packet.Ssrc);
        var isEvent = packet.PayloadType == EventType;
        _rtcp.HandleRtpReceived(packet.Header, now, !isEvent);
        if (isEvent)
            _keys.Handle(packet, now);
        else
            _voice.Hear(packet.Payload, packet.PayloadType, now);
    }

    private void CountMedia(Instant now)
    {
        _lastMediaAt = now.ToDateTimeOffset();
        if (!_isOpen)
            MediaBeforeOpen++;
    }

    private void SendFrame(Instant now)
    {
        var isPcmu = _options.Pcmu && _remote!.HasPcmu;
        var units = isPcmu ? 160 : 960;
        var length = _voice.Speak(_packet.AsSpan(RtpPacketWriter.HeaderLength, 1200), isPcmu);
        if (_srtp is null || _keys.IsActive)
        {
            _output.Skip(units, isPause: false);
            return;
        }
        Protect(length, _output.WriteAudioHeader(_packet, isPcmu ? HandsetVoice.PcmuType : OpusType, units), now, isTimed: true);
    }

    private void SendKeys(Instant now)
    {
        while (_keys.TryPollTransmit(_packet.AsSpan(RtpPacketWriter.HeaderLength), now, _output.Timestamp, out var header))
        {
            _output.WriteHeader(_packet, EventType, header.Marker, header.Timestamp);
            Protect(TelephoneEventPayload.Length, header.Timestamp, now, isTimed: false);
        }
    }

    private void Protect(int payloadLength, RtpTimestamp timestamp, Instant now, bool isTimed)
    {
        if (!_srtp!.TryProtectRtp(_packet, RtpPacketWriter.HeaderLength + payloadLength, out var length, out _))
            return;
        if (++_sent % Math.Max(_options.LoseEvery, 1) != 0 || _options.LoseEvery == 0)
            Send(length, _path.Remote);
        _rtcp.HandleRtpSent(timestamp, payloadLength, now, isTimed);
    }

    private void Send(int length, TransportAddress remote) =>
        _socket.Send(_packet.AsSpan(0, length), remote.ToUdp());
}
