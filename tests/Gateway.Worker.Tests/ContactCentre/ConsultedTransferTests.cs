using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Calls.Lifecycle;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Messages;
using Gateway.Storage.Commands;
using Gateway.Worker.Tests.Calls.Bench;
using Sandbox.Calls;
using Testing;

namespace Gateway.Worker.Tests.ContactCentre;

/// <summary>Agent 201, who has the call, asks agent 202 before handing it over: who hears whom, who is taken, and how it may end.</summary>
[Collection(StoresCollection.Name)]
public sealed class ConsultedTransferTests(Stores stores) : IAsyncLifetime
{
    private const double TargetHertz = 820, Ringback = 425;

    private CentreBench _bench = null!;
    private SandboxCall _call = null!;
    private PbxCall _agent = null!;

    [Fact]
    public async Task Agent_and_target_talk_while_the_user_hears_music_and_then_user_and_target()
    {
        var target = await AskedAsync();
        Assert.Equal(ConsultationState.Answered, await ShownAsync(ConsultationState.Answered));

        await _agent.HearsAsync(TargetHertz);
        await target.HearsAsync(Pbx.Hertz);
        await HearsMusicAsync();
        await _bench.BecomesAsync("201", AgentState.Busy);
        await _bench.BecomesAsync("202", AgentState.Busy);
        Assert.Equal(CommandReply.Done, await CompleteAsync());

        Assert.Equal(SipReason.Q850(16, "Transferred"), (await _agent.EndedAsync()).Reason);
        var packets = _agent.Phone.Received;
        await IsWithTargetAsync(target);
        Assert.InRange(_agent.Phone.Received, packets, packets + 1); // one came before the BYE and may have been read after it
        Assert.DoesNotContain(target.Seen, happened => happened is SipCallEvent.OfferReceived); // it was told nothing
    }

    [Fact]
    public async Task The_agent_hears_how_the_target_rings_and_a_cancelled_one_rings_no_more()
    {
        var target = await AskAsync();
        await _bench.BecomesAsync("202", AgentState.Ringing);
        await _agent.HearsAsync(Ringback);
        await HearsMusicAsync();
        Assert.Equal("target_not_answered", (await CompleteAsync()).Code);
        var second = await TransferAsync(new TransferTarget.ToGroup(_bench.Group), TransferMode.Blind);
        Assert.Equal("transfer_in_progress", second.Code);

        Assert.Equal(CommandReply.Done, await CancelAsync());

        await target.EndedAsync();
        await IsWithAgentAsync();
    }

