using Interop.Bench;
using Sandbox.Calls;

namespace Interop;

/// <summary>Calls that are given up at every moment of their beginning, by either side and by both: no leg may be left anywhere.</summary>
[Collection(InteropCollection.Name)]
public sealed class HastyCalls(AsteriskBench bench) : BenchTests(bench), IClassFixture<AsteriskBench>
{
    /// <summary>Between the beginning of a call and its end; a set-up takes some tens of milliseconds here.</summary>
    private static readonly IReadOnlyList<int> Milliseconds = [.. Enumerable.Range(0, 16).Select(i => i * 4)];

    [Fact]
    public async Task Users_hang_up_at_every_moment()
    {
        foreach (var after in Milliseconds)
        {
            var call = await bench.WhatsApp.CallAsync(await bench.WhatsApp.UserAsync(), AsteriskBench.Plain, "tone");
            await Task.Delay(after);
            await call.HangUpAsync();
            await bench.OneOfAsync(call, "caller_gave_up", "whatsapp_hung_up");
        }
        await bench.NothingIsLiveAsync();
    }

    [Fact]
    public async Task Agents_hang_up_at_every_moment()
    {
        foreach (var after in Milliseconds)
        {
            var user = await bench.WhatsApp.UserAsync();
            await bench.Asterisk.OriginateAsync(AsteriskBench.To(user, AsteriskBench.Plain), "tone", user);
            await Eventually.SeeAsync(async () => (await bench.Asterisk.ChannelsAsync()).Count > 0, "Asterisk calls");
            await Task.Delay(after);
            await bench.Asterisk.ConsoleAsync("channel request hangup all");
            await bench.NothingIsLiveAsync();
        }
    }

    [Fact]
    public async Task Both_sides_hang_up_at_the_same_moment()
    {
        for (var time = 0; time < 10; time++)
        {
            var call = await bench.WhatsApp.CallAsync(await bench.WhatsApp.UserAsync(), AsteriskBench.Plain, "tone");
            await call.UntilAsync(seen => seen.State == CallState.Active, "the call is answered");
            await Task.WhenAll(call.HangUpUnlessOverAsync(), bench.Asterisk.ConsoleAsync("channel request hangup all"));
            await bench.OneOfAsync(call, "pbx_hung_up", "whatsapp_hung_up");
        }
        await bench.NothingIsLiveAsync();
    }
}
