using Media.Protocols.Sdp;
using Media.Protocols.Srtp;
using Testing;

namespace Media.Protocols.Tests.Sdp;

/// <summary>SDES on the pbx leg under each policy.</summary>
public sealed class PbxSrtpTests
{
    private static readonly PbxLocalMedia Local = SdpVectors.Local();

    [Theory]
    [InlineData("asterisk-offer-sdes", SrtpProfile.AesCm128HmacSha1_80, 1)]
    [InlineData("freeswitch-offer-srtp", SrtpProfile.AeadAes128Gcm, 2)]
    [InlineData("cucm-offer-srtp", SrtpProfile.AesCm128HmacSha1_32, 3)] // GCM-256 is not supported, and UNENCRYPTED_SRTCP is not accepted
    [InlineData("baresip-offer", SrtpProfile.AesCm128HmacSha1_32, 1)]
    public void Takes_the_first_line_it_can_honour_and_repeats_its_tag(string vector, SrtpProfile profile, int tag)
    {
        var (answer, settled) = Answer(vector, Local with { Srtp = SrtpPolicy.Required });

        Assert.Equal(profile, settled.Srtp!.Profile);
        var line = Assert.Single(answer.Split("\r\n"), text => text.StartsWith("a=crypto:", StringComparison.Ordinal));
        Assert.True(SdesCrypto.TryParse(line["a=crypto:".Length..], out var ours));
        Assert.Equal((tag, profile), (ours.Tag, ours.Profile));
        Assert.Equal(new SdesCrypto(tag, profile, settled.Srtp.Local).ToAttribute(), ours.ToAttribute());
        Assert.Contains(" RTP/SAVP ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void Both_ends_hold_each_others_keys()
    {
        var (caller, callee) = (new PbxSdp(new SeededEntropy(1)), new PbxSdp(new SeededEntropy(2)));
        var local = Local with { Srtp = SrtpPolicy.Required };

        Assert.True(callee.TryAnswerOffer(caller.CreateOffer(local), local, out var answer, out var atCallee, out _));
        Assert.True(caller.TryApplyAnswer(answer, out var atCaller, out _));

        Assert.Equal(Text(atCaller.Srtp!.Local), Text(Assert.Single(atCallee.Srtp!.Remote)));
        Assert.Equal(Text(atCallee.Srtp.Local), Text(Assert.Single(atCaller.Srtp.Remote)));
        Assert.NotEqual(Text(atCaller.Srtp.Local), Text(atCaller.Srtp.Remote[0]));
    }

    [Theory]
    [InlineData(SrtpPolicy.None, "RTP/AVP", 0)]
    [InlineData(SrtpPolicy.Optional, "RTP/AVP", 0)]
    [InlineData(SrtpPolicy.BestEffort, "RTP/AVP", 3)]
    [InlineData(SrtpPolicy.Required, "RTP/SAVP", 3)]
    public void The_policy_decides_what_is_offered(SrtpPolicy policy, string protocol, int lines)
    {
        var offer = new PbxSdp(new SeededEntropy(1)).CreateOffer(Local with { Srtp = policy });

        Assert.Contains($"m=audio 20000 {protocol} ", offer, StringComparison.Ordinal);
        Assert.Equal(lines, offer.Split("a=crypto:").Length - 1);
    }

    [Theory]
    [InlineData(SrtpPolicy.None, "asterisk-offer-sdes", SdpError.SrtpForbidden)]
    [InlineData(SrtpPolicy.Required, "asterisk-offer", SdpError.SrtpRequired)]
    public void The_policy_decides_what_is_refused(SrtpPolicy policy, string vector, SdpError expected) =>
        AssertRefused(expected, SdpVectors.Read(vector), Local with { Srtp = policy });

    [Fact]
    public void Encryption_that_cannot_be_honoured_is_refused()
    {
        var offer = SdpVectors.Read("asterisk-offer-sdes").Replace("AES_CM_128", "AES_CM_256");

        AssertRefused(SdpError.NoUsableCrypto, offer, Local);
        AssertRefused(SdpError.NoUsableCrypto, offer.Replace("RTP/SAVP", "RTP/AVP"), Local with { Srtp = SrtpPolicy.Required });
    }

    [Theory]
    [InlineData(SrtpPolicy.None, false)]
    [InlineData(SrtpPolicy.Optional, true)]
    [InlineData(SrtpPolicy.Required, true)]
    public void Keys_on_plain_RTP_are_a_best_effort_offer(SrtpPolicy policy, bool encrypted)
    {
        var offer = SdpVectors.Read("asterisk-offer-sdes").Replace("RTP/SAVP", "RTP/AVP");

        Assert.True(
            new PbxSdp(new SeededEntropy(1)).TryAnswerOffer(offer, Local with { Srtp = policy }, out var answer, out var settled, out _));

        Assert.Equal(encrypted, settled.Srtp is not null);
        Assert.Equal(encrypted, answer.Contains("a=crypto:1 ", StringComparison.Ordinal));
        Assert.Contains(" RTP/AVP ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void A_best_effort_offer_may_be_answered_in_plain()
    {
        var caller = new PbxSdp(new SeededEntropy(1));
        caller.CreateOffer(Local with { Srtp = SrtpPolicy.BestEffort });

        Assert.True(caller.TryApplyAnswer(SdpVectors.Read("sipp-offer"), out var settled, out _));

        Assert.Null(settled.Srtp);
    }

    [Theory]
    [InlineData("RTP/SAVP")]
    [InlineData("RTP/AVP")]
    public void A_required_offer_is_not_answered_in_plain(string protocol)
    {
        var caller = new PbxSdp(new SeededEntropy(1));
        caller.CreateOffer(Local with { Srtp = SrtpPolicy.Required });

        Assert.False(caller.TryApplyAnswer(SdpVectors.Read("sipp-offer").Replace("RTP/AVP", protocol), out _, out var error));

        Assert.Equal(protocol == "RTP/AVP" ? SdpError.SrtpRequired : SdpError.CryptoMismatch, error);
    }

    [Theory]
    [InlineData("|2^31|1:1", 1)]
    [InlineData("|1:4", 1)]
    [InlineData("|2^20|1:4;inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20|2:4", 2)]
    public void Keys_with_identifiers_are_taken_in_offer_and_answer_and_ours_has_none(string suffix, int count)
    {
        var line = $"a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj{suffix}\r\n";
        var text = SdpVectors.Read("sipp-offer").Replace("RTP/AVP", "RTP/SAVP") + line;
        var local = Local with { Srtp = SrtpPolicy.Required };
        var caller = new PbxSdp(new SeededEntropy(1));
        caller.CreateOffer(local);

        Assert.True(caller.TryApplyAnswer(text, out var asAnswer, out var error), error.ToString());
        Assert.True(
            new PbxSdp(new SeededEntropy(1)).TryAnswerOffer(text, local, out var answer, out var asOffer, out error), error.ToString());

        Assert.Equal(count, asAnswer.Srtp!.Remote.Count);
        Assert.Equal(count, asOffer.Srtp!.Remote.Count);
        Assert.Matches("a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:[A-Za-z0-9+/]{40}\r\n", answer);
    }

    [Fact]
    public void An_answer_with_a_profile_we_did_not_offer_is_refused()
    {
        var caller = new PbxSdp(new SeededEntropy(1));
        caller.CreateOffer(Local with { Srtp = SrtpPolicy.Required, SrtpProfiles = [SrtpProfile.AeadAes128Gcm] });

        Assert.False(caller.TryApplyAnswer(SdpVectors.Read("asterisk-offer-sdes"), out _, out var error));

        Assert.Equal(SdpError.CryptoMismatch, error);
    }

    [Fact]
    public void Of_the_same_audio_offered_twice_the_encrypted_one_is_taken()
    {
        var (answer, settled) = Answer("desk-phone-offer-two-audio", Local);
        var (plainAnswer, plain) = Answer("desk-phone-offer-two-audio", Local with { Srtp = SrtpPolicy.None });

        Assert.NotNull(settled.Srtp);
        Assert.Contains("a=crypto:1 ", answer, StringComparison.Ordinal); // its key has an MKI
        Assert.Equal(["m=audio 0 RTP/AVP 9 0 8 101", "m=audio 20000 RTP/SAVP 9 101"], MediaLines(answer));
        Assert.Null(plain.Srtp);
        Assert.Equal(["m=audio 20000 RTP/AVP 9 101", "m=audio 0 RTP/SAVP 9 0 8 101"], MediaLines(plainAnswer));
    }

    [Fact]
    public void A_later_offer_of_ours_keeps_protocol_profile_and_key()
    {
        var leg = new PbxSdp(new SeededEntropy(1));
        Assert.True(leg.TryAnswerOffer(SdpVectors.Read("freeswitch-offer-srtp"), Local, out _, out var settled, out _));

        var offer = leg.CreateOffer(Local);

        Assert.Contains("m=audio 20000 RTP/SAVP ", offer, StringComparison.Ordinal);
        Assert.Contains(
            $"a={new SdesCrypto(1, SrtpProfile.AeadAes128Gcm, settled.Srtp!.Local).ToAttribute()}\r\n", offer, StringComparison.Ordinal);
        Assert.Single(offer.Split("\r\n"), line => line.StartsWith("a=crypto:", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(SrtpPolicy.Optional, "RTP/AVP", 0)]
    [InlineData(SrtpPolicy.BestEffort, "RTP/AVP", 3)]
    [InlineData(SrtpPolicy.Required, "RTP/SAVP", 3)]
    public void After_a_phone_with_encryption_has_left_the_policy_alone_decides_what_is_offered(
        SrtpPolicy policy, string protocol, int lines)
    {
        var leg = new PbxSdp(new SeededEntropy(1));
        Assert.True(leg.TryAnswerOffer(SdpVectors.Read("asterisk-offer-sdes"), Local, out _, out _, out _));
        leg.Forget();

        var offer = leg.CreateOffer(Local with { Srtp = policy });

        Assert.Contains($"m=audio 20000 {protocol} ", offer, StringComparison.Ordinal);
        Assert.Equal(lines, offer.Split("a=crypto:").Length - 1);
    }

    [Fact]
    public void After_a_phone_without_encryption_has_left_it_is_offered_again()
    {
        var leg = new PbxSdp(new SeededEntropy(1));
        var local = Local with { Srtp = SrtpPolicy.BestEffort };
        Assert.True(leg.TryAnswerOffer(SdpVectors.Read("sipp-offer"), local, out _, out _, out _));
        Assert.DoesNotContain("a=crypto", leg.CreateOffer(local), StringComparison.Ordinal);

        leg.Forget();

        Assert.Contains("a=crypto", leg.CreateOffer(local), StringComparison.Ordinal);
    }

    private static (string Answer, PbxMediaParameters Settled) Answer(string vector, PbxLocalMedia local)
    {
        var leg = new PbxSdp(new SeededEntropy(1));
        Assert.True(leg.TryAnswerOffer(SdpVectors.Read(vector), local, out var answer, out var settled, out var error), error.ToString());
        return (answer, settled);
    }

    private static void AssertRefused(SdpError expected, string offer, PbxLocalMedia local)
    {
        Assert.False(new PbxSdp(new SeededEntropy(1)).TryAnswerOffer(offer, local, out _, out _, out var error));
        Assert.Equal(expected, error);
    }

    private static string Text(SrtpKeys keys) => new SdesCrypto(1, SrtpProfile.AesCm128HmacSha1_80, keys).ToAttribute().Value!;

    private static IEnumerable<string> MediaLines(string text) =>
        text.Split("\r\n").Where(line => line.StartsWith("m=", StringComparison.Ordinal));
}
