using Media.Protocols.Sdp;
using Testing;

namespace Media.Protocols.Tests.Sdp;

/// <summary>A PBX's changes to a call in progress: hold, resume, move, refresh, fax; and our own later offers.</summary>
public sealed class PbxRenegotiationTests
{
    private static readonly PbxLocalMedia Local = SdpVectors.Local();
    private readonly PbxSdp _leg = new(new SeededEntropy(5));

    [Fact]
    public void Asterisk_holds_with_sendonly_and_is_answered_recvonly()
    {
        Answer("asterisk-offer");

        var (answer, held) = Answer("asterisk-hold");

        Assert.True(held.Held);
        Assert.Equal(MediaDirection.RecvOnly, held.Direction);
        Assert.Contains("a=recvonly\r\n", answer, StringComparison.Ordinal);
        Assert.Equal("192.0.2.10:14530", held.RemoteRtp.ToString());
    }

    [Fact]
    public void Genesys_holds_with_inactive_at_session_level()
    {
        Answer("genesys-offer");

        var (answer, held) = Answer("genesys-hold");

        Assert.Equal(MediaDirection.Inactive, held.Direction);
        Assert.Contains("a=inactive\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void CUCM_holds_with_address_zero_and_resumes()
    {
        Answer("cucm-offer");

        var (_, held) = Answer("cucm-hold");
        var (_, resumed) = Answer("cucm-offer");

        Assert.True(held.Held);
        Assert.True(held.RemoteRtp.IsNone);
        Assert.True(held.RemoteRtcp.IsNone);
        Assert.Equal(MediaDirection.Inactive, held.Direction);
        Assert.False(resumed.Held);
        Assert.Equal("192.0.2.41:24100", resumed.RemoteRtp.ToString());
    }

    [Theory]
    [InlineData("a=sendonly", "192.0.2.1", MediaDirection.RecvOnly)]
    [InlineData("a=recvonly", "192.0.2.1", MediaDirection.SendOnly)]
    [InlineData("a=inactive", "192.0.2.1", MediaDirection.Inactive)]
    [InlineData("a=sendrecv", "0.0.0.0", MediaDirection.RecvOnly)]
    [InlineData("a=ptime:20", "0.0.0.0", MediaDirection.RecvOnly)]
    [InlineData("a=sendonly", "0.0.0.0", MediaDirection.RecvOnly)]
    [InlineData("a=recvonly", "0.0.0.0", MediaDirection.Inactive)]
    public void Every_spelling_of_hold_is_seen_and_mirrored(string attribute, string address, MediaDirection ours)
    {
        var (answer, held) = AnswerText(Offer(1, $"c=IN IP4 {address}\r\nm=audio 4000 RTP/AVP 0\r\n{attribute}\r\n"), Local);

        Assert.True(held.Held);
        Assert.Equal(ours, held.Direction);
        Assert.Contains($"a={ours.ToAttribute()}\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void IPv6_address_zero_holds_too()
    {
        var (_, held) = AnswerText(Offer(1, "c=IN IP6 ::\r\nm=audio 4000 RTP/AVP 0\r\n"), SdpVectors.LocalIPv6());

        Assert.True(held is { Held: true, Direction: MediaDirection.RecvOnly });
    }

    [Fact]
    public void Port_zero_rests_the_audio_of_a_call_in_progress_until_it_comes_back()
    {
        Answer("asterisk-offer");

        var (answer, held) = AnswerText(SdpVectors.Read("asterisk-offer").Replace("m=audio 14530", "m=audio 0"), Local);
        var (_, back) = Answer("asterisk-offer");

        Assert.True(held is { Held: true, Direction: MediaDirection.Inactive, RemoteRtp.IsNone: true });
        Assert.Contains("m=audio 0 RTP/AVP 8 0 101\r\n", answer, StringComparison.Ordinal);
        Assert.False(back.Held);
    }

    [Fact]
    public void A_switch_to_fax_is_refused_and_the_call_stays_as_it_was()
    {
        Answer("asterisk-offer");

        Assert.False(_leg.TryAnswerOffer(SdpVectors.Read("fax-switch-offer"), Local, out _, out _, out var error));
        var (_, settled) = Answer("asterisk-offer");

        Assert.Equal(SdpError.NoAudio, error);
        Assert.Equal(AudioCodec.Pcma, settled.Codec.Codec);
    }

    [Fact]
    public void Avaya_moves_its_media_with_a_second_offer()
    {
        Answer("avaya-offer");

        var (answer, moved) = Answer("avaya-shuffle");

        Assert.Equal("192.0.2.77:2048", moved.RemoteRtp.ToString());
        Assert.Equal(127, moved.TelephoneEvent!.Value.SendPayloadType);
        Assert.Contains("m=audio 20000 RTP/AVP 8 127\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void A_session_refresh_gets_the_same_answer_again()
    {
        var first = Answer("asterisk-offer").Answer;

        Assert.Equal(first, Answer("asterisk-offer").Answer);
        Assert.Equal(first, AnswerText(SdpVectors.Read("asterisk-offer").Replace("1722001100 IN", "1722001101 IN"), Local).Answer);
    }

    [Fact]
    public void An_encrypted_session_refresh_keeps_our_key()
    {
        var first = Answer("asterisk-offer-sdes").Answer;

        Assert.Equal(first, Answer("asterisk-offer-sdes").Answer);
    }

    /// <summary>A session refresh by re-INVITE says again what we said last (RFC 4028 §7.4).</summary>
    [Theory]
    [InlineData("asterisk-offer", "m=audio 14530")]
    [InlineData("asterisk-offer-sdes", "m=audio 14540")]
    public void Our_answer_may_be_offered_again_and_its_answer_moves_the_media(string vector, string media)
    {
        var (_, before) = Answer(vector);

        Assert.True(_leg.TryApplyAnswer(
            SdpVectors.Read(vector).Replace(media, "m=audio 15000"), Local, out var moved, out var error), error.ToString());

        Assert.Equal((15000, false, before.Codec), (moved.RemoteRtp.Port, moved.Held, moved.Codec));
        Assert.Equal(before.Srtp is null, moved.Srtp is null);
        Assert.True(before.Srtp?.IsSame(moved.Srtp!) ?? true);
    }

    [Fact]
    public void The_answer_to_our_answer_is_no_wider_than_that()
    {
        Answer("asterisk-offer");
        Answer("asterisk-hold");

        Assert.True(_leg.TryApplyAnswer(SdpVectors.Read("asterisk-offer"), Local, out var settled, out _)); // sendrecv to recvonly

        Assert.Equal((MediaDirection.RecvOnly, true), (settled.Direction, settled.Held));
    }

    [Fact]
    public void The_session_id_stays_and_the_version_counts_changes_only()
    {
        string[] texts =
        [
            Answer("asterisk-offer").Answer, Answer("asterisk-hold").Answer, Answer("asterisk-hold").Answer,
            Answer("asterisk-offer").Answer, _leg.CreateOffer(Local), _leg.CreateOffer(Local),
        ];
        var origins = texts.Select(text => text.Split("\r\n")[1].Split(' ')).ToList();

        Assert.Single(origins.Select(origin => origin[1]).Distinct());
        Assert.Equal(["1", "2", "2", "3", "4", "4"], origins.Select(origin => origin[2]));
    }

    [Fact]
    public void Our_later_offer_keeps_the_lines_the_payload_types_and_the_spoken_codec()
    {
        var local = Local with { Codecs = [AudioCodec.Pcmu, AudioCodec.Opus], PreferOwnCodecOrder = false };
        Answer("linphone-offer-video", local);

        var offer = _leg.CreateOffer(local);

        Assert.Equal(
            ["m=audio 20000 RTP/AVPF 96 0 99 101", "m=video 0 RTP/AVPF 96 97", "m=message 0 TCP/MSRP *"],
            offer.Split("\r\n").Where(line => line.StartsWith("m=", StringComparison.Ordinal)));
        Assert.Contains("a=rtpmap:96 opus/48000/2\r\n", offer, StringComparison.Ordinal);
        Assert.Contains("a=rtpmap:99 telephone-event/8000\r\n", offer, StringComparison.Ordinal);
        Assert.Contains("a=rtpmap:101 telephone-event/48000\r\n", offer, StringComparison.Ordinal);
        Assert.True(_leg.TryApplyAnswer(offer, out var settled, out var error), error.ToString());
        Assert.Equal(AudioCodec.Opus, settled.Codec.Codec);
    }

    [Fact]
    public void A_payload_type_the_peer_uses_otherwise_is_not_given_a_second_meaning()
    {
        AnswerText(Offer(
            1, "c=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0 111 101\r\na=rtpmap:111 speex/8000\r\na=rtpmap:101 ilbc/8000\r\n"), Local);

        var offer = _leg.CreateOffer(Local with { Codecs = [AudioCodec.Pcmu, AudioCodec.Opus] });

        Assert.Contains("m=audio 20000 RTP/AVP 0 96 97 110\r\n", offer, StringComparison.Ordinal);
        Assert.Contains("a=rtpmap:96 opus/48000/2\r\n", offer, StringComparison.Ordinal);
        Assert.Contains("a=rtpmap:97 telephone-event/8000\r\n", offer, StringComparison.Ordinal);
    }

    [Fact]
    public void An_offer_the_PBX_rejects_leaves_everything_as_it_was()
    {
        Answer("avaya-offer");
        _leg.CreateOffer(Local with { Direction = MediaDirection.Inactive });

        var (answer, settled) = Answer("avaya-shuffle");

        Assert.False(settled.Held);
        Assert.Contains("a=sendrecv\r\n", answer, StringComparison.Ordinal);
        Assert.StartsWith("3", answer.Split("\r\n")[1].Split(' ')[2], StringComparison.Ordinal);
    }

    [Fact]
    public void The_sections_of_a_phone_that_has_left_are_not_offered_to_the_next()
    {
        Answer("linphone-offer-video");
        _leg.Forget();

        Assert.Single(_leg.CreateOffer(Local).Split("\r\n"), line => line.StartsWith("m=", StringComparison.Ordinal));
    }

    [Fact]
    public void A_phone_that_rang_before_another_left_may_answer_still()
    {
        _leg.CreateOffer(Local);
        Assert.True(_leg.TryApplyAnswer(SdpVectors.Read("sipp-offer"), Local, out _, out _));
        _leg.Forget();

        Assert.True(_leg.TryApplyAnswer(SdpVectors.Read("sipp-offer").Replace("audio 6000", "audio 7000"), Local, out var settled, out _));
        Assert.Equal(7000, settled.RemoteRtp.Port);
    }

    [Fact]
    public void An_offer_without_media_of_ours_changes_nothing()
    {
        Answer("asterisk-offer");

        Assert.False(_leg.TryAnswerOffer(Offer(2, ""), Local, out _, out _, out var error));

        Assert.Equal(SdpError.NoAudio, error);
    }

    private static string Offer(int version, string rest) => $"v=0\r\no=- 1 {version} IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n{rest}";

    private (string Answer, PbxMediaParameters Settled) Answer(string vector, PbxLocalMedia? local = null) =>
        AnswerText(SdpVectors.Read(vector), local ?? Local);

    private (string Answer, PbxMediaParameters Settled) AnswerText(string offer, PbxLocalMedia local)
    {
        Assert.True(_leg.TryAnswerOffer(offer, local, out var answer, out var settled, out var error), error.ToString());
        return (answer, settled);
    }
}
