using Interop.Asterisk;
using Interop.Bench;

namespace Interop;

/// <summary>Many calls at one time, each with a tone of its own in both directions.</summary>
[Collection(InteropCollection.Name)]
public sealed class LoadedCalls(AsteriskBench bench) : BenchTests(bench), IClassFixture<AsteriskBench>
{
    private const int Calls = 32;

    [Fact]
    public async Task Thirty_two_calls_at_once_are_heard_at_both_ends_and_none_hears_another()
    {
        var calls = await Task.WhenAll(Enumerable.Range(0, Calls).Select(BeginAsync));
        for (var i = 0; i < Calls; i++)
        {
            await calls[i].HearsAsync(AsteriskDialplan.ToneHertz, TimeSpan.FromSeconds(60));
            await bench.PbxHearsAsync(calls[i], "tone", Hertz(i));
        }
        Assert.Equal(Calls, (await bench.WhatsApp.CallsAsync("?live=true")).Count);
        Assert.Equal(Calls, (await bench.Asterisk.ChannelsAsync()).Count);

        // Half of the callers hang up, then the PBX ends the rest.
        await Task.WhenAll(calls.Where((_, i) => i % 2 == 0).Select(call => call.HangUpAsync()));
        await Task.WhenAll(calls.Where((_, i) => i % 2 == 0).Select(call => bench.RecordedAsync(call.User, "whatsapp_hung_up")));
        await bench.Asterisk.ConsoleAsync("channel request hangup all");
        foreach (var call in calls.Where((_, i) => i % 2 == 1))
            await bench.EndsWithAsync(call, "pbx_hung_up");
    }

    /// <summary>Distinct, and none a harmonic of another or of Asterisk's tones.</summary>
    private static double Hertz(int call) => 1000 + 37 * call;

    private async Task<UserCall> BeginAsync(int i)
    {
        var user = await bench.WhatsApp.UserAsync();
        if (i % 4 < 2)
            return await bench.WhatsApp.CallAsync(user, AsteriskBench.Plain, "tone", Hertz(i));
        await bench.Asterisk.OriginateAsync(AsteriskBench.To(user, AsteriskBench.Plain), "tone", user);
        var call = await bench.WhatsApp.IncomingAsync(user, TimeSpan.FromSeconds(60));
        await call.SendToneAsync(Hertz(i));
        return call;
    }
}
