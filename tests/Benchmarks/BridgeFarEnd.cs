using System.Net;
using Media.Engine;
using Media.Engine.Audio;
using Media.Engine.Loop;
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
/// The two peers of one bridged call: a WhatsApp user (ICE-lite, DTLS server) and a phone, whose packets were encoded beforehand. The
/// load's thread sends, another receives; each keeps to its side of the SRTP session.
/// </summary>
internal sealed class BridgeFarEnd : IDisposable
{
    private const int HeaderSize = 12;

    private readonly string _opusFormat;
    private readonly SpeechPackets _speech;
    private readonly int _call;
    private readonly UdpSocket _user;
    private readonly UdpSocket _phone;
    private readonly DtlsCertificate _certificate;
    private readonly IceCredentials _credentials = new(SystemEntropy.Instance.NextIceChars(16), SystemEntropy.Instance.NextIceChars(24));
    private readonly IceAgent _ice;
    private readonly byte[] _sending = new byte[2048];
    private readonly byte[] _answering = new byte[2048];
    private volatile DtlsEndpoint? _dtls;
    private volatile SrtpSession? _srtp;
    private UdpAddress _gatewayPbx;
    private UdpAddress _gatewayUser;
    private readonly FrameTimes _toPhone = new(160);
    private readonly FrameTimes _toUser = new(960);

    public BridgeFarEnd(CostOptions options, SpeechPackets speech, int call, UdpSocket user, UdpSocket phone)
    {
        (_speech, _call, _user, _phone) = (speech, call, user, phone);
        _opusFormat = "maxaveragebitrate=20000;maxplaybackrate=16000;useinbandfec=1" + (options.TakesTurns ? ";usedtx=1" : "");
        _certificate = DtlsCertificate.Generate(TimeProvider.System, new DtlsOptions { SrtpProfiles = [options.Profile] });
        _ice = new IceAgent(new IceAgentOptions { Role = IceRole.Controlled, Lite = true, Local = _credentials }, SystemEntropy.Instance);
        _ice.AddLocalCandidate(IceCandidate.Host(Address(user), ushort.MaxValue));
    }

    public bool IsConnected => _srtp is not null;

    /// <summary>RTP packets that came back: at the phone, and authentic ones at the user.</summary>
    public long Delivered { get; private set; }

    /// <param name="call">The gateway's.</param>
    /// <param name="hears">What the user hears in place of a phone, again and again; null: there is a phone.</param>
    public async Task ConnectAsync(MediaCall call, AudioClip? hears)
    {
        var answer = Require(await call.AnswerWhatsAppOfferAsync(Offer()));
        string Fact(string name) =>
            answer.Split("\r\n").First(line => line.StartsWith($"a={name}:", StringComparison.Ordinal))[(name.Length + 3)..];
        if (!DtlsFingerprint.TryParse(Fact("fingerprint").Split(' ')[1], out var fingerprint))
            throw new InvalidOperationException("The answer's fingerprint cannot be read.");
        _dtls = new DtlsEndpoint(DtlsRole.Server, _certificate, fingerprint);
        _ice.SetRemote(new IceCredentials(Fact("ice-ufrag"), Fact("ice-pwd")), lite: false);
        if (hears is not null)
        {
            call.Play(CallLeg.WhatsApp, [hears], AudioRepeat.All);
            call.OpenAudio();
            return;
        }
        var profile = new PbxMediaProfile { Codecs = [AudioCodec.Pcmu], TelephoneEvents = false };
        var offer = Require(await call.CreatePbxOfferAsync(profile));
        var port = offer.Split("\r\n").Single(line => line.StartsWith("m=audio ", StringComparison.Ordinal)).Split(' ')[1];
        _gatewayPbx = UdpAddress.From(new IPEndPoint(IPAddress.Loopback, int.Parse(port)));
        Require(await call.ApplyPbxAnswerAsync(PbxAnswer(), profile));
        call.OpenAudio();
    }

    /// <summary>Sends both peers' packets of one frame. The load's thread.</summary>
    public void Turn(int frame)
    {
        if (_srtp is not { } srtp)
            return;
        var length = Write(_speech.Opus(_call, frame), 111, frame, 960);
        if (srtp.TryProtectRtp(_sending, length, out length, out _))
        {
            _toPhone.Send(frame, TimeProvider.System.GetTimestamp());
            _user.Send(_sending.AsSpan(0, length), _gatewayUser);
        }
        if (_gatewayPbx == default)
            return;
        length = Write(_speech.Pcmu(_call, frame), 0, frame, 160);
        _toUser.Send(frame, TimeProvider.System.GetTimestamp());
        _phone.Send(_sending.AsSpan(0, length), _gatewayPbx);
    }

