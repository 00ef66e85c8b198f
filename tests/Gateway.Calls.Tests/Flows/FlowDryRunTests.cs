using Gateway.Calls.Agents;
using Gateway.Calls.Flows;

namespace Gateway.Calls.Tests.Flows;

public sealed class FlowDryRunTests
{
    private static readonly GroupId Sales = new("sales");
    private static readonly AgentId Anna = new("anna"), Bert = new("bert");

    private static readonly Agent[] Agents =
    [
        new(Anna, "Anna", [new(Sales, Skill: 10, Order: 2)], []), new(Bert, "Bert", [new(Sales, Skill: 90, Order: 1)], []),
    ];

    private static readonly DryRunCall Call = new(null, [], [], null, 0, IsAnswered: true);

    [Theory]
    [InlineData(RingStrategy.LongestIdle, "anna")]
    [InlineData(RingStrategy.InOrder, "bert")]
    [InlineData(RingStrategy.MostSkilled, "bert")]
    public void Of_available_agents_the_strategy_chooses(RingStrategy strategy, string expected)
    {
        var flow = Of(new FlowStep.Ring(new AgentChoice(Sales, null, strategy)));
        var run = FlowDryRun.Run(flow, Call with { Available = [Anna, Bert] }, Agents);
        Assert.Equal((DryRunEnd.Answered, expected), (run.End, run.Agent?.Value));
    }

    [Fact]
    public void A_queue_is_left_where_nobody_is_signed_in_by_a_key_or_after_the_longest_wait()
    {
        var queue = new FlowStep.Queue(Sales, "late") { CallbackKey = '1', OnCallback = "called-back", LeaveWhenNobodyIsSignedIn = false };
        var flow = Of(queue, ("late", new FlowStep.Refuse()), ("called-back", new FlowStep.Refuse()));
        Assert.Equal("late", Last(flow, Call));
        Assert.Equal("called-back", Last(flow, Call with { Keys = ["1"] }));
        Assert.Equal("late", Last(flow, Call with { Available = [Anna], IsAnswered = false }));
        Assert.Equal(Anna, FlowDryRun.Run(flow, Call with { Available = [Anna] }, Agents).Agent);
        var left = FlowDryRun.Run(
            flow with { Steps = new Dictionary<string, FlowStep>(flow.Steps) { ["a"] = queue with { LeaveWhenNobodyIsSignedIn = true } } },
            Call with { Keys = ["1"] }, Agents);
        Assert.Equal("Nobody of group 'sales' is signed in.", left.Steps[0].Why);
    }

    [Theory]
    [InlineData("anna", 30, true, DryRunEnd.Answered)]
    [InlineData("anna", 31, true, DryRunEnd.HandedToPbx)]
    [InlineData("bert", 1, true, DryRunEnd.HandedToPbx)]
    [InlineData(null, 0, true, DryRunEnd.HandedToPbx)]
    [InlineData("anna", 1, false, DryRunEnd.HungUp)]
    public void The_last_agent_is_rung_where_there_is_one_who_is_available(string? last, int days, bool isAnswered, DryRunEnd end)
    {
        var flow = Of(new FlowStep.LastAgent(20, "pbx"), ("pbx", new FlowStep.Pbx([new("b", Rank: 2), new("a", "100", Rank: 1)])));
        var call = Call with
        {
            Available = [Anna], LastAgent = last is null ? null : new AgentId(last), DaysSince = days, IsAnswered = isAnswered,
        };
        var run = FlowDryRun.Run(flow, call, Agents);
        Assert.Equal(end, run.End);
        if (end == DryRunEnd.HandedToPbx)
            Assert.Equal("Is handed to '100' at trunk 'a'.", run.Steps[^1].Why);
    }

    [Theory]
    [InlineData("place-3", true)]
    [InlineData("place-", false)]
    [InlineData("place-x", false)]
    [InlineData("wait-10-min", true)]
    [InlineData("wait-10", false)]
    [InlineData("music", true)]
    [InlineData("other", false)]
    public void An_audio_file_is_named_by_name_or_by_pattern(string audio, bool isNamed)
    {
        var queue = new FlowStep.Queue(Sales) { Music = "music", PlaceAudio = "place-{n}", WaitAudio = "wait-{minutes}-min" };
        Assert.Equal(isNamed, FlowNames.NamesAudio(Of(queue), audio));
        Assert.Equal(("place-3", "wait-10-min"), (FlowNames.OfPlace(queue.PlaceAudio, 3), FlowNames.OfMinutes(queue.WaitAudio, 10)));
    }

    private static Flow Of(FlowStep first, params (string Name, FlowStep Step)[] others) => new(
        new FlowId("f"), "F", "a", others.Append(("a", first)).ToDictionary(one => one.Item1, one => one.Item2));

    private static string Last(Flow flow, DryRunCall call) => FlowDryRun.Run(flow, call, Agents).Steps[^1].Step;
}
