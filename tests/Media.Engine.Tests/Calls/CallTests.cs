using System.Net;
using Media.Engine.Codecs;
using Media.Engine.Loop;
using Media.Engine.Tests.Peers;
using Media.Protocols.Primitives;
using Media.Protocols.Sdp;
using Sandbox.Handsets;

namespace Media.Engine.Tests.Calls;

[Trait("Category", "Distribution")]
public class CallTests(EngineFixture fixture) : IClassFixture<EngineFixture>
{
    private const string AllDigits = "0123456789*#ABCD";

    [Theory]
    [InlineData(AudioCodec.Pcmu, 20)]
    [InlineData(AudioCodec.Pcma, 20)]
    [InlineData(AudioCodec.G722, 20)]
    [InlineData(AudioCodec.Opus, 20)]
    [InlineData(AudioCodec.Pcmu, 10)]
    [InlineData(AudioCodec.Pcmu, 30)]
    [InlineData(AudioCodec.Pcmu, 40)]
    [InlineData(AudioCodec.Pcma, 60)]
    [InlineData(AudioCodec.G722, 30)]
    public async Task Each_end_hears_the_tone_of_the_other(AudioCodec codec, int packetMs)
    {
        var profile = new PbxMediaProfile { Codecs = [AudioCodec.Opus, AudioCodec.G722, AudioCodec.Pcmu, AudioCodec.Pcma] };
        await using var call = await TestCall.PlaceAsync(fixture.Engine, new PbxPhone(codec, 600, packetMs), profile: profile);
        await call.HandsetHearsAsync(600);
        await call.PhoneHearsAsync(1000);
        Assert.Equal(0, call.Handset.MediaBeforeOpen);
        Assert.Single(call.Handset.Sources);
    }

    [Theory]
    [InlineData(AudioCodec.Pcmu, 20)]
    [InlineData(AudioCodec.G722, 20)]
    [InlineData(AudioCodec.Opus, 40)]
    public async Task Each_end_hears_the_tone_of_the_other_by_the_managed_Opus(AudioCodec codec, int packetMs)
    {
        await using var engine = new MediaEngine(
            EngineFixture.Options() with { Opus = new() { Implementation = OpusImplementation.Managed } }, TimeProvider.System);
        await engine.StartAsync(default);
        var profile = new PbxMediaProfile { Codecs = [AudioCodec.Opus, AudioCodec.G722, AudioCodec.Pcmu] };
        await using var call = await TestCall.PlaceAsync(engine, new PbxPhone(codec, 600, packetMs), profile: profile);
        await call.HandsetHearsAsync(600);
        await call.PhoneHearsAsync(1000);
    }

    [Theory]
    [InlineData(AudioCodec.Pcmu, 20)]
    [InlineData(AudioCodec.G722, 30)]
    [InlineData(AudioCodec.Opus, 20)]
    public async Task A_PBX_that_wants_a_steady_pace_is_heard_and_hears(AudioCodec codec, int packetMs)
    {
        var profile = new PbxMediaProfile { Codecs = [AudioCodec.Opus, AudioCodec.G722, AudioCodec.Pcmu], Playout = AudioPlayout.Adaptive };
        await using var call = await TestCall.PlaceAsync(fixture.Engine, new PbxPhone(codec, 600, packetMs), profile: profile);
        await call.HandsetHearsAsync(600);
        await call.PhoneHearsAsync(1000);
    }

    [Fact]
    public async Task Wideband_sound_passes_where_the_PBX_speaks_G722()
    {
        var handset = new NativeHandset(new() { Hertz = 5200 });
        await using var call = await TestCall.PlaceAsync(
            fixture.Engine, new PbxPhone(AudioCodec.G722, 6000), handset, new() { Codecs = [AudioCodec.G722] });
        await call.HandsetHearsAsync(6000);
        await call.PhoneHearsAsync(5200);
    }

