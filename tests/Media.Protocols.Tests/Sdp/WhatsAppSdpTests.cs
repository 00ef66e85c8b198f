using Media.Protocols.Sdp;

namespace Media.Protocols.Tests.Sdp;

public sealed class WhatsAppSdpTests
{
    private static readonly WhatsAppLocalMedia Local = SdpVectors.WhatsAppLocal();

    [Fact]
    public void The_answer_to_WhatsApps_offer_is_what_it_validates_line_by_line()
    {
        var (answer, _) = Answer("whatsapp-offer");

        Assert.Equal(
            $"""
            v=0
            o=- 42 2 IN IP4 127.0.0.1
            s=-
            t=0 0
            a=group:BUNDLE audio
            a=msid-semantic: WMS stream-000000000000002a
            m=audio 40000 UDP/TLS/RTP/SAVPF 111 126
            c=IN IP4 198.51.100.7
            a=rtcp:9 IN IP4 0.0.0.0
            a=candidate:1 1 udp 2130706431 198.51.100.7 40000 typ host
            a=candidate:2 1 udp 2130706175 2001:db8::7 40000 typ host
            a=ice-ufrag:gwUf1234
            a=ice-pwd:gatewayGatewayGatewayPw1
            a=fingerprint:sha-256 {Local.Fingerprint}
            a=setup:active
            a=mid:audio
            a=sendrecv
            a=msid:stream-000000000000002a audio
            a=rtcp-mux
            a=rtpmap:111 opus/48000/2
            a=fmtp:111 maxplaybackrate=16000;sprop-maxcapturerate=16000;maxaveragebitrate=20000;useinbandfec=1
            a=rtpmap:126 telephone-event/8000
            a=maxptime:20
            a=ptime:20
            a=ssrc:305419896 cname:gw42
            a=ssrc:305419896 msid:stream-000000000000002a audio

            """.ReplaceLineEndings("\r\n"),
            answer);
    }

    [Fact]
    public void WhatsApps_offer_settles_the_transport()
    {
        var (_, settled) = Answer("whatsapp-offer");

        Assert.Equal("Qx4mTz81LpVw0Rk2", settled.RemoteIce.Ufrag);
        Assert.Equal("Zk7/w1hY+0pQm3nB5vRt9A==", settled.RemoteIce.Password);
        Assert.Equal(["203.0.113.10:3478", "[2001:db8:face::10]:3478"], settled.RemoteCandidates.Select(c => c.Address.ToString()));
        Assert.True(settled.RemoteIceLite);
        Assert.True(settled.IceControlling);
        Assert.True(settled.DtlsClient);
        Assert.Equal(95, Assert.Single(settled.RemoteFingerprints).Length);
        Assert.Equal([new AgreedCodec(AudioCodec.Opus, 111, 111)], settled.Codecs);
        Assert.Equal(new AgreedTelephoneEvent(126, 126, 8000), settled.TelephoneEvent);
        Assert.Equal(new OpusFormat(16000, 20000, UseInbandFec: true, UseDtx: false), settled.Opus);
        Assert.Equal((20, MediaDirection.SendRecv), (settled.PacketTime, settled.Direction));
    }

