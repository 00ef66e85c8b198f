using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Messages;
using Gateway.Worker.Tests.Calls.Bench;

namespace Gateway.Worker.Tests.Legs;

/// <summary>The phones of one call: several may ring, one is in the conversation, and another may take its place.</summary>
public sealed class SipLegsTests
{
    [Fact]
    public async Task Of_two_phones_that_ring_the_first_to_answer_gets_the_call_and_the_other_is_cancelled()
    {
        await using var bench = await LegsBench.StartAsync();
        var ann = await bench.RingAsync("ann");
        var ben = await bench.RingAsync("ben");

        await ben.AnswerAsync(talks: false);

        Assert.Equal("ben", Assert.IsType<CallInput.PbxAnswered>(await bench.NextAsync()).Agent);
        Assert.Equal(SipReason.Sip(200, "Call completed elsewhere"), (await ann.EndedAsync()).Reason);
        await bench.HasNoMoreAsync();
        await bench.Operations.Add(() => bench.Phones.HangUpAsync(HangupCause.WhatsAppHungUp));
        Assert.Equal(SipCallEnd.Remote, (await ben.EndedAsync()).By);
    }

    /// <summary>Both 200s are on their way before the first is read: one BYE, and one agent.</summary>
    [Fact]
    public async Task Of_two_phones_that_answer_together_one_gets_the_call_and_the_other_is_hung_up()
    {
        await using var bench = await LegsBench.StartAsync();
        var ann = await bench.RingAsync("ann");
        var ben = await bench.RingAsync("ben");
        var busy = new TaskCompletionSource();
        _ = bench.Operations.Add(() => busy.Task);

        await Task.WhenAll(ann.AnswerAsync(talks: false), ben.AnswerAsync(talks: false));
        await Task.WhenAll(ann.NextAsync<SipCallEvent.Acknowledged>(), ben.NextAsync<SipCallEvent.Acknowledged>());
        busy.SetResult();

        var winner = Assert.IsType<CallInput.PbxAnswered>(await bench.NextAsync()).Agent;
        await (winner == "ann" ? ben : ann).EndedAsync();
        await bench.HasNoMoreAsync();
        await (winner == "ann" ? ann : ben).HangUpAsync();
        Assert.IsType<CallInput.PbxEnded>(await bench.NextAsync());
    }

    /// <summary>The ringing ends just when the phone answers: the call does not know it, and rings the next.</summary>
    [Fact]
    public async Task A_phone_whose_answer_the_call_has_yet_to_hear_of_is_hung_up_and_another_can_answer()
    {
        await using var bench = await LegsBench.StartAsync();
        var ann = await bench.RingAsync("ann");
        await ann.AnswerAsync(talks: false);
        Assert.Equal("ann", Assert.IsType<CallInput.PbxAnswered>(await bench.NextAsync()).Agent);
        await bench.Operations.Add(() => bench.Phones.CancelAsync(0, isElsewhere: false));
        Assert.Equal(SipCallEnd.Remote, (await ann.EndedAsync()).By);

        var ben = await bench.RingAsync("ben");
        await ben.AnswerAsync(talks: false);
        Assert.Equal("ben", Assert.IsType<CallInput.PbxAnswered>(await bench.NextAsync()).Agent);
        await bench.HasNoMoreAsync();
    }

    /// <summary>A process that stood still cancels when it wakes, and the phone has answered meanwhile.</summary>
    [Fact]
    public async Task An_agent_whose_phone_answers_as_it_is_cancelled_is_in_the_call_until_the_phone_has_the_bye()
    {
        await using var bench = await LegsBench.StartAsync();
        var (ann, ben) = (await bench.RingAsync("ann", new AgentId("ann")), await bench.RingAsync("ben", new AgentId("ben")));
        bench.Sending.IsOpen = false;
        await bench.Operations.Add(() => bench.Phones.HangUpAsync(HangupCause.CallerGaveUp));
        await ann.AnswerAsync(talks: false);
        var ended = bench.Phones.Ends.OfAsync(new AgentId("ann"));
        Assert.False(ended.IsCompleted);
        bench.Sending.IsOpen = true;
        await ended.WaitAsync(Eventually.Timeout);
        Assert.True(ann.Sip.IsOver);
        await bench.Phones.Ends.OfAsync(new AgentId("ben")).WaitAsync(Eventually.Timeout);
        Assert.True(ben.Sip.IsOver);
    }

    [Fact]
    public async Task Nobody_waits_for_the_phones_of_others()
    {
        await using var bench = await LegsBench.StartAsync();
        await bench.RingAsync("ann", new AgentId("ann"));
        var ben = await bench.RingAsync("ben", new AgentId("ben"));
        bench.Sending.IsOpen = false;
        await bench.Operations.Add(() => bench.Phones.HangUpAsync(HangupCause.CallerGaveUp));
        await ben.RejectAsync(486);
        await bench.Phones.Ends.OfAsync(new AgentId("ben")).WaitAsync(Eventually.Timeout);
        Assert.False(bench.Phones.Ends.OfAsync(new AgentId("ann")).IsCompleted);
        bench.Sending.IsOpen = true;
    }

