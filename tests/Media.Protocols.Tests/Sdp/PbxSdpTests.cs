using Media.Protocols.Sdp;
using Testing;

namespace Media.Protocols.Tests.Sdp;

/// <summary>First offers and answers, in the shapes that PBXs and phones send them.</summary>
public sealed class PbxSdpTests
{
    private static readonly PbxLocalMedia Local = SdpVectors.Local();

    [Fact]
    public void The_answer_to_a_PBX_is_one_codec_telephone_events_and_20_ms()
    {
        var (answer, settled) = Answer("asterisk-offer");

        Assert.Matches("^v=0\r\no=- [0-9]+ 1 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\n", answer);
        Assert.EndsWith(
            """
            m=audio 20000 RTP/AVP 8 101
            a=rtpmap:8 PCMA/8000
            a=rtpmap:101 telephone-event/8000
            a=fmtp:101 0-16
            a=ptime:20
            a=sendrecv

            """.ReplaceLineEndings("\r\n"),
            answer, StringComparison.Ordinal);
        Assert.Equal("192.0.2.10:14530", settled.RemoteRtp.ToString());
        Assert.Equal("192.0.2.10:14531", settled.RemoteRtcp.ToString());
        Assert.False(settled.Held);
    }

    [Theory]
    [InlineData("asterisk-offer", AudioCodec.Pcma, 8, 101, "192.0.2.10:14530")]
    [InlineData("asterisk-offer-opus", AudioCodec.G722, 9, 101, "192.0.2.10:14532")]
    [InlineData("freeswitch-offer", AudioCodec.G722, 9, 101, "192.0.2.20:23456")]
    [InlineData("genesys-offer", AudioCodec.Pcmu, 0, 101, "192.0.2.30:16500")]
    [InlineData("cucm-offer", AudioCodec.G722, 9, 101, "192.0.2.41:24100")]
    [InlineData("avaya-offer", AudioCodec.Pcma, 8, 127, "192.0.2.51:35010")]
    [InlineData("3cx-offer", AudioCodec.Pcmu, 0, 101, "192.0.2.60:9006")]
    [InlineData("sipp-offer", AudioCodec.Pcmu, 0, null, "192.0.2.80:6000")]
    [InlineData("linphone-offer-video", AudioCodec.Pcmu, 0, 99, "192.0.2.90:7078")]
    public void Takes_the_first_offered_codec_it_speaks(string vector, AudioCodec codec, int type, int? events, string rtp)
    {
        var (_, settled) = Answer(vector);

        Assert.Equal(new AgreedCodec(codec, (byte)type, (byte)type), Assert.Single(settled.Codecs));
        Assert.Equal(events, settled.TelephoneEvent?.ReceivePayloadType);
        Assert.Equal(rtp, settled.RemoteRtp.ToString());
        Assert.Equal(20, settled.PacketTime);
    }

    [Theory]
    [InlineData("asterisk-offer-opus", 107, 110)]
    [InlineData("freeswitch-offer", 102, 103)]
    public void Opus_brings_the_event_of_its_own_clock(string vector, int opus, int events)
    {
        var (answer, settled) = Answer(vector, Local with { Codecs = [AudioCodec.Opus, AudioCodec.Pcmu] });

        Assert.Equal(new AgreedCodec(AudioCodec.Opus, (byte)opus, (byte)opus), settled.Codec);
        Assert.Equal(new AgreedTelephoneEvent((byte)events, (byte)events, 48000), settled.TelephoneEvent);
        Assert.Contains($"a=rtpmap:{opus} opus/48000/2\r\na=fmtp:{opus} maxplaybackrate=16000;", answer, StringComparison.Ordinal);
        Assert.True(settled.Opus.UseInbandFec);
    }

