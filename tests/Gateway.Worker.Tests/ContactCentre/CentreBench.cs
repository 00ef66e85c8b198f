using Dapper;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Storage;
using Gateway.Storage.Commands;
using Gateway.Storage.Directory;
using Gateway.Storage.Parking;
using Gateway.Worker.Agents;
using Gateway.Worker.Configuration;
using Gateway.Worker.Tests.Calls.Bench;
using Media.Protocols.Primitives;
using Npgsql;
using Sandbox.Calls;
using Sandbox.Users;
using StackExchange.Redis;
using Testing;

namespace Gateway.Worker.Tests.ContactCentre;

/// <summary>
/// A gateway with agents, one group, flows and audio files: agents are named by their extensions at the PBX, and files are tones.
/// </summary>
internal sealed class CentreBench : IAsyncDisposable
{
    /// <summary>The trunk to the telephone network.</summary>
    public const string Pstn = "pstn";

    private const string Actor = "key:test";

    private static int _last;

    private readonly string _own = $"{Environment.ProcessId}-{Interlocked.Increment(ref _last)}";
    private readonly NpgsqlDataSource _database;
    private readonly ConnectionMultiplexer _redis;
    private int _lastFlow;

    private CentreBench(CallBench calls, NpgsqlDataSource database, ConnectionMultiplexer redis) =>
        (Calls, _database, _redis) = (calls, database, redis);

    public CallBench Calls { get; }

    public WhatsAppSide WhatsApp => Calls.WhatsApp;

    public Pbx Pbx => Calls.Pbx;

    public GatewayNode Gateway => Calls.Gateway;

    public IAgentRegistry Registry => Gateway.Service<IAgentRegistry>();

    /// <summary>Sends an operator's commands to the node.</summary>
    public NodeCommands Commands => new(_redis);

    /// <summary>The group of all agents, in the order in which they were added, each more skilled than the one before.</summary>
    public GroupId Group => new("group-" + _own);

    /// <param name="stores">Real ones.</param>
    /// <param name="wrapUp">Of the group; none by default.</param>
    /// <param name="gateway">Changes the configuration.</param>
    /// <param name="gateways">The number of nodes.</param>
    public static async Task<CentreBench> StartAsync(
        Stores stores, TimeSpan wrapUp = default, Func<GatewayOptions, GatewayOptions>? gateway = null, int gateways = 1)
    {
        var calls = await CallBench.StartAsync(
            stores, options => (gateway ?? (same => same))(options with
            {
                Sip = options.Sip with
                {
                    Trunks = [.. options.Sip.Trunks, CallBench.Trunk(Pstn, 9) with { Server = "127.0.0.66:5080", Pstn = true }],
                },
            }),
            gateways: gateways);
        var bench = new CentreBench(
            calls, NpgsqlDataSource.Create(stores.Postgres), await ConnectionMultiplexer.ConnectAsync(stores.Redis));
        await bench.ClearAsync();
        Kept(await new GroupStore(bench._database).CreateAsync(
            new AgentGroup(bench.Group, "Sales", wrapUp, TimeSpan.FromSeconds(20)), Actor, CancellationToken.None));
        return bench;
    }

    /// <summary>The agent with this extension.</summary>
    public AgentId Id(string extension) => new($"a{extension}-{_own}");

    /// <summary>Adds agents to the group; they are available, unless said otherwise.</summary>
    public async Task AddAsync(IEnumerable<string> extensions, AgentPresence presence = AgentPresence.Available)
    {
        var place = 0;
        foreach (var extension in extensions)
        {
            place++;
            await AddAsync(
                new Agent(Id(extension), extension, [new(Group, place, place)], [new AgentPhone.Extension("main", extension)]), presence);
        }
    }

    public async Task AddAsync(Agent agent, AgentPresence presence = AgentPresence.Available)
    {
        Kept(await new AgentStore(_database).CreateAsync(agent, Actor, CancellationToken.None));
        await RefreshAsync();
        if (presence != AgentPresence.Offline)
            Assert.True(await Registry.SetPresenceAsync(agent.Id, presence, null, CancellationToken.None));
    }

    public async Task SetPresenceAsync(string extension, AgentPresence presence) =>
        Assert.True(await Registry.SetPresenceAsync(Id(extension), presence, null, CancellationToken.None));

    /// <summary>An audio file: three seconds of a tone, so that nobody misses it.</summary>
    public async Task AddToneAsync(string name, double hertz)
    {
        var (narrow, wide) = (new short[24000], new short[48000]);
        new ToneGenerator(hertz, 8000).Fill(narrow);
        new ToneGenerator(hertz, 16000).Fill(wide);
        Kept(await new AudioStore(_database).SaveAsync(
            new AudioUpload(name, "en", narrow, wide, 96044, new byte[32]), 0, Actor, CancellationToken.None));
    }

    /// <summary>Saves a flow that begins with the first of these steps.</summary>
    public async Task<FlowId> AddFlowAsync(params (string Name, FlowStep Step)[] steps)
    {
        var id = new FlowId($"flow-{_own}-{++_lastFlow}");
        Kept(await new FlowStore(_database).CreateAsync(
            new Flow(id, "Test", steps[0].Name, steps.ToDictionary(step => step.Name, step => step.Step)), Actor, CancellationToken.None));
        await RefreshAsync();
        return id;
    }

