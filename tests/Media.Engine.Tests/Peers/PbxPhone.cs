using System.Net;
using Media.Engine.Audio;
using Media.Engine.Codecs;
using Media.Engine.Legs;
using Media.Engine.Loop;
using Media.Native.Net;
using Media.Protocols.Datagrams;
using Media.Protocols.Dtmf;
using Media.Protocols.Primitives;
using Media.Protocols.Rtcp;
using Media.Protocols.Rtp;
using Media.Protocols.Sdp;
using Media.Protocols.Srtp;
using Sandbox.Handsets;
using Testing;

namespace Media.Engine.Tests.Peers;

/// <summary>A desk phone behind a PBX, media only: one codec, one packet time, a tone out, a meter in.</summary>
internal sealed class PbxPhone : IMediaPeer, IDisposable
{
    private readonly PeerLoop _loop = PeerLoop.Shared;
    private readonly UdpSocket _rtp;
    private readonly UdpSocket _rtcpSocket;
    private readonly AudioCodec _codec;
    private readonly byte _payloadType;
    private AudioCodec _sentCodec;
    private byte _sentType;
    private readonly int _packetMs;
    private readonly int _rate;
    private readonly SrtpKeys? _ownKeys;
    private readonly string? _inline;
    private readonly ToneMeter _meter;
    private readonly TelephoneEventReader _keysIn;
    private readonly TelephoneEventWriter _keysOut;
    private readonly RtpOutput _output = new(SystemEntropy.Instance);
    private readonly RtcpSession _rtcp;
    private readonly PhoneCoder _coder;
    private readonly byte[] _packet = new byte[2048];
    private readonly short[] _pcm = new short[48 * 120];
    private readonly List<char> _digits = [];
    private readonly ToneKeyDetector _toneKeysIn = new();
    private readonly List<char> _toneDigits = [];
    private ToneGenerator _tone;
    private (AudioClip Tones, int Position, int Left)? _sounding;
    private (double Hertz, TaskCompletionSource Heard)? _awaited;
    private SrtpSession? _srtp;
    private bool _isDisposed;
    private TransportAddress _target;
    private Instant _nextFrame = Instant.Never;

    public PbxPhone(
        AudioCodec codec = AudioCodec.Pcmu, double hertz = 600, int packetMs = 20, bool secure = false, IPAddress? address = null)
    {
        (_codec, _packetMs) = (codec, packetMs);
        _payloadType = codec switch { AudioCodec.Pcmu => 0, AudioCodec.Pcma => 8, AudioCodec.G722 => 9, _ => 107 };
        (_sentCodec, _sentType) = (codec, _payloadType);
        _rate = codec is AudioCodec.Pcmu or AudioCodec.Pcma ? 8000 : 16000;
        (_rtp, _rtcpSocket) = OpenPair(address ?? IPAddress.Loopback);
        _meter = new ToneMeter(_rate);
        _tone = new ToneGenerator(hertz, _rate);
        _keysIn = new TelephoneEventReader(8000, codec.ClockRate());
        _keysOut = new TelephoneEventWriter(8000, codec.ClockRate());
        _coder = new PhoneCoder(codec, _rate);
        _rtcp = new RtcpSession(
            new RtcpSessionOptions { Local = _output.Ssrc, Cname = "phone", ClockRate = codec.ClockRate() }, SystemEntropy.Instance,
            _loop.Now);
        if (secure)
        {
            var key = new byte[30];
            SystemEntropy.Instance.Fill(key);
            _inline = Convert.ToBase64String(key);
            _ownKeys = new SrtpKeys(key.AsSpan(0, 16), key.AsSpan(16));
        }
        _loop.Add(this, _rtp, _rtcpSocket);
    }

    public Lock Gate { get; } = new();

    public TransportAddress Local => _rtp.Local.ToTransport();

    public long Received { get; private set; }

    public int ReportsReceived { get; private set; }

    public HashSet<Ssrc> Sources { get; } = [];

    /// <summary>Lengths of the payloads received.</summary>
    public HashSet<int> PayloadLengths { get; } = [];

    public string Digits
    {
        get
        {
            lock (Gate)
                return string.Concat(_digits);
        }
    }

    /// <summary>Keys heard by their tones.</summary>
    public string ToneDigits
    {
        get
        {
            lock (Gate)
                return string.Concat(_toneDigits);
        }
    }

    public double? Hertz
    {
        get
        {
            lock (Gate)
                return _meter.Hertz();
        }
    }

    /// <summary>Completes when this tone is heard: with each packet is looked whether it is, so that a short one is not missed.</summary>
    public Task HearsAsync(double hertz)
    {
        lock (Gate)
        {
            if (TestCall.IsNear(_meter.Hertz(), hertz))
                return Task.CompletedTask;
            var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _awaited = (hertz, heard);
            return heard.Task;
        }
    }

    public Instant NextDeadline => _isDisposed
        ? Instant.Never
        : Instant.Min(Instant.Min(_nextFrame, _rtcp.NextDeadline), Instant.Min(_keysIn.NextDeadline, _keysOut.NextDeadline));

