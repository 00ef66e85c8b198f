using System.Collections.Concurrent;
using Gateway.Calls;
using Gateway.Worker.Configuration;
using Media.Protocols.Primitives;
using Npgsql;

namespace Gateway.Worker.Spool;

/// <summary>
/// Where a finished record, and a pick-up before it, goes first: to the disk of this node, so that neither the death of PostgreSQL nor of this
/// process loses it. From here it is settled (by <see cref="ICallStore"/>, whose every write may be repeated) and then removed; while the store
/// is away, it waits.
/// </summary>
internal sealed partial class RecordSpool : IDisposable
{
    /// <summary>Settlements at one time.</summary>
    private const int Width = 8;

    /// <summary>For one settlement; a store that takes longer counts as away.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>For what is left at a stop.</summary>
    private static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>A record that the store refuses waits so long for its next try; the others do not wait for it.</summary>
    private static readonly TimeSpan RefusedPause = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan DropInterval = TimeSpan.FromHours(1);

    private readonly SpoolFolder _folder;
    private readonly SettledFolder _settled;
    private readonly TimeSpan _keepSettled;
    private DateTimeOffset _droppedAt;
    private readonly ICallStore _store;
    private readonly TimeProvider _time;
    private readonly InstantClock _clock;
    private readonly ILogger _logger;
    private readonly SpoolMetrics _metrics;
    private readonly int _limit;

    /// <summary>Names of the files that wait, each with the moment before which it is not tried.</summary>
    private readonly ConcurrentDictionary<string, Instant> _waiting = new();

    /// <summary>What the disk did not take.</summary>
    private readonly ConcurrentDictionary<string, object> _homeless = new();

    private readonly SemaphoreSlim _news = new(0);
    private readonly CancellationTokenSource _stop = new();
    private Task _settling = Task.CompletedTask;

    /// <exception cref="IOException">The folder cannot be written, or another process holds it.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public RecordSpool(GatewayOptions options, ICallStore store, TimeProvider time, ILogger<RecordSpool> logger)
    {
        _clock = new InstantClock(time);
        (_store, _time, _logger, _limit) = (store, time, logger, options.Storage.SpoolLimit);
        (_folder, _settled, _keepSettled) = (new SpoolFolder(options.SpoolFolder()), new SettledFolder(options.SpoolFolder()), options.Storage.KeepSettled);
        foreach (var name in _folder.List())
            _waiting[name] = default;
        _metrics = new SpoolMetrics(() => Count, () => OldestAge, () => _folder.SetAsideCount);
    }

    /// <summary>Records that wait to be settled.</summary>
    public int Count => _waiting.Count + _homeless.Count;

    /// <summary>More records wait than the disk is meant to hold: no new calls, please.</summary>
    public bool IsFull => Count >= _limit;

    private TimeSpan OldestAge
    {
        get
        {
            var oldest = _waiting.Keys.Concat(_homeless.Keys).Min(StringComparer.Ordinal);
            return oldest is not null && SpoolFile.TimeOf(oldest) is { } since ? _time.GetUtcNow() - since : TimeSpan.Zero;
        }
    }

    /// <summary>Returns once the record is safe on the disk. A disk that fails is reported, and the record then lives in memory only.</summary>
    public Task AddAsync(CallRecord record) => AddAsync(record, record.Id, SpoolFile.NameOf(record), () => _folder.Write(record));

    /// <summary>The same for a pick-up.</summary>
    public Task AddAsync(SpooledAnswer answer) => AddAsync(answer, answer.Call.Id, SpoolFile.NameOf(answer), () => _folder.Write(answer));

