using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Storage.Agents;
using StackExchange.Redis;
using Testing;

namespace Gateway.Storage.Tests.Agents;

/// <summary>One step of a sequence: what is done, and the seed of everything that it is done with.</summary>
internal readonly record struct AgentStep(int Kind, int Seed);

/// <summary>The registry in Redis and the model of it, given the same operations at the same times.</summary>
internal sealed class AgentTwins : IAsyncDisposable
{
    private const string Node = "n1";

    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(6);

    private readonly VirtualTime _time = new();
    private readonly AgentPool _pool = new(Lease);
    private readonly RedisAgentRegistry _registry;
    private readonly IAsyncEnumerator<AgentsChange> _changes;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<HeldAgent> _held = []; // what calls were given, lost or released ones included
    private readonly HashSet<TakenAgent> _given = [];
    private readonly Dictionary<(CallId, GroupId), DateTimeOffset> _waiting = [];

    private AgentTwins(IConnectionMultiplexer redis)
    {
        _registry = new RedisAgentRegistry(redis, Lease, _time);
        _changes = _registry.ChangesAsync(_stop.Token).GetAsyncEnumerator();
    }

    public static async Task<AgentTwins> StartAsync(IConnectionMultiplexer redis)
    {
        var twins = new AgentTwins(redis);
        Assert.True(await twins._changes.MoveNextAsync());
        Assert.IsType<AgentsChange.Missed>(twins._changes.Current);
        for (var i = 0; i < 6; i++)
            await twins.RunAsync(new AgentStep(0, i));
        for (var i = 0; i < 6; i++)
            await twins.RunAsync(new AgentStep(70, i * 12));
        return twins;
    }

    public async Task RunAsync(AgentStep step)
    {
        var random = new Random(step.Seed);
        _time.Advance(TimeSpan.FromMilliseconds(random.Next(10) switch { 0 => 0, 1 => random.Next(7_000), _ => random.Next(400) }));
        var now = _time.GetUtcNow();
        await (step.Kind switch
        {
            < 4 => DefineAsync(random, now),
            < 6 => ForgetAsync(Agent(step.Seed), now),
            < 26 => TakeAsync(random, now),
            < 32 => TakeBusyAsync(random, now),
            < 42 => AnswerAsync(random, now),
            < 52 => ReleaseAsync(random, now),
            < 55 => DoAsync(_registry.EndWrapUpAsync(Agent(step.Seed), default), () => _pool.EndWrapUp(Agent(step.Seed), now)),
            < 67 => KeepAsync(random, now),
            < 75 => PresenceAsync(step.Seed, now),
            < 79 => DoAsync(
                _registry.SetBusyAtPbxAsync(Agent(step.Seed), step.Seed % 4 < 2, default),
                () => _pool.SetBusyAtPbx(Agent(step.Seed), step.Seed % 4 < 2, now)),
            < 88 => JoinAsync(random, now),
            < 93 => LeaveAsync(random, now),
            < 95 => RestoreAsync(random, now),
            _ => Task.CompletedTask,
        });
        await CompareAsync(now);
    }

    /// <summary>Everything ends: nobody is left in a call, and no call in line.</summary>
    public async Task EndAsync()
    {
        _time.Advance(TimeSpan.FromMinutes(1));
        await CompareAsync(_time.GetUtcNow());
        Assert.All(await _registry.ListAsync(default), status => Assert.Equal(AgentActivity.None, status.Activity));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _changes.DisposeAsync();
        _stop.Dispose();
    }

    private async Task DefineAsync(Random random, DateTimeOffset now)
    {
        var agent = AnyAgent(random);
        await DoAsync(_registry.DefineAsync(agent, default), () => _pool.Define(agent, now));
    }

    private async Task RestoreAsync(Random random, DateTimeOffset now)
    {
        var agent = AnyAgent(random);
        var isHeld = random.Next(2) == 0;
        var known = new AgentStatus(
            agent.Id, (AgentPresence)random.Next(3), null, isHeld ? AgentActivity.Busy : AgentActivity.WrapUp, random.Next(3) == 0,
            isHeld ? Call(random.Next()) : null, now.AddSeconds(-3))
        {
            Token = TimeTokens(now) + random.Next(-100, 5_000_000), // of a clock that was ahead, too
            WrapUpUntil = isHeld ? null : now.AddMilliseconds(random.Next(-500, 500)),
        };
        await DoAsync(_registry.RestoreAsync(agent, known, default), () => _pool.Restore(agent, known, now));
    }

    private Task ForgetAsync(AgentId agent, DateTimeOffset now) =>
        DoAsync(_registry.ForgetAsync(agent, default), () => _pool.Forget(agent, now));

    private async Task TakeAsync(Random random, DateTimeOffset now)
    {
        GroupId? group = random.Next(4) == 0 ? null : Group(random.Next());
        var request = new TakeRequest(
            Call(random.Next()), Node, group, group is null ? AnyAgents(random, 5) : [], (AgentOrder)random.Next(4), random.Next(1, 4),
            AnyAgents(random, 2), random.Next(2) == 0);
        var expected = _pool.Take(request, now);
        var result = await _registry.TakeAsync(request, default);
        Assert.Equal(expected.SignedIn, result.SignedIn);
        Assert.Equal(expected.Agents, result.Agents);
        foreach (var taken in result.Agents)
            Give(taken, request.Call, isBusy: false);
    }

    private async Task TakeBusyAsync(Random random, DateTimeOffset now)
    {
        var (agent, call) = (Agent(random.Next()), Call(random.Next()));
        var result = await _registry.TakeBusyAsync(agent, call, Node, default);
        Assert.Equal(_pool.TakeBusy(agent, call, now), result);
        if (result is { } taken)
            Give(taken, call, isBusy: true);
    }