    [Theory]
    [InlineData("a=rtcp-xr:rcvr-rtt=all:10000 stat-summary=loss,dup,jitt,TTL voip-metrics", true, true)] // as Linphone writes it
    [InlineData("a=rtcp-xr:pkt-loss-rle", true, false)]
    [InlineData("a=sendrecv", false, false)]
    public void Who_asks_for_voip_metrics_gets_them_and_who_knows_reports_is_asked(string line, bool isAsked, bool gets)
    {
        var offer = SdpVectors.Read("asterisk-offer") + line + "\r\n";
        var local = Local with { VoipMetrics = true };
        Assert.True(new PbxSdp(new SeededEntropy(1)).TryAnswerOffer(offer, local, out var answer, out var settled, out _));
        Assert.Equal((isAsked, gets), (answer.Contains("a=rtcp-xr:voip-metrics\r\n", StringComparison.Ordinal), settled.VoipMetrics));

        Assert.True(new PbxSdp(new SeededEntropy(1)).TryAnswerOffer(offer, Local, out answer, out settled, out _));
        Assert.False(answer.Contains("rtcp-xr", StringComparison.Ordinal) || settled.VoipMetrics);
        Assert.Contains("a=rtcp-xr:voip-metrics\r\n", new PbxSdp(new SeededEntropy(1)).CreateOffer(local), StringComparison.Ordinal);
    }

    [Fact]
    public void Our_own_order_of_codecs_can_be_made_to_win()
    {
        var (_, settled) = Answer("asterisk-offer", Local with { PreferOwnCodecOrder = true });

        Assert.Equal(AudioCodec.Pcmu, settled.Codec.Codec);
    }

