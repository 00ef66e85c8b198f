using Media.Protocols.Sdp;

namespace Media.Protocols.Tests.Sdp;

public sealed class WhatsAppSdpTests
{
    [Fact]
    public void Two_ends_of_our_own_agree()
    {
        var business = SdpVectors.WhatsAppLocal();
        var user = SdpVectors.WhatsAppLocal() with { SessionId = 7 };
        var offer = WhatsAppSdp.CreateOffer(business);

        Assert.True(WhatsAppSdp.TryAnswerOffer(offer, user, out var answer, out var atUser, out var error), error.ToString());
        Assert.True(WhatsAppSdp.TryApplyAnswer(answer, business, out var atBusiness, out error), error.ToString());

        Assert.True(atUser.DtlsClient);
        Assert.False(atBusiness.DtlsClient);
        Assert.True(atBusiness.IceControlling);
        Assert.False(atUser.IceControlling);
        Assert.Equal(business.Fingerprint, atUser.RemoteFingerprint);
        Assert.Equal(business.Ice, atUser.RemoteIce);
        Assert.Equal(business.Candidates, atUser.RemoteCandidates);
        Assert.Equal([new AgreedCodec(AudioCodec.Opus, 111, 111)], atBusiness.Codecs);
        Assert.Equal(new AgreedTelephoneEvent(126, 126, 8000), atBusiness.TelephoneEvent);
        Assert.Equal(new OpusFormat(16000, 20000, UseInbandFec: true, UseDtx: false), atBusiness.Opus);
    }
}
