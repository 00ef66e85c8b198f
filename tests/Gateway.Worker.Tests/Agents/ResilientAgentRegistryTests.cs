using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Worker.Agents;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Testing;

namespace Gateway.Worker.Tests.Agents;

/// <summary>Two nodes that share a registry which is slow, away or emptied: what each row of the table in the README says.</summary>
public sealed class ResilientAgentRegistryTests : IDisposable
{
    private static readonly GroupId Sales = new("sales");
    private static readonly AgentId Ada = new("ada"), Bob = new("bob");
    private static readonly CallId Call = new("c1"), Other = new("c2");

    private readonly SteppedTime _time = new();
    private readonly SharedAgents _redis;
    private readonly AgentsWay _way;
    private readonly AgentsWay _secondWay;
    private readonly ResilientAgentRegistry _node;
    private readonly ResilientAgentRegistry _second;
    private readonly List<HeldAgent> _lost = [];
    private readonly KeptLogs _logs = new();

    public ResilientAgentRegistryTests()
    {
        _redis = new SharedAgents(_time);
        (_way, _secondWay) = (new AgentsWay(_redis), new AgentsWay(_redis));
        _node = new ResilientAgentRegistry(_way, "n1", TimeSpan.FromMilliseconds(50), _time, _logs, new WitnessOf("n2", _secondWay))
        {
            OnLost = _lost.Add,
        };
        _second = new ResilientAgentRegistry(_secondWay, "n2", TimeSpan.FromSeconds(30), _time, NullLogger.Instance);
    }

    public void Dispose()
    {
        _node.Dispose();
        _second.Dispose();
    }

    [Fact]
    public async Task While_Redis_is_away_only_those_are_taken_who_are_free_here_and_were_free_elsewhere()
    {
        await StartAsync();
        var elsewhere = Assert.Single((await TakeAsync(_second, Other)).Agents);
        await ListenAsync(_node);
        _way.IsCut = true;

        Assert.NotEqual(elsewhere.Agent, Assert.Single((await TakeAsync(_node, Call)).Agents).Agent);
        Assert.Empty((await TakeAsync(_node, new CallId("c3"))).Agents);
        Assert.True(_node.IsUnavailable);
    }

    [Fact]
    public async Task It_says_once_that_Redis_does_not_answer_and_once_that_it_does_again()
    {
        await StartAsync();
        _way.IsCut = true;
        await TakeAsync(_node, Call);
        await TakeAsync(_node, Other);
        _way.IsCut = false;
        await _node.RenewAsync(default);
        await _node.RenewAsync(default);

        Assert.Equal(
            [
                (LogLevel.Warning, "Agents are chosen from memory: Redis did not answer take in 00:00:00.0500000"),
                (LogLevel.Information, "Agents are chosen in Redis again"),
            ],
            _logs.Lines);
    }

    /// <summary>The other may take any agent, of which this one hears nothing.</summary>
    [Fact]
    public async Task A_node_that_is_cut_off_alone_takes_nobody()
    {
        await StartAsync();
        await _second.RenewAsync(default);
        await _node.RenewAsync(default); // now it knows of the other
        _way.IsCut = true;
        Assert.Equal(2, (await TakeAsync(_second, Other, 2)).Agents.Count);
        var result = await TakeAsync(_node, Call, 2);
        Assert.Empty(result.Agents);
        Assert.Equal(2, result.SignedIn); // to wait is not in vain
    }

    /// <summary>It starts while Redis is away, and sees the other only when that has found it again.</summary>
    [Fact]
    public async Task A_node_knows_of_another_as_soon_as_that_is_back_after_an_outage()
    {
        (_way.IsCut, _secondWay.IsCut) = (true, true);
        await StartAsync();
        await _node.RenewAsync(default);
        (_way.IsCut, _secondWay.IsCut) = (false, false);
        await _node.RenewAsync(default); // alone still, and apart from now on
        await _second.RenewAsync(default);
        await _node.RenewAsync(default);
        _way.IsCut = true;
        Assert.Empty((await TakeAsync(_node, Call, 2)).Agents); // as the other has Redis
    }

