using Media.Engine.Tests.Peers;
using Media.Protocols.Sdp;
using Sandbox.Handsets;

namespace Media.Engine.Tests.Calls;

public class CallTests(EngineFixture fixture) : IClassFixture<EngineFixture>
{
    [Theory]
    [InlineData(AudioCodec.Pcmu, 20)]
    [InlineData(AudioCodec.Pcma, 20)]
    [InlineData(AudioCodec.G722, 20)]
    [InlineData(AudioCodec.Opus, 20)]
    [InlineData(AudioCodec.Pcmu, 10)]
    [InlineData(AudioCodec.Pcmu, 30)]
    [InlineData(AudioCodec.Pcmu, 40)]
    [InlineData(AudioCodec.Pcma, 60)]
    [InlineData(AudioCodec.G722, 30)]
    public async Task Each_end_hears_the_tone_of_the_other(AudioCodec codec, int packetMs)
    {
        var profile = new PbxMediaProfile { Codecs = [PbxCodec.Opus, PbxCodec.G722, PbxCodec.Pcmu, PbxCodec.Pcma] };
        await using var call = await TestCall.PlaceAsync(fixture.Engine, new PbxPhone(codec, 600, packetMs), profile: profile);
        await call.HandsetHearsAsync(600);
        await call.PhoneHearsAsync(1000);
        Assert.Equal(0, call.Handset.MediaBeforeOpen);
        Assert.Single(call.Handset.Sources);
    }
}