    [Fact]
    public async Task All_phones_that_ring_are_left_for_others_to_end()
    {
        await using var bench = await LegsBench.StartAsync();
        await bench.RingAsync("ann");
        var ben = await bench.RingAsync("ben");
        Assert.Equal(2, (await SnapshotAsync(bench)).Length);
        await ben.RejectAsync(486);
        await ben.EndedAsync();
        await Eventually.SeeAsync(() => SnapshotAsync(bench), left => left.Length == 1, "one is left", left => $"{left.Length}");
    }

    /// <summary>Neither can go on with a phone that rings: not another process, which knows no INVITE of ours, and not this one.</summary>
    [Fact]
    public async Task Phones_that_ring_for_a_call_of_anothers_are_cancelled()
    {
        await using var bench = await LegsBench.StartAsync();
        var (ann, ben) = (await bench.RingAsync("ann"), await bench.RingAsync("ben"));
        await bench.Operations.Add(bench.Phones.AbandonAsync);
        await ann.EndedAsync();
        await ben.EndedAsync();
    }

    [Fact]
    public async Task A_phone_that_rings_for_a_transfer_of_anothers_call_is_cancelled_and_the_one_in_it_hears_nothing()
    {
        await using var bench = await LegsBench.StartAsync();
        var ann = await bench.RingAsync("ann");
        await ann.AnswerAsync(talks: false);
        Assert.IsType<CallInput.PbxAnswered>(await bench.NextAsync());
        var target = await bench.ReferAsync(ann, "ben");
        await target.RingAsync();
        await Eventually.SeeAsync(
            () => SnapshotAsync(bench), left => left.Any(one => one.CallId == target.Sip.Info.CallId), "it is left for others to end");
        await bench.Operations.Add(bench.Phones.AbandonAsync);
        await target.EndedAsync();
        Assert.False(ann.Sip.IsOver);
    }

    [Fact]
    public async Task Of_phones_that_ring_only_the_last_refusal_is_the_calls()
    {
        await using var bench = await LegsBench.StartAsync();
        var ann = await bench.RingAsync("ann");
        var ben = await bench.RingAsync("ben");

        await ann.RejectAsync(486);
        await ann.EndedAsync();
        await bench.HasNoMoreAsync();
        await ben.RejectAsync(480);

        Assert.Equal(480, Assert.IsType<CallInput.PbxRefused>(await bench.NextAsync()).Status);
        await bench.HasNoMoreAsync();
    }

    [Fact]
    public async Task The_end_of_the_call_reaches_each_phone_that_rings()
    {
        await using var bench = await LegsBench.StartAsync();
        var ann = await bench.RingAsync("ann");
        var ben = await bench.RingAsync("ben");

        await bench.Operations.Add(() => bench.Phones.HangUpAsync(HangupCause.CallerGaveUp));

        await ann.EndedAsync();
        await ben.EndedAsync();
        await bench.HasNoMoreAsync();
    }

    [Fact]
    public async Task A_phone_that_a_transfer_names_takes_the_call_and_the_first_is_hung_up()
    {
        await using var bench = await LegsBench.StartAsync();
        var ann = await AnsweredAsync(bench, "ann");

        var ben = await bench.ReferAsync(ann, "ben");
        await ben.AnswerAsync(talks: false);

        Assert.Equal("ben", Assert.IsType<CallInput.PbxIdentified>(await bench.NextAsync()).Agent);
        await ann.EndedAsync();
        await bench.HasNoMoreAsync();
        await ben.HangUpAsync();
        Assert.IsType<CallInput.PbxEnded>(await bench.NextAsync());
    }

    /// <summary>Many PBXs say BYE as soon as their REFER is accepted.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_PBX_that_hangs_its_first_phone_up_before_the_second_answers_ends_the_call_only_where_that_one_refuses(bool answers)
    {
        await using var bench = await LegsBench.StartAsync();
        var ann = await AnsweredAsync(bench, "ann");
        var ben = await bench.ReferAsync(ann, "ben");

        await ann.HangUpAsync();
        await ann.EndedAsync();
        await bench.HasNoMoreAsync();
        if (answers)
            await ben.AnswerAsync(talks: false);
        else
            await ben.RejectAsync(486);

        if (answers)
            Assert.IsType<CallInput.PbxIdentified>(await bench.NextAsync());
        else
            Assert.Equal(HangupCause.PbxHungUp, Assert.IsType<CallInput.PbxEnded>(await bench.NextAsync()).Cause);
        await bench.HasNoMoreAsync();
    }