    [Fact]
    public async Task Nodes_without_Redis_take_different_agents_until_all_have_restored_theirs()
    {
        const int count = 30;
        await StartAsync();
        for (var i = 0; i < count - 2; i++)
        {
            var agent = new Agent(new AgentId("a" + i), "", [new AgentMembership(Sales)], []);
            await _node.DefineAsync(agent, default);
            await _second.DefineAsync(agent, default);
            await _node.SetPresenceAsync(agent.Id, AgentPresence.Available, null, default);
        }
        await ListenAsync(_second);
        await _node.RenewAsync(default); // now each knows of the other
        (_way.IsCut, _secondWay.IsCut) = (true, true);

        var first = (await TakeAsync(_node, Call, count - 20)).Agents.Select(taken => taken.Agent).ToArray();
        var second = (await TakeAsync(_second, Other, count)).Agents.Select(taken => taken.Agent).ToArray();
        Assert.InRange(second.Length, count / 4, count * 3 / 4);
        Assert.Empty(first.Intersect(second));

        _way.IsCut = false; // the other node's calls are not in Redis yet
        await _node.RenewAsync(default);
        Assert.False(_node.IsUnavailable);
        var rest = (await TakeAsync(_node, Call, count)).Agents.Select(taken => taken.Agent).ToArray();
        Assert.Equal(count, first.Length + second.Length + rest.Length);
        Assert.Empty(rest.Intersect([.. first, .. second]));

        for (var i = 0; i < 5; i++)
        {
            _time.Pass(AgentLeases.Renewal);
            await _node.RenewAsync(default);
        }
        Assert.Empty((await TakeAsync(_node, Call, count)).Agents); // the other is cut off still

        _secondWay.IsCut = false;
        await _second.RenewAsync(default);
        Assert.Empty(_lost);
        await _second.EndAsync(Other, default);
        _time.Pass(AgentLeases.Renewal * 3);
        Assert.Equal(second.Length, (await TakeAsync(_node, Call, count)).Agents.Count);
    }

    [Fact]
    public async Task When_Redis_is_back_it_has_what_was_taken_given_back_and_chosen_meanwhile()
    {
        await StartAsync();
        var before = Assert.Single((await TakeAsync(_node, Call)).Agents);
        Assert.True(await _node.AnswerAsync(before.Agent, before.Token, default));
        _way.IsCut = true;
        var meanwhile = Assert.Single((await TakeAsync(_node, Other)).Agents);
        Assert.True(await _node.AnswerAsync(meanwhile.Agent, meanwhile.Token, default));
        Assert.True(await _node.ReleaseAsync(before.Agent, before.Token, TimeSpan.FromSeconds(30), default));
        Assert.True(await _node.SetPresenceAsync(meanwhile.Agent, AgentPresence.Away, "lunch", default));
        await _node.JoinAsync(new WaitingCall(Other, Sales, 5, _time.GetUtcNow(), "n1"), default);
        _time.Pass(TimeSpan.FromSeconds(20)); // what Redis had of this node has expired

        await _node.RenewAsync(default);
        Assert.True(_node.IsUnavailable);
        _way.IsCut = false;
        await _node.RenewAsync(default);
        Assert.False(_node.IsUnavailable);

        var (wrapping, talking) = (_redis.Find(before.Agent)!, _redis.Find(meanwhile.Agent)!);
        Assert.Equal((AgentState.WrapUp, _time.GetUtcNow().AddSeconds(10)), (wrapping.State, wrapping.WrapUpUntil));
        Assert.Equal((AgentState.Busy, Other), (talking.State, talking.Call));
        Assert.Equal((AgentPresence.Away, "lunch"), (talking.Presence, talking.Reason));
        Assert.Equal(Other, Assert.Single(await _second.WaitingAsync(Sales, default)).Call);
        Assert.Empty(_lost);
    }

    [Fact]
    public async Task An_agent_whom_a_late_answer_takes_is_given_back()
    {
        await StartAsync();
        await _node.SetPresenceAsync(Bob, AgentPresence.Offline, null, default);
        _way.BecomeSlow();
        var taken = Assert.Single((await TakeAsync(_node, Call)).Agents); // by what this node knows
        await _node.ReleaseAsync(taken.Agent, taken.Token, TimeSpan.Zero, default);
        Assert.Equal(AgentState.Ringing, _redis.Find(Ada)!.State);

        _way.BecomeFast();
        while (_redis.Find(Ada)!.State != AgentState.Available)
            await _redis.Changes.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        await _node.RenewAsync(default);
        Assert.Equal((false, AgentState.Available), (_node.IsUnavailable, _redis.Find(Ada)!.State));
    }

    [Fact]
    public async Task An_emptied_Redis_is_given_all_agents_as_they_were_and_nobody_who_talks_is_given_away()
    {
        await StartAsync();
        var talking = Assert.Single((await TakeAsync(_second, Other)).Agents);
        await _second.AnswerAsync(talking.Agent, talking.Token, default);
        await ListenAsync(_node);
        _redis.Empty();

        await _node.RenewAsync(default); // the node that has the agent comes later
        Assert.Equal(2, _redis.Do((pool, now) => pool.List(now)).Count);
        Assert.Equal(AgentState.Busy, _redis.Find(talking.Agent)!.State);
        Assert.DoesNotContain(talking.Agent, (await TakeAsync(_node, Call, 2)).Agents.Select(taken => taken.Agent));
        await _second.RenewAsync(default);
        _time.Pass(AgentLeases.Length - AgentLeases.Renewal);
        await _second.RenewAsync(default);
        _time.Pass(AgentLeases.Renewal);
        Assert.Equal((AgentState.Busy, talking.Token), (_redis.Find(talking.Agent)!.State, _redis.Find(talking.Agent)!.Token));
        Assert.True(await _second.ReleaseAsync(talking.Agent, talking.Token, TimeSpan.Zero, default));
    }

