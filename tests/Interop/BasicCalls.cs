using Interop.Asterisk;
using Interop.Bench;

namespace Interop;

/// <summary>Calls with Asterisk, heard at both ends, over every codec and transport.</summary>
[Collection(InteropCollection.Name)]
public sealed class BasicCalls(AsteriskBench bench) : BenchTests(bench), IClassFixture<AsteriskBench>
{
    public static TheoryData<string> Ways => [.. AsteriskBench.All.Select(channel => channel.Trunks[0])];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_user_calls_and_both_hear_each_other(string way)
    {
        var user = await bench.WhatsApp.UserAsync();
        var call = await bench.WhatsApp.CallAsync(user, AsteriskBench.Channel(way), "tone");
        await call.HearsAsync(AsteriskDialplan.ToneHertz);
        await bench.PbxHearsAsync(call, "tone");
        await call.HangUpAsync();
        var row = await bench.EndsWithAsync(call, "whatsapp_hung_up");
        Assert.Equal(("inbound", way, true), (row.Direction, row.Trunk, row.WasAnswered));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task An_agent_calls_and_both_hear_each_other(string way)
    {
        var user = await bench.WhatsApp.UserAsync();
        await bench.Asterisk.OriginateAsync(AsteriskBench.To(user, AsteriskBench.Channel(way)), "tone", recordAs: user);
        var call = await bench.WhatsApp.IncomingAsync(user);
        await call.HearsAsync(AsteriskDialplan.ToneHertz);
        await bench.PbxHearsAsync(call, "tone");
        await call.HangUpAsync();
        var row = await bench.EndsWithAsync(call, "whatsapp_hung_up");
        Assert.Equal(("outbound", way, true), (row.Direction, row.Trunk, row.WasAnswered));
    }
}
