using System.Globalization;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Media.Protocols.Primitives;
using StackExchange.Redis;

namespace Gateway.Storage.Agents;

/// <summary>
/// The cluster's shared state of agents in Redis: every operation is one script, by Redis' own clock, to the millisecond. The keys are
/// listed in state.lua. It throws what Redis throws.
/// </summary>
/// <param name="redis">One server, a Cluster, or Sentinels.</param>
/// <param name="lease">How long what is held or waits lasts without being kept; null: <see cref="AgentLeases.Length"/>.</param>
/// <param name="clock">In tests: the time, in place of Redis' own.</param>
public sealed class RedisAgentRegistry(IConnectionMultiplexer redis, TimeSpan? lease = null, TimeProvider? clock = null) : IAgentRegistry
{
    /// <summary>
    /// The most that one script keeps: Redis does nothing else meanwhile, and Lua passes no more than about 8000 arguments.
    /// </summary>
    private const int KeptAtOnce = 200;

    private static readonly string Script = Read("state.lua") + "\n" + Read("operations.lua");

    private static readonly RedisKey[] Keys = [AgentRows.Root];

    private readonly RedisValue _lease = Milliseconds(lease ?? AgentLeases.Length);

    public Task DefineAsync(Agent agent, CancellationToken cancellation) =>
        RunAsync("define", cancellation, agent.Id.Value, AgentRows.Groups(agent));

    public Task RestoreAsync(Agent agent, AgentStatus known, CancellationToken cancellation) => RunAsync(
        "restore", cancellation, [agent.Id.Value, AgentRows.Groups(agent), .. AgentRows.Write(known)]);

    public Task ForgetAsync(AgentId agent, CancellationToken cancellation) => RunAsync("forget", cancellation, agent.Value);

    public async Task<TakeResult> TakeAsync(TakeRequest request, CancellationToken cancellation)
    {
        var reply = (string[])(await (request.Group is { } group ? TakeOfGroupAsync(request, group, cancellation)
            : TakeOfListAsync(request, cancellation)))!;
        var agents = new TakenAgent[(reply.Length - 1) / 2];
        for (var i = 0; i < agents.Length; i++)
            agents[i] = new TakenAgent(new AgentId(reply[1 + 2 * i]), long.Parse(reply[2 + 2 * i], CultureInfo.InvariantCulture));
        return new TakeResult(agents, int.Parse(reply[0], CultureInfo.InvariantCulture));
    }

    public async Task<TakenAgent?> TakeBusyAsync(AgentId agent, CallId call, string node, CancellationToken cancellation)
    {
        var token = (string)(await RunAsync("take_busy", cancellation, agent.Value, call.Value, node))!;
        return token.Length == 0 ? null : new TakenAgent(agent, long.Parse(token, CultureInfo.InvariantCulture));
    }

    public async Task<bool> AnswerAsync(AgentId agent, long token, CancellationToken cancellation) =>
        (bool)await RunAsync("answer", cancellation, agent.Value, token);

    public async Task<bool> ReleaseAsync(AgentId agent, long token, TimeSpan wrapUp, CancellationToken cancellation) =>
        (bool)await RunAsync("release", cancellation, agent.Value, token, Milliseconds(wrapUp));

    public Task EndWrapUpAsync(AgentId agent, CancellationToken cancellation) => RunAsync("end_wrap_up", cancellation, agent.Value);

    public async Task<bool> SetPresenceAsync(AgentId agent, AgentPresence presence, string? reason, CancellationToken cancellation) =>
        (bool)await RunAsync(
            "set_presence", cancellation, agent.Value, (int)presence, presence == AgentPresence.Away ? reason ?? "" : "");

    public Task SetBusyAtPbxAsync(AgentId agent, bool isBusy, CancellationToken cancellation) =>
        RunAsync("set_busy_at_pbx", cancellation, agent.Value, isBusy ? 1 : 0);

    /// <remarks>What is more than one script takes goes in several, sent together.</remarks>
    public async Task<KeepResult> KeepAsync(
        string node, IReadOnlyList<HeldAgent> agents, IReadOnlyList<WaitingCall> waiting, CancellationToken cancellation)
    {
        var chunks = Math.Max(1, (Math.Max(agents.Count, waiting.Count) + KeptAtOnce - 1) / KeptAtOnce);
        var results = await Task.WhenAll(Enumerable.Range(0, chunks).Select(i => KeepChunkAsync(
            node, [.. agents.Skip(i * KeptAtOnce).Take(KeptAtOnce)], [.. waiting.Skip(i * KeptAtOnce).Take(KeptAtOnce)], cancellation)));
        return results[^1] with { Lost = [.. results.SelectMany(result => result.Lost)] };
    }

