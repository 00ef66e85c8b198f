using Media.Protocols.Sdp;
using Media.Protocols.Srtp;
using Testing;

namespace Media.Protocols.Tests.Sdp;

public sealed class SdpAttributeTests
{
    [Theory]
    [InlineData("111 opus/48000/2", AudioCodec.Opus)]
    [InlineData("96 OPUS/48000", AudioCodec.Opus)]
    [InlineData("0 pcmu/8000/1", AudioCodec.Pcmu)]
    [InlineData("8 PCMA/8000", AudioCodec.Pcma)]
    [InlineData("9 G722/8000", AudioCodec.G722)]
    [InlineData("9 G722/16000", AudioCodec.G722)]
    [InlineData("18 G729/8000", null)]
    [InlineData("0 PCMU/16000", null)]
    [InlineData("97 opus/16000/2", null)]
    public void Knows_a_codec_by_its_rtpmap(string value, AudioCodec? codec)
    {
        Assert.True(RtpMap.TryParse(value, out var map));
        Assert.Equal(codec, map.Codec);
    }

    [Theory]
    [InlineData("")]
    [InlineData("111")]
    [InlineData("128 opus/48000/2")]
    [InlineData("x opus/48000/2")]
    [InlineData("96 opus/0")]
    [InlineData("96 /8000")]
    [InlineData("96 opus/48000/2/2")]
    [InlineData("96 opus/-48000")]
    public void Passes_over_a_malformed_rtpmap(string value) => Assert.False(RtpMap.TryParse(value, out _));

    [Theory]
    [InlineData(AudioCodec.Opus, 48000)]
    [InlineData(AudioCodec.G722, 8000)] // samples at 16000 Hz; the clock does not
    [InlineData(AudioCodec.Pcmu, 8000)]
    public void A_codecs_clock_is_the_one_of_RTP(AudioCodec codec, int clockRate) => Assert.Equal(clockRate, codec.ClockRate());

    [Theory]
    [InlineData(
        "maxaveragebitrate=20000;maxplaybackrate=16000;minptime=20;sprop-maxcapturerate=16000;useinbandfec=1", 16000, 20000, true, false)]
    [InlineData("useinbandfec=1; maxaveragebitrate=30000; maxplaybackrate=48000; ptime=20", 48000, 30000, true, false)]
    [InlineData("usedtx=1;;=;useinbandfec=;maxplaybackrate=1;maxaveragebitrate=999999999999", 48000, 0, false, true)]
    [InlineData(null, 48000, 0, false, false)]
    public void Reads_what_an_Opus_decoder_wants(string? parameters, int playback, int bitrate, bool fec, bool dtx) =>
        Assert.Equal(new OpusFormat(playback, bitrate, fec, dtx), OpusFormat.Parse(parameters));

