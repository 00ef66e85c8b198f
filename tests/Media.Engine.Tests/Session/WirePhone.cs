using System.Net;
using Media.Engine.Codecs;
using Media.Engine.Legs;
using Media.Protocols.Dtmf;
using Media.Protocols.Primitives;
using Media.Protocols.Rtp;
using Testing;

namespace Media.Engine.Tests.Session;

/// <summary>A desk phone in virtual time: PCMU in packets of 20 ms, a tone out, a meter in, keys as telephone-events.</summary>
internal sealed class WirePhone(LossyWire lan, TransportAddress address, double hertz)
{
    private static readonly TimeSpan Frame = TimeSpan.FromMilliseconds(20);

    private readonly RtpOutput _output = new(new SeededEntropy(address.Port));
    private readonly ToneGenerator _tone = new(hertz, 8000);
    private readonly TelephoneEventReader _keysIn = new(8000, 8000);
    private readonly TelephoneEventWriter _keysOut = new(8000, 8000);
    private readonly short[] _pcm = new short[960];
    private readonly byte[] _packet = new byte[12 + 160];
    private TransportAddress _gateway;
    private int _version;
    private Instant _nextFrame = Instant.Never;

    public TransportAddress Address => address;

    public ToneMeter Meter { get; } = new(8000);

    public string Digits { get; private set; } = "";

    /// <summary>Audio packets.</summary>
    public int Received { get; private set; }

    public Instant NextDeadline => Instant.Min(_nextFrame, Instant.Min(_keysIn.NextDeadline, _keysOut.NextDeadline));

    /// <summary>Takes the gateway's offer and answers it.</summary>
    public string Answer(string offer)
    {
        var lines = offer.Split("\r\n");
        var ip = IPAddress.Parse(lines.Last(line => line.StartsWith("c=", StringComparison.Ordinal)).Split(' ')[2]);
        var port = int.Parse(lines.Single(line => line.StartsWith("m=audio ", StringComparison.Ordinal)).Split(' ')[1]);
        _gateway = TransportAddress.From(ip, port);
        return Describe("sendrecv");
    }

    /// <summary>An answer, or an offer that changes the direction.</summary>
    public string Describe(string direction) => string.Join("\r\n",
    [
        "v=0", $"o=phone 1 {++_version} IN IP4 {address.ToIPAddress()}", "s=-", $"c=IN IP4 {address.ToIPAddress()}", "t=0 0",
        $"m=audio {address.Port} RTP/AVP 0 101", "a=rtpmap:0 PCMU/8000", "a=rtpmap:101 telephone-event/8000", "a=ptime:20",
        $"a={direction}", "",
    ]);

    public void Talk(Instant now) => _nextFrame = now;

    public void FallSilent() => _nextFrame = Instant.Never;

    public void Press(string digits)
    {
        foreach (var digit in digits)
            Assert.True(_keysOut.TryEnqueue(digit, TimeSpan.FromMilliseconds(100)));
    }

    public void HandleDatagram(ReadOnlySpan<byte> datagram, Instant now)
    {
        Assert.True(RtpPacketReader.TryRead(datagram, out var packet));
        if (packet.PayloadType == 101)
        {
            _keysIn.Handle(packet, now);
            TakeKeys();
            return;
        }
        Assert.Equal((0, 160), ((int)packet.PayloadType, packet.Payload.Length));
        Received++;
        G711.DecodeUlaw(packet.Payload, _pcm);
        Meter.Listen(_pcm.AsSpan(0, packet.Payload.Length));
    }

    public void HandleDeadline(Instant now)
    {
        for (; _nextFrame <= now; _nextFrame += Frame)
        {
            if (_keysOut.IsActive)
            {
                _output.Skip(160, isPause: false);
                continue;
            }
            _tone.Fill(_pcm.AsSpan(0, 160));
            _output.WriteAudioHeader(_packet, 0, 160);
            G711.EncodeUlaw(_pcm.AsSpan(0, 160), _packet.AsSpan(12));
            lan.Send(_packet, address, _gateway);
        }
        while (_keysOut.TryPollTransmit(_packet.AsSpan(12), now, _output.Timestamp, out var header))
        {
            _output.WriteHeader(_packet, 101, header.Marker, header.Timestamp);
            lan.Send(_packet.AsSpan(0, 16), address, _gateway);
        }
        _keysIn.HandleDeadline(now);
        TakeKeys();
    }

    private void TakeKeys()
    {
        while (_keysIn.TryPollEvent(out var key))
            if (key.Phase == TelephoneEventPhase.Released)
                Digits += key.Digit;
    }
}
