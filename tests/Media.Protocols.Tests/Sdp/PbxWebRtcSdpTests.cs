using System.Net;
using Media.Protocols.Ice;
using Media.Protocols.Primitives;
using Media.Protocols.Sdp;
using Testing;

namespace Media.Protocols.Tests.Sdp;

/// <summary>Offer and answer with a phone that speaks WebRTC, as a browser does.</summary>
public sealed class PbxWebRtcSdpTests
{
    private static readonly string Print = string.Join(':', Enumerable.Range(0, 32).Select(i => $"{i * 5 % 256:X2}"));

    private static readonly PbxLocalMedia Local = SdpVectors.Local() with
    {
        Codecs = [AudioCodec.Opus, AudioCodec.Pcmu, AudioCodec.Pcma],
        WebRtc = new PbxWebRtcLocal
        {
            Ice = new IceCredentials("gwUf1234", "gatewayGatewayGatewayPw1"),
            Candidates = [IceCandidate.Host(TransportAddress.From(IPAddress.Parse("198.51.100.7"), 20000), 65535)],
            Fingerprint = SdpVectors.WhatsAppLocal().Fingerprint,
        },
    };

    private static string Offer => string.Join("\r\n",
    [
        "v=0", "o=- 4611731400430051336 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1", "a=extmap-allow-mixed",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126", "c=IN IP4 0.0.0.0", "a=rtcp:9 IN IP4 0.0.0.0", "a=ice-ufrag:aBcD",
        "a=ice-pwd:0123456789012345678901ab", "a=ice-options:trickle", $"a=fingerprint:sha-256 {Print}", "a=setup:actpass", "a=mid:0",
        "a=sendrecv", "a=rtcp-mux", "a=rtpmap:111 opus/48000/2", "a=fmtp:111 minptime=10;useinbandfec=1", "a=rtpmap:63 red/48000/2",
        "a=rtpmap:9 G722/8000", "a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000", "a=rtpmap:13 CN/8000",
        "a=rtpmap:110 telephone-event/48000", "a=rtpmap:126 telephone-event/8000",
        "m=video 9 UDP/TLS/RTP/SAVPF 96", "c=IN IP4 0.0.0.0", "a=mid:1", "a=rtpmap:96 VP8/90000", "",
    ]);

    private static string Answer => string.Join("\r\n",
    [
        "v=0", "o=- 46117 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0", "m=audio 9 UDP/TLS/RTP/SAVPF 111 110",
        "c=IN IP4 0.0.0.0", "a=ice-ufrag:aBcD", "a=ice-pwd:0123456789012345678901ab", $"a=fingerprint:sha-256 {Print}", "a=setup:active",
        "a=mid:0", "a=sendrecv", "a=rtcp-mux", "a=rtpmap:111 opus/48000/2", "a=rtpmap:110 telephone-event/48000", "",
    ]);

    [Fact]
    public void A_browser_gets_its_audio_in_Opus_with_our_ends_and_its_video_is_refused()
    {
        Assert.True(new PbxSdp(new SeededEntropy(1)).TryAnswerOffer(Offer, Local, out var answer, out var settled, out _));

        Assert.EndsWith(
            $"""
            a=ice-lite
            a=group:BUNDLE 0
            m=audio 20000 UDP/TLS/RTP/SAVPF 111 110
            a=rtpmap:111 opus/48000/2
            a=fmtp:111 {OpusFormat.Ours}
            a=rtpmap:110 telephone-event/48000
            a=fmtp:110 0-16
            a=ptime:20
            a=sendrecv
            a=rtcp-mux
            a=mid:0
            a=msid:gateway audio
            a=ice-ufrag:gwUf1234
            a=ice-pwd:gatewayGatewayGatewayPw1
            a=fingerprint:sha-256 {Local.WebRtc!.Fingerprint}
            a=setup:passive
            a=candidate:{Local.WebRtc.Candidates[0].Write()["candidate:".Length..]}
            a=end-of-candidates
            m=video 0 UDP/TLS/RTP/SAVPF 96

            """.ReplaceLineEndings("\r\n"),
            answer, StringComparison.Ordinal);
        Assert.Equal(("aBcD", Print, false, false), (
            settled.WebRtc!.Ice.Ufrag, Assert.Single(settled.WebRtc.Fingerprints), settled.WebRtc.DtlsClient, settled.Held));
    }

