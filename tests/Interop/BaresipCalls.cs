using Interop.Bench;
using Testing.Peers;

namespace Interop;

/// <summary>A desk phone as the trunk itself: baresip over TLS, media with SDES-SRTP.</summary>
[Collection(InteropCollection.Name)]
public sealed class BaresipCalls(PhoneBench bench) : BenchTests(bench), IClassFixture<PhoneBench>
{
    [Fact]
    public async Task A_user_calls_the_phone_and_both_hear_each_other()
    {
        await using var phone = await bench.PhoneAsync(autoAnswer: true);
        var call = await bench.WhatsApp.CallAsync(await bench.WhatsApp.UserAsync(), PhoneBench.Channel, "");
        await HearBothAsync(phone, call);
        await call.HangUpAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
    }

    [Fact]
    public async Task The_phone_calls_a_user_and_both_hear_each_other()
    {
        await using var phone = await bench.PhoneAsync(autoAnswer: true);
        var user = await bench.WhatsApp.UserAsync();
        await CommandAsync(phone, "dial", $"sip:+{user}@127.0.0.1:{bench.Gateway.TlsPort};transport=tls");
        var call = await bench.WhatsApp.IncomingAsync(user);
        await HearBothAsync(phone, call);
        await CommandAsync(phone, "hangup");
        await bench.EndsWithAsync(call, "pbx_hung_up");
    }

    [Fact]
    public async Task The_phone_holds_and_resumes()
    {
        await using var phone = await bench.PhoneAsync(autoAnswer: true);
        var call = await bench.WhatsApp.CallAsync(await bench.WhatsApp.UserAsync(), PhoneBench.Channel, "");
        await HearBothAsync(phone, call);
        await CommandAsync(phone, "hold");
        await call.UntilAsync(
            seen => seen.Report is { LevelDb: > -45 } report && !UserCall.IsTone(report, PhoneBench.Hertz),
            "the user hears music and not the agent");
        await CommandAsync(phone, "resume");
        await call.HearsAsync(PhoneBench.Hertz);
        await call.HangUpAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
    }

    [Fact]
    public async Task Keys_go_both_ways()
    {
        await using var phone = await bench.PhoneAsync(autoAnswer: true);
        var call = await bench.WhatsApp.CallAsync(await bench.WhatsApp.UserAsync(), PhoneBench.Channel, "");
        await HearBothAsync(phone, call);
        await CommandAsync(phone, "sndcode", "12#");
        await call.UntilAsync(seen => seen.Report?.DigitsReceived == "12#", "the user has received the keys");
        await call.PressAsync("3*9");
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        foreach (var key in "3*9")
            Assert.Equal(key.ToString(), (await phone.WaitForAsync("CALL_DTMF_START", timeout.Token)).GetProperty("param").GetString());
        await call.HangUpAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
    }

    [Fact]
    public async Task The_phone_declines()
    {
        await using var phone = await bench.PhoneAsync(autoAnswer: false);
        var call = await bench.WhatsApp.CallAsync(await bench.WhatsApp.UserAsync(), PhoneBench.Channel, "");
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        await phone.WaitForAsync("CALL_INCOMING", timeout.Token);
        await CommandAsync(phone, "hangup");
        Assert.Equal(486, (await bench.EndsWithAsync(call, "busy")).SipStatus);
    }

    private static async Task HearBothAsync(Baresip phone, UserCall call)
    {
        await call.HearsAsync(PhoneBench.Hertz);
        await Eventually.SeeAsync(() => phone.HeardTone(UserCall.Hertz), "the phone hears the user");
    }

    private static async Task CommandAsync(Baresip phone, string command, string parameter = "")
    {
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        await phone.CommandAsync(command, parameter, timeout.Token);
    }
}
