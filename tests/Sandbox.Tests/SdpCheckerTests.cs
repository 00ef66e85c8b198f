using Sandbox.Handsets;
using Sandbox.Sdp;

namespace Sandbox.Tests;

public sealed class SdpCheckerTests
{
    private static readonly string MetaOffer = MetaSdp.Offer(
        new PaperHandset().CreateOfferAsync(default).Result, [], DateTimeOffset.UnixEpoch);

    [Fact]
    public void Takes_what_Meta_takes()
    {
        Assert.Null(SdpChecker.CheckOffer(BusinessSdp.Offer));
        Assert.Null(SdpChecker.CheckAnswer(BusinessSdp.Answer, MetaOffer));
        Assert.Null(SdpChecker.CheckOffer(BusinessSdp.Broken(BusinessSdp.Offer, "a=setup:active", "a=setup:actpass")));
        Assert.Null(SdpChecker.CheckOffer(BusinessSdp.Broken(BusinessSdp.Offer, "sha-256", "SHA-256")));
        Assert.Null(
            SdpChecker.CheckOffer(BusinessSdp.Broken(BusinessSdp.Offer, "a=candidate:1 1 udp 2130706431 127.0.0.1 40000 typ host", null)));
    }

    [Theory]
    [InlineData("a=ssrc:1234 cname:gateway\r\n", "a=ssrc:1234 cname:gateway\n")]
    [InlineData("v=0", "v=1")]
    [InlineData("m=audio 40000 UDP/TLS/RTP/SAVPF 111 126", "m=audio 40000 RTP/AVP 111 126")]
    [InlineData("m=audio 40000", "m=audio 0")]
    [InlineData("c=IN IP4 127.0.0.1", null)]
    [InlineData("a=setup:active", "a=setup:actpass")]
    [InlineData("a=setup:active", null)]
    [InlineData("a=mid:audio", "a=mid:0")]
    [InlineData("a=sendrecv", "a=sendonly")]
    [InlineData("a=rtcp-mux", null)]
    [InlineData("a=rtcp-mux", "a=rtcp-mux\r\na=ice-lite")]
    [InlineData("a=ice-ufrag:abcd", "a=ice-ufrag:abc")]
    [InlineData("a=ice-pwd:0123456789012345678901", "a=ice-pwd:short")]
    [InlineData("sha-256 00", "sha-256 0")]
    [InlineData("sha-256", "sha-1")]
    [InlineData("a=setup:active", "a=setup:active\r\na=fingerprint:sha-384 00:11")]
    [InlineData("a=rtpmap:111 opus/48000/2", "a=rtpmap:111 opus/48000")]
    [InlineData("telephone-event/8000", "telephone-event/48000")]
    [InlineData("a=rtpmap:126 telephone-event/8000", null)]
    [InlineData("a=ptime:20", "a=ptime:30")]
    [InlineData("111 126\r\n", "111 126 96\r\na=rtpmap:96 foo/8000\r\n")]
    [InlineData("a=ssrc:1234 cname:gateway", "a=ssrc:1234 cname:gateway\r\na=ssrc:4321 cname:gateway")]
    [InlineData("127.0.0.1 40000 typ host", "localhost 40000 typ host")]
    [InlineData("a=ptime:20", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x")]
    public void Refuses_an_answer_with_one_fault(string line, string? with)
    {
        var broken = BusinessSdp.Broken(BusinessSdp.Answer, line, with);
        Assert.NotEqual(BusinessSdp.Answer, broken);
        Assert.NotNull(SdpChecker.CheckAnswer(broken, MetaOffer));
    }

    [Fact]
    public void Refuses_a_second_section() =>
        Assert.NotNull(SdpChecker.CheckOffer(BusinessSdp.Offer + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n"));

    [Fact]
    public void The_offer_keeps_the_handsets_payload_types_and_drops_what_Meta_never_sends()
    {
        const string Browser =
            "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\nm=audio 50000 UDP/TLS/RTP/SAVPF 109 9 0 8 101\r\n"
            + "c=IN IP4 192.0.2.7\r\na=candidate:1 1 udp 1 192.0.2.7 50000 typ host\r\na=candidate:2 1 tcp 1 192.0.2.7 9 typ host " +
                "tcptype active\r\n"
            + "a=candidate:3 1 udp 1 a1.local 50001 typ " +
                "host\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 AA\r\n"
            + "a=setup:actpass\r\na=mid:0\r\na=rtpmap:109 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\na=ssrc:5 " +
                "cname:x\r\na=ssrc:5 msid:a b\r\n";
        var offer = MetaSdp.Offer(Browser, [], DateTimeOffset.UnixEpoch);
        Assert.Contains("m=audio 50000 UDP/TLS/RTP/SAVPF 109 101\r\nc=IN IP4 192.0.2.7\r\n", offer, StringComparison.Ordinal);
        Assert.Single(offer.Split("\r\n"), line => line.StartsWith("a=candidate:", StringComparison.Ordinal));
        Assert.DoesNotContain("ice-lite", offer, StringComparison.Ordinal);
        Assert.Contains("PCMU", MetaSdp.Offer(Browser, ["PCMU"], DateTimeOffset.UnixEpoch), StringComparison.Ordinal);
    }
}