    /// <summary>Takes one waiting datagram. The receiver's thread.</summary>
    /// <returns>The time since its frame left the other end, in ticks of the time provider; -1 for anything but audio.</returns>
    public long Receive(bool atPhone, Span<byte> buffer, Instant now)
    {
        var received = TimeProvider.System.GetTimestamp();
        if (!(atPhone ? _phone : _user).TryReceive(buffer, out var length, out var remote))
            return -1;
        var datagram = buffer[..length];
        if (atPhone)
        {
            if (length != HeaderSize + 160)
                return -1;
            Delivered++;
            return _toPhone.DelayOf(datagram, received);
        }
        switch (DatagramKinds.Classify(datagram))
        {
            case DatagramKind.Rtp when _srtp is { } srtp && srtp.TryUnprotectRtp(datagram, out _, out _):
                Delivered++;
                return _toUser.DelayOf(datagram, received);
            case DatagramKind.Stun:
                _ice.HandleDatagram(datagram, Address(_user), new TransportAddress(remote.Bits, remote.Port), now);
                while (_ice.TryPollTransmit(_answering, now, out var transmit))
                    _user.Send(_answering.AsSpan(0, transmit.Length), new UdpAddress(transmit.Remote.Bits, transmit.Remote.Port));
                return -1;
            case DatagramKind.Dtls:
                Secure(datagram, remote);
                return -1;
            default:
                return -1;
        }
    }

    public void Dispose()
    {
        _dtls?.Dispose();
        _srtp?.Dispose();
        _certificate.Dispose();
        _user.Dispose();
        _phone.Dispose();
    }

    private void Secure(ReadOnlySpan<byte> datagram, UdpAddress remote)
    {
        if (_dtls is not { } dtls)
            return; // before the answer was read; it comes again
        dtls.HandleDatagram(datagram);
        while (dtls.TryPollTransmit(_answering, out var length))
            _user.Send(_answering.AsSpan(0, length), remote);
        if (_srtp is not null || !dtls.TryExportKeys(out var keys))
            return;
        _gatewayUser = remote;
        _srtp = new SrtpSession(
            (SrtpProfile)keys.Profile, new SrtpKeys(keys.LocalKey, keys.LocalSalt), new SrtpKeys(keys.RemoteKey, keys.RemoteSalt),
            NativeSrtpPrimitives.Instance);
    }

    private int Write(ReadOnlySpan<byte> payload, byte payloadType, int frame, int unitsPerFrame)
    {
        BareCall.WriteHeader(_sending, (ushort)frame);
        _sending[1] = payloadType;
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(_sending.AsSpan(4), frame * unitsPerFrame);
        payload.CopyTo(_sending.AsSpan(HeaderSize));
        return HeaderSize + payload.Length;
    }

    private string Offer() => string.Join("\r\n",
    [
        "v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE audio", "a=ice-lite",
        $"m=audio {_user.Local.Port} UDP/TLS/RTP/SAVPF 111", "c=IN IP4 127.0.0.1",
        $"a={IceCandidate.Host(Address(_user), ushort.MaxValue).Write()}", $"a=ice-ufrag:{_credentials.Ufrag}",
        $"a=ice-pwd:{_credentials.Password}", $"a=fingerprint:sha-256 {_certificate.Fingerprint}", "a=setup:actpass", "a=mid:audio",
        "a=rtcp-mux", "a=rtpmap:111 opus/48000/2", $"a=fmtp:111 {_opusFormat}", "a=ptime:20",
        "",
    ]);

    private string PbxAnswer() => string.Join("\r\n",
    [
        "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", $"m=audio {_phone.Local.Port} RTP/AVP 0",
        "a=rtpmap:0 PCMU/8000",
        "a=ptime:20", "",
    ]);

    private static string Require(SdpResult result) =>
        result.Succeeded ? result.Sdp ?? "" : throw new InvalidOperationException($"{result.Refusal} {result.Detail}");

    private static TransportAddress Address(UdpSocket socket) => new(socket.Local.Bits, socket.Local.Port);
}
