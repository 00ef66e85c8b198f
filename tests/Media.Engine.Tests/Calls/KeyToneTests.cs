using Media.Engine.Tests.Peers;
using Media.Protocols.Primitives;
using Media.Protocols.Sdp;

namespace Media.Engine.Tests.Calls;

/// <summary>A PBX that agreed to no telephone-event gets keys as tones, and, where its profile says so, gives them as tones.</summary>
public class KeyToneTests(EngineFixture fixture) : IClassFixture<EngineFixture>
{
    [Theory]
    [InlineData(AudioCodec.Pcmu)]
    [InlineData(AudioCodec.Pcma)]
    public async Task Keys_sound_at_a_PBX_without_telephone_events_and_live_audio_comes_back(AudioCodec codec)
    {
        using var phone = new PbxPhone(codec);
        await using var call = await PlaceAsync(phone, new PbxMediaProfile());
        await call.PhoneHearsAsync(1000);
        foreach (var key in "159D#0")
            call.Call.SendDigit(CallLeg.Pbx, key, TimeSpan.FromMilliseconds(100));
        await TestCall.UntilAsync(() => phone.ToneDigits == "159D#0", "all keys in tones");
        phone.ForgetAudio();
        await call.PhoneHearsAsync(1000);
    }

    [Fact]
    public async Task A_key_of_the_user_that_the_PBX_leg_could_not_take_is_reported_as_not_passed()
    {
        using var phone = new PbxPhone();
        await using var call = await PlaceAsync(phone, new PbxMediaProfile());
        await call.PhoneHearsAsync(1000);
        await call.Handset.SendDigitsAsync("5", default);
        var key = await call.WaitForAsync<MediaEvent.DigitReceived>();
        Assert.Equal((CallLeg.WhatsApp, '5', false), (key.Leg, key.Digit, key.WasPassed));
    }

    [Fact]
    public async Task With_telephone_events_agreed_no_key_sounds_as_tones()
    {
        using var phone = new PbxPhone();
        await using var call = await TestCall.PlaceAsync(fixture.Engine, phone);
        await call.PhoneHearsAsync(1000);
        await call.Handset.SendDigitsAsync("5", default);
        var key = await call.WaitForAsync<MediaEvent.DigitReceived>();
        Assert.True(key.WasPassed);
        await TestCall.UntilAsync(() => phone.Digits == "5", "5 at the phone");
        Assert.Equal("", phone.ToneDigits);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Tones_of_the_PBX_are_keys_where_the_profile_says_so(bool detects)
    {
        using var phone = new PbxPhone();
        await using var call = await PlaceAsync(phone, new PbxMediaProfile { DetectKeyTones = detects });
        await call.HandsetHearsAsync(600);
        phone.Sound('8', packets: 6);
        if (detects)
        {
            await TestCall.UntilAsync(() => call.Handset.Digits == "8", "8 at the handset");
            return;
        }
        await Task.Delay(1000);
        Assert.Equal("", call.Handset.Digits);
    }

    [Fact]
    public async Task After_a_telephone_event_tones_of_the_PBX_count_no_more()
    {
        using var phone = new PbxPhone();
        await using var call = await TestCall.PlaceAsync(fixture.Engine, phone, profile: new PbxMediaProfile { DetectKeyTones = true });
        phone.Press("3");
        await TestCall.UntilAsync(() => call.Handset.Digits == "3", "3 at the handset");
        phone.Sound('8', packets: 6);
        await Task.Delay(1000);
        Assert.Equal("3", call.Handset.Digits);
    }

    private Task<TestCall> PlaceAsync(PbxPhone phone, PbxMediaProfile profile) => TestCall.PlaceAsync(
        fixture.Engine, phone, profile: profile,
        answer: sdp => sdp.Replace(" 101\r\n", "\r\n").Replace("a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n", ""));
}
