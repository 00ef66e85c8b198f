using Gateway.Storage.Nodes;
using Gateway.Worker.Configuration;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Nodes;

/// <summary>
/// Renews this node's lease, on a thread of its own, so that only a process that stood still is late. Where the lease has lapsed, the
/// calls that others have claimed meanwhile are let go of; the rest goes on.
/// </summary>
internal sealed partial class LeaseLoop(
    GatewayOptions options, NodeStart start, NodeLease lease, OwnershipStores stores, TimeProvider time, ILogger<LeaseLoop> logger)
    : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(500), Retry = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// After a pause the node waits for Redis no longer than this. What Redis cannot say nobody can have claimed since, and a node that is
    /// silent for longer loses all its calls.
    /// </summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(5);

    private readonly ManualResetEventSlim _stop = new();
    private readonly LeasedNode _node = new(options.Node.Id, start.Value);
    private readonly InstantClock _clock = new(time);
    private Thread? _thread;
    private IOwnedCalls _calls = null!;
    private Task _beat = Task.CompletedTask;
    private bool _isUnheard;
    private long? _answered;

    /// <summary>The lease has lapsed, and it is not known yet which calls are still this node's.</summary>
    private bool _hasToLook;

    /// <summary>Told of the nodes whose leases have lapsed, with every heartbeat until <see cref="NodeLeases.EndAsync"/>.</summary>
    public Action<IReadOnlyList<LeasedNode>> OnLapsed { get; set; } = _ => { };

    public void Start(IOwnedCalls calls)
    {
        _calls = calls;
        _thread = new Thread(Run) { IsBackground = true, Name = "lease" };
        _thread.Start();
    }

    /// <summary>Others hand no new calls to this node any more. Never throws.</summary>
    public async Task CloseAsync()
    {
        try
        {
            await stores.Leases.CloseAsync(_node).WaitAsync(Timeout, time);
        }
        catch (Exception) // The next heartbeat does the same.
        {
        }
    }

    /// <summary>No calls are left: others need not wait for the lease to lapse.</summary>
    public async Task StopAsync()
    {
        _stop.Set();
        _thread?.Join();
        await _beat;
        try
        {
            await stores.Leases.EndAsync(_node).WaitAsync(Timeout, time);
        }
        catch (Exception) // Then it lapses.
        {
        }
    }

    public void Dispose() => _stop.Dispose();

    private void Run()
    {
        lease.Open();
        do
        {
            var isPaused = !lease.TryRenew();
            if (_beat.IsCompleted)
                _beat = isPaused ? ReturnAsync() : BeatAsync();
        }
        while (!_stop.Wait(options.Node.Heartbeat));
    }

    /// <summary>Never throws.</summary>
    private async Task BeatAsync()
    {
        var sign = _isUnheard ? SignAsync() : null;
        try
        {
            await AskAsync();
            _isUnheard = false;
        }
        catch (Exception) // Redis does not answer: the calls go on, and PostgreSQL tells the others that this node lives.
        {
            _isUnheard = true;
            NodeMetrics.MissedBeat();
        }
        await (sign ?? (_isUnheard ? SignAsync() : Task.CompletedTask));
    }

    /// <summary>Never throws.</summary>
    private async Task SignAsync()
    {
        try
        {
            using var timeout = new CancellationTokenSource(Timeout, time);
            var silence = _answered is { } answered ? time.GetElapsedTime(answered) : (TimeSpan?)null;
            await stores.Signs.GiveAsync(_node, silence, timeout.Token);
            lease.NoteHeard();
        }
        catch (Exception) // Neither store: then this node is cut off.
        {
        }
    }

    /// <summary>The process stood still: nothing is sent until it is known what it still has. Never throws.</summary>
    private async Task ReturnAsync()
    {
        NodeMetrics.Lapsed();
        LogPaused(options.Node.Lease);
        for (var until = _clock.Now + LongestSilence; ;)
        {
            try
            {
                await AskAsync(mayHaveLapsed: true);
                break;
            }
            catch (Exception e) // Whatever keeps Redis from answering; it is asked again.
            {
                if (_clock.Now >= until)
                {
                    LogUnanswered(e.Message);
                    break;
                }
            }
            await Task.Delay(Retry, time);
        }
        lease.Open();
    }

    private async Task AskAsync(bool mayHaveLapsed = false)
    {
        var asked = time.GetTimestamp();
        // Redis says once that it had lapsed, and that answer may have come too late.
        _hasToLook |= mayHaveLapsed || _answered is { } last && time.GetElapsedTime(last) > options.Node.Lease;
        var beat = await stores.Leases.BeatAsync(_node, options.Node.Lease, _calls.HasRoom).WaitAsync(Timeout, time);
        _answered = asked;
        lease.NoteHeard();
        _hasToLook |= beat.HadLapsed;
        if (_hasToLook)
        {
            var lost = await stores.Owners.LostOfAsync(_calls.Owned).WaitAsync(Timeout, time);
            await Task.WhenAll(lost.Select(_calls.LetGoAsync)).WaitAsync(Timeout, time); // the lease has to be renewed meanwhile
            _hasToLook = false;
            LogLapsed(lost.Count);
        }
        if (beat.Lapsed.Count > 0)
            OnLapsed(beat.Lapsed);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "This process stood still for more than {Lease}: nothing is " +
        "sent until it is known which calls it still has")]
    private partial void LogPaused(TimeSpan lease);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The lease of this node had lapsed: {Lost} call(s) were taken " +
        "over by other nodes, the rest goes on")]
    private partial void LogLapsed(int lost);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Redis does not say which calls this node still has: all of them go on ({Reason})")]
    private partial void LogUnanswered(string reason);
}
