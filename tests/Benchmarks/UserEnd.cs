using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Media.Engine.Loop;
using Media.Engine;
using Media.Engine.Session;
using Media.Native.Dtls;
using Media.Native.Net;
using Media.Protocols.Datagrams;
using Media.Protocols.Ice;
using Media.Protocols.Primitives;
using Media.Protocols.Sdp;
using Media.Protocols.Srtp;

namespace Benchmarks;

/// <summary>
/// A WhatsApp user (ICE-lite, DTLS server), or one whose keys are in the SDP, or one in the clear, for servers that speak no DTLS. The
/// load's thread sends, another receives; each keeps to its side of the SRTP session.
/// </summary>
internal sealed class UserEnd : IDisposable
{
    private const int KeySize = 16, SaltSize = 14;

    private readonly UdpSocket _socket;
    private readonly CostOptions _options;
    private readonly DtlsCertificate _certificate;
    private readonly IceCredentials _credentials = new(SystemEntropy.Instance.NextIceChars(16), SystemEntropy.Instance.NextIceChars(24));
    private readonly IceAgent _ice;
    private readonly byte[] _masterKey = RandomNumberGenerator.GetBytes(KeySize + SaltSize);
    private readonly byte[] _sending = new byte[2048];
    private readonly byte[] _answering = new byte[2048];
    private volatile DtlsEndpoint? _dtls;
    private volatile SrtpSession? _srtp;
    private volatile StrongBox<UdpAddress> _server = new();
    private volatile bool _isConnected;

    public UserEnd(CostOptions options, DtlsCertificate certificate, UdpSocket socket)
    {
        (_options, _certificate, _socket) = (options, certificate, socket);
        _ice = new IceAgent(new IceAgentOptions { Role = IceRole.Controlled, Lite = true, Local = _credentials }, SystemEntropy.Instance);
        _ice.AddLocalCandidate(IceCandidate.Host(Address, ushort.MaxValue));
    }

    public UdpSocket Socket => _socket;

    /// <summary>Media can go both ways.</summary>
    public bool IsConnected => _isConnected;

    private TransportAddress Address => _socket.Local.ToTransport();

    private SpeechFormat Format => SpeechFormat.Of(_options.UserCodec);

    public string Offer() => string.Join("\r\n",
    [
        "v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0",
        .. _options.Keying == Keying.Dtls ? WebRtc() : Plain(),
        $"a=rtpmap:{Format.PayloadType} {Format.Encoding}",
        .. _options.UserCodec == AudioCodec.Opus ? [$"a=fmtp:{Format.PayloadType} {OpusParameters}"] : Array.Empty<string>(),
        "a=ptime:20",
        "",
    ]);

    /// <summary>The server's answer: DTLS can begin, or media goes to its address.</summary>
    public void TakeAnswer(string sdp)
    {
        var lines = sdp.Split("\r\n");
        if (_options.Keying == Keying.Dtls)
        {
            if (!DtlsFingerprint.TryParse(Fact("fingerprint").Split(' ')[1], out var fingerprint))
                throw new InvalidOperationException("The answer's fingerprint cannot be read.");
            _ice.SetRemote(new IceCredentials(Fact("ice-ufrag"), Fact("ice-pwd")), lite: false);
            _dtls = new DtlsEndpoint(DtlsRole.Server, _certificate, fingerprint);
            return;
        }
        var port = lines.First(line => line.StartsWith("m=audio ", StringComparison.Ordinal)).Split(' ')[1];
        _server = new(UdpAddress.From(new IPEndPoint(IPAddress.Loopback, int.Parse(port))));
        if (_options.Keying == Keying.Sdes)
        {
            var key = Convert.FromBase64String(Fact("crypto").Split("inline:")[1].Split('|', ' ')[0]);
            _srtp = new SrtpSession(SrtpProfile.AesCm128HmacSha1_80, KeysOf(_masterKey), KeysOf(key), NativeSrtpPrimitives.Instance);
        }
        _isConnected = true;

        string Fact(string name) =>
            lines.First(line => line.StartsWith($"a={name}:", StringComparison.Ordinal))[(name.Length + 3)..];
    }

