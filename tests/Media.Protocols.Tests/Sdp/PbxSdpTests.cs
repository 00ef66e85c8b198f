using Media.Protocols.Primitives;
using Media.Protocols.Sdp;
using Testing;

namespace Media.Protocols.Tests.Sdp;

public sealed class PbxSdpTests
{
    [Fact]
    public void Two_ends_of_our_own_agree_in_the_offerers_order()
    {
        var caller = new PbxSdp(new SeededEntropy(1));
        var callee = new PbxSdp(new SeededEntropy(2));
        var offer = caller.CreateOffer(SdpVectors.Local());

        Assert.True(callee.TryAnswerOffer(offer, SdpVectors.Local(port: 30000), out var answer, out var atCallee, out _));
        Assert.True(caller.TryApplyAnswer(answer, out var atCaller, out _));

        Assert.Equal(new AgreedCodec(AudioCodec.Pcmu, 0, 0), atCaller.Codec);
        Assert.Equal(atCaller.Codec, atCallee.Codec);
        Assert.Equal(new AgreedTelephoneEvent(101, 101, 8000), atCallee.TelephoneEvent);
        Assert.Equal(30000, atCaller.RemoteRtp.Port);
        Assert.Equal(30001, atCaller.RemoteRtcp.Port);
        Assert.False(atCaller.Held);
        Assert.Null(atCaller.Srtp);
    }
}
