using Interop.Asterisk;
using Interop.Bench;
using Interop.Browser;

namespace Interop;

/// <summary>Calls over a registration, and calls that outlive their session timers.</summary>
[Collection(InteropCollection.Name)]
public sealed class RegisteredCalls(RegisteredBench bench) : BenchTests(bench), IClassFixture<RegisteredBench>
{
    [Fact]
    public async Task A_user_calls_through_a_registered_extension()
    {
        await RegisteredAsync();
        var call = await bench.WhatsApp.CallAsync(await bench.WhatsApp.UserAsync(), RegisteredBench.Registered, "tone");
        await HearBothAsync(call);
        await call.HangUpAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
    }

    [Fact]
    public async Task An_agent_calls_through_a_registered_extension()
    {
        await RegisteredAsync();
        var user = await bench.WhatsApp.UserAsync();
        await bench.Asterisk.OriginateAsync(bench.To(user), "tone", user);
        var call = await bench.WhatsApp.IncomingAsync(user);
        await HearBothAsync(call);
        await call.HangUpAsync();
        Assert.Equal("registered", (await bench.EndsWithAsync(call, "whatsapp_hung_up")).Trunk);
    }

    /// <summary>
    /// Takes 45 s: half of the shortest session that RFC 4028 allows. The gateway refreshes the one call, a browser's, and Asterisk the
    /// other.
    /// </summary>
    [Fact]
    public async Task Sessions_are_refreshed_by_whoever_promised_it_and_go_on()
    {
        await using var browser = await ChromiumPhone.OpenAsync(bench.WhatsApp);
        await bench.Asterisk.ConsoleAsync("pjsip set logger on");
        var user = await bench.WhatsApp.UserAsync();
        var inbound = await bench.WhatsApp.CallAsync(browser.User, RegisteredBench.Refreshed, "tone", hertz: null);
        await bench.Asterisk.OriginateAsync($"PJSIP/+{user}@refreshed", "tone", user);
        var outbound = await bench.WhatsApp.IncomingAsync(user);
        await HearBothAsync(inbound);
        await HearBothAsync(outbound);

        var timeout = TimeSpan.FromSeconds(80);
        await Eventually.SeeAsync(() => Refreshes("<--- Received SIP request") > 0, "Asterisk has received a refresh", timeout);
        await Eventually.SeeAsync(() => Refreshes("<--- Transmitting SIP request") > 0, "Asterisk has sent a refresh", timeout);
        await bench.Asterisk.ConsoleAsync("pjsip set logger off");

        await HearBothAsync(inbound);
        await HearBothAsync(outbound);
        await inbound.HangUpAsync();
        await outbound.HangUpAsync();
        foreach (var call in new[] { inbound, outbound })
        {
            var row = await bench.EndsWithAsync(call, "whatsapp_hung_up");
            Assert.InRange(row.WhatsAppMos ?? 0, 3.5, 5);
            Assert.InRange(row.PbxMos ?? 0, 3.5, 5);
        }
    }

    private Task RegisteredAsync() => Eventually.SeeAsync(
        async () => (await bench.Asterisk.ConsoleAsync("pjsip show contacts"))
            .Contains($" {RegisteredBench.Extension}/sip:", StringComparison.Ordinal),
        "the gateway has registered");

    private async Task HearBothAsync(UserCall call)
    {
        await call.HearsAsync(AsteriskDialplan.ToneHertz);
        await bench.PbxHearsAsync(call, "tone");
    }

    /// <summary>Requests inside a dialog that carry Session-Expires.</summary>
    private int Refreshes(string direction) => bench.Asterisk.Trace().Split("<--- ")
        .Select(message => "<--- " + message)
        .Count(message => message.StartsWith(direction, StringComparison.Ordinal)
            && message.Contains("\nSession-Expires:", StringComparison.Ordinal)
            && message.Contains("\nTo: ", StringComparison.Ordinal)
            && message.Split('\n').First(line => line.StartsWith("To: ", StringComparison.Ordinal))
                .Contains(";tag=", StringComparison.Ordinal));
}