    /// <summary>Tries what an earlier process left, then begins to settle whatever comes.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        await SettleAllAsync(cancellation);
        _settling = RunAsync(_stop.Token);
    }

    /// <summary>Tries what is left once more; the next start does the rest.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _settling;
        using var patience = new CancellationTokenSource(LastPatience, _time);
        await SettleAllAsync(patience.Token);
    }

    /// <summary>Settles what waits, the oldest first, until <paramref name="cancellation"/>: while the store is away, again and again.</summary>
    private async Task RunAsync(CancellationToken cancellation)
    {
        var pause = FirstPause;
        while (!cancellation.IsCancellationRequested)
        {
            var isAway = !await SettleAllAsync(cancellation);
            pause = isAway ? pause * 2 < LongestPause ? pause * 2 : LongestPause : FirstPause;
            try
            {
                if (isAway)
                    await Task.Delay(pause, _time, cancellation);
                else
                    await _news.WaitAsync(RefusedPause, cancellation);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            DropOld();
            while (_news.CurrentCount > 0)
                await _news.WaitAsync(CancellationToken.None);
        }
    }

    /// <summary>Tries each waiting record once. False when the store is away: then the rest was not tried.</summary>
    public async Task<bool> SettleAllAsync(CancellationToken cancellation)
    {
        var now = _clock.Now;
        var due = _waiting.Where(file => file.Value <= now).Select(file => file.Key).Concat(_homeless.Keys)
            .Order(StringComparer.Ordinal).ToLookup(name => name.EndsWith(SpoolFile.AnswerEnding, StringComparison.Ordinal));
        var isAway = false;
        foreach (var names in new[] { due[true], due[false] }) // after the end of a call its pick-up is no news any more
        {
            await Parallel.ForEachAsync(names, new ParallelOptions { MaxDegreeOfParallelism = Width }, async (name, _) =>
            {
                if (!isAway && !cancellation.IsCancellationRequested && !await SettleAsync(name, cancellation))
                    isAway = true;
            });
        }
        return !isAway;
    }

    public void Dispose()
    {
        _metrics.Dispose();
        _folder.Dispose();
        _news.Dispose();
        _stop.Dispose();
    }

    private async Task AddAsync(object entry, CallId call, string name, Func<string> write)
    {
        try
        {
            _waiting[await Task.Run(write)] = default;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _metrics.Failed();
            LogNotSpooled(e, call);
            _homeless[name] = entry;
        }
        _news.Release();
    }

    /// <summary>False when the store is away.</summary>
    private async Task<bool> SettleAsync(string name, CancellationToken cancellation)
    {
        try
        {
            if (!_homeless.TryGetValue(name, out var entry))
            {
                (entry, var fault) = _folder.Read(name);
                if (fault is not null)
                    SetAside(name, fault);
                if (entry is null)
                {
                    _waiting.TryRemove(name, out _);
                    return true;
                }
            }
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            patience.CancelAfter(Patience);
            await WriteAsync(entry, patience.Token);
            _homeless.TryRemove(name, out _);
            if (_waiting.TryRemove(name, out _))
                Finish(name, entry);
            return true;
        }
        catch (PostgresException e) when (!e.IsTransient && !IsOfTheServer(e.SqlState))
        {
            _metrics.Refused();
            LogRefused(e, name);
            if (_waiting.ContainsKey(name))
                _waiting[name] = _clock.Now + RefusedPause;
            return true;
        }
        catch (Exception e) // Whatever keeps the store from answering, the record stays and is tried again.
        {
            if (!cancellation.IsCancellationRequested)
                LogAway(e.Message, Count);
            return false;
        }
    }

    /// <summary>Of a record, keeps the file for a while; a pick-up is told by its call's record.</summary>
    private void Finish(string name, object entry)
    {
        if (_keepSettled > TimeSpan.Zero && entry is CallRecord)
            _folder.Keep(name, _settled);
        else
            _folder.Remove(name);
    }

    private void DropOld()
    {
        var now = _time.GetUtcNow();
        if (now - _droppedAt < DropInterval)
            return;
        _droppedAt = now;
        try
        {
            _settled.DropBefore(now - _keepSettled);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotDropped(e);
        }
    }

    /// <summary>Of a pick-up, the beginning of its call too: it may not have been written either. Neither changes a row that is complete.</summary>
    private async Task WriteAsync(object entry, CancellationToken cancellation)
    {
        if (entry is CallRecord record)
        {
            await _store.CompleteAsync(record, cancellation);
            return;
        }
        var answer = (SpooledAnswer)entry;
        await _store.BeginAsync(answer.Call, answer.StartedAt, cancellation);
        await _store.AnsweredAsync(
            answer.Call.Id, answer.StartedAt, answer.AnsweredAt, answer.Agent, answer.Trunk, answer.WhatsAppId, cancellation);
    }

    /// <summary>The server as a whole cannot, and not this record: SQLSTATE classes 25 (read-only), 28 and 3D (who and where), 53, 57, 58.</summary>
    private static bool IsOfTheServer(string state) => state[..2] is "25" or "28" or "3D" or "53" or "57" or "58";

    private void SetAside(string name, string fault)
    {
        LogSetAside(name, fault);
        _folder.SetAside(name);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Call {CallId}: its record could not be spooled and is kept in memory until PostgreSQL takes it")]
    private partial void LogNotSpooled(Exception e, CallId callId);

    [LoggerMessage(Level = LogLevel.Error, Message = "The spooled record {Name} cannot be read ({Fault}): it was moved to set-aside and is not settled")]
    private partial void LogSetAside(string name, string fault);

    [LoggerMessage(Level = LogLevel.Error, Message = "PostgreSQL refuses the spooled record {Name}: it is tried again in a minute")]
    private partial void LogRefused(Exception e, string name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Settled records older than storage.keepSettled could not be deleted")]
    private partial void LogNotDropped(Exception e);

    [LoggerMessage(Level = LogLevel.Warning, Message = "PostgreSQL does not take records ({Reason}): {Count} wait in the spool")]
    private partial void LogAway(string reason, int count);
}
