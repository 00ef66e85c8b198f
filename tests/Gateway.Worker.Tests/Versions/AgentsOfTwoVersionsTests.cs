using Gateway.Calls;
using Gateway.Sip.Dialogs;
using Gateway.Worker.Tests.Calls.Bench;
using CallState = Sandbox.Calls.CallState;

namespace Gateway.Worker.Tests.Versions;

/// <summary>Two adjacent versions share agents and queues.</summary>
[Trait("Category", "Nightly")]
public sealed class AgentsOfTwoVersionsTests(TwoVersionsBench bench) : IClassFixture<TwoVersionsBench>
{
    [Fact]
    public async Task An_agent_whom_a_call_of_one_has_serves_the_next_call_of_the_other_after_it()
    {
        await bench.QueueAsync("201");
        foreach (var owner in new[] { 0, 1 })
        {
            var (node, other) = (bench.Nodes[owner], bench.Nodes[1 - owner]);
            bench.Relay.Pick = _ => [node.WebhookUrl];
            var call = await bench.WhatsApp.PlaceAsync();
            var agent = await bench.Pbx.NextAsync();
            await agent.AnswerAsync();
            await WhatsAppSide.UntilAsync(call, CallState.Active);
            bench.Relay.Pick = _ => [other.WebhookUrl];
            var next = await bench.WhatsApp.PlaceAsync();
            await WhatsAppSide.UntilAsync(next, CallState.Active); // by the gateway alone: it waits
            Assert.False(bench.Pbx.HasUnexpectedCall, "the agent has a call");

            await bench.WhatsApp.HangUpAsync(call);
            Assert.Equal(SipCallEnd.Remote, (await agent.EndedAsync()).By);
            var again = await bench.Pbx.NextAsync();
            Assert.Equal("201", again.Sip.Info.TargetUser);
            await again.AnswerAsync();
            await bench.LiveAsync(next);
            await bench.WhatsApp.HangUpAsync(next);
            await again.EndedAsync();
            await bench.RecordedAsync(call, node, HangupCause.WhatsAppHungUp);
            await bench.RecordedAsync(next, other, HangupCause.WhatsAppHungUp);
        }
    }
}
