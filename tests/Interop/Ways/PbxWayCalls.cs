using Interop.Asterisk;
using Interop.Bench;

namespace Interop.Ways;

/// <summary>Tests for every Asterisk in use, however it is connected to the gateway. Each way is a class of its own below.</summary>
public abstract class PbxWayCalls(PbxBench bench) : BenchTests(bench)
{
    protected PbxBench Bench => bench;

    /// <summary>
    /// More than one, since secrets and nonces of an earlier call must not spoil a later one; one of each way at a time, as a busy trunk
    /// has them. Users and the PBX hang up in turn.
    /// </summary>
    [Fact]
    public async Task Ten_calls_each_way_in_a_row_are_heard_and_end_from_both_sides()
    {
        await bench.ReadyAsync();
        for (var i = 0; i < 10; i++)
        {
            var inbound = await bench.WhatsApp.CallAsync(await bench.WhatsApp.UserAsync(), bench.Channel, "tone");
            var outbound = await CallUserAsync();
            await Task.WhenAll(HearAsync(inbound), HearAsync(outbound));
            await EndAsync(pbxHangsUp: i % 2 == 1, inbound, outbound);
        }
    }

    /// <summary>A user who gives up while the PBX rings: CANCEL crosses the challenge, the proxy and the hidden topology.</summary>
    [Fact]
    public async Task A_caller_gives_up_and_an_agent_gives_up()
    {
        await bench.ReadyAsync();
        var call = await bench.WhatsApp.CallAsync(await bench.WhatsApp.UserAsync(), bench.Channel, "ring");
        await Eventually.SeeAsync(async () => (await bench.Asterisk.ChannelsAsync()).Count > 0, "Asterisk rings");
        await call.HangUpAsync();
        await bench.EndsWithAsync(call, "caller_gave_up");

        var user = await bench.WhatsApp.UserAsync(auto: "Manual");
        await bench.Asterisk.OriginateAsync(bench.To(user), "tone", user);
        call = await bench.WhatsApp.IncomingAsync(user);
        await call.UntilAsync(seen => seen.State == Sandbox.Calls.CallState.Ringing, "the user's phone rings");
        await bench.Asterisk.ConsoleAsync("channel request hangup all");
        await bench.EndsWithAsync(call, "caller_gave_up");
    }

    protected async Task<UserCall> CallUserAsync()
    {
        var user = await bench.WhatsApp.UserAsync();
        await bench.Asterisk.OriginateAsync(bench.To(user), "tone", user);
        return await bench.WhatsApp.IncomingAsync(user);
    }

    protected async Task HearAsync(UserCall call)
    {
        await call.HearsAsync(AsteriskDialplan.ToneHertz);
        await bench.PbxHearsAsync(call, "tone");
    }

    protected async Task EndAsync(bool pbxHangsUp, params UserCall[] calls)
    {
        if (pbxHangsUp)
            await bench.Asterisk.ConsoleAsync("channel request hangup all");
        else
            await Task.WhenAll(calls.Select(call => call.HangUpAsync()));
        foreach (var call in calls)
            Assert.True((await bench.EndsWithAsync(call, pbxHangsUp ? "pbx_hung_up" : "whatsapp_hung_up")).WasAnswered);
    }
}

/// <summary>The same over a registration that ends every few seconds unless it is renewed.</summary>
public abstract class RegisteredWayCalls(PbxBench bench) : PbxWayCalls(bench)
{
    [Fact]
    public async Task Registrations_are_renewed_and_calls_go_on()
    {
        await Bench.ReadyAsync();
        await Bench.TraceAsync(on: true);
        await Eventually.SeeAsync(
            () => RegistrationsSeen() >= 3, "three more registrations", TimeSpan.FromSeconds(3 * PbxBench.RegistrationSeconds));
        await Bench.TraceAsync(on: false);

        var outbound = await CallUserAsync();
        var inbound = await Bench.WhatsApp.CallAsync(await Bench.WhatsApp.UserAsync(), Bench.Channel, "tone");
        await Task.WhenAll(HearAsync(inbound), HearAsync(outbound));
        await EndAsync(pbxHangsUp: false, inbound, outbound);
    }

    /// <summary>Distinct REGISTER requests that Asterisk has granted since the trace began: by the Call-ID's CSeq.</summary>
    private int RegistrationsSeen() => Bench.Asterisk.Trace().Split("SIP/2.0 200 OK\n").Skip(1)
        .Select(answer => answer.Split('\n').FirstOrDefault(line => line.StartsWith("CSeq:", StringComparison.Ordinal)))
        .Where(line => line?.EndsWith("REGISTER", StringComparison.Ordinal) == true)
        .Distinct().Count();
}

[Collection(InteropCollection.Name)]
public sealed class Pjsip22ByAddressCalls(Pjsip22ByAddress bench) : PbxWayCalls(bench), IClassFixture<Pjsip22ByAddress>;

[Collection(InteropCollection.Name)]
public sealed class Pjsip22RegisteredCalls(Pjsip22Registered bench) : RegisteredWayCalls(bench), IClassFixture<Pjsip22Registered>;

[Collection(InteropCollection.Name)]
public sealed class Pjsip16ByAddressCalls(Pjsip16ByAddress bench) : PbxWayCalls(bench), IClassFixture<Pjsip16ByAddress>;

[Collection(InteropCollection.Name)]
public sealed class Pjsip16RegisteredCalls(Pjsip16Registered bench) : RegisteredWayCalls(bench), IClassFixture<Pjsip16Registered>;

[Collection(InteropCollection.Name)]
public sealed class ChanSip16ByAddressCalls(ChanSip16ByAddress bench) : PbxWayCalls(bench), IClassFixture<ChanSip16ByAddress>;

[Collection(InteropCollection.Name)]
public sealed class ChanSip16RegisteredCalls(ChanSip16Registered bench) : RegisteredWayCalls(bench), IClassFixture<ChanSip16Registered>;

[Collection(InteropCollection.Name)]
public sealed class Pjsip22BehindKamailioCalls(Pjsip22BehindKamailio bench) : PbxWayCalls(bench), IClassFixture<Pjsip22BehindKamailio>;

[Collection(InteropCollection.Name)]
public sealed class ChanSip16BehindKamailioCalls(ChanSip16BehindKamailio bench) : PbxWayCalls(bench),
IClassFixture<ChanSip16BehindKamailio>;