    [Theory]
    [InlineData("1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj", SrtpProfile.AesCm128HmacSha1_80)]
    [InlineData("2 aes_cm_128_hmac_sha1_32 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^31", SrtpProfile.AesCm128HmacSha1_32)]
    [InlineData(
        "3 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20 WSH=64 -X", SrtpProfile.AesCm128HmacSha1_80)]
    [InlineData("4 AEAD_AES_128_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw==", SrtpProfile.AeadAes128Gcm)]
    [InlineData("4 AEAD_AES_128_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw", SrtpProfile.AeadAes128Gcm)]
    public void Reads_SDES_lines(string value, SrtpProfile profile)
    {
        Assert.True(SdesCrypto.TryParse(value, out var crypto));
        Assert.Equal(profile, crypto.Profile);
        Assert.Equal(value[0] - '0', crypto.Tag);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1 AES_CM_128_HMAC_SHA1_80")]
    [InlineData("x AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj")]
    [InlineData("1 F8_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj")]
    [InlineData("1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1c")]
    [InlineData("1 AES_CM_128_HMAC_SHA1_80 inline:********")]
    [InlineData("1 AES_CM_128_HMAC_SHA1_80 uri:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj")]
    [InlineData("1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20|1:0")]
    [InlineData("1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20|1:129")]
    [InlineData("1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|256:1")]
    [InlineData("1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|x:1")]
    [InlineData("1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|:4")]
    [InlineData(
        "1 AES_CM_128_HMAC_SHA1_80 " +
        "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|1:1;inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2:2")]
    [InlineData(
        "1 AES_CM_128_HMAC_SHA1_80 " +
        "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|1:1;inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|1:1")]
    [InlineData("1 AES_CM_128_HMAC_SHA1_80 ;")]
    [InlineData("1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj UNENCRYPTED_SRTCP")]
    [InlineData("1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj KDR=1")]
    [InlineData(
        "1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj;inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj")]
    public void Passes_over_SDES_lines_it_could_not_honour(string value) => Assert.False(SdesCrypto.TryParse(value, out _));

    [Theory]
    [InlineData("|2^31|1:1", "01")]
    [InlineData("|1:4", "00000001")]
    [InlineData("|2^31", "")]
    [InlineData("|2147483648", "")]
    [InlineData("||7:2", "0007")]
    [InlineData("|2^48|4294967295:4", "FFFFFFFF")]
    [InlineData("|0:1", "00")]
    [InlineData("|1:16 WSH=128 FEC_ORDER=FEC_SRTP", "00000000000000000000000000000001")]
    public void The_identifier_of_a_key_is_read_with_its_length(string suffix, string mki)
    {
        Assert.True(
            SdesCrypto.TryParse("1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj" + suffix, out var crypto));

        var keys = Assert.Single(crypto.Keys);
        Assert.Equal(mki, Convert.ToHexString(keys.Mki));
        Assert.True(SdesCrypto.TryParse(crypto.ToAttribute().Value, out var again));
        Assert.True(keys.FixedTimeEquals(again.Keys[0]));
    }

    [Fact]
    public void Several_keys_are_told_apart_by_their_identifiers()
    {
        const string Line =
            "1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20|1:4; " +
            "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20|2:4";

        Assert.True(SdesCrypto.TryParse(Line, out var crypto));

        Assert.Equal(["00000001", "00000002"], crypto.Keys.Select(keys => Convert.ToHexString(keys.Mki)));
        Assert.False(crypto.Keys[0].FixedTimeEquals(crypto.Keys[1]));
    }

    [Theory]
    [InlineData(SrtpProfile.AesCm128HmacSha1_80)]
    [InlineData(SrtpProfile.AesCm128HmacSha1_32)]
    [InlineData(SrtpProfile.AeadAes128Gcm)]
    public void An_SDES_line_survives_writing_and_reading(SrtpProfile profile)
    {
        var line = new SdesCrypto(7, profile, SdesCrypto.NewKeys(profile, new SeededEntropy(1)));

        Assert.True(SdesCrypto.TryParse(line.ToAttribute().Value, out var read));

        Assert.Equal(line.ToAttribute(), read.ToAttribute());
    }

    [Theory]
    [InlineData("IN IP4 192.0.2.1", true)]
    [InlineData("in ip4 192.0.2.1", true)]
    [InlineData("IN IP6 2001:db8::1", true)]
    [InlineData("IN IP4 2001:db8::1", true)] // the address itself shows its family
    [InlineData("IN IP6 [2001:db8::1]", true)]
    [InlineData("IN IP6 [2001:db8::1]:5", false)]
    [InlineData("IN IP6 [[2001:db8::1]]", false)]
    [InlineData("IN IP4 [192.0.2.1]", false)]
    [InlineData("IN IP4 media.example.org", false)]
    [InlineData("IN IP4 7", false)]
    [InlineData("IN IP4 224.2.1.1/127", false)]
    [InlineData("IN IP4 255.255.255.255", false)]
    [InlineData("IN IP6 ff02::1", false)]
    [InlineData("IN IP6 fe80::1%2", false)]
    public void Media_goes_to_the_plain_address_of_one_host_only(string value, bool usable)
    {
        Assert.True(SdpConnection.TryParse(value, out var connection));
        Assert.Equal(usable, connection.TryGetAddress(out _));
    }
}