    [Fact]
    public void Our_offer_names_everything_and_the_browsers_answer_fits_it()
    {
        var sdp = new PbxSdp(new SeededEntropy(1));
        var offer = sdp.CreateOffer(Local);
        Assert.Contains("m=audio 20000 UDP/TLS/RTP/SAVPF 111 0 8 101 110\r\n", offer, StringComparison.Ordinal);
        foreach (var line in new[] { "a=ice-lite", "a=group:BUNDLE 0", "a=mid:0", "a=setup:actpass", "a=rtcp-mux", "a=end-of-candidates" })
            Assert.Contains(line + "\r\n", offer, StringComparison.Ordinal);

        Assert.True(sdp.TryApplyAnswer(Answer, out var settled, out _));
        Assert.Equal((AudioCodec.Opus, false), (settled.Codec.Codec, settled.WebRtc!.DtlsClient));
        Assert.Equal(48000, settled.TelephoneEvent?.ClockRate);
    }

    [Fact]
    public void Hold_is_by_direction_and_roles_stay_when_offers_come_back()
    {
        var sdp = new PbxSdp(new SeededEntropy(1));
        sdp.CreateOffer(Local);
        Assert.True(sdp.TryApplyAnswer(Answer.Replace("setup:active", "setup:passive", StringComparison.Ordinal), out var settled, out _));
        Assert.True(settled.WebRtc!.DtlsClient);

        var hold = Offer.Replace("a=sendrecv", "a=inactive", StringComparison.Ordinal);
        Assert.True(sdp.TryAnswerOffer(hold, Local, out var answer, out settled, out _));
        Assert.Contains("a=setup:active\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("a=inactive\r\n", answer, StringComparison.Ordinal);
        Assert.True(settled.Held && settled.WebRtc!.DtlsClient);
    }

    [Theory]
    [InlineData("a=fingerprint:", "a=x:", SdpError.NoFingerprint)]
    [InlineData("a=fingerprint:sha-256", "a=fingerprint:sha-1", SdpError.UnknownFingerprintHash)]
    [InlineData("a=fingerprint:sha-256 ", "a=fingerprint:sha-256 GG", SdpError.MalformedFingerprint)]
    [InlineData("a=ice-ufrag:aBcD\r\n", "", SdpError.NoIceCredentials)]
    [InlineData("a=ice-pwd:0123456789", "a=ice-pwd:", SdpError.MalformedIceCredentials)]
    [InlineData("a=rtcp-mux\r\n", "", SdpError.NoRtcpMux)]
    [InlineData("a=setup:actpass", "a=setup:holdconn", SdpError.InvalidSetup)]
    [InlineData("m=audio 9 UDP/TLS/RTP/SAVPF", "m=audio 9 TCP/DTLS/RTP/SAVPF", SdpError.UnsupportedTransport)]
    [InlineData("m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126", "m=audio 9 UDP/TLS/RTP/SAVPF 9", SdpError.NoCommonCodec)]
    public void An_offer_that_cannot_be_secured_is_refused_with_its_reason(string of, string becomes, SdpError expected)
    {
        var offer = Offer.Replace(of, becomes, StringComparison.Ordinal);
        Assert.False(new PbxSdp(new SeededEntropy(1)).TryAnswerOffer(offer, Local, out _, out _, out var error));
        Assert.Equal(expected, error);
    }

    [Fact]
    public void An_answer_over_another_transport_than_was_offered_is_refused()
    {
        var sdp = new PbxSdp(new SeededEntropy(1));
        sdp.CreateOffer(Local);
        var plain = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
        Assert.False(sdp.TryApplyAnswer(plain, out _, out var error));
        Assert.Equal(SdpError.UnsupportedTransport, error);

        sdp = new PbxSdp(new SeededEntropy(1));
        sdp.CreateOffer(SdpVectors.Local());
        Assert.False(sdp.TryApplyAnswer(Answer, out _, out error));
        Assert.Equal(SdpError.UnsupportedTransport, error);
    }

    [Fact]
    public void Who_offers_plain_RTP_beside_it_is_not_taken_for_a_browser()
    {
        Assert.Equal("aBcD", PbxSdp.ReadIce(Offer, out var isWebRtc)?.Ufrag);
        Assert.True(isWebRtc);
        PbxSdp.ReadIce(Offer + "m=audio 4000 RTP/AVP 0\r\n", out isWebRtc);
        Assert.False(isWebRtc);
        Assert.Null(PbxSdp.ReadIce("nonsense", out isWebRtc));
        Assert.Null(isWebRtc);
    }
}
