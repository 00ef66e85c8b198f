using Interop.Bench;

namespace Interop.Sipp;

/// <summary>SIPp registers with the gateway as a phone.</summary>
[Collection(InteropCollection.Name)]
public sealed class RegisteringTests(PhonesBench bench) : BenchTests(bench), IClassFixture<PhonesBench>
{
    [Theory]
    [InlineData("udp")]
    [InlineData("tcp")]
    public async Task A_phone_registers_again_and_leaves(string transport)
    {
        var refreshed = await bench.ResultsAsync("refreshed");
        await using var phone = Register(new SippPbx("none", "127.0.7.20"), transport, last: "0");
        var trace = await phone.DoneAsync();
        Assert.Equal((3, 3), (trace.Gateway("401", "REGISTER").Count, trace.Gateway("200", "REGISTER").Count));
        Assert.Equal(refreshed + 1, await bench.ResultsAsync("refreshed"));
        await bench.RegisteredAsync(0);
    }

    [Fact]
    public async Task A_phone_is_rung_where_it_registered_from()
    {
        var address = new SippPbx("none", "127.0.7.21");
        await using (var registering = Register(address, "udp", last: "60"))
            await registering.DoneAsync();
        await bench.RegisteredAsync(1);
        await using var phone = await SippRun.AnswerAsync(new SippOptions("pbx-answers", address));
        var call = await bench.WhatsApp.CallAsync(await bench.WhatsApp.UserAsync(), PhonesBench.Channel, "");
        await call.HearsAsync(UserCall.Hertz);
        await call.HangUpAsync();
        await phone.DoneAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
    }

    private SippRun Register(SippPbx phone, string transport, string last) => SippRun.Call(
        new SippOptions("phone-registers", phone)
        {
            OverTcp = transport == "tcp",
            Keys = [("user", PhonesBench.User), ("secret", PhonesBench.Password), ("last", last)],
        },
        bench.Registrar(transport), service: "");
}
