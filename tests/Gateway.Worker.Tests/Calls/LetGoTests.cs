using Gateway.Calls;
using Gateway.Worker.Calls;
using Gateway.Worker.Tests.Calls.Bench;
using Sandbox.Users;
using Testing;

namespace Gateway.Worker.Tests.Calls;

/// <summary>
/// Calls that this node finds to be another's before anybody has answered them: the other ends them, but knows not every phone, cannot
/// cancel an INVITE of ours or answer one that came here, and records only what PostgreSQL knew already. So each has one record.
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
        await bench.EndsAsync(call.User, HangupCause.NodeLost);
    }

    [Fact]
    public async Task A_phone_that_dials_and_waits_hears_that_nobody_will_answer()
    {
        await using var bench = await CallBench.StartAsync(stores);
        var user = bench.WhatsApp.User(AutoMode.Manual);
        var caller = bench.Pbx.Dial(user.Phone);
        var calls = bench.Gateway.Service<CallSupervisor>();
        await Eventually.SeeAsync(
            () => calls.Owned.Any(owned => calls.Find(owned.Call)?.Kept.IsCompleted == true), "the call is there, and PostgreSQL knows it");
        await LetGoAsync(bench);
        await caller.FailedAsync();
        await bench.EndsAsync(user, HangupCause.NodeLost);
    }

    private static async Task LetGoAsync(CallBench bench)
    {
        var calls = bench.Gateway.Service<CallSupervisor>();
        await calls.LetGoAsync(Assert.Single(calls.Owned).Call);
        await Eventually.SeeAsync(() => calls.Count == 0, "nothing of the call is left here");
    }
}
