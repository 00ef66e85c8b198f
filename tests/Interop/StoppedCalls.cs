using Interop.Asterisk;
using Interop.Bench;
using Sandbox.Calls;

namespace Interop;

/// <summary>A graceful stop: new calls are refused on both sides, live calls may finish, late ones end on both legs.</summary>
[Collection(InteropCollection.Name)]
public sealed class StoppedCalls(StopBench bench) : IClassFixture<StopBench>
{
    [Fact]
    public async Task A_stopping_gateway_refuses_new_calls_and_gives_live_ones_time()
    {
        var talker = await bench.WhatsApp.CallAsync(await bench.WhatsApp.UserAsync(), StopBench.Plain, "tone");
        var straggler = await bench.WhatsApp.CallAsync(await bench.WhatsApp.UserAsync(), StopBench.Plain, "tone");
        var agents = await bench.WhatsApp.UserAsync();
        await bench.Asterisk.OriginateAsync($"PJSIP/+{agents}@plain", "tone", agents);
        var called = await bench.WhatsApp.IncomingAsync(agents);
        foreach (var call in new[] { talker, straggler, called })
            await call.HearsAsync(AsteriskDialplan.ToneHertz);

        var stop = bench.Gateway.StopAsync();
        await Eventually.SeeAsync(async () => (await bench.Gateway.TryGetAsync("/readyz")).Status == 503, "readiness is taken back");

        var mark = bench.Asterisk.Now();
        var refused = await bench.WhatsApp.CallAsync(await bench.WhatsApp.UserAsync(), StopBench.Plain, "tone");
        var view = await refused.UntilEndedAsync();
        Assert.Contains(view.Timeline, entry => entry is { Kind: "graph", What: "reject", Detail: "200" });
        await bench.Asterisk.OriginateAsync($"PJSIP/+{await bench.WhatsApp.UserAsync()}@plain", "tone", "none");
        await Eventually.SeeAsync(() => bench.Asterisk.HangupsSince(mark).Count == 1, "the PBX is refused");

        // A hang-up by a user is still handled, and the others go on.
        await talker.HangUpAsync();
        await bench.RecordedAsync(talker.User, "whatsapp_hung_up");
        await bench.PbxHearsAsync(straggler, "tone");
        Assert.Equal(CallState.Active, (await called.ViewAsync()).State);
        Assert.False(stop.IsCompleted);

        await stop;
        await bench.EndsWithAsync(straggler, "draining");
        await bench.EndsWithAsync(called, "draining");
    }
}
