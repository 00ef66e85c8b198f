using System.Text.Json;
using Gateway.Calls.Flows;

namespace Gateway.Calls.Tests.Flows;

public sealed class FlowStepJsonTests
{
    /// <summary>What is derived from members would come back from an editor as a member of its own.</summary>
    [Fact]
    public void A_step_is_written_without_the_list_of_its_followers()
    {
        FlowStep[] steps =
        [
            new FlowStep.Ring(new AgentChoice(new GroupId("g")), Next: "a"),
            new FlowStep.Queue(new GroupId("g"), "a"),
            new FlowStep.Announce("hello", "a"),
            new FlowStep.Menu("hello", new Dictionary<string, string> { ["1"] = "a" }),
            new FlowStep.Pbx([new PbxTarget("pbx")], "a"),
            new FlowStep.LastAgent(Next: "a"),
            new FlowStep.Voicemail(Next: "a"),
            new FlowStep.Refuse(),
        ];
        var json = JsonSerializer.Serialize(steps, JsonSerializerOptions.Web);
        Assert.DoesNotContain("follow", json, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(7, steps.Count(step => step.Followers.SequenceEqual(["a"])));
    }
}
