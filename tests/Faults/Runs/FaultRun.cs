using Faults.Facts;
using Faults.Nodes;
using Faults.Peers;
using Faults.Schedules;
using Npgsql;
using Sandbox.Handsets;
using StackExchange.Redis;
using Testing;

namespace Faults.Runs;

/// <summary>
/// One run: starts everything, keeps calling while the schedule's faults happen, lets everything end, and looks at what is left.
/// </summary>
public sealed class FaultRun : IAsyncDisposable
{
    private const int Nodes = 3;

    /// <summary>Agents for each call at one time: two ring for it.</summary>
    private const int AgentsPerCall = 2;

    /// <summary>The time after which nothing of a call may be left.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(60), Look = TimeSpan.FromMilliseconds(500);

    private readonly FaultRunOptions _options;
    private readonly Action<string> _say;
    private readonly HistoryLog _history;
    private readonly Stack<IAsyncDisposable> _started = new();
    private readonly List<FaultNode> _nodes = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-faults-").FullName;
    private Stores _stores = null!;
    private RedisServers? _sentinel;
    private NpgsqlDataSource _database = null!;
    private Centre _centre = null!;
    private TalkingPhones _phones = null!;
    private Callers _callers = null!;
    private Census _census = null!;

    /// <param name="options">The seed, and how long.</param>
    /// <param name="say">Takes lines for people.</param>
    public FaultRun(FaultRunOptions options, Action<string> say)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_options, _say, _history) = (options, say, new HistoryLog(options.History));
    }

    private int Agents => _options.Calls * AgentsPerCall;

    /// <summary>The whole run; its history.</summary>
    public async Task<IReadOnlyList<Fact>> RunAsync(CancellationToken stop)
    {
        await StartAsync(stop);
        var hand = new FaultHand(_nodes, _stores, _sentinel, _history);
        var kinds = hand.Possible();
        _say($"seed {_options.Seed}; not possible here: {string.Join(' ', Enum.GetValues<FaultKind>().Except(kinds).DefaultIfEmpty())}");
        var schedule = FaultSchedule.Draw(_options.Seed, _options.Length, Nodes, kinds);
        foreach (var fault in schedule)
            _say(fault.ToString());
        _history.Add(new Fact.Began(DateTimeOffset.UtcNow, _options.Seed, [.. _nodes.Select(node => node.Id)], _options.TakesOver));
        using var calling = CancellationTokenSource.CreateLinkedTokenSource(stop);
        calling.CancelAfter(_options.Length);
        var calls = _callers.CallAsync(_options.Calls, calling.Token);
        var shifts = SignInAsync(calling.Token);
        await hand.RunAsync(schedule, stop);
        await Task.WhenAll(calls, shifts);
        await SettleAsync(stop);
        return _history.All();
    }

    public async ValueTask DisposeAsync()
    {
        while (_started.TryPop(out var started))
            await started.DisposeAsync();
        _stores?.Dispose();
        _history.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task StartAsync(CancellationToken stop)
    {
        _stores = Stores.StartPrivate();
        _database = NpgsqlDataSource.Create(_stores.Postgres);
        _started.Push(_database);
        _sentinel = _options.HasSentinel ?? FaultSchedule.DrawSentinel(_options.Seed) ? await RedisServers.StartSentinelAsync() : null;
        if (_sentinel is not null)
            _started.Push(_sentinel);
        var address = _sentinel?.Configuration ?? _stores.Redis;
        var redis = await ConnectionMultiplexer.ConnectAsync(address + ",abortConnect=false");
        _started.Push(redis);
        var machine = new MachineWatch(PeerLoop.Shared);
        _phones = new TalkingPhones(machine, _history, _options.Seed);
        _started.Push(new Ending(machine, _phones));
        var door = await FrontDoor.OpenAsync(_history, _options.Seed);
        _started.Push(door);
        _callers = await Callers.StartAsync(door.Url, _phones, machine, _history, _options.Seed);
        _started.Push(_callers);
        _centre = new Centre(_database, redis, NodeSettings.Trunk);
        _census = new Census(_database, redis, _centre, _callers, _phones);
        var number = _callers.Number;
        await _centre.DefineAsync(Agents, number.PhoneNumberId, number.DisplayNumber);
        var settings = new NodeSettings(_stores.Postgres, address, _callers.Url, _phones.Port)
        {
            PhoneNumberId = number.PhoneNumberId, Number = number.DisplayNumber, AccessToken = number.AccessToken,
            AppSecret = number.AppSecret, Logs = _options.History, TakesOver = _options.TakesOver,
        };
        for (var i = 1; i <= Nodes; i++)
        {
            var node = new FaultNode($"node{i}", settings, _folder);
            _started.Push(node);
            _nodes.Add(node);
            _phones.Nodes[node.SipPort] = node.Id;
            door.Targets.Add((node.Id, node.WebhookUrl));
        }
        await Task.WhenAll(_nodes.Select(node => node.StartAsync(stop)));
        await _centre.SignInAsync(Agents);
    }

    /// <summary>Agents look at their state now and then, and sign in again where Redis came back empty.</summary>
    private async Task SignInAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await Task.WhenAny(Task.Delay(TimeSpan.FromSeconds(1), stop));
            try
            {
                await _centre.SignInAsync(Agents);
            }
            catch (Exception e) when (e is RedisException or TimeoutException)
            {
                // Redis is away.
            }
        }
    }

    private async Task SettleAsync(CancellationToken stop)
    {
        await _callers.HangUpAllAsync();
        var until = DateTimeOffset.UtcNow + Settling;
        IReadOnlyList<(string Where, string What)> remains;
        while ((remains = await RemainsAsync()).Count > 0 && DateTimeOffset.UtcNow < until)
            await Task.Delay(Look, stop);
        foreach (var (where, what) in remains)
            _history.Add(new Fact.Remained(DateTimeOffset.UtcNow, where, what));
        _callers.Tell();
        await _census.TellAsync(_history);
    }

    private async Task<IReadOnlyList<(string Where, string What)>> RemainsAsync()
    {
        try
        {
            return await _census.RemainsAsync();
        }
        catch (Exception e) when (e is RedisException or TimeoutException or NpgsqlException)
        {
            return [("stores", e.Message)]; // one of them has just come back
        }
    }

    /// <summary>Both end with the run, the phones first.</summary>
    private sealed class Ending(MachineWatch machine, TalkingPhones phones) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            phones.Dispose();
            machine.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