    public Task JoinAsync(WaitingCall call, CancellationToken cancellation) =>
        RunAsync("join", cancellation, call.Group.Value, call.Call.Value, AgentRows.Write(call));

    public Task LeaveAsync(CallId call, GroupId group, CancellationToken cancellation) =>
        RunAsync("leave", cancellation, call.Value, group.Value);

    public async Task<IReadOnlyList<WaitingCall>> WaitingAsync(GroupId group, CancellationToken cancellation) =>
        [.. ((string[])(await RunAsync("waiting", cancellation, group.Value))!).Select(entry => AgentRows.ReadWaiting(group, entry))];

    public async Task<IReadOnlyList<AgentStatus>> ListAsync(CancellationToken cancellation) =>
        [.. ((RedisResult[])(await RunAsync("list", cancellation))!).Select(row => AgentRows.ReadStatus((string[])row!))];

    public async Task<AgentStatus?> FindAsync(AgentId agent, CancellationToken cancellation) =>
        (string[])(await RunAsync("find", cancellation, agent.Value))! is { Length: > 0 } row ? AgentRows.ReadStatus(row) : null;

    public IAsyncEnumerable<AgentsChange> ChangesAsync(CancellationToken cancellation) =>
        new RedisAgentChanges(redis).ReadAsync(cancellation);

    private Task<RedisResult> TakeOfGroupAsync(TakeRequest request, GroupId group, CancellationToken cancellation) => RunAsync(
        "take_of_group", cancellation,
        [request.Call.Value, request.Node, group.Value, WireName.Of(request.Order), request.Count, request.InTurn ? 1 : 0,
            request.Except.Count, .. request.Except.Select(agent => (RedisValue)agent.Value)]);

    private Task<RedisResult> TakeOfListAsync(TakeRequest request, CancellationToken cancellation)
    {
        var except = request.Except.ToHashSet();
        var places = request.Agents.Select((agent, place) => (agent, place)).DistinctBy(pair => pair.agent)
            .OrderBy(pair => pair.agent.Value, StringComparer.Ordinal);
        return RunAsync(
            "take_of_list", cancellation,
            [request.Call.Value, request.Node, WireName.Of(request.Order), request.Count,
                .. places.SelectMany(pair => new RedisValue[] { pair.agent.Value, pair.place, except.Contains(pair.agent) ? 1 : 0 })]);
    }

    private async Task<KeepResult> KeepChunkAsync(
        string node, HeldAgent[] agents, WaitingCall[] waiting, CancellationToken cancellation)
    {
        var reply = (RedisResult[])(await RunAsync(
            "keep", cancellation,
            [node, agents.Length,
                .. agents.SelectMany(held => new RedisValue[]
                    { held.Agent.Agent.Value, held.Agent.Token, held.Call.Value, held.IsBusy ? 1 : 0 }),
                .. waiting.SelectMany(call => new RedisValue[] { call.Group.Value, call.Call.Value, AgentRows.Write(call) })]))!;
        return new KeepResult([.. ((long[])reply[1]!).Select(place => agents[(int)place])], (long)reply[0])
        {
            Nodes = (string[])reply[2]!, Age = TimeSpan.FromMicroseconds((long)reply[3]),
        };
    }

    private Task<RedisResult> RunAsync(string operation, CancellationToken cancellation, params RedisValue[] arguments)
    {
        cancellation.ThrowIfCancellationRequested();
        var time = clock is null ? "" : clock.GetUtcNow().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        return redis.GetDatabase().ScriptEvaluateAsync(Script, Keys, [operation, time, _lease, .. arguments]);
    }

    private static RedisValue Milliseconds(TimeSpan time) => (long)time.TotalMilliseconds;

    private static string Read(string name)
    {
        var type = typeof(RedisAgentRegistry);
        using var reader = new StreamReader(type.Assembly.GetManifestResourceStream($"{type.Namespace}.{name}")!);
        return reader.ReadToEnd();
    }
}