    [Fact]
    public async Task G711_is_used_on_both_legs_where_WhatsApp_takes_it()
    {
        await using var call = await TestCall.PlaceAsync(fixture.Engine, handset: new NativeHandset(new() { Pcmu = true, Hertz = 900 }));
        await call.HandsetHearsAsync(600);
        await call.PhoneHearsAsync(900);
        Assert.Equal("PCMU", (await call.Call.ReleaseAsync()).WhatsApp.Codec);
    }

    [Fact]
    public async Task A_call_placed_to_the_user_is_heard_at_both_ends()
    {
        Assert.True(fixture.Engine.TryReserve(out var media));
        await using var handset = new NativeHandset();
        using var phone = new PbxPhone();
        phone.Talk();
        var pbxAnswer = TestCall.Ok(await media.AnswerPbxOfferAsync(phone.Offer(), new PbxMediaProfile()));
        phone.Apply(pbxAnswer!);
        var offer = TestCall.Ok(await media.CreateWhatsAppOfferAsync());
        Assert.Equal(offer, TestCall.Ok(await media.CreateWhatsAppOfferAsync()));
        TestCall.Ok(await media.ApplyWhatsAppAnswerAsync(await handset.AcceptOfferAsync(offer!, default)));
        await TestCall.UntilAsync(() => handset.IsConnected, "DTLS");
        await handset.OpenAudioAsync(default);
        media.OpenAudio();
        await TestCall.UntilAsync(() => phone.Hertz is > 990 and < 1010, "1000 Hz at the phone");
        await TestCall.UntilAsync(() => handset.ReportAsync(default).Result.ToneHertz is > 590 and < 610, "600 Hz at the handset");
        await media.ReleaseAsync();
    }

    [Fact]
    public async Task Either_side_may_be_the_DTLS_client_of_a_call_placed_to_the_user()
    {
        Assert.True(fixture.Engine.TryReserve(out var media));
        await using var handset = new NativeHandset(new() { DtlsClient = true });
        var offer = TestCall.Ok(await media.CreateWhatsAppOfferAsync());
        TestCall.Ok(await media.ApplyWhatsAppAnswerAsync(await handset.AcceptOfferAsync(offer!, default)));
        await TestCall.UntilAsync(() => handset.IsConnected, "DTLS");
        await media.ReleaseAsync();
    }

    [Fact]
    public async Task A_peer_with_full_ICE_nominates_and_is_heard()
    {
        await using var call = await TestCall.PlaceAsync(fixture.Engine, handset: new NativeHandset(new() { FullIce = true }));
        await call.HandsetHearsAsync(600);
        await call.PhoneHearsAsync(1000);
    }

    [Fact]
    public async Task The_final_answer_of_a_forked_call_replaces_the_early_one_of_another_phone()
    {
        using var early = new PbxPhone(AudioCodec.Pcma, 750);
        await using var call = await TestCall.PlaceAsync(fixture.Engine, early);
        await call.HandsetHearsAsync(750);
        using var final = new PbxPhone(AudioCodec.Pcmu, 850);
        var offer = TestCall.Ok(await call.Call.CreatePbxOfferAsync(new PbxMediaProfile()));
        TestCall.Ok(await call.Call.ApplyPbxAnswerAsync(final.Answer(offer!), new PbxMediaProfile()));
        final.Talk(); // and the other one goes on talking
        await call.HandsetHearsAsync(850);
        await TestCall.UntilAsync(() => final.Hertz is > 990 and < 1010, "1000 Hz at the phone that answered");
    }

    [Fact]
    public async Task A_new_offer_of_ours_is_the_same_session_and_port_in_a_new_version()
    {
        await using var call = await TestCall.PlaceAsync(fixture.Engine);
        var first = TestCall.Ok(await call.Call.CreatePbxOfferAsync(new()))!.Split("\r\n");
        var second = TestCall.Ok(await call.Call.CreatePbxOfferAsync(new() { Codecs = [AudioCodec.Pcma] }))!.Split("\r\n");
        Assert.Equal(Port(first), Port(second));
        var (one, two) = (first[1].Split(' '), second[1].Split(' '));
        Assert.Equal(one[1], two[1]);
        Assert.True(int.Parse(two[2]) > int.Parse(one[2]));

        static string Port(string[] sdp) => sdp.Single(line => line.StartsWith("m=audio", StringComparison.Ordinal)).Split(' ')[1];
    }