    /// <summary>Both phones share the media of the leg, and the first still talks.</summary>
    [Fact]
    public async Task A_phone_that_a_transfer_rings_changes_no_media_before_it_answers_and_is_told_so_at_once()
    {
        await using var bench = await LegsBench.StartAsync();
        var ann = await AnsweredAsync(bench, "ann");
        var ben = await bench.ReferAsync(ann, "ben");
        await ben.Sip.ProvisionalAsync(183, ben.Phone.Sdp);
        var rings = await Eventually.SeeAsync(
            async () => (await SnapshotAsync(bench)).FirstOrDefault(one => one.CallId == ben.Sip.Info.CallId), ours => ours is not null,
            "the gateway knows that it rings");

        Assert.Equal(488, await bench.UpdateAsync(rings!, ben.Phone.Sdp.Replace("phone 1 1", "phone 1 2", StringComparison.Ordinal)));

        await ben.AnswerAsync(talks: false);
        Assert.Equal("ben", Assert.IsType<CallInput.PbxIdentified>(await bench.NextAsync()).Agent);
        await bench.HasNoMoreAsync();
    }

    [Fact]
    public async Task The_end_of_the_call_reaches_the_phone_that_a_transfer_rings()
    {
        await using var bench = await LegsBench.StartAsync();
        var ann = await AnsweredAsync(bench, "ann");
        var ben = await bench.ReferAsync(ann, "ben");

        await bench.Operations.Add(() => bench.Phones.HangUpAsync(HangupCause.WhatsAppHungUp));

        await ben.EndedAsync();
        await ann.EndedAsync();
        Assert.IsType<CallInput.PbxEnded>(await bench.NextAsync());
        await bench.HasNoMoreAsync();
    }

    [Fact]
    public async Task A_transfer_to_the_telephone_network_rings_nobody_and_the_call_stays_where_it_is()
    {
        await using var bench = await LegsBench.StartAsync();
        var ann = await AnsweredAsync(bench, "ann");
        Assert.Equal(202, await bench.ReferAsync(ann, $"sip:ben@{LegsBench.Pstn}", 0));

        // Once that is refused, another transfer is taken; until then it is answered 491.
        var number = 0;
        await Eventually.SeeAsync(
            () => bench.ReferAsync(ann, $"sip:carl@127.0.0.1:{bench.Pbx.Port}", ++number), status => status == 202, "the first is refused");
        var carl = await bench.Pbx.NextAsync();
        Assert.Equal("carl", carl.Sip.Info.TargetUser);
        await carl.AnswerAsync(talks: false);
        Assert.IsType<CallInput.PbxIdentified>(await bench.NextAsync());
        await bench.HasNoMoreAsync();
    }

    [Fact]
    public async Task While_the_agent_asks_somebody_its_phone_transfers_nothing()
    {
        await using var bench = await LegsBench.StartAsync();
        var ann = await AnsweredAsync(bench, "ann");
        await bench.Operations.Add(bench.Phones.BeginConsultationAsync);

        Assert.Equal(202, await bench.ReferAsync(ann, $"sip:ben@127.0.0.1:{bench.Pbx.Port}", 0));

        // Once that is refused, the SIP side takes another, which rings if nobody is asked any more when its turn comes.
        var (number, carl) = (0, $"sip:carl@127.0.0.1:{bench.Pbx.Port}");
        await Eventually.SeeAsync(() => bench.ReferAsync(ann, carl, ++number), status => status == 202, "the first is refused");
        await bench.HasNoMoreAsync();
        Assert.False(bench.Pbx.HasUnexpectedCall);
        await bench.Operations.Add(() => bench.Phones.IsConsulting = false);
        await Eventually.SeeAsync(
            async () => bench.Pbx.HasUnexpectedCall || await bench.ReferAsync(ann, carl, ++number) == 202, taken => taken, "one is taken");
        Assert.Equal("carl", (await bench.Pbx.NextAsync()).Sip.Info.TargetUser);
    }

    [Fact]
    public async Task An_agent_who_asks_somebody_ends_the_transfer_that_its_phone_has_asked_for()
    {
        await using var bench = await LegsBench.StartAsync();
        var ann = await AnsweredAsync(bench, "ann");
        var ben = await bench.ReferAsync(ann, "ben");

        await bench.Operations.Add(bench.Phones.BeginConsultationAsync);

        await ben.EndedAsync();
        await bench.HasNoMoreAsync();
        await ann.HangUpAsync();
        Assert.IsType<CallInput.PbxEnded>(await bench.NextAsync());
    }

    /// <summary>What others are left.</summary>
    private static async Task<SipDialogSnapshot[]> SnapshotAsync(LegsBench bench)
    {
        IEnumerable<SipDialogSnapshot> left = [];
        await bench.Operations.Add(async () => left = await bench.Phones.SnapshotAsync());
        return [.. left];
    }

    private static async Task<PbxCall> AnsweredAsync(LegsBench bench, string phone)
    {
        var call = await bench.RingAsync(phone);
        await call.AnswerAsync(talks: false);
        Assert.IsType<CallInput.PbxAnswered>(await bench.NextAsync());
        return call;
    }
}
