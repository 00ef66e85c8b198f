using System.Collections.Concurrent;
using Gateway.Calls;
using Gateway.Calls.Records;
using Gateway.WhatsApp.Meta;
using Gateway.Worker.Configuration;
using Media.Protocols.Primitives;
using Npgsql;

namespace Gateway.Worker.Spool;

/// <summary>
/// The way of a finished record, and of a pick-up before it, into PostgreSQL, on which neither an outage nor a crash of this process loses
/// it. It is noted in the <see cref="RecordLog"/> and settled (by <see cref="ICallStore"/>, whose every write may be repeated). Where that
/// takes longer than <see cref="Grace"/>, or the store is unavailable, it is a file on the disk of this node until it is settled.
/// </summary>
internal sealed partial class RecordSpool : IDisposable
{
    /// <summary>Entries that are written at one time, where each is written alone.</summary>
    private const int Width = 8;

    /// <summary>Records that are settled together.</summary>
    private const int GroupSize = 100;

    /// <summary>So long an entry waits in memory for PostgreSQL before it is written to the disk and flushed, which costs more.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(250);

    /// <summary>Timeout of one settlement; a store that takes longer counts as unavailable.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>Timeout for what is left at a stop.</summary>
    private static readonly TimeSpan FinalTimeout = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1); // what waits is on this disk alone

    /// <summary>The back-off of a record that the store refuses; the others do not wait for it.</summary>
    private static readonly TimeSpan RefusedPause = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan DropInterval = TimeSpan.FromHours(1);

    private readonly SpoolFolder _folder;
    private readonly RecordLog _log;
    private readonly TimeSpan _keepSettled;
    private DateTimeOffset _droppedAt;
    private readonly ICallStore _store;
    private readonly TimeProvider _time;
    private readonly InstantClock _clock;
    private readonly ILogger _logger;
    private readonly SpoolMetrics _metrics;
    private readonly WarningLimit _warnings;

    /// <summary>Names of the waiting files, each with the time before which it is not tried.</summary>
    private readonly ConcurrentDictionary<string, Instant> _waiting = new();

    /// <summary>Entries without a file: those of the last moments, and those that the disk does not take.</summary>
    private readonly ConcurrentDictionary<string, UnspooledEntry> _unspooled = new();

    private readonly SemaphoreSlim _news = new(0);
    private readonly CancellationTokenSource _stop = new();
    private Task _settling = Task.CompletedTask;
    private volatile bool _isStoreAvailable;

    /// <exception cref="IOException">The folder cannot be written, or another process holds it.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    public RecordSpool(GatewayOptions options, ICallStore store, TimeProvider time, ILogger<RecordSpool> logger)
    {
        (_clock, _warnings) = (new InstantClock(time), new WarningLimit(time));
        (_store, _time, _logger) = (store, time, logger);
        (_folder, _log, _keepSettled) =
            (new SpoolFolder(options.SpoolFolder()), new RecordLog(options.SpoolFolder()), options.Storage.KeepSettled);
        foreach (var name in _folder.List())
            _waiting[name] = default;
        _metrics = new SpoolMetrics(() => Count, () => OldestAge, () => _folder.SetAsideCount);
    }

    /// <summary>Records that wait to be settled.</summary>
    public int Count => _waiting.Count + _unspooled.Count;

    private TimeSpan OldestAge
    {
        get
        {
            var oldest = _waiting.Keys.Concat(_unspooled.Keys).Min(StringComparer.Ordinal);
            return oldest is not null && SpoolFile.TimeOf(oldest) is { } since ? _time.GetUtcNow() - since : TimeSpan.Zero;
        }
    }

    /// <summary>Returns once the record is in PostgreSQL or on the disk. A disk failure is reported, and the record is then kept in memory
    /// only.</summary>
    public Task AddAsync(CallRecord record) => AddAsync(record, record.Id, SpoolFile.NameOf(record), SpoolFile.Encode(record));

    /// <summary>The same for a pick-up.</summary>
    public Task AddAsync(CallAnswer answer) => AddAsync(answer, answer.Call.Id, SpoolFile.NameOf(answer), SpoolFile.Encode(answer));

    /// <summary>Tries what an earlier process left, then settles new records as they come.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        foreach (var entry in _log.Unsettled())
            _unspooled[SpoolFile.NameOf(entry)] = new UnspooledEntry(entry);
        await SettleAllAsync(cancellation);
        NoteIfAllSettled();
        _settling = RunAsync(_stop.Token);
    }

    /// <summary>Tries what is left one last time; the next start does the rest.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _settling;
        using var timeout = new CancellationTokenSource(FinalTimeout, _time);
        await SettleAllAsync(timeout.Token);
        NoteIfAllSettled();
    }

    /// <summary>Settles what waits until <paramref name="cancellation"/>; retries while the store is unavailable.</summary>
    private async Task RunAsync(CancellationToken cancellation)
    {
        var pause = FirstPause;
        while (!cancellation.IsCancellationRequested)
        {
            var isUnavailable = !await SettleAllAsync(cancellation);
            _isStoreAvailable = !isUnavailable;
            pause = isUnavailable ? pause * 2 < LongestPause ? pause * 2 : LongestPause : FirstPause;
            try
            {
                if (isUnavailable)
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

    /// <summary>
    /// Tries each waiting entry once, the oldest first. Calls go before refused attempts, also those that end meanwhile: before each group
    /// of attempts come the calls that wait by then. False when the store is unavailable: then the rest was not tried.
    /// </summary>
    public async Task<bool> SettleAllAsync(CancellationToken cancellation)
    {
        foreach (var group in Due(isRefused: true).Chunk(GroupSize))
            if (!await SettleCallsAsync(cancellation) || !await SettleTogetherAsync(group, cancellation))
                return false;
        return await SettleCallsAsync(cancellation);
    }

    /// <summary>The names of what may be tried now, in order.</summary>
    private string[] Due(bool isRefused)
    {
        var now = _clock.Now;
        return
        [
            .. _waiting.Where(file => file.Value <= now).Select(file => file.Key)
                .Union(_unspooled.Where(entry => entry.Value.TryAt <= now).Select(entry => entry.Key))
                .Where(name => SpoolFile.IsRefused(name) == isRefused).Order(StringComparer.Ordinal),
        ];
    }

    private async Task<bool> SettleCallsAsync(CancellationToken cancellation)
    {
        var due = Due(isRefused: false).ToLookup(name => name.EndsWith(SpoolFile.AnswerEnding, StringComparison.Ordinal));
        foreach (var group in due[true].Chunk(GroupSize)) // after the end of a call its pick-up is no longer news
            if (!await SettleTogetherAsync(group, cancellation))
                return false;
        foreach (var group in due[false].Chunk(GroupSize))
            if (!await SettleTogetherAsync(group, cancellation))
                return false;
        return true;
    }

    private async Task<bool> SettleEachAsync(IEnumerable<string> names, CancellationToken cancellation)
    {
        var isUnavailable = cancellation.IsCancellationRequested;
        await Parallel.ForEachAsync(names, new ParallelOptions { MaxDegreeOfParallelism = Width }, async (name, _) =>
        {
            if (!isUnavailable && !cancellation.IsCancellationRequested && !await SettleAsync(name, cancellation))
                isUnavailable = true;
        });
        return !isUnavailable;
    }

    /// <summary>
    /// Settles entries in one transaction or, where the store refuses one of them, each on its own. False when the store is unavailable.
    /// </summary>
    private async Task<bool> SettleTogetherAsync(string[] names, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
            return false;
        try
        {
            (string Name, object Entry)[] entries =
                [.. names.Select(name => (Name: name, Entry: Read(name))).Where(entry => entry.Entry is not null)!];
            await WithinAsync(timeout => WriteAsync([.. entries.Select(entry => entry.Entry)], timeout), cancellation);
            foreach (var (name, _) in entries)
                Finish(name);
            return true;
        }
        catch (PostgresException e) when (IsOfRecord(e))
        {
            return await SettleEachAsync(names, cancellation);
        }
        catch (Exception e) // Whatever keeps the store from answering, the entries stay and are retried.
        {
            ReportUnavailable(e, cancellation);
            return false;
        }
    }

    public void Dispose()
    {
        _metrics.Dispose();
        _folder.Dispose();
        _log.Dispose();
        _news.Dispose();
        _stop.Dispose();
    }

    private async Task AddAsync(object entry, CallId call, string name, byte[] bytes)
    {
        var unspooled = new UnspooledEntry(entry);
        try
        {
            _log.Append(bytes, _time.GetUtcNow());
            _unspooled[name] = unspooled;
            _news.Release();
            if (_isStoreAvailable && await unspooled.IsSettledWithinAsync(Grace, _time))
                return;
            await Task.Run(() => _folder.Write(name, bytes));
            _waiting[name] = unspooled.TryAt;
            _unspooled.TryRemove(name, out _);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _metrics.Failed();
            LogNotSpooled(e, call);
            _unspooled[name] = unspooled;
        }
        _news.Release();
    }

    /// <summary>False when the store is unavailable.</summary>
    private async Task<bool> SettleAsync(string name, CancellationToken cancellation)
    {
        try
        {
            if (Read(name) is not { } entry)
                return true;
            await WithinAsync(timeout => WriteAloneAsync(entry, timeout), cancellation);
            Finish(name);
            return true;
        }
        catch (PostgresException e) when (IsOfRecord(e))
        {
            _metrics.Refused();
            LogRefused(e, name);
            if (_waiting.ContainsKey(name))
                _waiting[name] = _clock.Now + RefusedPause;
            if (_unspooled.TryGetValue(name, out var unspooled))
                unspooled.TryAt = _clock.Now + RefusedPause;
            return true;
        }
        catch (Exception e) // Whatever keeps the store from answering, or the disk, the record stays and is retried.
        {
            ReportUnavailable(e, cancellation);
            return false;
        }
    }

    /// <summary>A waiting entry; null: there is none, or it cannot be read and was set aside.</summary>
    private object? Read(string name)
    {
        if (_unspooled.TryGetValue(name, out var kept))
            return kept.Entry;
        var (entry, fault) = _folder.Read(name);
        if (fault is not null)
            SetAside(name, fault);
        if (entry is null)
            _waiting.TryRemove(name, out _);
        return entry;
    }

    private void Finish(string name)
    {
        if (_unspooled.TryRemove(name, out var unspooled))
            unspooled.Settled();
        if (!_waiting.ContainsKey(name))
            return;
        _folder.Remove(name);
        _waiting.TryRemove(name, out _); // only now: a file that cannot be removed is settled once more, which changes nothing
    }

    private void NoteIfAllSettled()
    {
        if (!_unspooled.IsEmpty)
            return;
        try
        {
            _log.NoteAllSettled(_time.GetUtcNow());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotNoted(e);
        }
    }

    private static async Task WithinAsync(Func<CancellationToken, Task> settle, CancellationToken cancellation)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(Timeout);
        await settle(timeout.Token);
    }

    private void ReportUnavailable(Exception e, CancellationToken cancellation)
    {
        if (!cancellation.IsCancellationRequested && _warnings.TryPass(nameof(LogUnavailable), out _))
            LogUnavailable(e.Message, Count);
    }

    private void DropOld()
    {
        var now = _time.GetUtcNow();
        if (now - _droppedAt < DropInterval)
            return;
        _droppedAt = now;
        try
        {
            _log.DropBefore(now - _keepSettled);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotDropped(e);
        }
    }

    /// <summary>Writes entries of either kind together. Nothing changes a complete row.</summary>
    private async Task WriteAsync(object[] entries, CancellationToken cancellation)
    {
        if (entries.OfType<CallAnswer>().ToArray() is { Length: > 0 } answers)
            await _store.AnsweredAsync(answers, cancellation);
        if (entries.OfType<CallRecord>().ToArray() is { Length: > 0 } records)
            await _store.CompleteAllAsync(records, cancellation);
    }

    private Task WriteAloneAsync(object entry, CancellationToken cancellation) =>
        entry is CallRecord record ? _store.CompleteAsync(record, cancellation) : WriteAsync([entry], cancellation);

    /// <summary>True where the record is refused, and not the server as a whole fails: that are SQLSTATE classes 25 (read-only), 28 and 3D
    /// (authorization, catalog), 53, 57, 58.</summary>
    private static bool IsOfRecord(PostgresException e) =>
        !e.IsTransient && e.SqlState[..2] is not ("25" or "28" or "3D" or "53" or "57" or "58");

    private void SetAside(string name, string fault)
    {
        LogSetAside(name, fault);
        _folder.SetAside(name);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Call {CallId}: its record could not be spooled and is kept in memory until " +
        "PostgreSQL has stored it")]
    private partial void LogNotSpooled(Exception e, CallId callId);

    [LoggerMessage(Level = LogLevel.Error, Message = "The spooled record {Name} cannot be read ({Fault}): it was moved to the folder " +
        "set-aside and is not settled")]
    private partial void LogSetAside(string name, string fault);

    [LoggerMessage(Level = LogLevel.Error, Message = "PostgreSQL refuses the spooled record {Name}: retry in a minute")]
    private partial void LogRefused(Exception e, string name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The next start settles the last records once more")]
    private partial void LogNotNoted(Exception e);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Settled records older than storage.keepSettled could not be deleted")]
    private partial void LogNotDropped(Exception e);

    [LoggerMessage(Level = LogLevel.Warning, Message = "PostgreSQL does not accept records ({Reason}): {Count} wait in the spool")]
    private partial void LogUnavailable(string reason, int count);
}