    /// <summary>An offer of ours.</summary>
    public string Offer(string direction = "sendrecv", int version = 1, string? address = null) => Describe(direction, version, address);

    /// <summary>Takes the gateway's offer and answers it.</summary>
    public string Answer(string offer, string direction = "sendrecv", int version = 1)
    {
        Apply(offer);
        return Describe(direction, version, null);
    }

    /// <summary>Takes the gateway's answer, or offer: where to send.</summary>
    public void Apply(string sdp)
    {
        var lines = sdp.Split("\r\n");
        var ip = IPAddress.Parse(lines.Last(line => line.StartsWith("c=", StringComparison.Ordinal)).Split(' ')[2]);
        var port = int.Parse(lines.Single(line => line.StartsWith("m=audio ", StringComparison.Ordinal)).Split(' ')[1]);
        lock (Gate)
        {
            _target = TransportAddress.From(ip, port);
            if (_ownKeys is null || _srtp is not null)
                return;
            var crypto = sdp.Split("\r\n").First(line => line.StartsWith("a=crypto:", StringComparison.Ordinal)).Split("inline:")[1];
            var remote = Convert.FromBase64String(crypto.Split('|')[0]);
            _srtp = new SrtpSession(
                SrtpProfile.AesCm128HmacSha1_80, _ownKeys, new SrtpKeys(remote.AsSpan(0, 16), remote.AsSpan(16)),
                new ManagedSrtpPrimitives());
        }
    }

    /// <summary>Starts, or goes on, sending its tone.</summary>
    public void Talk()
    {
        lock (Gate)
            _nextFrame = _loop.Now;
        _loop.Wake();
    }

    public void FallSilent()
    {
        lock (Gate)
            _nextFrame = Instant.Never;
    }

    public void Tone(double hertz)
    {
        lock (Gate)
            _tone = new ToneGenerator(hertz, _rate);
    }

    /// <summary>Media formats and attributes to describe beside its own: "0 103", "a=rtpmap:103 telephone-event/8000".</summary>
    public (string Formats, string[] Attributes) Extra { get; set; } = ("", []);

    /// <summary>The payload type of its key presses.</summary>
    public byte KeyType { get; set; } = 101;

    /// <summary>Sends another of the G.711 codecs from now on, under this number.</summary>
    public void SendAs(AudioCodec codec, byte payloadType)
    {
        lock (Gate)
            (_sentCodec, _sentType) = (codec, payloadType);
    }

    /// <summary>Sends the tones of a key in place of its own tone, for so many packets.</summary>
    public void Sound(char key, int packets)
    {
        lock (Gate)
            _sounding = (TreatmentAudio.OfKey(key)[0], 0, packets);
    }

    public void Press(string digits)
    {
        lock (Gate)
            foreach (var digit in digits)
                Assert.True(_keysOut.TryEnqueue(digit, TimeSpan.FromMilliseconds(80)));
        _loop.Wake();
    }

    /// <summary>One packet of RFC 3389.</summary>
    public void SendComfortNoise()
    {
        lock (Gate)
        {
            _output.WriteAudioHeader(_packet, 13, 160);
            _packet[12] = 70;
            _rtp.Send(_packet.AsSpan(0, 13), _target.ToUdp());
        }
    }

    public void ForgetAudio()
    {
        lock (Gate)
            _meter.Clear();
    }

    /// <summary>Makes a packet of noise that is perfect RTP for this call, and sends it to the gateway from somewhere else.</summary>
    public void Forge(UdpSocket from)
    {
        lock (Gate)
        {
            Span<byte> packet = stackalloc byte[172];
            SystemEntropy.Instance.Fill(packet);
            new RtpOutput(SystemEntropy.Instance).WriteAudioHeader(packet, _payloadType, 160);
            from.Send(packet, _target.ToUdp());
        }
    }

    public void Dispose()
    {
        _loop.Remove(this);
        lock (Gate)
        {
            _isDisposed = true;
            _rtp.Dispose();
            _rtcpSocket.Dispose();
            _srtp?.Dispose();
            _coder.Dispose();
        }
    }

