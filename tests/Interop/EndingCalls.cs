using Interop.Asterisk;
using Interop.Bench;

namespace Interop;

/// <summary>Every way in which a call fails or ends: each side is notified in its own protocol, and the record names the cause.</summary>
[Collection(InteropCollection.Name)]
public sealed class EndingCalls(EndingBench bench) : BenchTests(bench), IClassFixture<EndingBench>
{
    [Fact]
    public async Task A_caller_gives_up_while_the_PBX_rings()
    {
        var call = await CallAsync(EndingBench.Plain, "ring");
        await Eventually.SeeAsync(async () => (await bench.Asterisk.ChannelsAsync()).Count > 0, "Asterisk rings");
        await call.HangUpAsync();
        var row = await bench.EndsWithAsync(call, "caller_gave_up");
        Assert.False(row.WasAnswered);
        Assert.DoesNotContain((await call.ViewAsync()).Timeline, entry => entry is { Kind: "graph", What: "accept" or "terminate" });
    }

    /// <summary>The PBX's answer, the cause in our record, and the status it came from.</summary>
    [Theory]
    [InlineData("busy", "busy", 486)]
    [InlineData("rejected", "declined", 403)] // Asterisk's form of an agent's 603, with Q.850 cause 21
    [InlineData("unknown", "no_route", 404)]
    public async Task A_PBX_that_refuses_ends_the_call(string service, string cause, int status)
    {
        var call = await CallAsync(EndingBench.Two, service);
        var row = await bench.EndsWithAsync(call, cause);
        Assert.Equal((status, "plain"), (row.SipStatus, row.Trunk));
        Assert.Contains((await call.ViewAsync()).Timeline, entry => entry is { Kind: "graph", What: "terminate", Detail: "200" });
    }

    [Fact]
    public async Task A_PBX_that_is_full_makes_room_for_the_next_trunk()
    {
        var call = await CallAsync(EndingBench.Two, "congested");
        var row = await bench.EndsWithAsync(call, "pbx_unreachable");
        Assert.Equal((503, "spare"), (row.SipStatus, row.Trunk));
    }

    [Fact]
    public async Task Nobody_answers_at_the_PBX()
    {
        var call = await CallAsync(EndingBench.Plain, "ring");
        await bench.EndsWithAsync(call, "no_answer");
    }

    [Fact]
    public async Task A_PBX_that_is_not_there_is_passed_over_for_the_next_trunk()
    {
        var call = await CallAsync(EndingBench.FirstIsDead, "tone");
        await call.HearsAsync(AsteriskDialplan.ToneHertz);
        await bench.PbxHearsAsync(call, "tone");
        await call.HangUpAsync();
        Assert.Equal("plain", (await bench.EndsWithAsync(call, "whatsapp_hung_up")).Trunk);
    }

    [Fact]
    public async Task No_PBX_is_there_at_all()
    {
        var call = await CallAsync(EndingBench.AllAreDead, "tone");
        await bench.EndsWithAsync(call, "pbx_unreachable");
    }

    [Fact]
    public async Task The_PBX_hangs_up()
    {
        var call = await CallAsync(EndingBench.Plain, "hangup");
        var row = await bench.EndsWithAsync(call, "pbx_hung_up");
        Assert.True(row.WasAnswered);
    }

    [Fact]
    public async Task An_agent_gives_up_while_WhatsApp_rings()
    {
        var user = await bench.WhatsApp.UserAsync(auto: "Manual");
        await OriginateAsync(user);
        var call = await bench.WhatsApp.IncomingAsync(user);
        await call.UntilAsync(seen => seen.State == Sandbox.Calls.CallState.Ringing, "the user's phone rings");
        await bench.Asterisk.ConsoleAsync("channel request hangup all");
        await bench.EndsWithAsync(call, "caller_gave_up");
    }

    [Fact]
    public async Task A_user_declines()
    {
        var mark = bench.Asterisk.Now();
        var user = await bench.WhatsApp.UserAsync(auto: "Decline");
        await OriginateAsync(user);
        await bench.EndsWithAsync(await bench.WhatsApp.IncomingAsync(user), "declined");
        Assert.Equal([21], bench.Asterisk.HangupsSince(mark));
    }

    [Fact]
    public async Task A_user_does_not_answer()
    {
        var mark = bench.Asterisk.Now();
        var user = await bench.WhatsApp.UserAsync(auto: "Manual");
        await OriginateAsync(user);
        await bench.EndsWithAsync(await bench.WhatsApp.IncomingAsync(user), "no_answer");
        Assert.Equal([19], bench.Asterisk.HangupsSince(mark));
    }

    [Fact]
    public async Task A_user_who_cannot_be_reached()
    {
        var user = await bench.WhatsApp.UserAsync(auto: "Uncallable");
        await OriginateAsync(user);
        Assert.Equal(138001, (await bench.EndsWithAsync(user, "user_unreachable")).MetaCode);
    }

    [Fact]
    public async Task A_user_who_has_not_permitted_calls()
    {
        var mark = bench.Asterisk.Now();
        var user = bench.WhatsApp.NewNumber();
        await bench.WhatsApp.SendAsync(HttpMethod.Put, "users/" + user, new { auto = "Answer" });
        await OriginateAsync(user);
        // the permission was read from Meta, and no call was tried
        Assert.Null((await bench.EndsWithAsync(user, "not_permitted")).MetaCode);
        Assert.Equal([21], bench.Asterisk.HangupsSince(mark));
    }

    [Fact]
    public async Task What_is_dialled_is_no_WhatsApp_user()
    {
        var mark = bench.Asterisk.Now();
        await bench.Asterisk.OriginateAsync("PJSIP/helpdesk@plain", "tone", "none");
        await Eventually.SeeAsync(() => bench.Asterisk.HangupsSince(mark).Count == 1, "Asterisk was refused");
        Assert.Equal([1], bench.Asterisk.HangupsSince(mark));
        await bench.NothingIsLiveAsync();
    }

    private async Task<UserCall> CallAsync(BenchChannel channel, string service) =>
        await bench.WhatsApp.CallAsync(await bench.WhatsApp.UserAsync(), channel, service);

    private Task OriginateAsync(string user) => bench.Asterisk.OriginateAsync($"PJSIP/+{user}@plain", "tone", user);
}
