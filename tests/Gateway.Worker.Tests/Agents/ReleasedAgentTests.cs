using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Lifecycle;
using Gateway.Worker.Agents;
using Gateway.Worker.Calls;
using Gateway.Worker.Legs;
using Gateway.Worker.Tests.Calls.Bench;
using Microsoft.Extensions.Logging.Abstractions;
using Testing;

namespace Gateway.Worker.Tests.Agents;

/// <summary>When the agent of a call that is over may be rung again.</summary>
public sealed class ReleasedAgentTests : IDisposable
{
    private static readonly AgentId Ada = new("ada");
    private static readonly CallIdentity Call = new(new("c1"), CallDirection.Inbound, new("100"), new("15550001"), "n1");

    private readonly SteppedTime _time = new();
    private readonly TaskCompletionSource _ended = new();
    private readonly ResilientAgentRegistry _registry;
    private readonly CallAgents _agents;

    public ReleasedAgentTests()
    {
        _registry = new ResilientAgentRegistry(
            new AgentsWay(new SharedAgents(_time)), "n1", TimeSpan.FromSeconds(30), _time, NullLogger.Instance);
        _agents = new CallAgents(
            Call, new AgentServices(_registry, null!, null!, null!, null!, null!, null!, _time), new NoInbox(), _ => _ended.Task,
            failure => Assert.Fail($"{failure}"));
    }

    public void Dispose() => _registry.Dispose();

    [Fact]
    public async Task Nobody_is_free_before_the_call_is_over_at_the_phone()
    {
        await BeginReleaseAsync();
        Assert.Equal(AgentState.Busy, await StateAsync());
        _ended.SetResult();
        await _agents.Idle;
        Assert.Equal(AgentState.Available, await StateAsync());
    }

    /// <summary>Neither the end of the call nor what else it asks of agents waits for a phone that has lost its power.</summary>
    [Fact]
    public async Task A_phone_that_says_nothing_keeps_its_agent_busy_and_nobody_else()
    {
        await BeginReleaseAsync();
        await _agents.Idle;
        Assert.Equal(AgentState.Busy, await StateAsync());
        _ended.SetResult();
        await Eventually.SeeAsync(StateAsync, state => state == AgentState.Available, "the agent is free");
    }

    [Fact]
    public async Task Who_talks_in_a_call_that_another_node_has_stays_busy()
    {
        await BeginReleaseAsync();
        _agents.LetGo();
        _ended.SetResult();
        await _agents.Idle;
        Assert.Equal(AgentState.Busy, await StateAsync());
    }

    private async Task BeginReleaseAsync()
    {
        await _registry.DefineAsync(new Agent(Ada, "", [], []), default);
        await _registry.SetPresenceAsync(Ada, AgentPresence.Available, null, default);
        var taken = await _registry.TakeBusyAsync(Ada, Call.Id, "n1", default);
        Assert.True(_agents.TryPerform(new CallDecision.ReleaseAgent(taken!.Value)));
    }

    private async Task<AgentState> StateAsync() => (await _registry.FindAsync(Ada, default))!.State;

    private sealed class NoInbox : ICallInbox
    {
        public bool Post(CallInput input) => true;
    }
}
