using Interop.Asterisk;
using Interop.Bench;
using Interop.Browser;

namespace Interop;

/// <summary>Keys pressed at either end arrive at the other, each once and in order, in both directions of call.</summary>
[Collection(InteropCollection.Name)]
public sealed class DigitCalls(AsteriskBench bench) : BenchTests(bench), IClassFixture<AsteriskBench>
{
    [Theory]
    [InlineData("plain")]
    [InlineData("g722")]
    [InlineData("secure")]
    public async Task Keys_of_a_calling_user_reach_Asterisk(string way)
    {
        var mark = bench.Asterisk.Now();
        var call = await bench.WhatsApp.CallAsync(await bench.WhatsApp.UserAsync(), AsteriskBench.Channel(way), "tone");
        await call.HearsAsync(AsteriskDialplan.ToneHertz);
        await call.PressAsync(AsteriskDialplan.Digits);
        await SeeDigitsAsync(mark);
        await call.HangUpAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
        Assert.Equal(AsteriskDialplan.Digits, bench.Asterisk.DigitsSince(mark)); // nothing came after
    }

    [Fact]
    public async Task Keys_of_a_called_user_reach_Asterisk()
    {
        var mark = bench.Asterisk.Now();
        var user = await bench.WhatsApp.UserAsync();
        await bench.Asterisk.OriginateAsync(AsteriskBench.To(user, AsteriskBench.Plain), "tone", user);
        var call = await bench.WhatsApp.IncomingAsync(user);
        await call.HearsAsync(AsteriskDialplan.ToneHertz);
        await call.PressAsync(AsteriskDialplan.Digits);
        await SeeDigitsAsync(mark);
        await call.HangUpAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
    }

    [Fact]
    public async Task Keys_pressed_in_a_browser_reach_Asterisk_in_either_direction_of_call()
    {
        await using var phone = await ChromiumPhone.OpenAsync(bench.WhatsApp);
        var mark = bench.Asterisk.Now();
        var call = await bench.WhatsApp.CallAsync(phone.User, AsteriskBench.Plain, "tone", hertz: null);
        await call.HearsAsync(AsteriskDialplan.ToneHertz);
        await call.PressAsync(AsteriskDialplan.Digits);
        await SeeDigitsAsync(mark);
        await call.HangUpAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");

        mark = bench.Asterisk.Now();
        await bench.Asterisk.OriginateAsync(AsteriskBench.To(phone.User, AsteriskBench.Plain), "tone", phone.User);
        call = await bench.WhatsApp.IncomingAsync(phone.User);
        await call.HearsAsync(AsteriskDialplan.ToneHertz);
        await call.PressAsync(AsteriskDialplan.Digits);
        await SeeDigitsAsync(mark);
        await call.HangUpAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("g722")]
    [InlineData("secure")]
    public async Task Keys_that_Asterisk_sends_reach_the_calling_user(string way)
    {
        var call = await bench.WhatsApp.CallAsync(await bench.WhatsApp.UserAsync(), AsteriskBench.Channel(way), "digits");
        await HearsDigitsAsync(call);
    }

    [Fact]
    public async Task Keys_that_Asterisk_sends_reach_the_called_user()
    {
        var user = await bench.WhatsApp.UserAsync();
        await bench.Asterisk.OriginateAsync(AsteriskBench.To(user, AsteriskBench.Plain), "digits", user);
        await HearsDigitsAsync(await bench.WhatsApp.IncomingAsync(user));
    }

    private async Task HearsDigitsAsync(UserCall call)
    {
        await call.HearsAsync(AsteriskDialplan.ToneHertz); // which follows the keys
        var view = await call.UntilAsync(
            seen => seen.Report?.DigitsReceived.Length >= AsteriskDialplan.Digits.Length, "the user has received the keys");
        Assert.Equal(AsteriskDialplan.Digits, view.Report!.DigitsReceived);
        await call.HangUpAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
    }

    private async Task SeeDigitsAsync(int mark) => await Eventually.SeeAsync(
        () => Task.FromResult(bench.Asterisk.DigitsSince(mark)), digits => digits == AsteriskDialplan.Digits,
        "Asterisk has received the keys");
}
