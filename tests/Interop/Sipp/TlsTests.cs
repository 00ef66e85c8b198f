using Interop.Bench;
using Testing.Peers;

namespace Interop.Sipp;

/// <summary>SIP over TLS with a TLS stack that is not the gateway's.</summary>
[Collection(InteropCollection.Name)]
public sealed class TlsTests(SippBench bench) : IClassFixture<SippBench>
{
    /// <summary>SIPp itself, behind the relay.</summary>
    private static readonly SippPbx Hidden = new("hidden", "127.0.7.8");

    [Fact]
    public async Task A_user_calls_a_PBX_over_TLS()
    {
        await using var relay = await TlsRelay.BeforePbxAsync(SippBench.Tls.Port, Hidden.Server, bench.CertificatePath);
        await using var pbx = await SippRun.AnswerAsync(Behind("pbx-answers"));
        var call = await bench.UserCallsAsync(SippBench.Tls);
        await call.HearsAsync(UserCall.Hertz);
        await call.HangUpAsync();
        var trace = await pbx.DoneAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
        Assert.StartsWith("SIP/2.0/TLS", trace.Gateway("INVITE")[0]["Via"]);
        Assert.Contains("transport=tls", trace.Gateway("INVITE")[0]["Contact"]);
    }

    [Fact]
    public async Task An_agent_calls_over_TLS()
    {
        var port = LoopbackPorts.Take();
        await using var relay = await TlsRelay.BeforeGatewayAsync(port, bench.Gateway.TlsPort, bench.CertificatePath);
        var user = await bench.WhatsApp.UserAsync();
        await using var agent = SippRun.Call(Behind("agent-is-hung-up-on"), $"127.0.0.1:{port}", "+" + user);
        var call = await bench.WhatsApp.IncomingAsync(user);
        await call.HearsAsync(UserCall.Hertz);
        await call.HangUpAsync();
        var trace = await agent.DoneAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
        Assert.Contains("transport=tls", trace.Gateway("200", "INVITE")[0]["Contact"]);
    }

    /// <summary>SIPp uses TCP, but its headers are for TLS.</summary>
    private static SippOptions Behind(string scenario) => new(scenario, Hidden)
    {
        OverTcp = true,
        Keys = [("via", "TLS"), ("contact", $"sip:pbx@{SippBench.Tls.Server};transport=tls")],
    };
}
