using Media.Engine.Quality;
using Media.Engine.Tests.Peers;
using Media.Protocols.Sdp;

namespace Media.Engine.Tests.Calls;

/// <summary>RFC 3264 §6.1: a PBX may send whatever it offered and we can decode, not only what our answer chose.</summary>
public class PayloadTypeTests(EngineFixture fixture) : IClassFixture<EngineFixture>
{
    [Theory]
    [InlineData(AudioCodec.Pcmu, 0, "0", null)]
    [InlineData(AudioCodec.Pcmu, 97, "97", "a=rtpmap:97 PCMU/8000")]
    [InlineData(AudioCodec.Pcma, 98, "98", "a=rtpmap:98 PCMA/8000")]
    [InlineData(AudioCodec.Pcmu, 0, "", null)] // offered by nobody, but the number has one meaning only
    public async Task Audio_in_an_offered_type_that_was_not_chosen_is_heard(AudioCodec codec, int type, string formats, string? attribute)
    {
        using var phone = new PbxPhone(AudioCodec.Pcma) { Extra = (formats, attribute is null ? [] : [attribute]) };
        await using var call = await OfferedAsync(phone);
        await call.HandsetHearsAsync(600);
        phone.SendAs(codec, (byte)type);
        phone.Tone(900);
        await call.HandsetHearsAsync(900);
    }

    [Fact]
    public async Task Audio_in_a_type_that_we_offered_and_the_answer_left_out_is_heard()
    {
        using var phone = new PbxPhone(AudioCodec.Pcma);
        await using var call = await TestCall.PlaceAsync(fixture.Engine, phone);
        await call.HandsetHearsAsync(600);
        phone.SendAs(AudioCodec.Pcmu, 0);
        phone.Tone(900);
        await call.HandsetHearsAsync(900);
    }

    [Theory]
    [InlineData(103, "telephone-event/8000")]
    [InlineData(96, "telephone-event/8000")]
    [InlineData(102, "telephone-event/16000")]
    public async Task Keys_in_any_offered_event_type_reach_the_user(int type, string format)
    {
        using var phone = new PbxPhone { Extra = ($"{type}", [$"a=rtpmap:{type} {format}", $"a=fmtp:{type} 0-15"]), KeyType = (byte)type };
        await using var call = await OfferedAsync(phone);
        await call.HandsetHearsAsync(600);
        phone.Press("42");
        await TestCall.UntilAsync(() => call.Handset.Digits == "42", "both keys at the handset");
    }

    [Fact]
    public async Task Keys_in_the_event_type_that_we_offered_are_taken_although_the_answer_named_none()
    {
        using var phone = new PbxPhone();
        await using var call = await TestCall.PlaceAsync(
            fixture.Engine, phone, answer: sdp => sdp.Replace(" 101\r\n", "\r\n").Replace("a=rtpmap:101 telephone-event/8000\r\n", ""));
        await call.HandsetHearsAsync(600);
        phone.Press("7");
        await TestCall.UntilAsync(() => call.Handset.Digits == "7", "7 at the handset");
    }

    [Fact]
    public async Task A_type_that_nobody_named_is_dropped_and_counted()
    {
        using var phone = new PbxPhone();
        await using var call = await TestCall.PlaceAsync(fixture.Engine, phone);
        await call.HandsetHearsAsync(600);
        var before = fixture.Engine.Loops[0].Counters.Drops(DropReason.PayloadType);
        phone.SendAs(AudioCodec.Pcmu, 120);
        await TestCall.UntilAsync(() => fixture.Engine.Loops[0].Counters.Drops(DropReason.PayloadType) > before, "a drop is counted");
    }

    /// <summary>The PBX offers in mid-call, and has our answer.</summary>
    private async Task<TestCall> OfferedAsync(PbxPhone phone)
    {
        var call = await TestCall.PlaceAsync(fixture.Engine, phone);
        var answer = TestCall.Ok(await call.Call.AnswerPbxOfferAsync(phone.Offer(version: 2), new PbxMediaProfile()));
        phone.Apply(answer!);
        return call;
    }
}