    [Fact]
    public async Task Music_that_the_PBX_plays_on_hold_is_what_the_user_hears()
    {
        await using var call = await TestCall.PlaceAsync(fixture.Engine);
        TestCall.Ok(await call.Call.AnswerPbxOfferAsync(call.Phone.Offer("sendonly", 2), new PbxMediaProfile()));
        await call.WaitForAsync<MediaEvent.PbxHeld>();
        call.Phone.Tone(440);
        await call.HandsetHearsAsync(440);
        // as RFC 2543 held
        TestCall.Ok(await call.Call.AnswerPbxOfferAsync(call.Phone.Offer("sendrecv", 3, "0.0.0.0"), new PbxMediaProfile()));
        call.Phone.Tone(520);
        await call.HandsetHearsAsync(520);
    }

    [Fact]
    public async Task Keys_pass_both_ways_without_a_codec()
    {
        await using var call = await TestCall.PlaceAsync(fixture.Engine);
        var pressed = call.Handset.SendDigitsAsync(AllDigits, default);
        call.Phone.Press(AllDigits);
        await pressed;
        await TestCall.UntilAsync(() => call.Phone.Digits == AllDigits, "all keys at the phone");
        await TestCall.UntilAsync(() => call.Handset.Digits == AllDigits, "all keys at the handset");
        await call.WaitForAsync<MediaEvent.DigitReceived>(key => key is { Leg: CallLeg.WhatsApp, Digit: '7' });
        await call.WaitForAsync<MediaEvent.DigitReceived>(key => key is { Leg: CallLeg.Pbx, Digit: 'D' });
    }

    [Fact]
    public async Task Keys_that_came_by_signalling_are_played_to_the_other_leg()
    {
        await using var call = await TestCall.PlaceAsync(fixture.Engine);
        call.Call.SendDigit(CallLeg.WhatsApp, '5', TimeSpan.FromMilliseconds(100));
        call.Call.SendDigit(CallLeg.Pbx, '#', TimeSpan.FromMilliseconds(100));
        await TestCall.UntilAsync(() => call.Handset.Digits == "5", "5 at the handset");
        await TestCall.UntilAsync(() => call.Phone.Digits == "#", "# at the phone");
    }

    [Fact]
    public async Task A_held_user_hears_music_and_the_stream_to_WhatsApp_never_stops()
    {
        await using var call = await TestCall.PlaceAsync(fixture.Engine);
        await call.HandsetHearsAsync(600);
        call.Phone.FallSilent();
        TestCall.Ok(await call.Call.AnswerPbxOfferAsync(call.Phone.Offer("inactive", 2), new PbxMediaProfile()));
        await call.WaitForAsync<MediaEvent.PbxHeld>();
        await TestCall.UntilAsync(
            () => call.Handset.ReportAsync(default).Result is { ToneHertz: not (> 590 and < 610), LevelDb: > -40 }, "music at the handset");

        TestCall.Ok(await call.Call.AnswerPbxOfferAsync(call.Phone.Offer("sendrecv", 3), new PbxMediaProfile()));
        await call.WaitForAsync<MediaEvent.PbxResumed>();
        call.Phone.Talk();
        await call.HandsetHearsAsync(600);
        Assert.Single(call.Handset.Sources);
        Assert.True(call.Handset.LongestGap < TimeSpan.FromMilliseconds(500), $"{call.Handset.LongestGap}");
    }

