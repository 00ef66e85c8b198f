using Interop.Asterisk;
using Interop.Bench;
using Testing.Peers;

namespace Interop;

/// <summary>Calls with a desk phone behind Asterisk: an agent's handling of a call in the PBX never reaches WhatsApp.</summary>
[Collection(InteropCollection.Name)]
public sealed class AgentCalls(AsteriskBench bench) : BenchTests(bench), IClassFixture<AsteriskBench>
{
    private const double AgentHertz = 700;

    private const double OtherHertz = 540;

    [Fact]
    public async Task Held_by_a_PBX_that_plays_music_the_user_hears_it_and_then_the_agent_again()
    {
        await using var ann = await PhoneAsync("ann", AgentHertz);
        var call = await CallAsync(AsteriskBench.Plain, "call-ann", ann);
        Assert.True(await bench.Asterisk.PacketsAsync() > 20, "this audio flows through Asterisk");
        await CommandAsync(ann, "hold");
        await call.HearsAsync(AsteriskFiles.HoldHertz);
        await CommandAsync(ann, "resume");
        await call.HearsAsync(AgentHertz);
        await bench.PbxHearsAsync(call, "call");
        await EndAsync(ann, call);
    }

    [Theory]
    [InlineData("hold")]
    [InlineData("secure")]
    [InlineData("g722")]
    [InlineData("opus")]
    public async Task Held_by_a_PBX_that_passes_the_hold_on_the_user_hears_our_music_and_then_the_agent_again(string way)
    {
        await using var ann = await PhoneAsync("ann", AgentHertz);
        var call = await CallAsync(AsteriskBench.Channel(way), "call-ann", ann);
        for (var time = 0; time < 2; time++)
        {
            await CommandAsync(ann, "hold");
            await call.UntilAsync(
                seen => seen.Report is { LevelDb: > -45 } report && !UserCall.IsTone(report, AgentHertz)
                    && !UserCall.IsTone(report, AsteriskFiles.HoldHertz),
                "the user hears music, neither the agent's voice nor Asterisk's");
            await CommandAsync(ann, "resume");
            await call.HearsAsync(AgentHertz);
            await bench.PbxHearsAsync(call, "call");
        }
        await EndAsync(ann, call);
    }

    [Fact]
    public async Task Media_moved_to_the_phone_by_reinvite_goes_on_both_ways()
    {
        await using var far = await PhoneAsync("far", AgentHertz);
        var call = await CallAsync(AsteriskBench.Direct, "direct-far", far);
        await FlowsPastAsteriskAsync(far, call);
        await EndAsync(far, call);
    }

    [Fact]
    public async Task Media_of_an_agents_call_moved_by_reinvite_goes_on_both_ways()
    {
        await using var far = await PhoneAsync("far", AgentHertz);
        var user = await bench.WhatsApp.UserAsync();
        await CommandAsync(far, "dial", $"user-direct-{user}");
        var call = await bench.WhatsApp.IncomingAsync(user);
        await call.HearsAsync(AgentHertz);
        await FlowsPastAsteriskAsync(far, call);
        await EndAsync(far, call);
    }

    [Fact]
    public async Task Transferred_blind_by_the_agents_phone_the_user_hears_the_new_party()
    {
        await using var ann = await PhoneAsync("ann", AgentHertz);
        await using var ben = await PhoneAsync("ben", OtherHertz);
        var call = await CallAsync(AsteriskBench.Plain, "call-ann", ann);
        await CommandAsync(ann, "transfer", $"sip:call-ben@{bench.Asterisk.Registrar}");
        await call.HearsAsync(OtherHertz);
        await HearsAnewAsync(ben);
        AssertHandedOver(await EndAsync(ben, call));
    }

    [Fact]
    public async Task Transferred_after_asking_a_colleague_the_record_names_the_colleague_and_who_had_the_call_before()
    {
        await using var ann = await PhoneAsync("ann", AgentHertz);
        await using var ben = await PhoneAsync("ben", OtherHertz);
        var call = await CallAsync(AsteriskBench.Plain, "desk-ann", ann);
        await CommandAsync(ann, "sndcode", "*2");
        await call.HearsAsync(AsteriskFiles.HoldHertz);
        await CommandAsync(ann, "sndcode", "7003");
        await Eventually.SeeAsync(() => ann.HeardTone(OtherHertz), "the agent speaks with the colleague");
        await CommandAsync(ann, "hangup");
        await call.HearsAsync(OtherHertz);
        AssertHandedOver(await EndAsync(ben, call));
    }

    [Fact]
    public async Task Picked_up_by_a_colleague_while_it_rings_the_record_names_the_colleague_alone()
    {
        await using var ann = await PhoneAsync("ann", AgentHertz, answers: false);
        await using var ben = await PhoneAsync("ben", OtherHertz);
        var call = await bench.WhatsApp.CallAsync(await bench.WhatsApp.UserAsync(), AsteriskBench.Plain, "call-ann");
        await Eventually.SeeAsync(
            async () => (await bench.Asterisk.ConsoleAsync("core show channels concise")).Contains("!Ringing!"), "the agent's phone rings");
        await CommandAsync(ben, "dial", "take-ann");
        await call.HearsAsync(OtherHertz);
        var row = await EndAsync(ben, call);
        Assert.Equal(AsteriskBench.BensNumber, row.Agent);
        Assert.Empty(row.EarlierAgents);
    }