    [Fact]
    public async Task A_target_who_was_asked_is_out_of_the_call_when_it_is_cancelled()
    {
        var target = await AskedAsync();
        Assert.Equal(CommandReply.Done, await CancelAsync());
        await target.EndedAsync();
        await IsWithAgentAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_target_who_declines_or_hangs_up_leaves_user_and_agent_together(bool declines)
    {
        var target = declines ? await AskAsync() : await AskedAsync();
        await (declines ? target.RejectAsync(486) : target.HangUpAsync());
        await IsWithAgentAsync();
    }

    [Fact]
    public async Task A_target_may_decline_by_command()
    {
        var target = await AskAsync();
        Assert.Equal(CommandReply.Done, await _bench.Commands.DeclineAsync(
            new NodeCommand.Decline(await _bench.CallAsync(), _bench.Id("202")), CancellationToken.None));
        await target.EndedAsync();
        await IsWithAgentAsync();
    }

    [Fact]
    public async Task The_agent_who_hangs_up_after_the_answer_leaves_the_call_to_the_target()
    {
        var target = await AskedAsync();
        await target.HearsAsync(Pbx.Hertz);
        await _agent.HangUpAsync();
        await IsWithTargetAsync(target);
    }

    [Fact]
    public async Task The_agent_who_hangs_up_before_leaves_the_user_with_music_until_the_target_answers()
    {
        var target = await AskAsync();
        await _agent.HangUpAsync();
        await _bench.BecomesAsync("201", AgentState.Available);
        await HearsMusicAsync();
        await target.AnswerAsync();
        await IsWithTargetAsync(target);
    }

    [Fact]
    public async Task The_user_who_hangs_up_ends_both_phones()
    {
        var target = await AskedAsync();
        await _bench.WhatsApp.HangUpAsync(_call);
        await _agent.EndedAsync();
        await target.EndedAsync();
        await _bench.Calls.EndsAsync(_call, HangupCause.WhatsAppHungUp);
        await _bench.BecomesAsync("201", AgentState.Available);
        await _bench.BecomesAsync("202", AgentState.Available);
    }

    [Fact]
    public async Task Whom_the_call_was_given_may_ask_a_number_at_the_PBX_in_turn()
    {
        var target = await AskedAsync();
        await CompleteAsync();
        await target.HearsAsync(WhatsAppSide.Hertz);

        Assert.Equal(CommandReply.Done, await TransferAsync(new TransferTarget.ToPbx("main", "700"), TransferMode.Consult));
        var third = await _bench.RungAsync("700");
        await third.AnswerAsync();
        await target.HearsAsync(TargetHertz); // both have the same tone
        await HearsMusicAsync();
        Assert.Equal(ConsultationState.Answered, await ShownAsync(ConsultationState.Answered));
        Assert.Equal(CommandReply.Done, await CompleteAsync());

        await target.EndedAsync();
        await third.HearsAsync(WhatsAppSide.Hertz);
        await WhatsAppSide.HearsAsync(_call, TargetHertz);
        await _bench.BecomesAsync("202", AgentState.Available);
        await third.HangUpAsync();
        await _bench.Calls.EndsAsync(_call, HangupCause.PbxHungUp);
        var row = await _bench.RowAsync(_call);
        Assert.Equal("700", row.Agent);
        Assert.Equal(["201", "202"], row.EarlierAgents);
    }

    [Fact]
    public async Task Nothing_is_completed_or_cancelled_where_nobody_is_asked()
    {
        Assert.Equal("no_transfer_in_progress", (await CompleteAsync()).Code);
        Assert.Equal("no_transfer_in_progress", (await CancelAsync()).Code);
        await _bench.WhatsApp.HangUpAsync(_call);
        await _bench.Calls.EndsAsync(_call, HangupCause.WhatsAppHungUp);
    }

    /// <summary>A call that agent 201 has.</summary>
    public async Task InitializeAsync()
    {
        _bench = await CentreBench.StartAsync(stores);
        await _bench.AddAsync(["201", "202"]);
        await _bench.RingAsync(RingStrategy.InOrder);
        _call = await _bench.PlaceAsync();
        _agent = await _bench.RungAsync("201");
        await _agent.AnswerAsync();
        await _bench.Calls.LiveAsync(_call);
        await WhatsAppSide.HearsAsync(_call, Pbx.Hertz);
        await _agent.HearsAsync(WhatsAppSide.Hertz);
        _bench.Pbx.NextHertz = TargetHertz;
    }

    public Task DisposeAsync() => _bench.DisposeAsync().AsTask();

    /// <summary>The target's phone, which rings.</summary>
    private async Task<PbxCall> AskAsync()
    {
        Assert.Equal(CommandReply.Done, await TransferAsync(new TransferTarget.ToAgent(_bench.Id("202")), TransferMode.Consult));
        return await _bench.RungAsync("202");
    }

    /// <summary>The target's phone, which has answered.</summary>
    private async Task<PbxCall> AskedAsync()
    {
        var target = await AskAsync();
        await target.AnswerAsync();
        await _agent.HearsAsync(TargetHertz);
        return target;
    }

    private async Task IsWithAgentAsync()
    {
        Assert.Equal(ConsultationState.None, await ShownAsync(ConsultationState.None)); // or the agent would hang up while it asks
        await WhatsAppSide.HearsAsync(_call, Pbx.Hertz);
        await _agent.HearsAsync(WhatsAppSide.Hertz);
        await _bench.BecomesAsync("202", AgentState.Available);
        await _bench.BecomesAsync("201", AgentState.Busy);
        await _agent.HangUpAsync();
        await _bench.Calls.EndsAsync(_call, HangupCause.PbxHungUp);
        var row = await _bench.RowAsync(_call);
        Assert.Equal((_bench.Id("201").Value, "201"), (row.AgentId, row.Agent));
        Assert.Empty(row.EarlierAgents);
        await _bench.BecomesAsync("201", AgentState.Available);
    }

    private async Task IsWithTargetAsync(PbxCall target)
    {
        await WhatsAppSide.HearsAsync(_call, TargetHertz);
        await target.HearsAsync(WhatsAppSide.Hertz);
        await _bench.BecomesAsync("201", AgentState.Available);
        await _bench.BecomesAsync("202", AgentState.Busy);
        await _bench.WhatsApp.HangUpAsync(_call);
        await target.EndedAsync();
        await _bench.Calls.EndsAsync(_call, HangupCause.WhatsAppHungUp);
        var row = await _bench.RowAsync(_call);
        Assert.Equal((_bench.Id("202").Value, "202"), (row.AgentId, row.Agent));
        Assert.Equal(["201"], row.EarlierAgents);
        Assert.Equal(["pre_accept 200", "accept 200"], WhatsAppSide.Actions(_call));
        await _bench.BecomesAsync("202", AgentState.Available);
    }

    private Task HearsMusicAsync() => Eventually.SeeAsync(
        () => _call.Handset.ReportAsync(CancellationToken.None),
        report => report is { LevelDb: > -40 }
            && new[] { Pbx.Hertz, TargetHertz }.All(voice => Math.Abs((report.ToneHertz ?? 0) - voice) > 8),
        "the user hears music");

    private async Task<ConsultationState> ShownAsync(ConsultationState state) => (await Eventually.SeeAsync(
        _bench.Gateway.LiveAsync, live => live is [{ } one] && one.Consultation == state, $"the consultation is shown as {state}"))[0]
        .Consultation;

    private async Task<CommandReply> TransferAsync(TransferTarget to, TransferMode mode) => await _bench.Commands.TransferAsync(
        new NodeCommand.Transfer(await _bench.CallAsync(), to) { Mode = mode }, CancellationToken.None);

    private async Task<CommandReply> CompleteAsync() =>
        await _bench.Commands.CompleteTransferAsync(await _bench.CallAsync(), CancellationToken.None);

    private async Task<CommandReply> CancelAsync() =>
        await _bench.Commands.CancelTransferAsync(await _bench.CallAsync(), CancellationToken.None);
}