    [Fact]
    public async Task A_silent_PBX_is_silence_every_20_ms_to_WhatsApp_and_WhatsApp_is_heard_at_once()
    {
        await using var call = await TestCall.PlaceAsync(fixture.Engine, talk: false);
        await TestCall.UntilAsync(
            () => call.Handset.ReportAsync(default).Result is { PacketsReceived: > 50, LevelDb: < -60 }, "a second of silence");
        await call.PhoneHearsAsync(1000);
        Assert.True(call.Handset.LongestGap < TimeSpan.FromMilliseconds(500), $"{call.Handset.LongestGap}");
    }

    [Fact]
    public async Task Ringback_goes_where_it_is_asked_for()
    {
        await using var call = await TestCall.PlaceAsync(fixture.Engine);
        await call.PhoneHearsAsync(1000);
        call.Call.SetTreatment(AudioTreatment.Live, AudioTreatment.Ringback);
        await call.PhoneHearsAsync(425);
        await call.HandsetHearsAsync(600);
        call.Call.SetTreatment(AudioTreatment.Silence, AudioTreatment.Live);
        await call.PhoneHearsAsync(1000);
        await TestCall.UntilAsync(() => call.Handset.ReportAsync(default).Result.LevelDb < -60, "silence at the handset");
    }

    [Theory]
    [InlineData(AudioCodec.Pcmu)]
    [InlineData(AudioCodec.Opus)]
    public async Task A_warning_is_heard_by_the_agent_alone_and_then_the_call_again(AudioCodec codec)
    {
        await using var call = await TestCall.PlaceAsync(
            fixture.Engine, new PbxPhone(codec, 600), profile: new PbxMediaProfile { Codecs = [AudioCodec.Opus, AudioCodec.Pcmu] });
        await call.PhoneHearsAsync(1000);
        await call.HandsetHearsAsync(600);
        var warned = call.PhoneHearsAsync(1400);
        call.Call.WarnPbx();
        await warned;
        Assert.InRange((await call.Handset.ReportAsync(default)).ToneHertz!.Value, 590, 610);
        await call.PhoneHearsAsync(1000);
    }

    [Fact]
    public async Task A_new_offer_moves_the_media_and_the_codec_but_WhatsApp_notices_nothing()
    {
        await using var call = await TestCall.PlaceAsync(fixture.Engine);
        await call.PhoneHearsAsync(1000);
        using var other = new PbxPhone(AudioCodec.Pcma, 800, 30);
        other.Apply(TestCall.Ok(await call.Call.AnswerPbxOfferAsync(other.Offer(version: 2), new PbxMediaProfile()))!);
        other.Talk();
        await call.HandsetHearsAsync(800);
        await TestCall.UntilAsync(() => other.Hertz is > 990 and < 1010, "1000 Hz at the new phone");
        Assert.Single(call.Handset.Sources);
    }

    [Fact]
    public async Task Media_to_the_PBX_is_encrypted_with_keys_from_SDP()
    {
        await using var call = await TestCall.PlaceAsync(
            fixture.Engine, new PbxPhone(AudioCodec.Pcma, secure: true), profile: new() { Security = SrtpPolicy.Required });
        await call.HandsetHearsAsync(600);
        await call.PhoneHearsAsync(1000);
    }

    [Fact]
    public async Task An_unencrypted_PBX_is_refused_where_encryption_is_required()
    {
        Assert.True(fixture.Engine.TryReserve(out var media));
        using var phone = new PbxPhone();
        var refused = await media.AnswerPbxOfferAsync(phone.Offer(), new() { Security = SrtpPolicy.Required });
        Assert.Equal(SdpRefusal.Security, refused.Refusal);
        await media.ReleaseAsync();
    }

