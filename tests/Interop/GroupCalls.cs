using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Storage.Commands;
using Interop.Bench;
using Interop.Browser;
using Interop.Sipp;
using Testing;
using Testing.Peers;

namespace Interop;

/// <summary>
/// Users reach agents whose phones are real: registered with the gateway, or behind Asterisk, in one group.
/// </summary>
[Collection(InteropCollection.Name)]
public sealed class GroupCalls(GroupBench bench) : BenchTests(bench), IClassFixture<GroupBench>
{
    [Fact]
    public async Task All_phones_of_a_group_ring_at_once_and_the_one_that_answers_has_the_call()
    {
        string[] all = [GroupBench.Alice, GroupBench.Bob, GroupBench.Ann, GroupBench.Ben];
        await bench.SignInAsync(all);
        var call = await bench.CallAsync("all");
        await Task.WhenAll(all.Select(bench.RingsAsync));
        await bench.CommandAsync(GroupBench.Ben, "accept");
        await bench.HearEachOtherAsync(GroupBench.Ben, call);
        await Task.WhenAll(all.Except([GroupBench.Ben]).Select(agent => bench.SeesAsync(agent, "CALL_CLOSED")));
        await bench.IsAsync(GroupBench.Alice, AgentState.Available);
        await bench.IsAsync(GroupBench.Ben, AgentState.Busy);
        await bench.CommandAsync(GroupBench.Ben, "hangup");
        var row = await bench.EndsWithAsync(call, "pbx_hung_up");
        Assert.Equal((GroupBench.Ben, "pbx"), (row.AgentId, row.Trunk));
        await bench.IsAsync(GroupBench.Ben, AgentState.Available);
    }

    [Fact]
    public async Task Round_robin_gives_each_call_to_the_agent_rung_the_longest_time_ago()
    {
        await bench.SignInAsync(GroupBench.Alice, GroupBench.Ann);
        List<string> rang = [];
        for (var time = 0; time < 4; time++)
        {
            var call = await bench.CallAsync("robin");
            rang.Add(await RingingAsync(GroupBench.Alice, GroupBench.Ann));
            await call.HangUpAsync();
            await bench.EndsWithAsync(call, "caller_gave_up");
            await bench.IsAsync(GroupBench.Alice, AgentState.Available);
            await bench.IsAsync(GroupBench.Ann, AgentState.Available);
        }
        Assert.Equal((rang[0], rang[1]), (rang[2], rang[3]));
        Assert.NotEqual(rang[0], rang[1]);
    }

    [Fact]
    public async Task Declined_at_a_phone_here_and_at_one_behind_Asterisk_the_next_one_rings()
    {
        await bench.SignInAsync(GroupBench.Alice, GroupBench.Ann, GroupBench.Bob);
        var call = await bench.CallAsync("order");
        foreach (var agent in new[] { GroupBench.Alice, GroupBench.Ann })
        {
            await bench.RingsAsync(agent);
            await bench.CommandAsync(agent, "hangup");
        }
        await bench.AnswerAsync(GroupBench.Bob, call);
        await call.HangUpAsync();
        var row = await bench.EndsWithAsync(call, "whatsapp_hung_up");
        Assert.Equal((GroupBench.Bob, GroupBench.Bob, "phones"), (row.AgentId, row.Agent, row.Trunk));
    }

    [Fact]
    public async Task Unanswered_at_a_phone_here_a_call_overflows_to_those_behind_Asterisk()
    {
        await bench.SignInAsync(GroupBench.Alice, GroupBench.Ann, GroupBench.Ben);
        var call = await bench.CallAsync("overflow");
        await bench.RingsAsync(GroupBench.Alice);
        await bench.SeesAsync(GroupBench.Alice, "CALL_CLOSED");
        await Task.WhenAll(bench.RingsAsync(GroupBench.Ann), bench.RingsAsync(GroupBench.Ben));
        await bench.CommandAsync(GroupBench.Ben, "accept");
        await bench.HearEachOtherAsync(GroupBench.Ben, call);
        await bench.SeesAsync(GroupBench.Ann, "CALL_CLOSED");
        await call.HangUpAsync();
        Assert.Equal(GroupBench.Ben, (await bench.EndsWithAsync(call, "whatsapp_hung_up")).AgentId);
        await bench.IsAsync(GroupBench.Alice, AgentState.Available);
    }

