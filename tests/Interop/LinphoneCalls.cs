using Gateway.Calls.Lifecycle;
using Interop.Bench;
using Interop.Linphone;

namespace Interop;

/// <summary>Linphone registers with the gateway, and both tell each other in RTCP XR what their listeners hear.</summary>
[Trait("Category", "Nightly")] // its packages are many, and no other test needs them
[Collection(InteropCollection.Name)]
public sealed class LinphoneCalls(PhonesBench bench) : BenchTests(bench), IClassFixture<PhonesBench>
{
    [Fact]
    public async Task A_phone_that_speaks_RTCP_XR_tells_what_its_listener_hears()
    {
        await LinphonePhone.InstallAsync();
        await using var phone = new LinphonePhone(PhonesBench.User, PhonesBench.Password, bench.Registrar("udp"), PhonesBench.Hertz);
        await bench.RegisteredAsync(1);

        var call = await bench.WhatsApp.CallAsync(await bench.WhatsApp.UserAsync(), PhonesBench.Channel, "");
        await call.HearsAsync(PhonesBench.Hertz);
        var registry = bench.Gateway.Part<ICallRegistry>();
        var mos = await Eventually.SeeAsync(
            async () => (await registry.ListAsync(CancellationToken.None)).Select(live => live.Quality?.Sample.Pbx.RemoteMos).Max(),
            found => found is not null, "the phone's own score of what it hears", found => phone.Log(), TimeSpan.FromMinutes(1));
        Assert.InRange(mos!.Value, 3, 5);
        await call.HangUpAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
    }
}