    /// <summary>Saves a flow, and gives it to every call.</summary>
    public async Task<FlowId> LeadAsync(params (string Name, FlowStep Step)[] steps)
    {
        var id = await AddFlowAsync(steps);
        var store = new FlowRouteStore(_database);
        var version = (await store.FindAsync(CancellationToken.None)).Version;
        Kept(await store.ReplaceAsync([new FlowRouteDocument(0, id)], version, Actor, CancellationToken.None));
        await RefreshAsync();
        return id;
    }

    /// <summary>Every call rings the group.</summary>
    public Task<FlowId> RingAsync(RingStrategy strategy = RingStrategy.All, int seconds = 60) =>
        LeadAsync(("ring", new FlowStep.Ring(new AgentChoice(Group, null, strategy), seconds)));

    /// <summary>A user with a real handset calls.</summary>
    public Task<SandboxCall> PlaceAsync() => WhatsApp.PlaceAsync(WhatsApp.User(handset: "native"));

    /// <summary>The phones that are rung now, by extension: these and no others. Each rings.</summary>
    public async Task<IReadOnlyDictionary<string, PbxCall>> RungAsync(params string[] extensions)
    {
        var calls = new Dictionary<string, PbxCall>();
        foreach (var _ in extensions)
        {
            var call = await Pbx.NextAsync();
            calls[call.Sip.Info.TargetUser] = call;
            await call.RingAsync();
        }
        Assert.Equal(extensions.Order(), calls.Keys.Order());
        return calls;
    }

    /// <summary>The one phone that is rung now.</summary>
    public async Task<PbxCall> RungAsync(string extension) => (await RungAsync([extension]))[extension];

    public Task BecomesAsync(string extension, AgentState state) => Eventually.SeeAsync(
        () => Registry.FindAsync(Id(extension), CancellationToken.None), status => status?.State == state,
        $"agent {extension} is {state}");

    /// <summary>The gateway's id of the only call.</summary>
    public async Task<CallId> CallAsync() =>
        (await Eventually.SeeAsync(Gateway.LiveAsync, live => live.Count == 1, "one call is shown"))[0].Id;

    /// <summary>What the record says of agents; the row may come after the phones ring.</summary>
    public async Task<CentreRow> RowAsync(SandboxCall call)
    {
        await using var connection = await _database.OpenConnectionAsync();
        var row = await Eventually.SeeAsync(
            () => connection.QuerySingleOrDefaultAsync<CentreRow>(CentreRow.Sql, new { call.Id }), found => found is not null, "a row");
        return row!;
    }

    /// <summary>The kinds of events that the call has left since its start.</summary>
    public async Task<IReadOnlyList<string>> EventsAsync(SandboxCall call)
    {
        var id = (await RowAsync(call)).Id;
        await using var connection = await _database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<string>(
            """
            SELECT kind FROM events WHERE call_id = @id AND kind ~ '^(call|voicemail)[.]' AND kind NOT IN ('call.started', 'call.ringing')
            ORDER BY id
            """,
            new { id })];
    }

    /// <summary>An operator parks a call to a user, for the group unless an agent is named.</summary>
    public async Task<ParkedCallRow> ParkAsync(SandboxUser user, string? extension = null, bool asks = true)
    {
        var now = DateTimeOffset.UtcNow;
        var (row, isDone) = await Parked.ParkAsync(
            new NewParkedCall(
                new ChannelId(WhatsApp.Number.PhoneNumberId), new WhatsAppUser(user.Phone, user.UserId),
                extension is null ? null : Id(extension), extension is null ? Group : null, asks, null, "test", now.AddHours(1)),
            Actor, now, CancellationToken.None);
        Assert.True(isDone);
        return row!;
    }

    public ParkedCallStore Parked => new(_database);

    /// <summary>The parked call in this state.</summary>
    public async Task<ParkedCallRow> ParkedIsAsync(ParkedCallRow parked, ParkedCallState state) => (await Eventually.SeeAsync(
        () => Parked.FindAsync(parked.Id, CancellationToken.None), row => row?.State == WireName.Of(state), $"the parked call is {state}",
        row => $"{row}"))!;

    public async Task<T?> FindAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = await _database.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<T>(sql, parameters);
    }

    public async ValueTask DisposeAsync()
    {
        await Calls.DisposeAsync();
        await ClearAsync();
        await _database.DisposeAsync();
        await _redis.DisposeAsync();
    }

    private async Task RefreshAsync()
    {
        var wanted = await FindAsync<long>("SELECT version FROM directory");
        foreach (var directory in Calls.Gateways.Select(node => node.Service<AgentDirectory>()))
            await Eventually.SeeAsync(
                async () =>
                {
                    await directory.RefreshAsync(CancellationToken.None);
                    return directory.Snapshot.Version;
                },
                version => version >= wanted, "the node knows the directory");
    }

    /// <summary>Other tests on the same stores have neither agents nor flows.</summary>
    private async Task ClearAsync()
    {
        await using var connection = await _database.OpenConnectionAsync();
        await connection.ExecuteAsync(
            "UPDATE flow_routes SET document = '[]'; DELETE FROM agents; DELETE FROM agent_groups; DELETE FROM audio_files; " +
            "DELETE FROM parked_calls");
    }

    private static void Kept<T>(Outcome<T> outcome) where T : class =>
        Assert.True(outcome.Value is not null, $"{outcome.Refusal}: {outcome.Detail} {string.Join(" ", outcome.Problems)}");
}