    [Fact]
    public async Task In_the_wrap_up_after_a_call_an_agent_is_not_rung_until_a_feature_code_ends_it()
    {
        await bench.SignInAsync(GroupBench.Alice);
        var call = await bench.CallAsync("careful");
        await bench.AnswerAsync(GroupBench.Alice, call);
        await call.HangUpAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
        await bench.IsAsync(GroupBench.Alice, AgentState.WrapUp);
        var refused = await bench.CallAsync("careful");
        await bench.EndsWithAsync(refused, "no_answer");

        await DialAsync(GroupBench.Alice, "*14");
        await bench.IsAsync(GroupBench.Alice, AgentState.Available);
    }

    [Theory]
    [InlineData(GroupBench.Alice)]
    [InlineData(GroupBench.Ben)]
    public async Task A_phone_signs_its_agent_off_and_on_by_feature_codes(string agent)
    {
        await bench.SignInAsync(agent, GroupBench.Bob);
        await DialAsync(agent, "*12");
        var away = await bench.IsAsync(agent, AgentState.Away);
        var call = await bench.CallAsync("all");
        await bench.AnswerAsync(GroupBench.Bob, call);
        Assert.Equal(away.Token, (await bench.FindAsync(agent))!.Token); // was not even taken
        await call.HangUpAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");

        await DialAsync(agent, "*123");
        Assert.Equal("3", (await bench.FindAsync(agent))!.Reason);
        await DialAsync(agent, "*11");
        await bench.IsAsync(agent, AgentState.Available);
    }

    [Theory]
    [InlineData(GroupBench.Bob)]
    [InlineData(GroupBench.Ben)]
    public async Task A_phone_picks_up_a_call_that_rings_for_another_agent_of_the_group(string agent)
    {
        await bench.SignInAsync(GroupBench.Alice);
        var call = await bench.CallAsync("all");
        await bench.RingsAsync(GroupBench.Alice);
        await bench.CommandAsync(agent, "dial", "*15");
        await bench.HearEachOtherAsync(agent, call);
        await bench.SeesAsync(GroupBench.Alice, "CALL_CLOSED");
        await bench.IsAsync(GroupBench.Alice, AgentState.Available);
        await call.HangUpAsync();
        await bench.SeesAsync(agent, "CALL_CLOSED");
        Assert.Equal(agent, (await bench.EndsWithAsync(call, "whatsapp_hung_up")).AgentId);
    }

    [Fact]
    public async Task An_agent_in_a_call_of_Asterisk_alone_is_not_rung()
    {
        await bench.SignInAsync(GroupBench.Ann, GroupBench.Bob);
        await bench.CommandAsync(GroupBench.Ann, "dial", $"sip:second@{bench.Asterisk.Registrar}");
        await bench.SeesAsync(GroupBench.Ann, "CALL_ESTABLISHED");
        var busy = await bench.IsAsync(GroupBench.Ann, AgentState.Busy);
        var call = await bench.CallAsync("order"); // Ann's place is before Bob's
        await bench.AnswerAsync(GroupBench.Bob, call);
        Assert.Equal(busy.Token, (await bench.FindAsync(GroupBench.Ann))!.Token);
        await bench.CommandAsync(GroupBench.Ann, "hangup");
        await bench.IsAsync(GroupBench.Ann, AgentState.Available);
        await call.HangUpAsync();
        Assert.Equal(GroupBench.Bob, (await bench.EndsWithAsync(call, "whatsapp_hung_up")).AgentId);
    }