    [Fact]
    public void G722_is_answered_with_its_historical_clock_even_if_the_offer_corrects_it()
    {
        var (answer, settled) = AnswerText(SdpVectors.Read("cucm-offer").Replace("G722/8000", "G722/16000"), Local);

        Assert.Equal(AudioCodec.G722, settled.Codec.Codec);
        Assert.Contains("a=rtpmap:9 G722/8000\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void Static_codecs_need_no_rtpmap()
    {
        var (_, settled) = Answer("gateway-offer-ipv6", SdpVectors.LocalIPv6());

        Assert.Equal(AudioCodec.Pcma, settled.Codec.Codec);
    }

    [Fact]
    public void IPv6_the_first_of_several_addresses_and_a_separate_RTCP_address_are_followed()
    {
        var (answer, settled) = Answer("gateway-offer-ipv6", SdpVectors.LocalIPv6());

        Assert.Equal("[2001:db8::92]:18000", settled.RemoteRtp.ToString());
        Assert.Equal("[2001:db8::94]:18555", settled.RemoteRtcp.ToString());
        Assert.Equal(30, settled.PacketTime);
        Assert.Contains("c=IN IP6 2001:db8::7\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_other_section_is_refused_in_its_place()
    {
        var (answer, settled) = Answer("linphone-offer-video");

        Assert.Equal(
            ["m=audio 20000 RTP/AVPF 0 99", "m=video 0 RTP/AVPF 96 97", "m=message 0 TCP/MSRP *"],
            answer.Split("\r\n").Where(line => line.StartsWith("m=", StringComparison.Ordinal)));
        Assert.Equal(61234, settled.RemoteRtcp.Port);
    }

    [Fact]
    public void RTCP_shares_the_port_when_it_is_offered()
    {
        var (answer, settled) = Answer("baresip-offer");

        Assert.True(settled.RtcpMux);
        Assert.Equal(settled.RemoteRtp, settled.RemoteRtcp);
        Assert.Contains("a=rtcp-mux\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void RTCP_has_its_own_port_when_sharing_was_not_offered_whatever_the_answer_says()
    {
        var settled = Apply("m=audio 4000 RTP/AVP 0\r\na=rtcp-mux\r\na=rtcp:4009\r\n", Local, out _);

        Assert.False(settled.RtcpMux);
        Assert.Equal(4009, settled.RemoteRtcp.Port);
    }

    [Theory]
    [InlineData("", 20)]
    [InlineData("a=ptime:10\r\n", 10)]
    [InlineData("a=ptime:30\r\n", 30)]
    [InlineData("a=ptime:40\r\n", 40)]
    [InlineData("a=ptime:60\r\n", 60)]
    [InlineData("a=ptime:20.0\r\n", 20)]
    [InlineData("a=ptime:25\r\n", 20)]
    [InlineData("a=ptime:0\r\n", 20)]
    [InlineData("a=ptime:junk\r\n", 20)]
    [InlineData("a=maxptime:10\r\n", 10)]
    [InlineData("a=ptime:60\r\na=maxptime:45\r\n", 40)]
    [InlineData("a=maxptime:5\r\n", 10)]
    public void Sends_the_packet_time_the_peer_asks_for_if_it_can(string attribute, int packetTime) =>
        Assert.Equal(packetTime, AnswerText(Offer("m=audio 4000 RTP/AVP 0\r\n" + attribute), Local).Settled.PacketTime);

    [Theory]
    [InlineData("m=video 4000 RTP/AVP 96\r\n", SdpError.NoAudio)]
    [InlineData("m=audio 0 RTP/AVP 0\r\n", SdpError.NoAudio)]
    [InlineData("m=audio 4000 RTP/AVP 18 3\r\n", SdpError.NoCommonCodec)]
    [InlineData("m=audio 4000 RTP/AVP 96\r\n", SdpError.NoCommonCodec)]
    [InlineData("m=audio 4000 UDP/TLS/RTP/SAVP 0\r\n", SdpError.UnsupportedTransport)]
    [InlineData("m=audio 4000 TCP/RTP/AVP 0\r\n", SdpError.UnsupportedTransport)]
    [InlineData("m=audio 4000 RTP/AVP 0\r\nc=IN IP4 media.example.org\r\n", SdpError.UnresolvedName)]
    [InlineData("m=audio 4000 RTP/AVP 0\r\nc=IN IP4 239.1.1.1/127\r\n", SdpError.UnusableAddress)]
    [InlineData("m=audio 4000 RTP/AVP 0\r\nc=IN IP6 2001:db8::1\r\n", SdpError.OtherAddressFamily)]
    [InlineData("m=audio 4000 RTP/AVP\r\n", SdpError.MalformedMedia)]
    public void Refuses_an_offer_with_its_reason(string media, SdpError expected) => AssertRefused(expected, Offer(media), Local);

    [Fact]
    public void An_offer_of_DTLS_from_a_WebRTC_endpoint_is_refused() =>
        AssertRefused(SdpError.UnsupportedTransport, SdpVectors.Read("asterisk-offer-webrtc"), Local);

    [Fact]
    public void ICE_and_fingerprint_lines_on_plain_RTP_are_ignored()
    {
        var offer = SdpVectors.Read("asterisk-offer-webrtc").Replace("UDP/TLS/RTP/SAVPF", "RTP/AVP");

        var (answer, settled) = AnswerText(offer, Local);

        Assert.Equal("192.0.2.10:14550", settled.RemoteRtp.ToString());
        Assert.DoesNotContain("ice", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("fingerprint", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("group", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gateway-offer-ipv6", true)]
    [InlineData("asterisk-offer", false)]
    [InlineData("cucm-hold", null)]
    public void Tells_the_address_family_that_an_answer_needs(string vector, bool? isIPv6) =>
        Assert.Equal(isIPv6, PbxSdp.AsksForIPv6(SdpVectors.Read(vector)));

    [Fact]
    public void Our_offer_lists_codecs_in_our_order_with_events_for_each_clock()
    {
        var offer = new PbxSdp(new SeededEntropy(1))
            .CreateOffer(Local with { Codecs = [AudioCodec.Opus, AudioCodec.Pcma], OfferRtcpMux = true });

        Assert.EndsWith(
            """
            m=audio 20000 RTP/AVP 111 8 101 110
            a=rtpmap:111 opus/48000/2
            a=fmtp:111 maxplaybackrate=16000;sprop-maxcapturerate=16000;maxaveragebitrate=20000;useinbandfec=1
            a=rtpmap:8 PCMA/8000
            a=rtpmap:101 telephone-event/8000
            a=fmtp:101 0-16
            a=rtpmap:110 telephone-event/48000
            a=fmtp:110 0-16
            a=ptime:20
            a=sendrecv
            a=rtcp-mux

            """.ReplaceLineEndings("\r\n"),
            offer, StringComparison.Ordinal);
    }

    [Fact]
    public void Telephone_events_can_be_left_out()
    {
        var quiet = Local with { TelephoneEvents = false };

        Assert.DoesNotContain("telephone-event", new PbxSdp(new SeededEntropy(1)).CreateOffer(quiet), StringComparison.Ordinal);
        Assert.Null(Answer("asterisk-offer", quiet).Settled.TelephoneEvent);
    }

    [Fact]
    public void Several_codecs_in_an_answer_may_all_be_received_and_the_first_is_sent()
    {
        var settled = Apply("m=audio 4000 RTP/AVP 8 0 96\r\na=rtpmap:96 telephone-event/8000\r\n", Local, out _);

        Assert.Equal([new AgreedCodec(AudioCodec.Pcma, 8, 8), new AgreedCodec(AudioCodec.Pcmu, 0, 0)], settled.Codecs);
        Assert.Equal(new AgreedTelephoneEvent(SendPayloadType: 96, ReceivePayloadType: 101, 8000), settled.TelephoneEvent);
    }

    [Fact]
    public void Each_of_several_offers_is_answered_for_itself_whatever_was_offered_since()
    {
        var caller = new PbxSdp(new SeededEntropy(1));
        var (plain, secure) = (Local with { Srtp = SrtpPolicy.None }, Local with { Srtp = SrtpPolicy.Required });
        Assert.Contains("RTP/AVP ", caller.CreateOffer(plain), StringComparison.Ordinal);
        Assert.Contains("RTP/SAVP ", caller.CreateOffer(secure), StringComparison.Ordinal);
        var answer = Offer("m=audio 4000 RTP/AVP 8\r\n");

        Assert.False(caller.TryApplyAnswer(answer, secure, out _, out var error));
        Assert.Equal(SdpError.SrtpRequired, error);
        Assert.True(caller.TryApplyAnswer(answer, plain, out var settled, out _));
        Assert.Null(settled.Srtp);
        Assert.False(caller.TryApplyAnswer(answer, Local with { }, out _, out error));
        Assert.Equal(SdpError.NoOfferMade, error);
    }

    [Fact]
    public void An_offer_of_one_party_leaves_those_to_others()
    {
        var caller = new PbxSdp(new SeededEntropy(1));
        var other = Local with { Codecs = [AudioCodec.Pcmu] };
        caller.CreateOffer(Local);
        caller.CreateOffer(other);
        Assert.True(caller.TryAnswerOffer(Offer("m=audio 4000 RTP/AVP 8\r\n"), Local, out _, out _, out _));

        Assert.True(caller.TryApplyAnswer(Offer("m=audio 5000 RTP/AVP 0\r\n"), other, out var settled, out _));
        Assert.Equal((5000, AudioCodec.Pcmu), (settled.RemoteRtp.Port, settled.Codec.Codec));
    }

    [Fact]
    public void An_offer_to_somebody_else_is_not_bound_by_what_was_agreed()
    {
        var caller = new PbxSdp(new SeededEntropy(1));
        Assert.True(caller.TryAnswerOffer(SdpVectors.Read("asterisk-offer-sdes"), Local, out _, out var agreed, out _));
        Assert.NotNull(agreed.Srtp);

        Assert.Contains("a=crypto", caller.CreateOffer(Local), StringComparison.Ordinal);
        Assert.DoesNotContain("a=crypto", caller.CreateOffer(Local, isElsewhere: true), StringComparison.Ordinal);
    }

    [Fact]
    public void A_forked_offer_is_answered_as_often_as_it_rings()
    {
        var caller = new PbxSdp(new SeededEntropy(1));
        caller.CreateOffer(Local);

        Assert.True(caller.TryApplyAnswer(Offer("m=audio 4000 RTP/AVP 8\r\n"), out var early, out _));
        Assert.True(caller.TryApplyAnswer(Offer("m=audio 5000 RTP/AVP 0\r\n"), out var final, out _));

        Assert.Equal((4000, AudioCodec.Pcma), (early.RemoteRtp.Port, early.Codec.Codec));
        Assert.Equal((5000, AudioCodec.Pcmu), (final.RemoteRtp.Port, final.Codec.Codec));
    }

    [Theory]
    [InlineData("m=audio 0 RTP/AVP 0\r\n", SdpError.AudioRefused)]
    [InlineData("m=video 4000 RTP/AVP 96\r\n", SdpError.MediaLineMismatch)]
    [InlineData("", SdpError.MediaLineMismatch)]
    [InlineData("m=audio 4000 RTP/AVP 18\r\n", SdpError.NoCommonCodec)]
    [InlineData("m=audio 4000 UDP/TLS/RTP/SAVP 0\r\n", SdpError.UnsupportedTransport)]
    [InlineData("m=audio 4000 RTP/SAVP 0\r\n", SdpError.CryptoMismatch)]
    [InlineData("m=audio 4000 RTP/AVP 0\r\nc=IN IP6 2001:db8::1\r\n", SdpError.OtherAddressFamily)]
    public void Refuses_an_answer_with_its_reason(string media, SdpError expected)
    {
        var caller = new PbxSdp(new SeededEntropy(1));
        caller.CreateOffer(Local);

        Assert.False(caller.TryApplyAnswer(Offer(media), out var settled, out var error));
        Assert.Equal((null, expected), (settled, error));
    }

    [Theory]
    [InlineData("a=rtpmap:101 telephone-event/16000\r\na=rtpmap:101 telephone-event/8000\r\n", 8000)]
    [InlineData("a=rtpmap:101 telephone-event/8000\r\na=rtpmap:101 telephone-event/16000\r\n", 8000)]
    [InlineData("a=rtpmap:101 telephone-event/48000\r\na=rtpmap:101 nonsense\r\na=rtpmap:101 telephone-event\r\n", 8000)]
    [InlineData("a=rtpmap:101 telephone-event/16000\r\na=rtpmap:101 telephone-event/32000\r\n", 32000)]
    public void Of_several_meanings_of_one_number_the_one_of_the_codecs_clock_counts_then_the_last(string maps, int clockRate)
    {
        var leg = new PbxSdp(new SeededEntropy(1));
        var offer =
            $"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\n{maps}";

        Assert.True(leg.TryAnswerOffer(offer, Local, out var answer, out var settled, out var error), error.ToString());

        Assert.Equal(new AgreedTelephoneEvent(101, 101, clockRate), settled.TelephoneEvent);
        Assert.Contains($"a=rtpmap:101 telephone-event/{clockRate}\r\n", answer, StringComparison.Ordinal);
        if (clockRate == 8000)
            Assert.Contains("a=rtpmap:101 telephone-event/8000\r\n", leg.CreateOffer(Local), StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_without_an_offer_is_refused()
    {
        Assert.False(new PbxSdp(new SeededEntropy(1)).TryApplyAnswer(SdpVectors.Read("sipp-offer"), out _, out var error));
        Assert.Equal(SdpError.NoOfferMade, error);
    }

    private static string Offer(string media) => "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n" + media;

    private static (string Answer, PbxMediaParameters Settled) Answer(string vector, PbxLocalMedia? local = null) =>
        AnswerText(SdpVectors.Read(vector), local ?? Local);

    private static (string Answer, PbxMediaParameters Settled) AnswerText(string offer, PbxLocalMedia local)
    {
        Assert.True(new PbxSdp(new SeededEntropy(1))
            .TryAnswerOffer(offer, local, out var answer, out var settled, out var error), error.ToString());
        return (answer, settled);
    }

    private static PbxMediaParameters Apply(string media, PbxLocalMedia local, out string offer)
    {
        var caller = new PbxSdp(new SeededEntropy(1));
        offer = caller.CreateOffer(local);
        Assert.True(caller.TryApplyAnswer(Offer(media), out var settled, out var error), error.ToString());
        return settled;
    }

    private static void AssertRefused(SdpError expected, string offer, PbxLocalMedia local)
    {
        Assert.False(new PbxSdp(new SeededEntropy(1)).TryAnswerOffer(offer, local, out var answer, out var settled, out var error));
        Assert.Equal((null, null, expected), (answer, settled, error));
    }
}