    /// <summary>One that has just started, and comes first.</summary>
    [Fact]
    public async Task A_node_that_knows_more_corrects_what_another_has_restored()
    {
        await StartAsync();
        var talking = Assert.Single((await TakeAsync(_second, Other)).Agents);
        await _second.AnswerAsync(talking.Agent, talking.Token, default);
        await ListenAsync(_node);
        _redis.Empty();
        foreach (var (agent, _) in _node.Known)
            _redis.Do((pool, now) =>
            {
                pool.Define(agent, now);
                return pool.SetPresence(agent.Id, AgentPresence.Available, null, now);
            });
        Assert.Equal(AgentState.Available, _redis.Find(talking.Agent)!.State);
        await _node.RenewAsync(default);
        Assert.Equal((AgentState.Busy, Other), (_redis.Find(talking.Agent)!.State, _redis.Find(talking.Agent)!.Call));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_two_calls_the_later_keeps_the_agent_and_the_earlier_is_ended_only_while_it_rings(bool isBusy)
    {
        await StartAsync();
        _way.IsCut = true;
        var earlier = Assert.Single((await TakeAsync(_node, Call)).Agents);
        if (isBusy)
            await _node.AnswerAsync(earlier.Agent, earlier.Token, default);
        _time.Pass(TimeSpan.FromMilliseconds(300));
        var later = (await _second.TakeBusyAsync(earlier.Agent, Other, "n2", default))!.Value;
        _way.IsCut = false;
        await _node.RenewAsync(default);

        Assert.True(later.Token > earlier.Token);
        Assert.Equal((Other, later.Token), (_redis.Find(later.Agent)!.Call, _redis.Find(later.Agent)!.Token));
        Assert.Equal(isBusy ? [] : [new HeldAgent(earlier, Call, IsBusy: false)], _lost);
        await _second.ReleaseAsync(later.Agent, later.Token, TimeSpan.Zero, default);
        await _node.RenewAsync(default);
        Assert.Equal(isBusy ? AgentState.Busy : AgentState.Available, _redis.Find(later.Agent)!.State); // the phone is in use
    }

    /// <summary>Redis stood still: this node noticed and went by memory, the other's question was answered when Redis went on.</summary>
    [Fact]
    public async Task Who_talks_is_taken_from_a_later_call_that_rings_and_that_phone_rings_no_more()
    {
        await StartAsync();
        var lost = new TaskCompletionSource<HeldAgent>();
        _second.OnLost = lost.SetResult;
        using var stop = new CancellationTokenSource();
        var listening = _second.ListenAsync(stop.Token);
        _way.IsCut = true;
        var talking = Assert.Single((await TakeAsync(_node, Call)).Agents);
        Assert.True(await _node.AnswerAsync(talking.Agent, talking.Token, default));
        _time.Pass(TimeSpan.FromMilliseconds(300));
        var ringing = (await TakeAsync(_second, Other, 2)).Agents.Single(taken => taken.Agent == talking.Agent);
        Assert.True(ringing.Token > talking.Token);

        _way.IsCut = false;
        await _node.RenewAsync(default);
        Assert.Equal((AgentState.Busy, Call), (_redis.Find(talking.Agent)!.State, _redis.Find(talking.Agent)!.Call));
        Assert.Equal(new HeldAgent(ringing, Other, IsBusy: false), await lost.Task.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.False(await _second.AnswerAsync(ringing.Agent, ringing.Token, default));
        await _second.RenewAsync(default);
        Assert.Equal(Call, _redis.Find(talking.Agent)!.Call);
        Assert.Empty(_lost);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => listening);
    }

    [Fact]
    public async Task A_wrap_up_that_ends_while_Redis_is_away_wakes_calls_that_wait()
    {
        await StartAsync();
        _way.IsCut = true;
        var taken = Assert.Single((await TakeAsync(_node, Call)).Agents);
        await _node.ReleaseAsync(taken.Agent, taken.Token, TimeSpan.FromSeconds(5), default);
        await using var changes = _node.ChangesAsync(default).GetAsyncEnumerator();
        Assert.True(await changes.MoveNextAsync());
        _time.Pass(TimeSpan.FromSeconds(5));
        await _node.RenewAsync(default);
        Assert.True(await changes.MoveNextAsync());
        Assert.Equal(AgentState.Available, Assert.IsType<AgentsChange.OfAgent>(changes.Current).Status.State);
        Assert.True(await changes.MoveNextAsync());
        Assert.Equal(new AgentsChange.OfGroup(Sales), changes.Current);
    }

    [Fact]
    public async Task A_call_that_is_over_leaves_nothing_held()
    {
        await StartAsync();
        await TakeAsync(_node, Call);
        await _node.JoinAsync(new WaitingCall(Call, Sales, 5, _time.GetUtcNow(), "n1"), default);
        await _node.EndAsync(Call, default);
        await _node.RenewAsync(default);
        Assert.All(await _node.ListAsync(default), status => Assert.Equal(AgentState.Available, status.State));
        Assert.Empty(await _node.WaitingAsync(Sales, default));
    }

    /// <summary>Both nodes know both agents, who are available.</summary>
    [Fact]
    public async Task A_node_that_starts_beside_an_emptied_Redis_waits_until_the_others_have_restored()
    {
        await StartAsync();
        var elsewhere = Assert.Single((await TakeAsync(_second, Other)).Agents);
        _redis.Empty();
        _redis.Nodes.Clear();
        using var fresh = new ResilientAgentRegistry(
            new AgentsWay(_redis), "n3", TimeSpan.FromSeconds(30), _time, NullLogger.Instance, new WitnessOf("n2", _secondWay));
        foreach (var id in new[] { Ada, Bob })
        {
            await fresh.DefineAsync(new Agent(id, "", [new AgentMembership(Sales)], []), default);
            await fresh.SetPresenceAsync(id, AgentPresence.Available, null, default);
        }
        await fresh.RenewAsync(default);
        Assert.True(fresh.IsMeeting);
        var taking = TakeAsync(fresh, Call);
        Assert.False(taking.IsCompleted);

        await _second.RenewAsync(default);
        _time.Pass(TimeSpan.FromSeconds(10)); // they are apart no more, either
        await fresh.RenewAsync(default);

        Assert.NotEqual(elsewhere.Agent, Assert.Single((await taking).Agents).Agent);
    }

    [Fact]
    public async Task A_node_that_starts_beside_an_emptied_Redis_does_not_wait_long_for_one_that_does_not_come()
    {
        await StartAsync();
        _redis.Empty();
        _redis.Nodes.Clear();
        using var fresh = new ResilientAgentRegistry(
            new AgentsWay(_redis), "n3", TimeSpan.FromSeconds(30), _time, NullLogger.Instance, new WitnessOf("n2", _secondWay));
        await fresh.RenewAsync(default);
        Assert.True(fresh.IsMeeting);
        _time.Pass(TimeSpan.FromSeconds(4));
        await fresh.RenewAsync(default);
        Assert.False(fresh.IsMeeting);
    }

    private async Task StartAsync()
    {
        foreach (var id in new[] { Ada, Bob })
        {
            var agent = new Agent(id, "", [new AgentMembership(Sales)], []);
            await _node.DefineAsync(agent, default);
            await _second.DefineAsync(agent, default);
            await _node.SetPresenceAsync(id, AgentPresence.Available, null, default);
        }
        await _node.RenewAsync(default);
        await _second.RenewAsync(default);
        await ListenAsync(_node);
        await ListenAsync(_second);
    }

    /// <summary>Until the node has read all that there is.</summary>
    private static async Task ListenAsync(ResilientAgentRegistry node)
    {
        using var stop = new CancellationTokenSource();
        await using var changes = node.ChangesAsync(stop.Token).GetAsyncEnumerator();
        Assert.True(await changes.MoveNextAsync());
        var listening = node.ListenAsync(stop.Token);
        Assert.True(await changes.MoveNextAsync()); // after it has read the list
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => listening);
    }

    private static Task<TakeResult> TakeAsync(ResilientAgentRegistry node, CallId call, int count = 1) =>
        node.TakeAsync(new TakeRequest(call, "n", Sales, [], AgentOrder.LongestIdle, count, []), default);

    /// <summary>Redis is away for another node while that one's way is cut.</summary>
    private sealed class WitnessOf(string other, AgentsWay way) : IRedisWitness
    {
        public Task<bool> IsAwayForAllAsync(IReadOnlyCollection<string> others) => Task.FromResult(!others.Contains(other) || way.IsCut);

        public Task LookAsync(IReadOnlyCollection<string> others) => Task.CompletedTask;

        public Task<bool> IsAwayForAnyAsync(IReadOnlyCollection<string> others) => Task.FromResult(others.Contains(other) && way.IsCut);

        public Task<IReadOnlyList<string>> LivingAsync() => Task.FromResult<IReadOnlyList<string>>([other]);
    }
}