    [Fact]
    public async Task A_caller_in_the_queue_hears_its_music_and_then_the_agent_who_becomes_free()
    {
        await bench.SignInAsync(GroupBench.Alice);
        var first = await bench.CallAsync("all");
        await bench.AnswerAsync(GroupBench.Alice, first);
        var waiting = await bench.CallAsync("queue");
        await waiting.HearsAsync(GroupDirectory.MusicHertz);
        await first.HangUpAsync();
        await bench.AnswerAsync(GroupBench.Alice, waiting);
        await bench.RecordedAsync(first.User, "whatsapp_hung_up");
        await waiting.HangUpAsync();
        Assert.Equal(GroupBench.Alice, (await bench.EndsWithAsync(waiting, "whatsapp_hung_up")).AgentId);
    }

    /// <summary>baresip 1.0 obeys neither header, so SIPp shows that both are there.</summary>
    [Fact]
    public async Task A_waiting_call_that_is_assigned_rings_with_the_headers_by_which_phones_answer()
    {
        await bench.SignInAsync(GroupBench.Sam);
        await using var phone = await SippRun.AnswerAsync(new SippOptions("pbx-answers", GroupBench.Sipp));
        var call = await bench.CallAsync("queue");
        await call.HearsAsync(GroupDirectory.MusicHertz);
        var assigned = await bench.Commands.AssignAsync(
            new NodeCommand.Assign(await bench.IdOfAsync(call), new AgentId(GroupBench.Sam)), CancellationToken.None);
        Assert.Equal(CommandReply.Done, assigned);
        await call.HearsAsync(UserCall.Hertz); // SIPp echoes
        await call.HangUpAsync();
        var invite = (await phone.DoneAsync()).Gateway("INVITE")[0];
        Assert.Equal(GroupBench.Sam, (await bench.EndsWithAsync(call, "whatsapp_hung_up")).AgentId);
        Assert.Contains(";answer-after=0", invite["Call-Info"]);
        Assert.Contains(";info=alert-autoanswer", invite["Alert-Info"]);
    }

    [Fact]
    public async Task Transferred_blind_by_a_command_the_user_hears_the_other_agent_and_the_first_is_free()
    {
        await bench.SignInAsync(GroupBench.Alice, GroupBench.Ben);
        var call = await bench.CallAsync("order");
        await bench.AnswerAsync(GroupBench.Alice, call);
        var begun = await bench.Commands.TransferAsync(
            new NodeCommand.Transfer(await bench.IdOfAsync(call), new TransferTarget.ToAgent(new AgentId(GroupBench.Ben))),
            CancellationToken.None);
        Assert.Equal(CommandReply.Done, begun);
        await bench.SeesAsync(GroupBench.Alice, "CALL_CLOSED");
        await bench.AnswerAsync(GroupBench.Ben, call);
        await bench.IsAsync(GroupBench.Alice, AgentState.Available);
        await bench.CommandAsync(GroupBench.Ben, "hangup");
        var row = await bench.EndsWithAsync(call, "pbx_hung_up");
        Assert.Equal((GroupBench.Ben, GroupBench.BensNumber), (row.AgentId, row.Agent));
        Assert.Equal([GroupBench.Alice], row.EarlierAgents);
    }