    private async Task AnswerAsync(Random random, DateTimeOffset now)
    {
        if (Pick(random) is not { } held)
            return;
        var result = await _registry.AnswerAsync(held.Agent.Agent, held.Agent.Token, default);
        Assert.Equal(_pool.Answer(held.Agent.Agent, held.Agent.Token, now), result);
        if (result)
            _held[_held.IndexOf(held)] = held with { IsBusy = true };
    }

    private async Task ReleaseAsync(Random random, DateTimeOffset now)
    {
        if (Pick(random) is not { } held)
            return;
        var wrapUp = TimeSpan.FromMilliseconds(random.Next(3) == 0 ? 0 : random.Next(2_000));
        var result = await _registry.ReleaseAsync(held.Agent.Agent, held.Agent.Token, wrapUp, default);
        Assert.Equal(_pool.Release(held.Agent.Agent, held.Agent.Token, wrapUp, now), result);
        if (result && random.Next(4) > 0) // sometimes a node keeps what it gave back a moment ago
            _held.Remove(held);
    }

    private async Task PresenceAsync(int seed, DateTimeOffset now)
    {
        var presence = seed % 4 == 3 ? AgentPresence.Away : seed % 8 == 1 ? AgentPresence.Offline : AgentPresence.Available;
        var reason = seed % 3 == 0 ? "lunch\t\"ü\"\n" : null;
        var agent = Agent(seed / 12 + seed);
        Assert.Equal(_pool.SetPresence(agent, presence, reason, now), await _registry.SetPresenceAsync(agent, presence, reason, default));
    }

    private async Task KeepAsync(Random random, DateTimeOffset now)
    {
        HeldAgent[] held = [.. _held.Where(_ => random.Next(4) > 0)];
        if (random.Next(3) == 0 && held.Length > 0) // a call that took the agent elsewhere, while Redis was unavailable
            held[0] = held[0] with
            {
                Call = Call(random.Next()), Agent = held[0].Agent with { Token = held[0].Agent.Token + random.Next(-5, 5) },
            };
        WaitingCall[] waiting = [.. _waiting.Where(_ => random.Next(3) > 0).Select(pair =>
            new WaitingCall(pair.Key.Item1, pair.Key.Item2, random.Next(3), pair.Value, Node))];
        var expected = _pool.Keep(held, waiting, now);
        var result = await _registry.KeepAsync(Node, held, waiting, default);
        Assert.Equal(expected.Lost, result.Lost);
    }

    private async Task JoinAsync(Random random, DateTimeOffset now)
    {
        var call = new WaitingCall(
            Call(random.Next()), Group(random.Next()), random.Next(3) == 0 ? random.Next(10) : 5, now.AddSeconds(-random.Next(3)), Node);
        _waiting[(call.Call, call.Group)] = call.Since;
        await DoAsync(_registry.JoinAsync(call, default), () => _pool.Join(call, now));
    }

    private async Task LeaveAsync(Random random, DateTimeOffset now)
    {
        var (call, group) = (Call(random.Next()), Group(random.Next()));
        _waiting.Remove((call, group));
        await DoAsync(_registry.LeaveAsync(call, group, default), () => _pool.Leave(call, group, now));
    }

    private static async Task DoAsync(Task operation, Action model)
    {
        model();
        await operation;
    }

    /// <summary>The state, the lines and the changes published are the same, and the invariants hold.</summary>
    private async Task CompareAsync(DateTimeOffset now)
    {
        var statuses = (await _registry.ListAsync(default)).OrderBy(s => s.Agent.Value, StringComparer.Ordinal).ToArray();
        Assert.Equal(_pool.List(now).OrderBy(s => s.Agent.Value, StringComparer.Ordinal), statuses);
        Assert.All(statuses, status => Assert.Equal(
            status.Activity is AgentActivity.Ringing or AgentActivity.Busy, status.Call is not null));
        for (var i = 0; i < 3; i++)
        {
            var line = await _registry.WaitingAsync(Group(i), default);
            Assert.Equal(_pool.InLine(Group(i), now), line);
            Assert.Equal(line.Count, line.DistinctBy(call => call.Call).Count());
        }
        var expected = _pool.TakeChanges().ToList();
        while (expected.Count > 0)
        {
            Assert.True(await _changes.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20)));
            Assert.True(expected.Remove(_changes.Current), $"{_changes.Current} was published");
        }
    }

    private void Give(TakenAgent taken, CallId call, bool isBusy)
    {
        Assert.True(_given.Add(taken), $"{taken} was given twice");
        _held.Add(new HeldAgent(taken, call, isBusy));
    }

    private HeldAgent? Pick(Random random) => _held.Count == 0 ? null : _held[^random.Next(1, Math.Min(_held.Count, 4) + 1)];

    private static Agent AnyAgent(Random random) => new(
        Agent(random.Next()), "", [.. Enumerable.Range(0, 3).Where(_ => random.Next(3) > 0).Select(i =>
            new AgentMembership(Group(i), random.Next(1, 4), random.Next(-1, 3)))], []);

    private static AgentId[] AnyAgents(Random random, int most) => [.. Enumerable.Range(0, random.Next(most + 1)).Select(_ =>
        Agent(random.Next()))];

    private static long TimeTokens(DateTimeOffset now) => now.ToUnixTimeMilliseconds() * 1000;

    private static AgentId Agent(int i) => new("agent-" + i % 6);

    private static GroupId Group(int i) => new("group-" + i % 3);

    private static CallId Call(int i) => new("call-" + i % 5);

    private sealed class VirtualTime : TimeProvider
    {
        private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public void Advance(TimeSpan time) => _now += time;

        public override DateTimeOffset GetUtcNow() => _now;
    }
}