    /// <summary>The load's thread.</summary>
    public void Send(ReadOnlySpan<byte> speech, int frame)
    {
        var length = Format.Write(_sending, speech, Format.PayloadType, frame);
        if (_srtp is not { } srtp || srtp.TryProtectRtp(_sending, length, out length, out _))
            _socket.Send(_sending.AsSpan(0, length), _server.Value);
    }

    /// <summary>Answers what belongs to the connection. The receiver's thread.</summary>
    /// <returns>True for audio, in the clear now.</returns>
    public bool Handle(Span<byte> datagram, UdpAddress remote, Instant now)
    {
        switch (DatagramKinds.Classify(datagram))
        {
            case DatagramKind.Rtp:
                if (_srtp is not { } srtp)
                    return _options.Keying == Keying.None;
                if (!srtp.TryUnprotectRtp(datagram, out _, out _))
                    return false;
                if (_server.Value != remote)
                    _server = new(remote); // another node has its call
                return true;
            case DatagramKind.Stun:
                _ice.HandleDatagram(datagram, Address, remote.ToTransport(), now);
                while (_ice.TryPollTransmit(_answering, now, out var transmit))
                    _socket.Send(_answering.AsSpan(0, transmit.Length), transmit.Remote.ToUdp());
                return false;
            case DatagramKind.Dtls:
                Secure(datagram, remote);
                return false;
            default:
                return false;
        }
    }

    public void Dispose()
    {
        _dtls?.Dispose();
        _srtp?.Dispose();
        _socket.Dispose();
    }

    private void Secure(ReadOnlySpan<byte> datagram, UdpAddress remote)
    {
        if (_dtls is not { } dtls)
            return; // before the answer was read; it comes again
        dtls.HandleDatagram(datagram);
        while (dtls.TryPollTransmit(_answering, out var length))
            _socket.Send(_answering.AsSpan(0, length), remote);
        if (_srtp is not null || !dtls.TryExportKeys(out var keys))
            return;
        _server = new(remote);
        _srtp = new SrtpSession(
            (SrtpProfile)keys.Profile, new SrtpKeys(keys.LocalKey, keys.LocalSalt), new SrtpKeys(keys.RemoteKey, keys.RemoteSalt),
            NativeSrtpPrimitives.Instance);
        _isConnected = true;
    }

    private string[] WebRtc() =>
    [
        "a=group:BUNDLE audio", "a=ice-lite", $"m=audio {_socket.Local.Port} UDP/TLS/RTP/SAVPF {Offered}",
        $"a={IceCandidate.Host(Address, ushort.MaxValue).Write()}", $"a=ice-ufrag:{_credentials.Ufrag}",
        $"a=ice-pwd:{_credentials.Password}", $"a=fingerprint:sha-256 {_certificate.Fingerprint}", "a=setup:actpass", "a=mid:audio",
        "a=rtcp-mux",
        // WhatsApp offers Opus always, also where G.711 is preferred.
        .. _options.UserCodec == AudioCodec.Opus ? [] : new[] { "a=rtpmap:111 opus/48000/2", $"a=fmtp:111 {OpusParameters}" },
    ];

    private string[] Plain() =>
    [
        $"m=audio {_socket.Local.Port} RTP/{(_options.Keying == Keying.Sdes ? "SAVP" : "AVP")} {Format.PayloadType}",
        .. _options.Keying == Keying.Sdes
            ? new[] { $"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{Convert.ToBase64String(_masterKey)}" }
            : [],
    ];

    private string Offered => _options.UserCodec == AudioCodec.Opus ? "111" : $"{Format.PayloadType} 111";

    private string OpusParameters =>
        "maxaveragebitrate=20000;maxplaybackrate=16000;useinbandfec=1" + (_options.TakesTurns ? ";usedtx=1" : "");

    private static SrtpKeys KeysOf(byte[] key) => new(key.AsSpan(0, KeySize), key.AsSpan(KeySize));
}
