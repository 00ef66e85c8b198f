using Interop.Bench;
using Testing.Peers;

namespace Interop;

/// <summary>baresip is registered at one node and rung by calls of another.</summary>
[Collection(InteropCollection.Name)]
public sealed class ClusterCalls(ClusterBench bench) : BenchTests(bench), IClassFixture<ClusterBench>
{
    [Theory]
    [InlineData("udp")]
    [InlineData("tcp")]
    [InlineData("tls")]
    public async Task A_phone_at_another_node_is_rung_holds_resumes_and_each_side_hangs_up(string transport)
    {
        await bench.KnownAsync(0);
        await using var phone = await bench.PhoneAsync(transport);
        var call = await bench.WhatsApp.CallAsync(await bench.WhatsApp.UserAsync(), ClusterBench.Channel, "");
        await HearBothAsync(phone, call);
        await CommandAsync(phone, "hold");
        await call.UntilAsync(
            seen => seen.Report is { LevelDb: > -45 } report && !UserCall.IsTone(report, ClusterBench.Hertz),
            "the user hears music and not the agent");
        await CommandAsync(phone, "resume");
        await call.HearsAsync(ClusterBench.Hertz);
        await CommandAsync(phone, "hangup");
        Assert.Equal(("phones", ClusterBench.User), Of(await bench.EndsWithAsync(call, "pbx_hung_up")));

        phone.Forget();
        call = await bench.WhatsApp.CallAsync(await bench.WhatsApp.UserAsync(), ClusterBench.Channel, "");
        await HearBothAsync(phone, call);
        await call.HangUpAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");

        await CommandAsync(phone, "quit");
        await bench.KnownAsync(0);
    }

    private static (string?, string?) Of(CallRow row) => (row.Trunk, row.Agent);

    private static async Task HearBothAsync(Baresip phone, UserCall call)
    {
        await call.HearsAsync(ClusterBench.Hertz);
        await Eventually.SeeAsync(() => phone.HeardTone(UserCall.Hertz), "the phone hears the user");
    }

    private static async Task CommandAsync(Baresip phone, string command, string parameter = "")
    {
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        await phone.CommandAsync(command, parameter, timeout.Token);
    }
}