    /// <summary>Alice's phone is registered here, Ben's is behind Asterisk: each on a pbx leg of its own.</summary>
    [Fact]
    public async Task Transferred_after_a_consultation_by_commands_the_user_hears_music_and_then_the_other_agent()
    {
        await bench.SignInAsync(GroupBench.Alice, GroupBench.Ben);
        var call = await bench.CallAsync("order");
        await bench.AnswerAsync(GroupBench.Alice, call);
        var id = await bench.IdOfAsync(call);
        var begun = await bench.Commands.TransferAsync(
            new NodeCommand.Transfer(id, new TransferTarget.ToAgent(new AgentId(GroupBench.Ben))) { Mode = TransferMode.Consult },
            CancellationToken.None);
        Assert.Equal(CommandReply.Done, begun);
        await bench.RingsAsync(GroupBench.Ben);
        await bench.CommandAsync(GroupBench.Ben, "accept");
        await bench.HearsAgentAsync(GroupBench.Alice, GroupBench.Ben);
        await bench.HearsAgentAsync(GroupBench.Ben, GroupBench.Alice);
        await call.HearsMusicAsync(GroupBench.HertzOf(GroupBench.Alice), GroupBench.HertzOf(GroupBench.Ben));
        Assert.False(bench.Phone(GroupBench.Ben).HeardTone(UserCall.Hertz));
        await bench.IsAsync(GroupBench.Alice, AgentState.Busy);
        await bench.IsAsync(GroupBench.Ben, AgentState.Busy);

        // Asterisk answers the hold of its phones itself: that of the phone registered here reaches the gateway.
        await bench.CommandAsync(GroupBench.Alice, "hold");
        await bench.CommandAsync(GroupBench.Alice, "resume");
        var heard = bench.Phone(GroupBench.Ben).ToneBlocks(GroupBench.HertzOf(GroupBench.Alice));
        await Eventually.SeeAsync(
            () => bench.Phone(GroupBench.Ben).ToneBlocks(GroupBench.HertzOf(GroupBench.Alice)) > heard + 20, "Ben hears Alice again");
        Assert.Equal(CommandReply.Done, await bench.Commands.CompleteTransferAsync(id, CancellationToken.None));
        await bench.SeesAsync(GroupBench.Alice, "CALL_CLOSED");
        await bench.HearEachOtherAsync(GroupBench.Ben, call);
        await bench.IsAsync(GroupBench.Alice, AgentState.Available);
        await bench.CommandAsync(GroupBench.Ben, "hangup");
        var row = await bench.EndsWithAsync(call, "pbx_hung_up");
        Assert.Equal((GroupBench.Ben, GroupBench.BensNumber), (row.AgentId, row.Agent));
        Assert.Equal([GroupBench.Alice], row.EarlierAgents);
    }

    [Fact]
    public async Task A_message_is_a_file_with_the_callers_voice()
    {
        var call = await bench.CallAsync("message");
        var file = await Eventually.SeeAsync(
            () => Task.FromResult(new DirectoryInfo(bench.Recordings).GetFiles("*.wav").SingleOrDefault(one => one.Length > 60_000)),
            found => found is not null, "nearly four seconds of a message");
        await call.PressAsync("#");
        await bench.EndsWithAsync(call, "flow_ended");
        var detector = new ToneDetector(UserCall.Hertz, 8000);
        detector.Listen(WaveFile.Read(file!.FullName));
        Assert.InRange(detector.ToneBlocks, 30, detector.Blocks);
        Assert.InRange(detector.Blocks - detector.ToneBlocks, 0, 5);
    }

    [Fact]
    public async Task Keys_of_a_browser_choose_in_the_menu()
    {
        await bench.SignInAsync(GroupBench.Bob);
        await using var browser = await ChromiumPhone.OpenAsync(bench.WhatsApp);
        var call = await bench.WhatsApp.CallAsync(browser.User, GroupBench.Channel, "menu", hertz: null);
        await call.HearsAsync(GroupDirectory.PromptHertz);
        await call.PressAsync("42");
        await bench.AnswerAsync(GroupBench.Bob, call);
        await call.HangUpAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
    }

    /// <summary>The one of these agents whose phone rings.</summary>
    private async Task<string> RingingAsync(params IReadOnlyList<string> agents)
    {
        string? ringing = null;
        await Eventually.SeeAsync(
            async () =>
            {
                foreach (var agent in agents)
                    if (await bench.FindAsync(agent) is { State: AgentState.Ringing })
                        ringing = agent;
                return ringing is not null;
            },
            "one of them is rung");
        await bench.RingsAsync(ringing!);
        return ringing!;
    }

    /// <summary>Dials a feature code, which is confirmed and hung up.</summary>
    private async Task DialAsync(string agent, string code)
    {
        await bench.CommandAsync(agent, "dial", code);
        await bench.SeesAsync(agent, "CALL_ESTABLISHED");
        await bench.SeesAsync(agent, "CALL_CLOSED");
    }
}
