using System.Net;
using Media.Engine.Legs;
using Media.Engine.Session;
using Media.Protocols.Primitives;
using Media.Protocols.Sdp;
using Testing;

namespace Media.Engine.Tests.Session;

/// <summary>The call goes on after its phone has left, and with another phone.</summary>
public sealed class NextPhoneTests : IDisposable
{
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

    public void Dispose() => _legs.Dispose();

    private static TransportAddress At(string ip, int port) => TransportAddress.From(IPAddress.Parse(ip), port);

    private static string? Ok(SdpResult result)
    {
        Assert.True(result.Succeeded, $"{result.Refusal} {result.Detail}");
        return result.Sdp;
    }

    private PbxLegs Open(int seed) =>
        new(new MediaContext(new MediaEngineOptions(), new SeededEntropy(seed)), _port, new ScriptedIdentity(0xA1), (_, _, _) => { });

    private void Connect(Phone phone, PbxMediaProfile profile, PbxSide side = PbxSide.First)
    {
        var offer = Ok(_legs[side].CreateOffer(profile, _clock.Now))!;
        Ok(_legs[side].ApplyAnswer(phone.Answer(offer), profile, _clock.Now));
    }

    /// <summary>A phone that takes whatever is offered.</summary>
    private sealed class Phone(ushort port)
    {
        private readonly PbxSdp _sdp = new(new SeededEntropy(port));
        private readonly PbxLocalMedia _local = new() { Rtp = At("192.0.2.11", port) };

        public string Answer(string offer)
        {
            Assert.True(_sdp.TryAnswerOffer(offer, _local, out var answer, out _, out var error), error.ToString());
            return answer;
        }
    }
}
