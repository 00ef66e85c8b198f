using Media.Protocols.Sdp;

namespace Media.Protocols.Tests.Sdp;

public sealed class WhatsAppOfferTests
{
    private static readonly WhatsAppLocalMedia Local = SdpVectors.WhatsAppLocal();

    [Fact]
    public void Our_offer_has_one_section_one_fingerprint_and_one_SSRC()
    {
        var offer = WhatsAppSdp.CreateOffer(Local);

        Assert.Single(Lines(offer, "m="), "m=audio 40000 UDP/TLS/RTP/SAVPF 111 126");
        Assert.Single(Lines(offer, "a=fingerprint:"), $"a=fingerprint:sha-256 {Local.Fingerprint}");
        Assert.Single(Lines(offer, "a=ssrc:").Select(line => line.Split(' ')[0]).Distinct());
        Assert.Equal(["a=setup:actpass"], Lines(offer, "a=setup"));
        Assert.Equal(2, Lines(offer, "a=candidate:").Count);
        Assert.Empty(Lines(offer, "a=ice-lite"));
    }

    [Fact]
    public void The_offer_may_insist_on_the_client_role_and_bring_G711()
    {
        var offer = WhatsAppSdp.CreateOffer(
            Local with { OfferSetup = DtlsSetup.Active, Codecs = [AudioCodec.Opus, AudioCodec.Pcma, AudioCodec.Pcmu] });

        Assert.Equal(["a=setup:active"], Lines(offer, "a=setup"));
        Assert.Equal(["m=audio 40000 UDP/TLS/RTP/SAVPF 111 8 0 126"], Lines(offer, "m="));
    }

    [Fact]
    public void An_active_answer_makes_us_the_DTLS_server_and_keeps_ICE_controlling()
    {
        var settled = Apply("whatsapp-answer-older", Local);

        Assert.False(settled.DtlsClient);
        Assert.True(settled.IceControlling);
        Assert.True(settled.RemoteIceLite);
        Assert.Equal(["203.0.113.50:3484", "[2001:db8:face::50]:3484"], settled.RemoteCandidates.Select(c => c.Address.ToString()));
        Assert.Equal([new AgreedCodec(AudioCodec.Opus, 111, 111)], settled.Codecs); // it lists G.711, which we did not offer
        Assert.Equal(new AgreedTelephoneEvent(126, 126, 8000), settled.TelephoneEvent);
        Assert.Equal(OpusFormat.Default with { UseInbandFec = true }, settled.Opus);
    }

    [Theory]
    [InlineData(DtlsSetup.ActPass)]
    [InlineData(DtlsSetup.Active)]
    public void A_passive_answer_makes_us_the_DTLS_client(DtlsSetup offered)
    {
        var settled = Apply("whatsapp-answer-passive", Local with { OfferSetup = offered });

        Assert.True(settled.DtlsClient);
        Assert.Equal("Nn9Bb8Vv7Cc6Xx5Zz4Ll3K==", settled.RemoteIce.Password);
    }

    [Fact]
    public void Both_may_not_be_the_client() =>
        AssertRefused(SdpError.InvalidSetup, SdpVectors.Read("whatsapp-answer-older"), Local with { OfferSetup = DtlsSetup.Active });

    [Theory]
    [InlineData("a=setup:active", "a=setup:holdconn", SdpError.InvalidSetup)]
    [InlineData("m=audio 3484", "m=audio 0", SdpError.AudioRefused)]
    [InlineData("opus/48000/2", "isac/16000", SdpError.NoCommonCodec)]
    public void Refuses_an_answer_with_its_reason(string from, string to, SdpError expected) =>
        AssertRefused(expected, SdpVectors.Read("whatsapp-answer-older").Replace(from, to), Local);

    [Fact]
    public void A_full_agent_that_answers_without_candidates_is_taken()
    {
        var settled = Apply("business-answer-port-9", Local);

        Assert.False(settled.RemoteIceLite);
        Assert.Empty(settled.RemoteCandidates);
    }

    [Fact]
    public void Of_three_fingerprints_the_strongest_usable_counts() =>
        Assert.Single(Apply("business-answer-three-fingerprints", Local).RemoteFingerprints);

    [Theory]
    [InlineData(DtlsSetup.ActPass, "a=setup:actpass")]
    [InlineData(DtlsSetup.ActPass, "a=setup:ACTPASS ")]
    [InlineData(DtlsSetup.Active, "a=setup:actpass")]
    [InlineData(DtlsSetup.ActPass, "a=x-no-setup")] // RFC 4145 §4: an answerer without a=setup is passive
    public void An_answerer_that_leaves_the_choice_to_us_gets_our_ClientHello(DtlsSetup offered, string line)
    {
        var answer = SdpVectors.Read("whatsapp-answer-older").Replace("a=setup:active", line);

        Assert.True(
            WhatsAppSdp.TryApplyAnswer(answer, Local with { OfferSetup = offered }, out var settled, out var error), error.ToString());

        Assert.True(settled.DtlsClient);
    }

    [Fact]
    public void An_answer_with_numbers_of_its_own_is_sent_those_and_received_on_ours()
    {
        var answer = SdpVectors.Read("whatsapp-answer-passive").Replace("111", "120").Replace("126", "100");
        Assert.True(WhatsAppSdp.TryApplyAnswer(answer, Local, out var settled, out _));

        Assert.Equal([new AgreedCodec(AudioCodec.Opus, SendPayloadType: 120, ReceivePayloadType: 111)], settled.Codecs);
        Assert.Equal(new AgreedTelephoneEvent(SendPayloadType: 100, ReceivePayloadType: 126, 8000), settled.TelephoneEvent);
    }

    [Fact]
    public void Two_ends_of_our_own_agree()
    {
        var user = SdpVectors.WhatsAppLocal() with { SessionId = 7 };
        var offer = WhatsAppSdp.CreateOffer(Local);

        Assert.True(WhatsAppSdp.TryAnswerOffer(offer, user, out var answer, out var atUser, out var error), error.ToString());
        Assert.True(WhatsAppSdp.TryApplyAnswer(answer, Local, out var atBusiness, out error), error.ToString());

        Assert.True(atUser.DtlsClient);
        Assert.False(atBusiness.DtlsClient);
        Assert.True(atBusiness.IceControlling);
        Assert.False(atUser.IceControlling);
        Assert.Equal([Local.Fingerprint], atUser.RemoteFingerprints);
        Assert.Equal(Local.Ice, atUser.RemoteIce);
        Assert.Equal(Local.Candidates, atUser.RemoteCandidates);
        Assert.Equal([new AgreedCodec(AudioCodec.Opus, 111, 111)], atBusiness.Codecs);
        Assert.Equal(new AgreedTelephoneEvent(126, 126, 8000), atBusiness.TelephoneEvent);
        Assert.Equal(new OpusFormat(16000, 20000, UseInbandFec: true, UseDtx: false), atBusiness.Opus);
    }

    private static WhatsAppMediaParameters Apply(string vector, WhatsAppLocalMedia local)
    {
        Assert.True(WhatsAppSdp.TryApplyAnswer(SdpVectors.Read(vector), local, out var settled, out var error), error.ToString());
        return settled;
    }

    private static void AssertRefused(SdpError expected, string answer, WhatsAppLocalMedia local)
    {
        Assert.False(WhatsAppSdp.TryApplyAnswer(answer, local, out var settled, out var error));
        Assert.Equal((null, expected), (settled, error));
    }

    private static List<string> Lines(string text, string prefix) =>
        [.. text.Split("\r\n").Where(line => line.StartsWith(prefix, StringComparison.Ordinal))];
}
