using Interop.Bench;

namespace Interop.Sipp;

/// <summary>The PBX moves a call to another of its phones: by REFER, and by INVITE with Replaces. WhatsApp is not involved.</summary>
[Collection(InteropCollection.Name)]
public sealed class TransferTests(SippBench bench) : IClassFixture<SippBench>
{
    [Fact]
    public async Task A_blind_transfer_moves_the_users_call_to_another_phone()
    {
        await using var pbx = await SippRun.AnswerAsync(new SippOptions("pbx-transfers", SippBench.Plain) { Calls = 2 });
        var call = await bench.UserCallsAsync(SippBench.Plain);
        await pbx.GetsAsync("BYE", "BYE"); // of the first phone
        await call.HearsAsync(UserCall.Hertz);
        await call.HangUpAsync();
        var trace = await pbx.DoneAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");

        var second = trace.Gateway("INVITE")[^1];
        Assert.StartsWith("INVITE sip:ben@", second.StartLine);
        Assert.Contains("sip:ann@", second["Referred-By"]);
        Assert.Equal(call.Id, second["X-WhatsApp-Call-Id"]);
    }

    [Fact]
    public async Task A_transfer_that_fails_leaves_the_call_where_it_is()
    {
        await using var pbx = await SippRun.AnswerAsync(new SippOptions("pbx-transfer-fails", SippBench.Plain) { Calls = 2 });
        var call = await bench.UserCallsAsync(SippBench.Plain);
        await pbx.GetsAsync("NOTIFY", "NOTIFY", 2);
        await call.HearsAsync(UserCall.Hertz);
        await call.HangUpAsync();
        await pbx.DoneAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
    }

    [Fact]
    public async Task An_agent_transfers_the_call_that_it_placed()
    {
        var user = await bench.WhatsApp.UserAsync();
        await using var ben = await bench.AnswerAsync(SippBench.Plain, "pbx-answers");
        await using var agent = bench.Call(SippBench.PhoneAt(SippBench.Plain), user, "agent-transfers");
        await agent.DoneAsync();
        var call = await bench.WhatsApp.IncomingAsync(user);
        await call.HearsAsync(UserCall.Hertz);
        await call.HangUpAsync();
        await ben.DoneAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
    }

    [Fact]
    public async Task Another_phone_takes_a_live_call_over()
    {
        await using var first = await bench.AnswerAsync(SippBench.Plain, "pbx-answers");
        var call = await bench.UserCallsAsync(SippBench.Plain);
        await call.HearsAsync(UserCall.Hertz);
        await using var second = bench.Call(
            SippBench.PhoneAt(SippBench.Plain), call.User, "agent-takes-over", ("replaces", await DialogAsync(first)));
        await first.DoneAsync();
        await second.SendsAsync("ACK");
        await call.HearsAsync(UserCall.Hertz);
        await call.HangUpAsync();
        await second.DoneAsync();
        var row = await bench.EndsWithAsync(call, "whatsapp_hung_up");
        Assert.Equal("ann", row.Agent);
        Assert.Single(row.EarlierAgents);
    }

    [Fact]
    public async Task Another_phone_picks_a_ringing_call_up()
    {
        await using var ringing = await bench.AnswerAsync(SippBench.Plain, "pbx-is-cancelled");
        var call = await bench.UserCallsAsync(SippBench.Plain);
        await ringing.SendsAsync("180");
        await using var second = bench.Call(
            SippBench.PhoneAt(SippBench.Plain), call.User, "agent-takes-over", ("replaces", await DialogAsync(ringing) + ";early-only"));
        await ringing.DoneAsync();
        await call.HearsAsync(UserCall.Hertz);
        await call.HangUpAsync();
        await second.DoneAsync();
        var row = await bench.EndsWithAsync(call, "whatsapp_hung_up");
        Assert.Equal("ann", row.Agent);
        Assert.Empty(row.EarlierAgents);
    }

    [Fact]
    public async Task A_call_that_does_not_exist_cannot_be_taken_over()
    {
        var user = await bench.WhatsApp.UserAsync();
        await using var agent = bench.Call(SippBench.Plain, user, "agent-takes-over-nothing");
        await agent.DoneAsync();
        Assert.Empty(await bench.WhatsApp.CallsAsync("?user=" + user));
    }

    /// <summary>The dialog as the gateway identifies it: its own tag, then the phone's.</summary>
    private static async Task<string> DialogAsync(SippRun phone)
    {
        await phone.GetsAsync("INVITE", "INVITE");
        var invite = (await phone.TraceAsync()).Gateway("INVITE")[0];
        return $"{invite["Call-ID"]};to-tag={invite["From"]!.Split(";tag=")[1]};from-tag=pbx";
    }
}
