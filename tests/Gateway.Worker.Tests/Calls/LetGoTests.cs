using Gateway.Worker.Calls;
using Gateway.Worker.Tests.Calls.Bench;
using Sandbox.Users;
using Testing;

namespace Gateway.Worker.Tests.Calls;

/// <summary>
/// Calls that this node finds to be another's before anybody has answered them: the other ends them, but knows not every phone, and cannot
/// cancel an INVITE of ours or answer one that came here.
/// </summary>
[Collection(StoresCollection.Name)]
public sealed class LetGoTests(Stores stores)
{
    [Fact]
    public async Task A_phone_that_rings_for_it_rings_no_more_and_meta_hears_nothing()
    {
        await using var bench = await CallBench.StartAsync(stores);
        var call = await bench.WhatsApp.PlaceAsync();
        var phone = await bench.Pbx.NextAsync();
        await phone.RingAsync();
        await LetGoAsync(bench);
        await phone.EndedAsync();
        Assert.DoesNotContain(WhatsAppSide.Actions(call), action => action.StartsWith("terminate", StringComparison.Ordinal)
            || action.StartsWith("reject", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_phone_that_dials_and_waits_hears_that_nobody_will_answer()
    {
        await using var bench = await CallBench.StartAsync(stores);
        var caller = bench.Pbx.Dial(bench.WhatsApp.User(AutoMode.Manual).Phone);
        await Eventually.SeeAsync(() => bench.Gateway.Service<CallSupervisor>().Count == 1, "the call is there");
        await LetGoAsync(bench);
        await caller.FailedAsync();
    }

    private static async Task LetGoAsync(CallBench bench)
    {
        var calls = bench.Gateway.Service<CallSupervisor>();
        await calls.LetGoAsync(Assert.Single(calls.Owned).Call);
        await Eventually.SeeAsync(() => calls.Count == 0, "nothing of the call is left here");
    }
}