    public void HandleDatagram(UdpSocket socket, Span<byte> datagram, TransportAddress remote, Instant now)
    {
        if (_isDisposed)
            return;
        if (socket == _rtcpSocket || DatagramKinds.Classify(datagram) == DatagramKind.Rtcp)
        {
            var reportLength = datagram.Length;
            if ((_srtp is null || _srtp.TryUnprotectRtcp(datagram, out reportLength, out _))
                && _rtcp.HandleRtcp(datagram[..reportLength], now, out _))
                ReportsReceived++;
            return;
        }
        if (_srtp is not null)
        {
            if (!_srtp.TryUnprotectRtp(datagram, out var length, out _))
                return;
            datagram = datagram[..length];
        }
        if (!RtpPacketReader.TryRead(datagram, out var packet))
            return;
        Received++;
        Sources.Add(packet.Ssrc);
        _rtcp.HandleRtpReceived(packet.Header, now, packet.PayloadType != 101);
        if (packet.PayloadType == 101)
        {
            _keysIn.Handle(packet, now);
            TakeKeys();
        }
        else if (packet.PayloadType == _payloadType)
        {
            PayloadLengths.Add(packet.Payload.Length);
            var samples = _pcm.AsSpan(0, _coder.Decode(packet.Payload, _pcm));
            _meter.Listen(samples);
            if (_awaited is { } awaited && TestCall.IsNear(_meter.Hertz(), awaited.Hertz))
                awaited.Heard.TrySetResult();
            if (_rate == 8000)
                _toneKeysIn.Listen(samples, now);
            while (_toneKeysIn.TryPollEvent(out var key))
                if (key.Phase == TelephoneEventPhase.Released)
                    _toneDigits.Add(key.Digit);
        }
    }

    public void HandleDeadline(Instant now)
    {
        for (; _nextFrame <= now; _nextFrame += TimeSpan.FromMilliseconds(_packetMs))
            SendFrame(now);
        while (_keysOut.TryPollTransmit(_packet.AsSpan(12), now, _output.Timestamp, out var header))
        {
            _output.WriteHeader(_packet, KeyType, header.Marker, header.Timestamp);
            Send(4, header.Timestamp, now, isTimed: false);
        }
        _keysIn.HandleDeadline(now);
        TakeKeys();
        if (_rtcp.TryPollTransmit(_packet, now, out var length)
            && (_srtp is null || _srtp.TryProtectRtcp(_packet, length, out length, out _)) && !_target.IsNone)
            _rtcpSocket.Send(_packet.AsSpan(0, length), (_target with { Port = (ushort)(_target.Port + 1) }).ToUdp());
    }

    private static (UdpSocket Rtp, UdpSocket Rtcp) OpenPair(IPAddress address)
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            var at = TransportAddress.From(address, 40000 + (int)(SystemEntropy.Instance.NextUInt32() % 5000) * 2);
            if (!UdpSocket.TryBind(at.ToUdp(), null, out var rtp, out _))
                continue;
            if (UdpSocket.TryBind((at with { Port = (ushort)(at.Port + 1) }).ToUdp(), null, out var rtcp, out _))
                return (rtp, rtcp);
            rtp.Dispose();
        }
        throw new InvalidOperationException("No port pair is free.");
    }

    private string Describe(string direction, int version, string? address)
    {
        var family = Local.IsIPv4 ? 4 : 6;
        var name = _codec
            switch { AudioCodec.Opus => "opus/48000/2", AudioCodec.G722 => "G722/8000", AudioCodec.Pcma => "PCMA/8000", _ => "PCMU/8000" };
        List<string> lines =
        [
            "v=0", $"o=phone 1 {version} IN IP{family} {Local.ToIPAddress()}", "s=-",
            $"c=IN IP{family} {address ?? Local.ToIPAddress().ToString()}", "t=0 0",
            $"m=audio {Local.Port} {(_inline is null ? "RTP/AVP" : "RTP/SAVP")} {_payloadType} 101 {Extra.Formats}".TrimEnd(),
            $"a=rtpmap:{_payloadType} {name}", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-16", $"a=ptime:{_packetMs}",
            $"a={direction}", .. Extra.Attributes,
        ];
        if (_inline is not null)
            lines.Add($"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{_inline}");
        return string.Join("\r\n", lines) + "\r\n";
    }

    private void SendFrame(Instant now)
    {
        var units = _packetMs * _codec.ClockRate() / 1000;
        if (_keysOut.IsActive)
        {
            _output.Skip(units, isPause: false);
            return;
        }
        var frame = _pcm.AsSpan(0, _packetMs * _rate / 1000);
        _tone.Fill(frame);
        if (_sounding is { Left: > 0 } key)
        {
            key.Tones.Samples(_rate).Slice(key.Position, frame.Length).CopyTo(frame);
            _sounding = (key.Tones, key.Position + frame.Length, key.Left - 1);
        }
        var payload = _packet.AsSpan(12, 1400);
        var length = _coder.Encode(_sentCodec, frame, payload);
        Send(length, _output.WriteAudioHeader(_packet, _sentType, units), now, isTimed: true);
    }

    private void TakeKeys()
    {
        while (_keysIn.TryPollEvent(out var key))
            if (key.Phase == TelephoneEventPhase.Released)
                _digits.Add(key.Digit);
    }

    private void Send(int payloadLength, RtpTimestamp timestamp, Instant now, bool isTimed)
    {
        var length = 12 + payloadLength;
        if (_target.IsNone || _srtp is not null && !_srtp.TryProtectRtp(_packet, length, out length, out _))
            return;
        _rtcp.HandleRtpSent(timestamp, payloadLength, now, isTimed);
        _rtp.Send(_packet.AsSpan(0, length), _target.ToUdp());
    }
}