    [Fact]
    public async Task Transferred_after_asking_by_the_agents_phone_the_user_hears_music_and_then_the_new_party()
    {
        await using var ann = await PhoneAsync("ann", AgentHertz);
        var call = await CallAsync(AsteriskBench.Plain, "desk-ann", ann);
        await CommandAsync(ann, "sndcode", "*2");
        await call.HearsAsync(AsteriskFiles.HoldHertz);
        await CommandAsync(ann, "sndcode", "7002");
        await Eventually.SeeAsync(() => ann.HeardTone(AsteriskDialplan.SecondHertz), "the agent speaks with the second party");
        await CommandAsync(ann, "hangup");
        await call.HearsAsync(AsteriskDialplan.SecondHertz);
        await call.HangUpAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
    }

    /// <summary>Here the PBX passes the transfer to the gateway, which places the new call itself.</summary>
    [Fact]
    public async Task Referred_by_the_PBX_the_user_hears_the_new_party()
    {
        var call = await bench.WhatsApp.CallAsync(await bench.WhatsApp.UserAsync(), AsteriskBench.Plain, "refer");
        await call.HearsAsync(AsteriskDialplan.SecondHertz);
        await bench.PbxHearsAsync(call, "second");
        await call.HangUpAsync();
        var row = await bench.EndsWithAsync(call, "whatsapp_hung_up");
        Assert.Equal("second", row.Agent);
        Assert.Single(row.EarlierAgents);
    }

    [Fact]
    public async Task An_agent_dials_a_user_and_hangs_up()
    {
        await using var ann = await PhoneAsync("ann", AgentHertz);
        var user = await bench.WhatsApp.UserAsync();
        await CommandAsync(ann, "dial", $"kept-plain-{user}");
        var call = await bench.WhatsApp.IncomingAsync(user);
        await call.HearsAsync(AgentHertz);
        await bench.PbxHearsAsync(call, "kept");
        await CommandAsync(ann, "hold");
        await call.HearsAsync(AsteriskFiles.HoldHertz);
        await CommandAsync(ann, "resume");
        await call.HearsAsync(AgentHertz);
        await bench.PbxHearsAsync(call, "kept");
        await EndAsync(ann, call);
    }

    private static void AssertHandedOver(CallRow row)
    {
        Assert.Equal(AsteriskBench.BensNumber, row.Agent);
        Assert.Equal([AsteriskBench.AnnsNumber], row.EarlierAgents);
    }

    private async Task<Baresip> PhoneAsync(string name, double hertz, bool answers = true)
    {
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        var phone = await Baresip.StartAsync(
            new BaresipOptions
            {
                User = name,
                Registrar = bench.Asterisk.Registrar,
                Password = AsteriskServer.Password,
                AutoAnswer = answers,
                ToneHertz = hertz,
                Codecs = "pcmu",
            },
            timeout.Token);
        await bench.Asterisk.RegisteredAsync(name, phone.SipPort);
        return phone;
    }

    /// <summary>A user's call, answered by the phone and heard at both ends.</summary>
    private async Task<UserCall> CallAsync(BenchChannel channel, string service, Baresip phone)
    {
        var call = await bench.WhatsApp.CallAsync(await bench.WhatsApp.UserAsync(), channel, service);
        await call.HearsAsync(phone.Options.ToneHertz);
        await HearsAnewAsync(phone);
        return call;
    }

    private static async Task CommandAsync(Baresip phone, string command, string parameter = "")
    {
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        await phone.CommandAsync(command, parameter, timeout.Token);
    }

    /// <summary>Waits until the phone hears half a second more of the user.</summary>
    private static async Task HearsAnewAsync(Baresip phone)
    {
        var before = phone.ToneBlocks(UserCall.Hertz);
        await Eventually.SeeAsync(() => phone.ToneBlocks(UserCall.Hertz) >= before + 5, "the phone hears the user: " + phone.Log());
    }

    /// <summary>Both hear each other while Asterisk gets almost no packets of the call.</summary>
    private Task FlowsPastAsteriskAsync(Baresip phone, UserCall call) => Eventually.SeeAsync(
        async () =>
        {
            var before = await bench.Asterisk.PacketsAsync();
            await HearsAnewAsync(phone); // half a second: 25 packets a direction
            await call.HearsAsync(AgentHertz);
            return await bench.Asterisk.PacketsAsync() - before < 5;
        },
        "audio flows past Asterisk");

    private async Task<CallRow> EndAsync(Baresip phone, UserCall call)
    {
        await CommandAsync(phone, "hangup");
        return await bench.EndsWithAsync(call, "pbx_hung_up");
    }
}