    [Fact]
    public async Task Both_legs_exchange_reports_and_their_quality_is_known()
    {
        await using var call = await TestCall.PlaceAsync(fixture.Engine);
        await TestCall.UntilAsync(() => call.Phone.ReportsReceived > 0, "a report at the phone");
        await TestCall.UntilAsync(
            () => call.Call.GetQuality() is { WhatsApp: { RoundTripMs: not null, PacketsReceived: > 50 }, Pbx.RoundTripMs: not null },
            "round trips",
            seconds: 30); // a report that answers a report: two intervals of five seconds
        var quality = await call.Call.ReleaseAsync();
        Assert.Equal("opus", quality.WhatsApp.Codec);
        Assert.Equal("PCMU", quality.Pbx.Codec);
        Assert.Equal(0, quality.WhatsApp.PacketsLost);
        Assert.InRange(quality.WhatsApp.Mos!.Value, 4, 4.5);
        Assert.InRange(quality.Pbx.Mos!.Value, 4, 4.5);
        Assert.Equal(quality, await call.Call.ReleaseAsync());
    }

    [Fact]
    public async Task Lost_packets_are_concealed_and_counted()
    {
        await using var call = await TestCall.PlaceAsync(fixture.Engine, handset: new NativeHandset(new() { LoseEvery = 10 }));
        await call.PhoneHearsAsync(1000);
        await TestCall.UntilAsync(() => call.Call.GetQuality().WhatsApp is { PacketsLost: >= 10 }, "ten lost packets");
        call.Phone.ForgetAudio();
        await call.PhoneHearsAsync(1000);
        var quality = await call.Call.ReleaseAsync();
        Assert.InRange((double)quality.WhatsApp.PacketsLost / quality.WhatsApp.PacketsReceived, 0.07, 0.15);
        Assert.True(quality.WhatsApp.Mos < quality.Pbx.Mos);
        Assert.Single(call.Phone.Sources);
    }

    [Fact]
    public async Task Nothing_but_an_address_is_needed_of_a_NAT_that_translates_one_to_one()
    {
        var options = EngineFixture.Options(10);
        await using var engine = new MediaEngine(
            options with
            {
                WhatsApp = new() { Bindings = [new() { Bind = "127.0.0.1", Advertise = ["192.0.2.1", "127.0.0.1"] }] },
                Pbx = options.Pbx with { Bindings = [new() { Bind = "0.0.0.0", Advertise = ["127.0.0.1"] }] },
            },
            TimeProvider.System);
        await engine.StartAsync(default);
        await using var call = await TestCall.PlaceAsync(engine);
        var answer = TestCall.Ok(await call.Call.AnswerWhatsAppOfferAsync(await call.Handset.CreateOfferAsync(default)));
        Assert.Contains(" 192.0.2.1 ", answer!, StringComparison.Ordinal);
        await call.HandsetHearsAsync(600);
        await call.PhoneHearsAsync(1000);
    }

    [Fact]
    public async Task Comfort_noise_instead_of_audio_is_silence_to_WhatsApp()
    {
        await using var call = await TestCall.PlaceAsync(fixture.Engine);
        await call.HandsetHearsAsync(600);
        call.Phone.FallSilent();
        call.Phone.SendComfortNoise();
        await TestCall.UntilAsync(() => call.Handset.ReportAsync(default).Result.LevelDb < -60, "silence at the handset");
        call.Phone.Talk();
        await call.HandsetHearsAsync(600);
        Assert.True(call.Handset.LongestGap < TimeSpan.FromMilliseconds(500), $"{call.Handset.LongestGap}");
    }

    [Fact]
    public async Task A_call_over_IPv6_and_IPv4_is_heard_too()
    {
        var options = EngineFixture.Options(10) with
        {
            WhatsApp = new() { Bindings = [new() { Bind = "127.0.0.1" }, new() { Bind = "::1" }] },
        };
        await using var engine = new MediaEngine(
            options with { Pbx = options.Pbx with { Bindings = [new(), new() { Bind = "::1" }] } }, TimeProvider.System);
        await engine.StartAsync(default);
        await using var call = await TestCall.PlaceAsync(
            engine, new PbxPhone(address: IPAddress.IPv6Loopback), new NativeHandset(new() { Address = IPAddress.IPv6Loopback }),
            new() { IPv6 = true });
        await call.HandsetHearsAsync(600);
        await call.PhoneHearsAsync(1000);
    }
}
