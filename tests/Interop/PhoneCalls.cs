using Interop.Bench;
using Testing.Peers;

namespace Interop;

/// <summary>baresip registers with the gateway, is rung and calls.</summary>
[Collection(InteropCollection.Name)]
public sealed class PhoneCalls(PhonesBench bench) : BenchTests(bench), IClassFixture<PhonesBench>
{
    [Theory]
    [InlineData("udp")]
    [InlineData("tcp")]
    [InlineData("tls")]
    public async Task A_phone_registers_is_rung_calls_and_unregisters(string transport)
    {
        await bench.RegisteredAsync(0);
        await using var phone = await bench.PhoneAsync(transport);
        await bench.RegisteredAsync(1);

        var rung = await bench.WhatsApp.CallAsync(await bench.WhatsApp.UserAsync(), PhonesBench.Channel, "");
        await HearBothAsync(phone, rung);
        await rung.HangUpAsync();
        Assert.Equal(PhonesBench.User, (await bench.EndsWithAsync(rung, "whatsapp_hung_up")).Agent);

        var user = await bench.WhatsApp.UserAsync();
        await CommandAsync(phone, "dial", $"sip:+{user}@{bench.Registrar(transport)};transport={transport}");
        var placed = await bench.WhatsApp.IncomingAsync(user);
        await HearBothAsync(phone, placed);
        await CommandAsync(phone, "hangup");
        var row = await bench.EndsWithAsync(placed, "pbx_hung_up");
        Assert.Equal(("phones", PhonesBench.User), (row.Trunk, row.Agent));

        await CommandAsync(phone, "quit");
        await bench.RegisteredAsync(0);
    }

    [Fact]
    public async Task A_wrong_password_registers_nothing_and_the_user_is_not_reached()
    {
        var before = await bench.ResultsAsync("wrong_credentials");
        await using var phone = await bench.PhoneAsync("udp", "wrong");
        await Eventually.SeeAsync(
            () => bench.ResultsAsync("wrong_credentials"), seen => seen > before, "the phone was refused");
        var call = await bench.WhatsApp.CallAsync(await bench.WhatsApp.UserAsync(), PhonesBench.Channel, "");
        Assert.Equal(480, (await bench.EndsWithAsync(call, "no_answer")).SipStatus);
    }

    private static async Task HearBothAsync(Baresip phone, UserCall call)
    {
        await call.HearsAsync(PhonesBench.Hertz);
        await Eventually.SeeAsync(() => phone.HeardTone(UserCall.Hertz), "the phone hears the user");
    }

    private static async Task CommandAsync(Baresip phone, string command, string parameter = "")
    {
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        await phone.CommandAsync(command, parameter, timeout.Token);
    }
}
