using Interop.Asterisk;
using Interop.Bench;
using Interop.Browser;

namespace Interop;

/// <summary>
/// The same with a browser as the user's WhatsApp: Chromium ↔ gateway ↔ Asterisk, no media code of ours except the gateway's.
/// </summary>
[Collection(InteropCollection.Name)]
public sealed class BrowserCalls(AsteriskBench bench) : BenchTests(bench), IClassFixture<AsteriskBench>
{
    [Fact]
    public async Task A_browser_user_calls_and_both_hear_each_other()
    {
        await using var phone = await ChromiumPhone.OpenAsync(bench.WhatsApp);
        var call = await bench.WhatsApp.CallAsync(phone.User, AsteriskBench.Plain, "tone", hertz: null);
        await call.HearsAsync(AsteriskDialplan.ToneHertz);
        await bench.PbxHearsAsync(call, "tone");
        await call.HangUpAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
    }

    [Fact]
    public async Task An_agent_calls_a_browser_user_and_both_hear_each_other()
    {
        await using var phone = await ChromiumPhone.OpenAsync(bench.WhatsApp);
        await bench.Asterisk.OriginateAsync(AsteriskBench.To(phone.User, AsteriskBench.Plain), "tone", recordAs: phone.User);
        var call = await bench.WhatsApp.IncomingAsync(phone.User);
        await call.HearsAsync(AsteriskDialplan.ToneHertz);
        await bench.PbxHearsAsync(call, "tone");
        await call.HangUpAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
    }
}
