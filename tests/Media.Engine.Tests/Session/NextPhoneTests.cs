using System.Buffers.Binary;
using System.Net;
using Media.Engine.Legs;
using Media.Engine.Session;
using Media.Protocols.Primitives;
using Media.Protocols.Sdp;
using Media.Protocols.Srtp;
using Testing;

namespace Media.Engine.Tests.Session;

/// <summary>The call goes on after its phone has left, and with another phone.</summary>
public sealed class NextPhoneTests : IDisposable
{
    /// <summary>Of 10 s.</summary>
    private const int Packets = 500;

    private static readonly PbxMediaProfile Plain = new() { Security = SrtpPolicy.None };
    private static readonly PbxMediaProfile Optional = new() { Security = SrtpPolicy.Optional };
    private static readonly PbxMediaProfile Secure = new() { Security = SrtpPolicy.Required };

    private readonly VirtualClock _clock = new();
    private readonly LossyWire _lan;
    private readonly WirePort _port;
    private readonly PbxLegs _legs;

    public NextPhoneTests()
    {
        _lan = new LossyWire(_clock, 1);
        _port = new WirePort(new LossyWire(_clock, 2), _lan, At("192.0.2.1", 9000), At("192.0.2.1", 20000));
        _legs = Open(1);
    }

    [Theory]
    [InlineData(PbxSide.First)]
    [InlineData(PbxSide.Second)]
    public void What_a_phone_agreed_binds_no_offer_to_the_next_whatever_its_trunk(PbxSide side)
    {
        Connect(new Phone(4000), Secure, side);
        _legs.Leave(side, _clock.Now);

        var offer = Ok(_legs[side].CreateOffer(Optional, _clock.Now))!;

        Assert.Contains(" RTP/AVP ", offer, StringComparison.Ordinal);
        Assert.DoesNotContain("a=crypto", offer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_next_phone_gets_a_source_a_key_and_reports_of_its_own(bool secure)
    {
        var (first, second) = (new Phone(4000), new Phone(5000));
        Connect(first, secure ? Secure : Plain);
        Talk();
        _legs.Leave(PbxSide.First, _clock.Now);
        Connect(second, secure ? Secure : Plain);
        Talk();

        Assert.NotEqual(Assert.Single(first.Sources), Assert.Single(second.Sources));
        Assert.InRange(second.Reports, 2, 10);
        Assert.Equal(Packets, second.Packets);
        if (secure)
            Assert.False(first.Keys!.Remote[0].FixedTimeEquals(second.Keys!.Remote[0]));
    }

    [Fact]
    public void A_key_that_the_phone_that_left_did_not_get_is_not_the_nexts()
    {
        var second = new Phone(5000);
        Connect(new Phone(4000), Plain);
        _legs.Call.DigitsOut!.TryEnqueue('5', TimeSpan.FromMilliseconds(100));
        _legs.Leave(PbxSide.First, _clock.Now);
        Connect(second, Plain);
        Talk();

        Assert.Equal(Packets, second.Packets);
    }

    /// <summary>All that ring at once know the same key, and none is told another.</summary>
    [Fact]
    public void A_phone_that_rang_before_another_left_hears_by_the_key_that_it_was_offered_whoever_rings_since()
    {
        var (first, second) = (new Phone(4000), new Phone(5000));
        var leg = _legs.Call;
        _lan.Passes = sent => first.Take(sent) || second.Take(sent);
        var toFirst = Ok(leg.CreateOffer(Secure, _clock.Now))!;
        var toSecond = Ok(leg.CreateOffer(Secure, _clock.Now))!;
        Ok(leg.ApplyAnswer(first.Answer(toFirst), Secure, _clock.Now));
        Talk();
        _legs.Leave(PbxSide.First, _clock.Now);
        Ok(leg.CreateOffer(Secure, _clock.Now));
        Ok(leg.ApplyAnswer(second.Answer(toSecond), Secure, _clock.Now));
        Talk();

        Assert.Equal(Packets, second.Packets);
        Assert.NotEqual(Assert.Single(first.Sources), Assert.Single(second.Sources));
    }

    [Fact]
    public void A_phone_whose_call_another_process_goes_on_with_keeps_its_source_and_its_key()
    {
        var phone = new Phone(4000);
        Connect(phone, Secure);
        Talk();
        var (left, counters) = (_legs.Call.Save()!, _legs.Call.Counters);
        using var other = Open(2);
        Assert.Equal(SdpRefusal.None, other.Resume(left, counters, Secure, _clock.Now));
        Talk(other);

        Assert.Equal(2 * Packets, phone.Packets);
        Assert.Single(phone.Sources);
        other.Leave(PbxSide.First, _clock.Now);
        var next = new Phone(5000);
        Connect(next, Secure, of: other);
        Talk(other);
        Assert.NotEqual(Assert.Single(phone.Sources), Assert.Single(next.Sources));
        Assert.False(phone.Keys!.Remote[0].FixedTimeEquals(next.Keys!.Remote[0]));
    }

    public void Dispose() => _legs.Dispose();

    private static TransportAddress At(string ip, int port) => TransportAddress.From(IPAddress.Parse(ip), port);

    private static string? Ok(SdpResult result)
    {
        Assert.True(result.Succeeded, $"{result.Refusal} {result.Detail}");
        return result.Sdp;
    }

    private PbxLegs Open(int seed) =>
        new(new MediaContext(new MediaEngineOptions(), new SeededEntropy(seed)), _port, new ScriptedIdentity(0xA1), (_, _, _) => { });

    private void Connect(Phone phone, PbxMediaProfile profile, PbxSide side = PbxSide.First, PbxLegs? of = null)
    {
        var leg = (of ?? _legs)[side];
        Ok(leg.ApplyAnswer(phone.Answer(Ok(leg.CreateOffer(profile, _clock.Now))!), profile, _clock.Now));
        _lan.Passes = phone.Take;
    }

    /// <summary>The first leg's phone is sent audio, and the reports that are due.</summary>
    private void Talk(PbxLegs? of = null)
    {
        var legs = of ?? _legs;
        for (var i = 0; i < Packets; i++)
        {
            legs.Call.BeginPayload()[..160].Clear();
            legs.Call.SendAudio(160, 160, _clock.Now);
            legs.Call.SendDigits(_clock.Now);
            legs.SendRtcp(_clock.Advance(TimeSpan.FromMilliseconds(20)));
        }
    }

    /// <summary>A phone that takes whatever is offered, and counts what it can read.</summary>
    private sealed class Phone(ushort port)
    {
        private readonly PbxSdp _sdp = new(new SeededEntropy(port));
        private readonly PbxLocalMedia _local = new() { Rtp = At("192.0.2.11", port) };
        private SrtpSession? _srtp;

        public SdesKeys? Keys { get; private set; }

        public HashSet<uint> Sources { get; } = [];

        public int Packets { get; private set; }

        public int Reports { get; private set; }

        public string Answer(string offer)
        {
            Assert.True(_sdp.TryAnswerOffer(offer, _local, out var answer, out var settled, out var error), error.ToString());
            Keys = settled.Srtp;
            _srtp = Keys is null ? null : new SrtpSession(Keys.Profile, Keys.Local, Keys.Remote, new ManagedSrtpPrimitives());
            return answer;
        }

        public bool Take(WireDatagram sent)
        {
            var isReport = sent.To.Port == port + 1;
            if (!isReport && sent.To.Port != port)
                return false;
            Sources.Add(BinaryPrimitives.ReadUInt32BigEndian(sent.Bytes.AsSpan(isReport ? 4 : 8)));
            if (isReport && (_srtp?.TryUnprotectRtcp(sent.Bytes, out _, out _) ?? true))
                Reports++;
            else if (!isReport && (_srtp?.TryUnprotectRtp(sent.Bytes, out _, out _) ?? true))
                Packets++;
            return false;
        }
    }
}