    [Theory]
    [InlineData("whatsapp-offer-older", "9tYw3kLm2nB/4", 2)]
    [InlineData("whatsapp-offer-sip-dtls", "TgBnHyUjMkIoLp12", 2)]
    [InlineData("whatsapp-offer-g711", "u81kW02jSn37Vb5c", 1)]
    public void Other_shapes_of_the_offer_settle_alike(string vector, string ufrag, int candidates)
    {
        var (answer, settled) = Answer(vector);

        Assert.Equal((ufrag, candidates), (settled.RemoteIce.Ufrag, settled.RemoteCandidates.Count));
        Assert.True(settled is { IceControlling: true, DtlsClient: true, RemoteIceLite: true });
        Assert.Contains("m=audio 40000 UDP/TLS/RTP/SAVPF 111 126\r\n", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("extmap", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void G711_is_agreed_only_where_both_enabled_it()
    {
        var local = Local with { Codecs = [AudioCodec.Opus, AudioCodec.Pcmu, AudioCodec.Pcma] };

        var (answer, settled) = Answer("whatsapp-offer-g711", local);
        var (_, opusOnly) = Answer("whatsapp-offer", local);

        Assert.Equal(
            [new AgreedCodec(AudioCodec.Opus, 111, 111), new AgreedCodec(AudioCodec.Pcmu, 0, 0), new AgreedCodec(AudioCodec.Pcma, 8, 8)],
            settled.Codecs);
        Assert.Contains("m=audio 40000 UDP/TLS/RTP/SAVPF 111 0 8 126\r\n", answer, StringComparison.Ordinal);
        Assert.Equal([AudioCodec.Opus], opusOnly.Codecs.Select(codec => codec.Codec));
    }

    [Fact]
    public void A_browser_in_WhatsApps_place_is_answered_without_what_we_do_not_speak()
    {
        var (answer, settled) = Answer("browser-offer");

        Assert.Equal("192.0.2.77:51234", Assert.Single(settled.RemoteCandidates).Address.ToString()); // neither the .local name nor TCP
        Assert.False(settled.RemoteIceLite);
        Assert.False(settled.IceControlling);
        Assert.Equal(new AgreedTelephoneEvent(126, 126, 8000), settled.TelephoneEvent); // 8000 Hz, although 48000 Hz comes first
        Assert.Contains("a=group:BUNDLE 0\r\n", answer, StringComparison.Ordinal);
        Assert.Contains(" UDP/TLS/RTP/SAVPF 111 126\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void Payload_types_are_the_offers_whatever_they_are()
    {
        var offer = SdpVectors.Read("whatsapp-offer").Replace("111", "107").Replace("126", "101");

        var (answer, settled) = AnswerText(offer);

        Assert.Equal((107, 101), (settled.Codecs[0].SendPayloadType, settled.TelephoneEvent!.Value.SendPayloadType));
        Assert.Contains("m=audio 40000 UDP/TLS/RTP/SAVPF 107 101\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("a=fmtp:107 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void Transport_attributes_count_at_session_level_too()
    {
        var lines = SdpVectors.Read("whatsapp-offer").Split("\r\n").ToList();
        var moved = lines.Where(
            line => line.StartsWith("a=ice-", StringComparison.Ordinal) || line.StartsWith("a=fingerprint", StringComparison.Ordinal)
            || line.StartsWith("a=setup", StringComparison.Ordinal)).ToList();
        var offer = string.Join("\r\n", [.. lines.Take(6), .. moved, .. lines.Skip(6).Except(moved)]);

        Assert.Equal(Answer("whatsapp-offer").Answer, AnswerText(offer).Answer);
    }

    [Fact]
    public void An_offer_without_candidates_is_answered_since_the_peer_will_come_to_us()
    {
        var offer = Without(SdpVectors.Read("whatsapp-offer"), "a=candidate").Replace("m=audio 3478", "m=audio 9")
            .Replace("IN IP4 203.0.113.10", "IN IP4 0.0.0.0");

        Assert.Empty(AnswerText(offer).Settled.RemoteCandidates);
    }

    [Fact]
    public void Bad_candidates_are_passed_over()
    {
        var offer = SdpVectors.Read("whatsapp-offer").Replace(
            "a=ice-ufrag",
            "a=candidate\r\na=candidate:\r\na=candidate:1 1 udp x 192.0.2.1 1 typ host\r\na=candidate:1 2 udp 1 192.0.2.1 7 typ host\r\n" +
            "a=candidate:1 1 udp 1 0.0.0.0 7 typ host\r\na=candidate:1 1 udp 1 224.0.0.1 7 typ host\r\na=candidate:1 1 udp 1 192.0.2.1 0 " +
                "typ host\r\na=ice-ufrag");

        Assert.Equal(2, AnswerText(offer).Settled.RemoteCandidates.Count);
    }

    [Fact]
    public void Without_an_address_of_our_own_the_answer_names_the_discard_port()
    {
        var (answer, _) = Answer("whatsapp-offer", Local with { Candidates = [] });

        Assert.Contains("m=audio 9 UDP/TLS/RTP/SAVPF 111 126\r\nc=IN IP4 0.0.0.0\r\n", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("a=candidate", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a=setup:actpass", "a=setup:active", false, "a=setup:passive")]
    [InlineData("a=setup:actpass", "a=setup:passive", true, "a=setup:active")]
    [InlineData("a=setup:actpass", "a=setup: ActPass", true, "a=setup:active")]
    [InlineData("a=setup:actpass\r\n", "", false, "a=setup:passive")] // RFC 4145 §4: an offerer without a=setup is active
    [InlineData("a=setup:actpass", "a=setup:whatever", false, "a=setup:passive")]
    [InlineData("a=setup:actpass", "a=setup:holdconn", true, "a=setup:active")]
    [InlineData("a=setup:actpass", "a=setup:HOLDCONN", true, "a=setup:active")]
    public void The_handshake_role_is_the_one_the_offer_leaves(string from, string to, bool client, string ours)
    {
        var (answer, settled) = AnswerText(SdpVectors.Read("whatsapp-offer").Replace(from, to));

        Assert.Equal(client, settled.DtlsClient);
        Assert.Contains(ours + "\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void Video_is_refused_beside_the_audio_in_the_offers_order()
    {
        var offer = SdpVectors.Read("whatsapp-offer") + "m=video 3478 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:video\r\na=rtpmap:96 VP8/90000\r\n";

        var (answer, _) = AnswerText(offer);

        Assert.EndsWith("m=video 0 UDP/TLS/RTP/SAVPF 96 97\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("a=group:BUNDLE audio\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mid_that_could_forge_a_line_or_a_group_is_not_echoed()
    {
        var (answer, _) = AnswerText(SdpVectors.Read("whatsapp-offer").Replace("a=mid:audio", "a=mid:audio video"));

        Assert.DoesNotContain("a=mid", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("BUNDLE", answer, StringComparison.Ordinal);
    }

    public static TheoryData<string, string, SdpError> Refusals => new()
    {
        { "m=audio", "m=video", SdpError.NoAudio },
        { "m=audio 3478", "m=audio 0", SdpError.NoAudio },
        { "UDP/TLS/RTP/SAVPF", "RTP/AVP", SdpError.UnsupportedTransport },
        { "a=rtpmap:111 opus/48000/2", "a=rtpmap:111 isac/16000", SdpError.NoOpus },
        { "a=ice-ufrag:Qx4mTz81LpVw0Rk2\r\n", "", SdpError.NoIceCredentials },
        { "a=ice-pwd:Zk7/w1hY+0pQm3nB5vRt9A==\r\n", "", SdpError.NoIceCredentials },
        { "Zk7/w1hY+0pQm3nB5vRt9A==", "tooshort", SdpError.MalformedIceCredentials },
        { "a=fingerprint:", "a=x-fingerprint:", SdpError.NoFingerprint },
        { "a=fingerprint:sha-256", "a=fingerprint:sha-1", SdpError.UnknownFingerprintHash },
        { "a=fingerprint:sha-256 ", "a=fingerprint:sha-256 00:", SdpError.MalformedFingerprint },
        { "a=fingerprint:sha-256 ", "a=fingerprint:", SdpError.MalformedFingerprint },
        { "a=rtcp-mux\r\n", "", SdpError.NoRtcpMux },
        { "v=0", "v=1", SdpError.MalformedVersion },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void Refuses_an_offer_with_its_reason(string from, string to, SdpError expected) =>
        AssertRefused(expected, SdpVectors.Read("whatsapp-offer").Replace(from, to));

    [Theory]
    [InlineData("m=audio 3479 UDP/TLS/RTP/SAVPF 111\r\n")]
    [InlineData("m=audio 0 UDP/TLS/RTP/SAVPF\r\n")]
    [InlineData("m=application 0 UDP/DTLS/SCTP\r\n")]
    public void Sections_beside_the_first_live_audio_are_refused(string other)
    {
        var offer = SdpVectors.Read("whatsapp-offer");

        var (after, _) = AnswerText(offer + other);
        var (before, settled) = AnswerText(offer.Replace("m=audio", other.Replace(" 3479 ", " 0 ") + "m=audio"));

        Assert.Equal(2, after.Split("m=").Length - 1);
        Assert.Matches("m=audio [1-9][^\r]*\r\n(?s:.*)m=[a-z]+ 0 ", after);
        Assert.Matches("m=[a-z]+ 0 [^\r]*\r\nm=audio [1-9]", before);
        Assert.Single(settled.RemoteFingerprints);
    }

    private static string Digest(int bytes, string pair = "AB") => string.Join(':', Enumerable.Repeat(pair, bytes));

    [Theory]
    [InlineData("sha-1 20,sha-256 32", 32)]
    [InlineData("sha-256 32,sha-384 48,sha-512 64", 64)]
    [InlineData("sha-512 64,sha-256 32", 64)]
    [InlineData("SHA-384 48,md5 16,x-new 99", 48)]
    [InlineData("sha-256 32,sha-384 8,sha-512 8", 32)] // cut short: not usable
    [InlineData("sha-256 32,sha-256 32,sha-256 32", 32)]
    public void Of_several_fingerprints_the_strongest_usable_counts(string lines, int bytes)
    {
        var all = string.Concat(
            lines.Split(',').Select(line => line.Split(' ')).Select(f => $"a=fingerprint:{f[0]} {Digest(int.Parse(f[1]))}\r\n"));
        var bare = Without(SdpVectors.Read("whatsapp-offer"), "a=fingerprint:");

        var (_, inSection) = AnswerText(bare + all);
        var (_, inSession) = AnswerText(bare.Replace("m=audio", all + "m=audio"));
        var (_, inBoth) = AnswerText(bare.Replace("m=audio", $"a=fingerprint:sha-512 {Digest(64, "CD")}\r\nm=audio") + all);

        Assert.Equal([Digest(bytes)], inSection.RemoteFingerprints);
        Assert.Equal([Digest(bytes)], inSession.RemoteFingerprints);
        Assert.Equal([Digest(bytes)], inBoth.RemoteFingerprints);
    }

    [Fact]
    public void Fingerprints_of_several_certificates_may_each_match_and_a_usable_one_of_the_session_helps_out()
    {
        var bare = Without(SdpVectors.Read("whatsapp-offer"), "a=fingerprint:");
        var two = $"a=fingerprint:sha-256 {Digest(32)}\r\na=fingerprint:sha-256 {Digest(32, "CD")}\r\n";

        Assert.Equal([Digest(32), Digest(32, "CD")], AnswerText(bare + two).Settled.RemoteFingerprints);
        var helped = bare.Replace("m=audio", $"a=fingerprint:sha-256 {Digest(32)}\r\nm=audio") + $"a=fingerprint:sha-1 {Digest(20)}\r\n";
        Assert.Equal([Digest(32)], AnswerText(helped).Settled.RemoteFingerprints);
        AssertRefused(SdpError.UnknownFingerprintHash, bare + $"a=fingerprint:sha-1 {Digest(20)}\r\na=fingerprint:md5 {Digest(16)}\r\n");
    }

    [Fact]
    public void A_number_set_to_SDES_is_recognised() => AssertRefused(SdpError.SdesUnsupported, SdpVectors.Read("whatsapp-offer-sip-sdes"));

    [Fact]
    public void The_case_of_a_fingerprint_does_not_matter()
    {
        var offer = SdpVectors.Read("whatsapp-offer");
        var digest = Answer("whatsapp-offer").Settled.RemoteFingerprints[0];

        var (answer, settled) = AnswerText(offer.Replace($"sha-256 {digest}", $"SHA-256 {digest.ToLowerInvariant()}"));

        Assert.Equal([digest], settled.RemoteFingerprints);
        Assert.Contains($"a=fingerprint:sha-256 {Local.Fingerprint}\r\n", answer, StringComparison.Ordinal);
    }

    private static (string Answer, WhatsAppMediaParameters Settled) Answer(string vector, WhatsAppLocalMedia? local = null) =>
        AnswerText(SdpVectors.Read(vector), local);

    private static (string Answer, WhatsAppMediaParameters Settled) AnswerText(string offer, WhatsAppLocalMedia? local = null)
    {
        Assert.True(WhatsAppSdp.TryAnswerOffer(offer, local ?? Local, out var answer, out var settled, out var error), error.ToString());
        return (answer, settled);
    }

    private static void AssertRefused(SdpError expected, string offer)
    {
        Assert.False(WhatsAppSdp.TryAnswerOffer(offer, Local, out var answer, out var settled, out var error));
        Assert.Equal((null, null, expected), (answer, settled, error));
    }

    private static string Without(string text, string prefix) =>
        string.Join("\r\n", text.Split("\r\n").Where(line => !line.StartsWith(prefix, StringComparison.Ordinal)));
}
